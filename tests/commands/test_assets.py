"""`models` and `datasets` of Vertex AI and AutoML Vision: found, listed side by side, shown, deleted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api import discovery
from tests.commands.cloud import at_terminal, refusal, user

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Runner

HERE, THERE = "projects/garden/locations/us-central1", "projects/garden/locations/europe-west4"
SHAPES: dict[str, Any] = {
    "name": f"{HERE}/models/5",
    "displayName": "shapes",
    "versionId": "2",
    "versionAliases": ["default", "candidate"],
    "modelSourceInfo": {"sourceType": "AUTOML"},
    "createTime": "2026-11-21T11:00:00Z",
    "trainingPipeline": f"{HERE}/trainingPipelines/9",
    "labels": {"team": "plants", "stage": "test"},
}
FLOWERS: dict[str, Any] = {
    "name": f"{HERE}/models/ICN4412217016962778756",
    "displayName": "flowers",
    "datasetId": "ICN3104518874390609379",
    "createTime": "2019-10-30T20:06:08.253243Z",
    "deploymentState": "UNDEPLOYED",
    "updateTime": "2019-10-30T20:54:50.472328Z",
    "imageClassificationModelMetadata": {
        "trainBudgetMilliNodeHours": "8000",
        "trainCostMilliNodeHours": "6500",
        "stopReason": "MODEL_CONVERGED",
        "baseModelId": "ICN1",
        "modelType": "mobile-low-latency-1",
        "nodeQps": 3.2,
    },
}
PICTURES: dict[str, Any] = {
    "name": f"{HERE}/datasets/18",
    "displayName": "pictures",
    "metadataSchemaUri": "gs://google-cloud-aiplatform/schema/dataset/metadata/image_1.0.0.yaml",
    "dataItemCount": "90",
    "createTime": "2026-11-20T11:00:00Z",
}
OLD_PICTURES: dict[str, Any] = {
    "name": f"{THERE}/datasets/ICN3104518874390609379",
    "displayName": "old",
    "imageClassificationDatasetMetadata": {"classificationType": "MULTICLASS"},
    "exampleCount": 1200,
    "createTime": "2019-10-29T11:00:00Z",
}


@dataclass
class Shelf(httpx.BaseTransport):
    """Resources by name; `versions` are those of every model, `failing` hosts refuse."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    failing: str = ""
    page_size: int = 100

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        discovery.check(request)
        self.requests.append(request)
        path = request.url.path.removeprefix("/v1/")
        if self.failing and self.failing in str(request.url):
            return refusal(403, "PERMISSION_DENIED", "you may not")
        name, _, verb = path.partition(":")
        plain = name.partition("@")[0]
        if request.method == "DELETE":
            self.resources.pop(plain, None)
            return httpx.Response(200, json={"name": f"{HERE}/operations/1", "done": True, "response": {}})
        if verb == "listVersions":
            versions = [
                {
                    **self.resources[plain],
                    "name": f"{plain}@{each}",
                    "versionId": each,
                    "versionCreateTime": f"2026-11-2{each}T12:00:00Z",
                }
                for each in ("2", "1")
            ]
            return httpx.Response(200, json={"models": versions})
        if plain in self.resources:
            return httpx.Response(200, json=self.resources[plain])
        found = re.fullmatch(r".*/(models|datasets)", path)
        if not found:
            return refusal(404, "NOT_FOUND", f"{path} is not here")
        of_vision = request.url.host.startswith("automl")
        wanted = re.search(r'display_name="(.*)"', request.url.params.get("filter", ""))
        here = [each for name, each in self.resources.items() if name.startswith(f"{path}/")]
        own = [each for each in here if ("ICN" in each["name"]) == of_vision]
        shown = [each for each in own if wanted is None or each["displayName"] == wanted[1]]
        key = "model" if of_vision and found[1] == "models" else found[1]  # AutoML's own name for its list
        return httpx.Response(200, json={key: shown})

    @property
    def lines(self) -> list[str]:
        return [f"{each.method} {re.sub('^.*locations/', '', each.url.path)}" for each in self.requests]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf({each["name"]: each for each in (SHAPES, FLOWERS, PICTURES, OLD_PICTURES)})


@pytest.fixture
def run(shelf: Shelf, tmp_path: Path) -> Runner:
    hosts = {"TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com"}
    return user(shelf, tmp_path, **hosts)  # type: ignore[arg-type]


