"""Every body that specs become, judged by Google's discovery document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kinds.test_custom_requests import prepared, rows
from tests.local.discovery import find_method, find_problems

TYPE = "GoogleCloudAiplatformV1"
AUTOML = "SchemaTrainingjobDefinitionAutoMl"
TASKS = {
    "automl_image_classification_1.0.0.yaml": f"{AUTOML}ImageClassificationInputs",
    "automl_image_object_detection_1.0.0.yaml": f"{AUTOML}ImageObjectDetectionInputs",
    "automl_video_classification_1.0.0.yaml": f"{AUTOML}VideoClassificationInputs",
    "automl_video_object_tracking_1.0.0.yaml": f"{AUTOML}VideoObjectTrackingInputs",
    "automl_video_action_recognition_1.0.0.yaml": f"{AUTOML}VideoActionRecognitionInputs",
    "custom_task_1.0.0.yaml": "CustomJobSpec",
    "hyperparameter_tuning_task_1.0.0.yaml": "SchemaTrainingjobDefinitionHyperparameterTuningJobSpec",
}
"""The inputs of training pipelines, which the document leaves open, by their definitions."""

SCHEMAS = Path(__file__).parents[2] / "trainctl" / "spec" / "schemas"
KINDS = ("custom", "hptune", "automl-image", "automl-video", "ml-training", "ml-prediction")
FILES = ("custom_sent", "custom_own", "hptune_sent", "hptune_own", "automl_sent", "ml_own")
ROWS = [row for name in FILES for row in rows(name)]


def judge(path: str, body: dict[str, Any]) -> list[str]:
    """What is wrong with a body by the schema of the method that its path belongs to."""
    found = find_method("POST", path)
    assert found is not None, f"no service has {path}"
    method, document = found
    problems = find_problems(body, method["request"]["$ref"], document)
    if definition := body.get("trainingTaskDefinition"):
        task = TASKS[definition.rsplit("/", 1)[-1]]
        problems += find_problems(with_text_budget(body["trainingTaskInputs"]), f"{TYPE}{task}", document)
    return problems


def with_text_budget(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs with an int64 as the document writes it; a number, which Google's SDK sends, means the same."""
    budget = inputs.get("budgetMilliNodeHours")
    return inputs if budget is None else {**inputs, "budgetMilliNodeHours": str(budget)}


@pytest.mark.parametrize("row", ROWS)
def test_a_body_has_only_fields_types_and_values_that_google_knows(row: dict[str, Any], tmp_path: Path) -> None:
    call = prepared(row, tmp_path).call
    assert judge(call.url.partition(".com")[2], dict(call.body)) == []


def test_the_judge_sees_wrong_fields_types_and_values() -> None:
    pool = {
        "machineSpec": {"machineTyp": "n1-standard-4", "acceleratorType": "GPU"},
        "replicaCount": 1,
        "containerSpec": {"imageUri": "a", "args": ["--epochs", 30]},
    }
    wrong = {"trainingTaskDefinition": "custom_task_1.0.0.yaml", "trainingTaskInputs": {"workerPoolSpecs": [pool]}}
    assert judge("/v1/projects/p/locations/us-central1/trainingPipelines", wrong) == [
        f"$.workerPoolSpecs[0].machineSpec.machineTyp: no such field in {TYPE}MachineSpec",
        "$.workerPoolSpecs[0].machineSpec.acceleratorType: 'GPU' is not one of the enum's values",
        "$.workerPoolSpecs[0].replicaCount: 1 is not of type string",
        "$.workerPoolSpecs[0].containerSpec.args[1]: 30 is not of type string",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_that_a_kind_adds_is_in_some_body(kind: str) -> None:
    known = set(json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))["properties"])
    used = {name for row in ROWS for name in row.values[0]["spec"] if row.values[0]["spec"]["kind"] == kind}
    assert known - used == set()
