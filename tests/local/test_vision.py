"""AutoML v1 on the engine: datasets, models that are really trained, operations, and what is refused."""

from __future__ import annotations

import json
import runpy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.discovery import find_method, find_problems
from tests.local.engine import PARENT, Bench, read, refused
from trainctl.local.control import Options, keep_options
from trainctl.local.datasets import ML_USE
from trainctl.local.protocol.times import format_time
from trainctl.local.vision.names import hide

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = Path(__file__).parents[2] / "configs" / "automl" / "make_shapes.py"
CLASSIFICATION = {"imageClassificationDatasetMetadata": {"classificationType": "MULTICLASS"}}
SHAPES = ("circle", "cross", "square")
EDGE = {"modelType": "mobile-low-latency-1", "trainBudgetMilliNodeHours": "1000"}
DAY = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Vision:
    """An engine's AutoML, addressed as its users do."""

    bench: Bench

    def call(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        options: dict[str, Any] = {} if body is None else {"json": body}
        return self.bench.client.request(method, f"/automl/v1/{path}", params=params or None, **options)

    def get(self, path: str, **params: str) -> dict[str, Any]:
        return read(self.call("GET", path, **params))

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """The answer; an operation is held to the document's word for its metadata, which the method leaves open."""
        answer = read(self.call("POST", path, body or {}))
        if "metadata" in answer:
            check_operation(answer)
        return answer

    def finish(self, operation: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + 600
        while not operation.get("done"):
            assert time.monotonic() < deadline, operation
            operation = self.post(f"{operation['name']}:wait", {"timeout": "5s"})
        return operation

    def make_dataset(self, **fields: Any) -> str:
        body = {"displayName": "shapes", **(fields or CLASSIFICATION)}
        return str(self.finish(self.post(f"{PARENT}/datasets", body))["response"]["name"])

    def import_lines(self, dataset: str, *lines: str) -> dict[str, Any]:
        file = self.bench.bucket("data/import.csv")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        config = {"inputConfig": {"gcsSource": {"inputUris": ["gs://data/import.csv"]}}}
        return self.finish(self.post(f"{dataset}:importData", config))

    def list_uses(self, dataset: str) -> list[str]:
        """The sets of a dataset's images, in the order of their import."""
        file = self.bench.core.home.datasets / f"{id_of(dataset)}.jsonl"
        return [json.loads(line)["labels"][ML_USE] for line in file.read_text(encoding="utf-8").splitlines()]

    def make_shapes(self, images: int = 90, *, drawn: bool = False) -> str:
        """A dataset of images of shapes; its name. Those that are not drawn are empty, as are lists of them."""
        folder = self.bench.bucket("shapes/images")
        if drawn:
            runpy.run_path(str(SCRIPT))["main"](folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for number in range(images):
            shape, path = SHAPES[number % 3], folder / f"{number}.png"
            path.hardlink_to(folder / f"{shape}-{number // 3 % 30:02}.png") if drawn else path.touch()
            lines.append(f"UNASSIGNED,gs://shapes/images/{number}.png,{shape}")
        dataset = self.make_dataset()
        done = self.import_lines(dataset, *lines)
        assert "response" in done, done
        return dataset

    def create_model(self, dataset: str, display_name: str = "shapes", **metadata: Any) -> dict[str, Any]:
        body = {"displayName": display_name, "datasetId": id_of(dataset), "labels": {"team": "plants"}}
        return self.post(f"{PARENT}/models", {**body, "imageClassificationModelMetadata": {**EDGE, **metadata}})

    def refuse(self, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
        return refused(self.call(method, path, body))


def id_of(name: str) -> str:
    return name.rpartition("/")[2]


def check_operation(operation: dict[str, Any]) -> None:
    found = find_method("GET", "/automl/v1/projects/p/locations/l/operations/o")
    assert found is not None
    metadata = {key: value for key, value in operation["metadata"].items() if key != "@type"}
    assert find_problems(metadata, "OperationMetadata", found[1]) == []
    assert operation["metadata"]["@type"] == "type.googleapis.com/google.cloud.automl.v1.OperationMetadata"


@pytest.fixture
def vision(make_bench: Callable[..., Bench]) -> Vision:
    return Vision(make_bench())


@pytest.fixture
def still(make_bench: Callable[..., Bench]) -> Vision:
    """An engine that begins no job."""
    return Vision(make_bench(running=False))


@pytest.mark.slow
def test_an_edge_model_is_really_trained_evaluated_and_resumed(vision: Vision) -> None:
    dataset = vision.make_shapes(1001, drawn=True)
    started = vision.create_model(dataset)
    assert started.get("done") is None
    assert started["metadata"]["createModelDetails"] == {}
    done = vision.finish(started)
    assert done["response"].keys() == {"@type", "name"}, done
    assert done["metadata"]["progressPercent"] == 100
    model = vision.get(done["response"]["name"])
    cost = model["imageClassificationModelMetadata"].pop("trainCostMilliNodeHours")
    assert 0 < int(cost) <= 1000
    assert model.pop("etag")
    assert model.pop("createTime") <= model.pop("updateTime")
    assert model == {
        "name": done["response"]["name"],
        "displayName": "shapes",
        "labels": {"team": "plants"},
        "datasetId": id_of(dataset),
        "deploymentState": "UNDEPLOYED",
        "imageClassificationModelMetadata": {
            **EDGE,
            "stopReason": model["imageClassificationModelMetadata"]["stopReason"],
            "nodeQps": 3.2,
        },
    }
    listed = vision.get(f"{model['name']}/modelEvaluations")["modelEvaluation"]
    whole, *parts = listed
    assert {part["displayName"] for part in parts} == {"circle", "cross", "square"}
    assert whole["classificationEvaluationMetrics"]["auPrc"] > 0.6
    assert vision.get(parts[0]["name"]) == parts[0]
    spec = vision.get(f"{dataset}/annotationSpecs/{parts[0]['annotationSpecId']}")
    assert spec["displayName"] == parts[0]["displayName"]
    resumed = vision.finish(vision.create_model(dataset, "again", baseModelId=id_of(model["name"])))
    [report] = vision.bench.core.buckets.match(f"gs://trainctl-automl/{id_of(resumed['name'])}/model/automl.json")
    assert len(json.loads(report.read_text())["crossValidation"]) == 1, "only the base's own pipeline is trained on"
    other = vision.refuse(
        "POST",
        f"{PARENT}/models",
        {
            "displayName": "again",
            "datasetId": id_of(dataset),
            "imageClassificationModelMetadata": {
                "baseModelId": id_of(model["name"]),
                "modelType": "mobile-versatile-1",
            },
        },
    )
    assert other[1:] == (
        "FAILED_PRECONDITION",
        f"The model `{id_of(model['name'])}` cannot be resumed: its type is `mobile-low-latency-1`.",
    )
    check_that_costs_outlive_the_operation(vision, done["name"], model["name"])


def check_that_costs_outlive_the_operation(vision: Vision, operation: str, model: str) -> None:
    before = vision.get(model)
    assert read(vision.call("DELETE", operation)) == {}
    assert vision.refuse("GET", operation)[0] == 404
    assert vision.get(model)["imageClassificationModelMetadata"] == before["imageClassificationModelMetadata"]
    gone = read(vision.call("DELETE", model))
    assert (gone["done"], gone["metadata"]["deleteDetails"]) == (True, {})
    assert vision.refuse("GET", model)[:2] == (404, "NOT_FOUND")


def test_operations_are_found_by_id_by_being_done_and_by_what_they_work_on(still: Vision) -> None:
    dataset = still.make_shapes(9)
    [imported, made] = still.get(f"{PARENT}/operations")["operations"]
    training = still.create_model(dataset)
    everything = [training, imported, made]

    def found(text: str) -> list[str]:
        return [each["name"] for each in still.get(f"{PARENT}/operations", filter=text).get("operations", [])]

    names = [each["name"] for each in everything]
    assert found("") == names
    assert found('"done=true"') == found("done=true") == names[1:]
    assert found("done=false") == names[:1]
    assert found(f"operationId={id_of(training['name'])}") == names[:1]
    assert found(f'"worksOn={dataset}"') == found(f'worksOn="{dataset}"') == names
    assert found("worksOn=projects/p/locations/us-central1/datasets/ICN1") == []
    assert found(f'"done=true AND worksOn={dataset}"') == names[1:]
    assert still.refuse("GET", f"{PARENT}/operations?filter=state=1")[1] == "INVALID_ARGUMENT"
    assert [id_of(name)[:3] for name in names] == ["ICN"] * 3
    first = still.get(f"{PARENT}/operations", pageSize="2")
    rest = still.get(f"{PARENT}/operations", pageSize="2", pageToken=first["nextPageToken"])
    assert [each["name"] for each in [*first["operations"], *rest["operations"]]] == names


def test_a_training_is_cancelled_and_then_deleted(still: Vision) -> None:
    training = still.create_model(still.make_shapes(9))
    assert still.refuse("DELETE", training["name"])[1] == "FAILED_PRECONDITION"
    assert still.post(f"{training['name']}:cancel") == {}
    assert still.get(training["name"])["error"] == {"code": 1, "message": "CANCELED"}
    assert still.refuse("POST", f"{training['name']}:cancel", {})[1] == "FAILED_PRECONDITION"
    assert read(still.call("DELETE", training["name"])) == {}
    assert still.get(f"{PARENT}/operations", filter="done=false") == {}


def test_nothing_of_it_shows_in_the_lists_of_vertex_ai(still: Vision) -> None:
    still.create_model(still.make_shapes(9))
    for collection in ("datasets", "models", "trainingPipelines", "customJobs", "operations"):
        assert still.bench.get(f"{PARENT}/{collection}") == {}


def test_datasets_are_listed_counted_and_deleted(still: Vision) -> None:
    boxes = still.make_dataset(imageObjectDetectionDatasetMetadata={})
    many = still.make_dataset(imageClassificationDatasetMetadata={"classificationType": "MULTILABEL"})
    shapes = still.make_shapes(9)
    listed = still.get(f"{PARENT}/datasets")["datasets"]
    assert [each["name"] for each in listed] == [shapes, many, boxes]
    assert [each.get("exampleCount") for each in listed] == [9, None, None]
    of_boxes = still.get(f"{PARENT}/datasets", filter="image_object_detection_dataset_metadata:*")["datasets"]
    assert [each["name"] for each in of_boxes] == [boxes]
    assert id_of(boxes)[:3] == "IOD"
    still.bench.bucket("data/a.png").write_bytes(b"")
    lines = ("TRAIN,gs://data/a.png,chair,0.1,0.1,,,0.9,0.9,,", "VALIDATION,gs://data/b.png,chair,0.1,0.1,,,0.9,0.9,,")
    done = still.import_lines(boxes, *lines)
    assert done["response"] == {"@type": "type.googleapis.com/google.protobuf.Empty"}
    [failure] = done["metadata"]["partialFailures"]
    assert "gs://data/b.png" in failure["message"]
    assert read(still.call("DELETE", boxes))["done"] is True
    assert still.refuse("GET", boxes)[0] == 404


def test_images_keep_the_set_that_their_line_names(still: Vision) -> None:
    for name in ("a", "b", "c"):
        still.bench.bucket("data").mkdir(exist_ok=True)
        still.bench.bucket(f"data/{name}.png").write_bytes(b"")
    dataset = still.make_dataset()
    still.import_lines(dataset, "TRAIN,gs://data/a.png,x", "VALIDATION,gs://data/b.png,y", "TEST,gs://data/c.png,x")
    assert still.list_uses(dataset) == ["training", "validation", "test"]


def test_images_that_are_imported_again_stay_in_their_set(still: Vision) -> None:
    """Unless the new line says otherwise; the lines of one image count once in the division."""
    dataset = still.make_shapes(30)
    uses = still.list_uses(dataset)
    assert sorted(uses) == ["test"] * 3 + ["training"] * 24 + ["validation"] * 3
    again = [f"gs://shapes/images/{number}.png,circle" for number in reversed(range(30))]
    still.import_lines(dataset, *again)
    assert still.list_uses(dataset) == uses
    still.import_lines(dataset, "TEST,gs://shapes/images/0.png,circle", "gs://shapes/images/0.png,circle")
    assert still.list_uses(dataset) == ["test", *uses[1:]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"displayName": "my-shapes"}, "letters A to Z"),
        ({"displayName": None}, "display_name"),
        ({"datasetId": "ICN1"}, "datasets/ICN1` does not exist"),
        ({"imageClassificationModelMetadata": None}, "model_metadata"),
        ({"imageClassificationModelMetadata": {"modelType": "mobile-tiny-1"}}, "`mobile-tiny-1` is none of cloud"),
        (
            {"imageClassificationModelMetadata": {"trainBudgetMilliNodeHours": "1000"}},
            "from 8000 to 800000 for `cloud`",
        ),
        ({"imageClassificationModelMetadata": {"trainBudget": "1"}}, 'Unknown name "trainBudget"'),
        ({"imageClassificationModelMetadata": {"baseModelId": "ICN7"}}, "models/ICN7` does not exist"),
        ({"imageObjectDetectionModelMetadata": {}}, "oneof field 'model_metadata' is already set"),
        ({"baseModelId": "ICN7"}, 'Unknown name "baseModelId"'),
    ],
)
def test_a_model_that_the_api_would_not_take_is_refused(still: Vision, change: dict[str, Any], message: str) -> None:
    body = {"displayName": "shapes", "datasetId": id_of(still.make_shapes(9)), "imageClassificationModelMetadata": EDGE}
    status, _, text = still.refuse("POST", f"{PARENT}/models", {**body, **change})
    assert status in (400, 404)
    assert message in text


def test_object_detection_is_refused_in_clear_words(still: Vision) -> None:
    dataset = still.make_dataset(imageObjectDetectionDatasetMetadata={})
    body = {"displayName": "boxes", "datasetId": id_of(dataset), "imageObjectDetectionModelMetadata": {}}
    _, status, text = still.refuse("POST", f"{PARENT}/models", body)
    assert (status, text.partition(";")[0]) == (
        "FAILED_PRECONDITION",
        "The local engine does not train `image_object_detection` models",
    )


@pytest.mark.parametrize(
    ("images", "days", "more", "reason"),
    [
        (1000, 0, (), "the dataset has no more than 1000 images"),
        (1001, 15, (), "it was trained more than 14 days ago"),
        (1001, 0, ("TRAIN,gs://shapes/images/0.png,disc",), "the labels of the dataset have changed"),
    ],
)
def test_a_model_is_resumed_within_the_limits_only(
    still: Vision, images: int, days: int, more: tuple[str, ...], reason: str
) -> None:
    dataset = still.make_shapes(images)
    base = keep_model(still, dataset, days)
    if more:
        still.import_lines(dataset, *more)
    body = {"displayName": "again", "datasetId": id_of(dataset)}
    wanted = {**body, "imageClassificationModelMetadata": {**EDGE, "baseModelId": base}}
    text = still.refuse("POST", f"{PARENT}/models", wanted)[2]
    assert text == f"The model `{base}` cannot be resumed: {reason}."


def keep_model(vision: Vision, dataset: str, days: int) -> str:
    """The id of a model of that dataset which is so many days old."""
    training = id_of(vision.create_model(dataset)["name"])
    pipeline = vision.bench.core.store.fetch(f"{hide(PARENT)}/trainingPipelines/{training}")
    assert pipeline is not None
    moment = format_time(time.time_ns() - days * DAY)
    row = {**pipeline["modelToUpload"], "versionId": "1", "versionAliases": ["default"], "createTime": moment}
    number = "7001"
    parent = f"{hide(PARENT)}/models/{number}"
    for name in (parent, f"{parent}/versions/1"):
        vision.bench.core.store.insert({**row, "name": name})
    return f"ICN{number}"


def test_an_engine_that_simulates_says_so_of_a_training_and_leaves_no_model(vision: Vision) -> None:
    keep_options(vision.bench.core.home, Options(simulate=True))
    dataset = vision.make_dataset(imageObjectDetectionDatasetMetadata={})
    vision.bench.bucket("data").mkdir(exist_ok=True)
    vision.bench.bucket("data/a.png").touch()
    vision.import_lines(dataset, "TRAIN,gs://data/a.png,chair,0.1,0.1,,,0.9,0.9,,")
    body = {"displayName": "boxes", "datasetId": id_of(dataset), "imageObjectDetectionModelMetadata": {}}
    done = vision.finish(vision.post(f"{PARENT}/models", body))
    assert done["response"] == {"@type": "type.googleapis.com/google.cloud.automl.v1.Model"}
    assert done["metadata"]["partialFailures"] == [{"code": 12, "message": "simulated: nothing was trained"}]
    assert vision.get(f"{PARENT}/models") == {}


def test_a_training_that_fails_says_why_in_the_words_of_the_trainer(vision: Vision) -> None:
    dataset = vision.make_dataset()
    vision.bench.bucket("data").mkdir(exist_ok=True)
    vision.bench.bucket("data/a.png").touch()
    vision.import_lines(dataset, "TRAIN,gs://data/a.png,circle")
    error = vision.finish(vision.create_model(dataset))["error"]
    assert error["code"] == 3
    assert error["message"].startswith("Training failed.\nno model can be trained: the training set has 0 images")


def test_a_training_that_waited_goes_on_in_the_next_engine(make_bench: Callable[..., Bench]) -> None:
    before = Vision(make_bench(running=False))
    training = before.create_model(before.make_shapes(9))
    before.bench.close()
    after = Vision(make_bench())
    done = after.finish(training)
    assert "no model can be trained: the training set has 0 images" in done["error"]["message"]