def test_models_of_both_services_are_listed_in_rows_of_one_shape(run: Runner) -> None:
    outcome = run("models", "list", "--sort", "-create_time")
    assert outcome.out == (
        "ID                      DISPLAY_NAME  VERSION  ALIASES    TYPE    CREATED\n"
        "5                       shapes        2        default, candidate  automl  2026-11-21T11:00:00Z\n"
        "ICN4412217016962778756  flowers       -        -          mobile-low-latency-1  2019-10-30T20:06:08Z\n"
    )
    assert (outcome.code, outcome.err) == (0, "")


def test_datasets_of_both_services_and_all_places_are_listed(run: Runner) -> None:
    outcome = run(
        "datasets", "list", "--location", "us-central1,europe-west4", "--sort", "display_name desc", "-o", "csv"
    )
    assert outcome.out == (
        "id,display_name,kind,items,created,location,name\n"
        "18,pictures,image,90,2026-11-20T11:00:00Z,us-central1,projects/garden/locations/us-central1/datasets/18\n"
        "ICN3104518874390609379,old,image,1200,2019-10-29T11:00:00Z,europe-west4,"
        "projects/garden/locations/europe-west4/datasets/ICN3104518874390609379\n"
    )


def test_a_closed_services_public_host_is_not_asked(shelf: Shelf, tmp_path: Path) -> None:
    outcome = user(shelf, tmp_path)("models", "list", "-o", "name")  # type: ignore[arg-type]
    assert outcome.out == f"{SHAPES['name']}\n"
    assert {each.url.host for each in shelf.requests} == {"us-central1-aiplatform.googleapis.com"}


def test_a_limit_and_a_filter_reach_the_services(shelf: Shelf, run: Runner) -> None:
    outcome = run("models", "list", "--limit", "1", "--filter", "labels.a:*", "-o", "name")
    assert len(outcome.out.splitlines()) == 1
    asked = {(each.url.params["pageSize"], each.url.params["filter"]) for each in shelf.requests}
    assert asked == {("1", "labels.a:*")}
    assert run("datasets", "list", "--sort", "size").code == 2


def test_a_place_that_fails_is_reported_and_the_others_are_shown(shelf: Shelf, run: Runner) -> None:
    shelf.failing = "europe-west4-aiplatform"
    outcome = run("models", "list", "--location", "us-central1,europe-west4", "-o", "name")
    assert (outcome.code, len(outcome.out.splitlines())) == (6, 2)
    assert outcome.err == "error: models in europe-west4: you may not\n"


def test_no_models_is_said(shelf: Shelf, run: Runner) -> None:
    shelf.resources.clear()
    assert run("models", "list").err == "no models in garden, us-central1\n"
    assert run("models", "list", "-o", "json").out == "[]\n"


@pytest.mark.parametrize("reference", ["ICN4412217016962778756", "flowers", FLOWERS["name"]])
def test_a_model_of_automl_vision_is_shown_with_all_that_its_api_says(run: Runner, reference: str) -> None:
    assert run("models", "get", reference).out == (
        f"name:          {FLOWERS['name']}\n"
        "display name:  flowers\n"
        "type:          mobile-low-latency-1 for image classification\n"
        "deployment:    UNDEPLOYED\n"
        "speed:         3.2 predictions a second and node\n"
        "trained:       6.5 of 8 node hours, MODEL_CONVERGED\n"
        "dataset:       ICN3104518874390609379\n"
        "resumed from:  ICN1\n"
        "package:       TensorFlow Lite; to export it: https://cloud.google.com/vision/automl/docs/export-edge\n"
        "created:       2019-10-30T20:06:08Z\n"
    )
    assert json.loads(run("models", "get", reference, "-o", "json").out) == FLOWERS


def test_a_model_of_vertex_is_shown_with_its_page(run: Runner) -> None:
    assert run("models", "get", "shapes").out == (
        f"name:          {SHAPES['name']}\n"
        "display name:  shapes\n"
        "version:       2\n"
        "aliases:       default, candidate\n"
        "type:          automl\n"
        f"made by:       {HERE}/trainingPipelines/9\n"
        "created:       2026-11-21T11:00:00Z\n"
        "labels:        stage=test\n"
        "               team=plants\n"
        "console:       "
        "https://console.cloud.google.com/vertex-ai/locations/us-central1/models/5?project=garden\n"
    )


