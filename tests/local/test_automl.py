"""AutoML on the engine: images and videos are really classified; what is not trained is refused or played."""

from __future__ import annotations

import json
import runpy
import struct
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import ENDED, PARENT, Bench, read, refused
from trainctl.local.control import Options, keep_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONFIGS = Path(__file__).parents[2] / "configs" / "automl"
SCHEMAS = "gs://google-cloud-aiplatform/schema/"
TASK = f"{SCHEMAS}trainingjob/definition/automl_image_classification_1.0.0.yaml"
STUDY = {"parameters": [{"parameterId": "optimizer_type", "categoricalValueSpec": {"values": ["sgd", "adam"]}}]}


def make_dataset(bench: Bench, file: str) -> str:
    """A dataset of drawn shapes with the labels of one of the script's import files; its id."""
    folder = bench.core.home.buckets / "shapes"
    if not folder.exists():
        runpy.run_path(str(CONFIGS / "make_shapes.py"))["main"](folder)
    many = file != "shapes.csv"
    rows = [line.split(",") for line in (folder / file).read_text(encoding="utf-8").split()]
    lines = "".join(",".join([f"gs://shapes/{row[0]}", *row[1:]]) + "\n" for row in rows)
    (folder / f"import-{file}").write_text(lines, encoding="utf-8")
    form = f"image_classification_{'multi' if many else 'single'}_label"
    return import_dataset(bench, f"gs://shapes/import-{file}", "image", form)


def import_dataset(bench: Bench, uri: str, kind: str, form: str) -> str:
    """A dataset of the items in one import file; its id."""
    body = {"displayName": "shapes", "metadataSchemaUri": f"{SCHEMAS}dataset/metadata/{kind}_1.0.0.yaml"}
    name = read(bench.client.post(f"/v1/{PARENT}/datasets", json=body))["response"]["name"]
    schema = f"{SCHEMAS}dataset/ioformat/{form}_io_format_1.0.0.yaml"
    config = {"gcsSource": {"uris": [uri]}, "importSchemaUri": schema}
    started = read(bench.client.post(f"/v1/{name}:import", json={"importConfigs": [config]}))
    done = read(bench.client.post(f"/v1/{started['name']}:wait"))
    assert "response" in done, done
    return str(name).rpartition("/")[2]


def make_clips(bench: Bench, *rows: str) -> str:
    """A dataset of videos with moving squares, or with other rows of CSV in place of the script's."""
    folder = bench.core.home.buckets / "clips"
    runpy.run_path(str(CONFIGS / "make_clips.py"))["main"](folder)
    made = (folder / "clips.csv").read_text(encoding="utf-8").split()
    lines = "".join(f"gs://clips/{row}\n" for row in rows or made)
    (folder / "import.csv").write_text(lines, encoding="utf-8")
    return import_dataset(bench, "gs://clips/import.csv", "video", "video_classification")


def make_pipeline(dataset: str, definition: str = TASK, **inputs: Any) -> dict[str, Any]:
    return {
        "displayName": "shapes",
        "inputDataConfig": {"datasetId": dataset},
        "trainingTaskDefinition": definition,
        "trainingTaskInputs": {"modelType": "CLOUD", "budgetMilliNodeHours": 8000, **inputs},
        "modelToUpload": {"displayName": "shapes", "versionAliases": ["candidate"]},
    }


def make_video_pipeline(dataset: str, task: str = "video_classification", **more: Any) -> dict[str, Any]:
    return {
        "displayName": "clips",
        "inputDataConfig": {"datasetId": dataset},
        "trainingTaskDefinition": TASK.replace("image_classification", task),
        "trainingTaskInputs": {"modelType": "CLOUD"},
        "modelToUpload": {"displayName": "clips"},
        **more,
    }


