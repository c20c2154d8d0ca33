"""AutoML on the engine: image classification is really trained, and what is not is refused."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, Bench, read

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = Path(__file__).parents[2] / "configs" / "automl" / "make_shapes.py"
SCHEMAS = "gs://google-cloud-aiplatform/schema/"
TASK = f"{SCHEMAS}trainingjob/definition/automl_image_classification_1.0.0.yaml"


def make_dataset(bench: Bench, file: str) -> str:
    """A dataset of drawn shapes with the labels of one of the script's import files; its id."""
    folder = bench.core.home.buckets / "shapes"
    if not folder.exists():
        runpy.run_path(str(SCRIPT))["main"](folder)
    many = file != "shapes.csv"
    rows = [line.split(",") for line in (folder / file).read_text(encoding="utf-8").split()]
    lines = "".join(",".join([f"gs://shapes/{row[0]}", *row[1:]]) + "\n" for row in rows)
    (folder / f"import-{file}").write_text(lines, encoding="utf-8")
    body = {"displayName": "shapes", "metadataSchemaUri": f"{SCHEMAS}dataset/metadata/image_1.0.0.yaml"}
    name = read(bench.client.post(f"/v1/{PARENT}/datasets", json=body))["response"]["name"]
    form = f"image_classification_{'multi' if many else 'single'}_label_io_format_1.0.0.yaml"
    config = {
        "gcsSource": {"uris": [f"gs://shapes/import-{file}"]},
        "importSchemaUri": f"{SCHEMAS}dataset/ioformat/{form}",
    }
    started = read(bench.client.post(f"/v1/{name}:import", json={"importConfigs": [config]}))
    done = read(bench.client.post(f"/v1/{started['name']}:wait"))
    assert "response" in done, done
    return str(name).rpartition("/")[2]


def make_pipeline(dataset: str, definition: str = TASK, **inputs: Any) -> dict[str, Any]:
    return {
        "displayName": "shapes",
        "inputDataConfig": {"datasetId": dataset},
        "trainingTaskDefinition": definition,
        "trainingTaskInputs": {"modelType": "CLOUD", "budgetMilliNodeHours": 8000, **inputs},
        "modelToUpload": {"displayName": "shapes", "versionAliases": ["candidate"]},
    }


def evaluate(bench: Bench, model: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    [evaluation] = bench.get(f"{model}/evaluations")["modelEvaluations"]
    return evaluation, bench.get(f"{evaluation['name']}/slices")["modelEvaluationSlices"]


@pytest.mark.slow
def test_a_single_label_classifier_is_chosen_trained_and_evaluated_on_images_held_out(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    pipeline = bench.run(make_pipeline(make_dataset(bench, "shapes.csv")), "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
    metadata = pipeline["trainingTaskMetadata"]
    assert 0 < int(metadata["costMilliNodeHours"]) <= 8000
    assert metadata["successfulStopReason"] in ("MODEL_CONVERGED", "BUDGET_REACHED")
    model = pipeline["modelToUpload"]
    assert (model["versionAliases"], model["modelSourceInfo"]) == (["candidate", "default"], {"sourceType": "AUTOML"})
    evaluation, slices = evaluate(bench, model["name"])
    assert evaluation["metrics"]["accuracy"] > 0.7
    assert sum(map(sum, evaluation["metrics"]["confusionMatrix"]["rows"])) == evaluation["metadata"]["heldOut"] == 9
    assert sorted(part["slice"]["value"] for part in slices) == ["circle", "cross", "square"]
    again = make_pipeline(pipeline["inputDataConfig"]["datasetId"], uptrainBaseModelId=model["name"].rpartition("/")[2])
    trained_on = bench.run({**again, "parentModel": model["name"]}, "trainingPipelines")
    assert trained_on["modelToUpload"]["versionId"] == "2"
    report = json.loads(
        (bench.core.buckets.match(f"{trained_on['modelToUpload']['artifactUri']}/automl.json")[0]).read_text()
    )
    assert list(report["crossValidation"]) == [evaluation["metadata"]["pipeline"]]


@pytest.mark.slow
def test_a_multi_label_classifier_knows_several_labels_of_an_image(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    dataset = make_dataset(bench, "shapes-and-colours.csv")
    pipeline = bench.run(make_pipeline(dataset, multiLabel=True), "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
    evaluation, slices = evaluate(bench, pipeline["modelToUpload"]["name"])
    assert evaluation["metrics"]["auPrc"] > 0.6
    assert {part["slice"]["value"] for part in slices} == {"circle", "square", "cross", "red", "green", "blue"}


@pytest.mark.parametrize(
    ("definition", "inputs", "message"),
    [
        (TASK.replace("classification", "object_detection"), {}, "does not train `image_object_detection_1.0.0.yaml`"),
        (TASK.replace("image", "video"), {}, "does not train `video_classification_1.0.0.yaml`"),
        (TASK, {"modelType": "VIT"}, "does not train the Model Garden type `VIT`"),
        (TASK, {"baseModelId": "7"}, "models/7` does not exist"),
        (TASK, {"modelTyp": "CLOUD"}, "modelTyp"),
    ],
)
def test_what_is_not_trained_here_is_refused(
    definition: str, inputs: dict[str, Any], message: str, make_bench: Callable[..., Bench]
) -> None:
    bench = make_bench(running=False)
    dataset = make_dataset(bench, "shapes.csv")
    answer = bench.client.post(f"/v1/{PARENT}/trainingPipelines", json=make_pipeline(dataset, definition, **inputs))
    assert answer.status_code in (400, 404), answer.text
    assert message in answer.json()["error"]["message"]
