"""Resuming a model of AutoML Vision: what nobody would find out in time is looked up before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api import discovery

if TYPE_CHECKING:
    from tests.running import Outcome, Runner

PLACE = "/v1/projects/my-project/locations/us-central1"
SPEC = """\
kind: automl-vision
display_name: flowers
model_type: mobile-versatile-1
dataset: ICN7
train_budget: 8
base_model: ICN3
"""
RAW = """\
{"baseModelId": "ICN3", "displayName": "flowers", "datasetId": "ICN7",
 "imageClassificationModelMetadata": {"trainBudget": "8", "modelType": "mobile-versatile-1"}}
"""
BASE = {
    "name": f"{PLACE[4:]}/models/ICN3",
    "datasetId": "ICN7",
    "createTime": "2026-11-11T12:00:00Z",
    "imageClassificationModelMetadata": {"modelType": "mobile-versatile-1"},
}
DATASET = {"exampleCount": 1001, "imageClassificationDatasetMetadata": {"classificationType": "MULTICLASS"}}
EVALUATIONS = {
    "modelEvaluation": [
        {"name": "overall"},
        {"annotationSpecId": "1", "displayName": "rose"},
        {"annotationSpecId": "2", "displayName": "tulip"},
    ]
}
RESOURCES: dict[str, dict[str, Any]] = {
    f"{PLACE}/models/ICN3": BASE,
    f"{PLACE}/datasets/ICN7": DATASET,
    f"{PLACE}/models/ICN3/modelEvaluations": EVALUATIONS,
    f"{PLACE}/datasets/ICN7/annotationSpecs/1": {"displayName": "rose", "exampleCount": 501},
    f"{PLACE}/datasets/ICN7/annotationSpecs/2": {"displayName": "tulip", "exampleCount": 500},
}


@dataclass
class Vision:
    """AutoML Vision with some resources; a create answers an operation."""

    resources: dict[str, dict[str, Any]] = field(default_factory=lambda: dict(RESOURCES))
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        discovery.check(request)
        self.asked.append(f"{request.method} {request.url.path.removeprefix(PLACE)}")
        if request.method == "POST":
            return httpx.Response(200, json={"name": f"{PLACE[4:]}/operations/ICN9", "metadata": {}})
        if found := self.resources.get(request.url.path):
            return httpx.Response(200, json=found)
        return httpx.Response(404, json={"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}})

    def change(self, path: str, **fields: Any) -> None:
        self.resources[f"{PLACE}/{path}"] = {**self.resources[f"{PLACE}/{path}"], **fields}


@pytest.fixture
def vision(trainctl: Runner) -> Vision:
    service = Vision()
    trainctl.transport = httpx.MockTransport(service)
    trainctl.environment = {
        "TRAINCTL_ACCESS_TOKEN": "a-token",
        "TRAINCTL_PROJECT": "my-project",
        "TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com",
    }
    return service


def submit(trainctl: Runner, spec: str = SPEC, *options: str) -> Outcome:
    return trainctl("submit", "-", *options, stdin=spec)


@pytest.mark.parametrize("spec", [SPEC, RAW], ids=["spec", "request of the guide"])
def test_a_base_model_within_the_limits_is_looked_up_and_resumed(trainctl: Runner, vision: Vision, spec: str) -> None:
    outcome = submit(trainctl, spec)
    assert (outcome.code, outcome.out) == (0, f"{PLACE[4:]}/operations/ICN9\n")
    assert vision.asked == [
        "GET /datasets/ICN7",
        "GET /models/ICN3",
        "GET /models/ICN3/modelEvaluations",
        "GET /datasets/ICN7/annotationSpecs/1",
        "GET /datasets/ICN7/annotationSpecs/2",
        "POST /models",
    ]


def test_a_model_from_scratch_is_sent_without_a_question(trainctl: Runner, vision: Vision) -> None:
    assert submit(trainctl, SPEC.replace("base_model: ICN3\n", "")).code == 0
    assert vision.asked == ["POST /models"]


def test_a_dry_run_asks_only_when_it_is_told_to(trainctl: Runner, vision: Vision) -> None:
    assert submit(trainctl, SPEC, "--dry-run").code == 0
    assert vision.asked == []
    vision.change("datasets/ICN7", exampleCount=1000)
    assert submit(trainctl, SPEC, "--dry-run", "--check-remote").code == 3


BREACHES: list[tuple[str, dict[str, Any], int, str]] = [
    (
        "models/ICN3",
        {"createTime": "2026-11-06T12:00:00Z"},
        6,
        "model `ICN3` was trained 15 days ago",
    ),
    (
        "models/ICN3",
        {"imageClassificationModelMetadata": {"modelType": "cloud"}},
        3,
        "model `ICN3` is of type `cloud`, and the job asks for `mobile-versatile-1`",
    ),
    ("datasets/ICN7", {"exampleCount": 1000}, 6, "dataset `ICN7` has 1000 images"),
    (
        "datasets/ICN7/annotationSpecs/2",
        {"displayName": "Tulip"},
        4,
        "the label `tulip`, which model `ICN3` knows, is called `Tulip` now",
    ),
]


@pytest.mark.parametrize(("path", "change", "line", "message"), BREACHES, ids=["age", "type", "images", "labels"])
def test_a_limit_that_is_broken_is_told_at_its_line_and_nothing_is_sent(
    trainctl: Runner, vision: Vision, path: str, change: dict[str, Any], line: int, message: str
) -> None:
    vision.change(path, **change)
    outcome = submit(trainctl)
    assert outcome.code == 3
    assert f":{line}:" in outcome.err
    assert message in outcome.err
    assert "POST /models" not in vision.asked


def test_a_type_that_is_left_out_is_checked_too(trainctl: Runner, vision: Vision) -> None:
    outcome = submit(trainctl, SPEC.replace("model_type: mobile-versatile-1\n", ""))
    assert outcome.code == 3
    assert "a job that names no type asks for `cloud`" in outcome.err
    assert "ask for `mobile-versatile-1`" in outcome.err
    assert "POST /models" not in vision.asked


def test_a_label_that_is_gone_and_a_base_model_that_is_not_there_are_told(trainctl: Runner, vision: Vision) -> None:
    del vision.resources[f"{PLACE}/datasets/ICN7/annotationSpecs/1"]
    assert "the label `rose`, which model `ICN3` knows, is gone" in submit(trainctl).err
    del vision.resources[f"{PLACE}/models/ICN3"]
    assert "there is no model `ICN3` in my-project, us-central1" in submit(trainctl).err
    assert "POST /models" not in vision.asked


def test_what_cannot_be_known_for_certain_is_a_warning(trainctl: Runner, vision: Vision) -> None:
    vision.change("datasets/ICN7", exampleCount=1010)
    added = submit(trainctl)
    assert (added.code, "9 images of dataset `ICN7` have none of the labels" in added.err) == (0, True)
    vision.change("models/ICN3", datasetId="ICN8")
    other = submit(trainctl)
    assert (other.code, "model `ICN3` was trained on dataset `ICN8`" in other.err) == (0, True)


def test_ids_of_digits_alone_as_the_guide_has_them_are_looked_up_at_automl(trainctl: Runner, vision: Vision) -> None:
    vision.resources[f"{PLACE}/datasets/3104518874390609379"] = DATASET
    vision.change("models/ICN3", datasetId="3104518874390609379")
    vision.resources |= {
        path.replace("ICN7", "3104518874390609379"): found for path, found in RESOURCES.items() if "Specs" in path
    }
    outcome = submit(trainctl, SPEC.replace("ICN7", "'3104518874390609379'"))
    assert outcome.code == 0, outcome