def evaluate(bench: Bench, model: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    [evaluation] = bench.get(f"{model}/evaluations")["modelEvaluations"]
    return evaluation, bench.get(f"{evaluation['name']}/slices")["modelEvaluationSlices"]


def watch_costs(bench: Bench, name: str) -> Iterator[int]:
    """What a pipeline has cost, as one who looks at it until it ends sees it."""
    while not (pipeline := bench.get(name))["state"].endswith(ENDED):
        yield int(pipeline["trainingTaskMetadata"].get("costMilliNodeHours", 0))
        time.sleep(0.1)


def read_report(bench: Bench, model: dict[str, Any]) -> dict[str, Any]:
    """What the trainer has written beside a model."""
    [path] = bench.core.buckets.match(f"{model['artifactUri']}/automl.json")
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


@pytest.mark.slow
def test_a_single_label_classifier_is_chosen_trained_and_evaluated_on_images_held_out(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    created = bench.create(make_pipeline(make_dataset(bench, "shapes.csv")), "trainingPipelines")
    costs = {cost for cost in watch_costs(bench, created["name"]) if cost}
    pipeline = bench.get(created["name"])
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
    metadata = pipeline["trainingTaskMetadata"]
    assert len(costs) > 1
    assert max(costs) <= int(metadata["costMilliNodeHours"]) <= 8000
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
    report = read_report(bench, trained_on["modelToUpload"])
    assert list(report["crossValidation"]) == [evaluation["metadata"]["pipeline"]]


def make_png(side: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A square grey picture of PNG with these chunks behind its header."""
    head = (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (head, *chunks)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.slow
def test_images_that_cannot_be_read_are_told_and_left_out(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    folder = bench.core.home.buckets / "photos"
    folder.mkdir()
    (folder / "text.png").write_text("no picture")
    (folder / "huge.png").write_bytes(make_png(60_000))
    grey = zlib.compress(bytes(33) * 32)
    (folder / "spoilt.png").write_bytes(make_png(32, (b"IDAT", grey[:8]), (b"\1\2\3\4", b"")))
    (folder / "whole.png").write_bytes(make_png(32, (b"IDAT", grey), (b"IEND", b"")))
    (folder / "a.csv").write_text("".join(f"gs://photos/{file.name},a\n" for file in sorted(folder.iterdir())))
    body = make_pipeline(import_dataset(bench, "gs://photos/a.csv", "image", "image_classification_single_label"))
    body["inputDataConfig"]["fractionSplit"] = {"trainingFraction": 1}
    pipeline = bench.run(body, "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_FAILED"
    output = bench.list_output(pipeline["trainingTaskMetadata"]["backingCustomJob"])
    told = [line.partition(": ")[2].partition(" is left out")[0] for line in output[:-1]]
    assert sorted(told) == [f"gs://photos/{name}.png" for name in ("huge", "spoilt", "text")]
    reason = "the training set has 1 images of 1 label(s); two labels are the least"
    assert output[-1] == f"no model can be trained: {reason}"


@pytest.mark.slow
def test_a_base_model_makes_up_for_few_images_of_ones_own(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    dataset = make_dataset(bench, "shapes.csv")
    base = bench.run(make_pipeline(dataset), "trainingPipelines")["modelToUpload"]
    based = {"baseModelId": base["name"].rpartition("/")[2]}
    accuracies = []
    for inputs in ({}, based):
        body = make_pipeline(dataset, **inputs)
        body["inputDataConfig"]["fractionSplit"] = {"trainingFraction": 0.1, "testFraction": 0.9}
        pipeline = bench.run(body, "trainingPipelines")
        assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
        evaluation, _ = evaluate(bench, pipeline["modelToUpload"]["name"])
        accuracies.append(evaluation["metrics"]["accuracy"])
    assert accuracies[1] > accuracies[0]
    other = make_pipeline(dataset, modelType="MOBILE_TF_VERSATILE_1", **based)
    answer = bench.client.post(f"/v1/{PARENT}/trainingPipelines", json=other)
    assert "is a `CLOUD`; the job's `model_type` is `MOBILE_TF_VERSATILE_1`" in refused(answer)[2]


def test_a_base_model_that_automl_has_not_trained_here_is_refused(idle: Bench) -> None:
    dataset = make_dataset(idle, "shapes.csv")
    body = {"model": {"displayName": "own", "artifactUri": "gs://shapes/images"}, "modelId": "own"}
    read(idle.client.post(f"/v1/{PARENT}/models:upload", json=body))
    for field in ("baseModelId", "uptrainBaseModelId"):
        job = make_pipeline(dataset, **{field: "own"})
        code, status, message = refused(idle.client.post(f"/v1/{PARENT}/trainingPipelines", json=job))
        assert (code, status) == (400, "FAILED_PRECONDITION")
        assert message.startswith(
            f"`{field}`: the model `{PARENT}/models/own` was not trained by AutoML on this engine"
        )


@pytest.mark.slow
def test_videos_are_classified_by_frames_of_their_time_segments(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    pipeline = bench.run(make_video_pipeline(make_clips(bench)), "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
    assert "costMilliNodeHours" not in pipeline["trainingTaskMetadata"]
    output = bench.list_output(pipeline["trainingTaskMetadata"]["backingCustomJob"])
    assert output[0] == "28 time segments for training, 0 time segments for validation, 8 time segments for test"
    evaluation, slices = evaluate(bench, pipeline["modelToUpload"]["name"])
    assert evaluation["metrics"]["accuracy"] > 0.6
    assert sorted(part["slice"]["value"] for part in slices) == ["falling", "passing", "rising"]
    assert bench.core.buckets.find(f"{pipeline['modelToUpload']['artifactUri']}/model.joblib") is not None


@pytest.mark.slow
def test_videos_of_which_nothing_can_be_learned_fail_with_the_reason(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    rows = ("clips/00.mp4,walk,0,2", "clips/00.mp4,run,0,2", "clips/01.mp4,walk,9,inf")
    split = {"trainingFraction": 1}
    body = make_video_pipeline(make_clips(bench, *rows))
    body["inputDataConfig"]["fractionSplit"] = split
    pipeline = bench.run(body, "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_FAILED"
    output = bench.list_output(pipeline["trainingTaskMetadata"]["backingCustomJob"])
    assert output == [
        "WARNING: gs://clips/clips/01.mp4 is left out: the video ends before 9 s",
        "no model can be trained: gs://clips/clips/00.mp4 from 0 s has several labels: leave one for each time segment",
    ]


@pytest.mark.parametrize(
    ("task", "inputs"),
    [
        ("image_object_detection", {"modelType": "CLOUD_HIGH_ACCURACY_1", "budgetMilliNodeHours": 20000}),
        ("image_classification", {"modelType": "VIT", "tunableParameter": {"checkpointName": "a", "studySpec": STUDY}}),
    ],
)
def test_an_engine_that_simulates_plays_the_states_of_what_it_does_not_train(
    task: str, inputs: dict[str, Any], make_bench: Callable[..., Bench]
) -> None:
    bench = make_bench()
    keep_options(bench.core.home, Options(simulate=True))
    dataset = make_dataset(bench, "shapes.csv")
    if task == "image_object_detection":
        write = bench.core.home.buckets / "shapes" / "boxes.csv"
        write.write_text("gs://shapes/images/circle-00.png,circle,0.1,0.1,,,0.5,0.5,,\n", encoding="utf-8")
        dataset = import_dataset(bench, "gs://shapes/boxes.csv", "image", "image_bounding_box")
    body = {**make_pipeline(dataset, TASK.replace("image_classification", task)), "trainingTaskInputs": inputs}
    pipeline = bench.run(body, "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
    metadata = pipeline["trainingTaskMetadata"]
    assert metadata["simulated"] == "nothing was trained"
    assert 0 < int(metadata["costMilliNodeHours"]) <= 8000
    assert pipeline["modelToUpload"] == {"displayName": "shapes", "versionAliases": ["candidate"]}
    assert bench.get(f"{PARENT}/models") == {}
    output = bench.list_output(metadata["backingCustomJob"])
    assert (output[0], output[-1]) == (
        "simulated: nothing is trained; the job only goes through its states",
        "simulated: nothing was trained, and no model is uploaded",
    )
    keep_options(bench.core.home, Options(simulate=False))
    answer = bench.client.post(f"/v1/{PARENT}/trainingPipelines", json=body)
    assert "`trainctl local start --simulate` lets such jobs go through their states" in refused(answer)[2]


@pytest.mark.slow
def test_a_multi_label_classifier_knows_several_labels_of_an_image(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    dataset = make_dataset(bench, "shapes-and-colours.csv")
    # On a slow machine, the usual minute ends before the pipelines are tried that see colours.
    inputs: dict[str, Any] = {"multiLabel": True, "budgetMilliNodeHours": 16_000}
    pipeline = bench.run(make_pipeline(dataset, **inputs), "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
    evaluation, slices = evaluate(bench, pipeline["modelToUpload"]["name"])
    assert evaluation["metrics"]["auPrc"] > 0.6
    assert {part["slice"]["value"] for part in slices} == {"circle", "square", "cross", "red", "green", "blue"}


@pytest.mark.parametrize(
    ("definition", "inputs", "message"),
    [
        (TASK.replace("classification", "object_detection"), {}, "does not train `image_object_detection` models"),
        (TASK.replace("image_classification", "video_object_tracking"), {}, "does not train `video_object_tracking`"),
        (TASK.replace("image_classification", "tabular"), {}, "does not train `tabular` models"),
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
