"""`submit --check-remote`: what a spec takes for granted is looked up before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api import discovery

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.running import Runner

PLACE = "/v1/projects/my-project/locations/us-central1"
SCHEMA = "gs://google-cloud-aiplatform/schema/dataset/metadata/{}_1.0.0.yaml"
SPEC = """\
kind: automl-image
display_name: flowers
prediction_type: classification
dataset: "42"
base_model: "7"
parent_model: "8"
budget_milli_node_hours: 8000
model_display_name: flowers
"""


@dataclass
class Elsewhere:
    """Services that have some resources, and note what they were asked for."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        discovery.check(request)
        self.asked.append(f"{request.method} {request.url.path}")
        if request.url.path in self.resources:
            return httpx.Response(200, json=self.resources[request.url.path])
        return httpx.Response(404, json={"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}})


@pytest.fixture
def elsewhere(trainctl: Runner) -> Elsewhere:
    services = Elsewhere(
        {
            f"{PLACE}/datasets/42": {"name": "d", "metadataSchemaUri": SCHEMA.format("image"), "dataItemCount": "900"},
            f"{PLACE}/models/7": {"name": "m"},
            f"{PLACE}/models/8": {"name": "m"},
        }
    )
    trainctl.transport = httpx.MockTransport(services)
    trainctl.environment = {"TRAINCTL_ACCESS_TOKEN": "a-token", "TRAINCTL_PROJECT": "my-project"}
    return services


def test_what_is_there_is_asked_for_once_and_nothing_is_said(
    trainctl: Runner, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(f"{SPEC}---\n{SPEC}", encoding="utf-8")
    outcome = trainctl("submit", str(path), "--check-remote", "--dry-run", "-o", "jsonl")
    assert (outcome.code, outcome.err) == (0, "")
    assert elsewhere.asked == [f"GET {PLACE}/datasets/42", f"GET {PLACE}/models/8", f"GET {PLACE}/models/7"]


def test_what_is_not_there_is_an_error_at_the_line_that_names_it_and_nothing_is_sent(
    trainctl: Runner, elsewhere: Elsewhere
) -> None:
    elsewhere.resources.clear()
    outcome = trainctl("submit", "-", "--check-remote", stdin=SPEC)
    assert outcome.code == 3
    assert [line for line in outcome.err.splitlines() if line.startswith("<stdin>")] == [
        "<stdin>:4:10: error[elsewhere]: there is no dataset `42` in my-project, us-central1",
        "<stdin>:6:15: error[elsewhere]: there is no model `8` in my-project, us-central1",
        "<stdin>:5:13: error[elsewhere]: there is no model `7` in my-project, us-central1",
    ]
    assert not [line for line in elsewhere.asked if line.startswith("POST")]


@pytest.mark.parametrize(
    ("absent", "hint"),
    [
        (
            ["datasets/42", "models/8"],
            (
                "<stdin>:4:10: there is no dataset `42` in my-project, us-central1: "
                "`trainctl datasets list --location all` shows what is there, `trainctl datasets create` makes one; "
                "<stdin>:6:15: there is no model `8` in my-project, us-central1: "
                "`trainctl models list` shows what is there"
            ),
        ),
        ([], "the datasets, models and buckets that the spec names are there: look at its other names"),
    ],
    ids=["some", "none"],
)
def test_when_the_service_misses_something_the_lines_that_name_it_are_told(
    trainctl: Runner, elsewhere: Elsewhere, absent: list[str], hint: str
) -> None:
    for name in absent:
        del elsewhere.resources[f"{PLACE}/{name}"]
    outcome = trainctl("submit", "-", stdin=SPEC)
    assert (outcome.code, outcome.err) == (5, f"error: not found\nhint: {hint}\n"), outcome
    assert elsewhere.asked[0] == f"POST {PLACE}/trainingPipelines"


def forbid() -> httpx.Response:
    return httpx.Response(403, json={"error": {"code": 403, "message": "no reading", "status": "PERMISSION_DENIED"}})


def interrupt() -> httpx.Response:
    raise KeyboardInterrupt


@pytest.mark.parametrize("end", [forbid, interrupt])
def test_when_what_the_service_misses_is_not_looked_up_to_the_end_the_way_to_it_is_told(
    trainctl: Runner, elsewhere: Elsewhere, end: Callable[[], httpx.Response]
) -> None:
    trainctl.transport = httpx.MockTransport(lambda request: elsewhere(request) if request.method == "POST" else end())
    outcome = trainctl("submit", "-", stdin=SPEC)
    told = "error: not found\nhint: `--check-remote` says which name in the spec leads to nothing\n"
    assert (outcome.code, outcome.err) == (5, told), outcome


def test_what_the_service_misses_for_several_jobs_is_looked_up_once(trainctl: Runner, elsewhere: Elsewhere) -> None:
    del elsewhere.resources[f"{PLACE}/datasets/42"]
    outcome = trainctl("submit", "-", "--parallel", "2", stdin=f"{SPEC}---\n{SPEC}")
    assert outcome.code == 5
    assert "there is no dataset `42` in my-project, us-central1" in outcome.err
    assert sorted(line for line in elsewhere.asked if line.startswith("GET")) == [
        f"GET {PLACE}/datasets/42",
        f"GET {PLACE}/models/7",
        f"GET {PLACE}/models/8",
    ]


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"metadataSchemaUri": SCHEMA.format("video")}, "dataset `42` holds video data, and the job trains on images"),
        ({"metadataSchemaUri": SCHEMA.format("image"), "dataItemCount": "0"}, "dataset `42` is empty"),
    ],
)
def test_a_dataset_that_the_job_cannot_train_on_is_an_error(
    trainctl: Runner, elsewhere: Elsewhere, dataset: dict[str, Any], message: str
) -> None:
    elsewhere.resources[f"{PLACE}/datasets/42"] = dataset
    outcome = trainctl("submit", "-", "--check-remote", stdin=SPEC)
    assert outcome.code == 3
    assert f"<stdin>:4:10: error[elsewhere]: {message}\n" in outcome.err