def test_a_dataset_of_automl_vision_is_shown(run: Runner) -> None:
    outcome = run("datasets", "get", "ICN3104518874390609379", "--location", "europe-west4")
    assert outcome.out == (
        f"name:          {OLD_PICTURES['name']}\n"
        "display name:  old\n"
        "kind:          image\n"
        "for:           classification\n"
        "items:         1200\n"
        "created:       2019-10-29T11:00:00Z\n"
    )


def test_the_versions_of_a_model_are_listed_under_names_that_lead_to_them(run: Runner) -> None:
    assert run("models", "versions", "shapes", "-o", "name").out == f"{SHAPES['name']}@2\n{SHAPES['name']}@1\n"
    assert run("models", "versions", "shapes", "--columns", "version,created").out.splitlines()[1:] == [
        "2        2026-11-22T12:00:00Z",
        "1        2026-11-21T12:00:00Z",
    ]
    outcome = run("models", "versions", "flowers")
    assert (outcome.code, outcome.err.splitlines()[0]) == (
        2,
        f"error: AutoML Vision model {FLOWERS['name']} has no versions",
    )


def test_a_model_or_one_version_of_it_is_deleted(shelf: Shelf, run: Runner) -> None:
    assert run("models", "delete", f"{SHAPES['name']}@candidate").err == f"model version {SHAPES['name']}@2 deleted\n"
    assert shelf.lines[-1] == "DELETE us-central1/models/5@2:deleteVersion"
    assert run("models", "delete", "flowers").err == f"model {FLOWERS['name']} deleted\n"
    assert (shelf.lines[-1], shelf.requests[-1].url.host) == (
        "DELETE us-central1/models/ICN4412217016962778756",
        "automl.googleapis.com",
    )


def test_a_person_is_asked_first(shelf: Shelf, run: Runner) -> None:
    code, shown = at_terminal(run, "models", "delete", "shapes", answer="\n")
    assert (code, shown) == (130, "delete model shapes for good? [y/N] nothing was done\n")
    assert not any(line.startswith("DELETE") for line in shelf.lines)


def test_many_are_shown_and_each_failure_told(run: Runner) -> None:
    outcome = run("models", "get", "shapes", "-", "-o", "json", "--query", "[].displayName", stdin="flowers\nnobody\n")
    assert (outcome.code, json.loads(outcome.out)) == (5, ["shapes", "flowers"])
    assert "error: there is no model `nobody` in garden, us-central1\n" in outcome.err
    blocks = run("models", "get", "shapes", "flowers").out.split("\n\n")
    assert [block.split("\n")[1] for block in blocks] == ["display name:  shapes", "display name:  flowers"]
    assert json.loads(run("datasets", "get", "-", "-o", "json", stdin="pictures\n").out) == [PICTURES]


def test_a_version_that_cannot_be_deleted_keeps_no_model_from_it(shelf: Shelf, run: Runner) -> None:
    shelf.failing = ":deleteVersion"
    outcome = run("models", "delete", f"{SHAPES['name']}@2", "flowers")
    assert outcome.err == f"error: you may not\nmodel {FLOWERS['name']} deleted\n"
    assert (outcome.code, FLOWERS["name"] in shelf.resources) == (5, False)
    assert run("models", "delete", f"{SHAPES['name']}@2").code == 5


def test_many_are_deleted_a_version_no_more_than_its_model(shelf: Shelf, run: Runner) -> None:
    names = (f"{SHAPES['name']}@1", "shapes", "flowers")
    code, shown = at_terminal(run, "models", "delete", *names[1:], answer="n\n")
    listed = f"  {SHAPES['name']} (shapes)\n  {FLOWERS['name']} (flowers)\n"
    assert (code, shown) == (130, f"{listed}delete 2 models for good? [y/N] nothing was done\n")
    assert run("models", "delete", *names).code == 0
    assert sorted(line for line in shelf.lines if line.startswith("DELETE")) == [
        "DELETE us-central1/models/5",
        "DELETE us-central1/models/ICN4412217016962778756",
    ]


def test_a_failure_stops_no_other_deletion(run: Runner) -> None:
    outcome = run("datasets", "delete", "pictures", "99", "--yes")
    assert (outcome.code, outcome.err.splitlines()[-1]) == (5, f"dataset {PICTURES['name']} deleted")


def test_with_many_locations_theirs_are_in_every_table(run: Runner) -> None:
    title = run("models", "list", "--location", "us-central1,europe-west4").out.splitlines()[0]
    assert "LOCATION" in title.split()
    assert "LOCATION" not in run("models", "list").out