def test_a_bucket_of_another_region_is_a_warning_and_a_missing_one_an_error(
    trainctl: Runner, elsewhere: Elsewhere
) -> None:
    spec = "kind: custom\ndisplay_name: d\ncontainer_uri: gcr.io/p/i:1\nbase_output_dir: gs://out/d\n"
    elsewhere.resources["/storage/v1/b/out"] = {"location": "EUROPE-WEST4", "locationType": "region"}
    there = trainctl("submit", "-", "--check-remote", "--dry-run", stdin=spec)
    assert (there.code, "<stdin>:4:18: warning[elsewhere]: bucket `gs://out` is in europe-west4" in there.err) == (
        0,
        True,
    )
    elsewhere.resources.clear()
    absent = trainctl("submit", "-", "--check-remote", "--dry-run", stdin=spec)
    assert (absent.code, "<stdin>:4:18: error[elsewhere]: there is no bucket `gs://out`" in absent.err) == (3, True)


def test_a_raw_body_is_asked_about_alike(trainctl: Runner, elsewhere: Elsewhere) -> None:
    elsewhere.resources.clear()
    body = """\
{"displayName": "d", "inputDataConfig": {"datasetId": "42"},
 "trainingTaskDefinition": "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml",
 "trainingTaskInputs": {"workerPoolSpecs": [{"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1,
 "containerSpec": {"imageUri": "gcr.io/p/i:1"}}]}}
"""
    outcome = trainctl("submit", "-", "--check-remote", stdin=body)
    assert outcome.code == 3
    assert "<stdin>:1:55: error[elsewhere]: there is no dataset `42` in my-project, us-central1\n" in outcome.err
