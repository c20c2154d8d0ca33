"""Models of AutoML Vision for people: how good one is, in the same words as Vertex AI's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api import discovery

if TYPE_CHECKING:
    from tests.running import Runner

NAME = "projects/my-project/locations/us-central1/models/IOD3"
POINT = {"confidenceThreshold": 0.5, "precision": 0.75, "recall": 0.5, "f1Score": 0.6}
METRICS = {
    "boundingBoxMeanAveragePrecision": 0.8125,
    "evaluatedBoundingBoxCount": 40,
    "boundingBoxMetricsEntries": [
        {"iouThreshold": 0.5, "meanAveragePrecision": 0.9, "confidenceMetricsEntries": [POINT]}
    ],
}
EVALUATIONS: list[dict[str, Any]] = [
    {"name": f"{NAME}/modelEvaluations/1", "imageObjectDetectionEvaluationMetrics": METRICS},
    {
        "name": f"{NAME}/modelEvaluations/2",
        "annotationSpecId": "7",
        "displayName": "bolt",
        "imageObjectDetectionEvaluationMetrics": METRICS,
    },
]
TEXT = """\
evaluation 1

boxes: mean average precision:  0.8125
boxes evaluated:                40

overlap of boxes        mAP  precision     recall         f1
0.5                   0.900      0.750      0.500      0.600

label        mAP  precision     recall         f1   examples
bolt       0.812      0.750      0.500      0.600         40
(precision, recall and f1 where the model is at least 0.5 sure)
"""


@pytest.fixture
def run(trainctl: Runner) -> Runner:
    def answer(request: httpx.Request) -> httpx.Response:
        discovery.check(request)
        if request.url.path == f"/v1/{NAME}/modelEvaluations":
            return httpx.Response(200, json={"modelEvaluation": EVALUATIONS})
        assert request.url.path == f"/v1/{NAME}"
        return httpx.Response(200, json={"name": NAME, "imageObjectDetectionModelMetadata": {}})

    trainctl.transport = httpx.MockTransport(answer)
    trainctl.environment = {
        "TRAINCTL_ACCESS_TOKEN": "a-token",
        "TRAINCTL_PROJECT": "my-project",
        "TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com",
    }
    return trainctl


def test_evaluations_are_shown_as_one_with_a_line_for_each_label(run: Runner) -> None:
    assert run("models", "evaluations", NAME).out == TEXT


def test_programs_get_them_as_the_service_has_them(run: Runner) -> None:
    assert json.loads(run("models", "evaluations", NAME, "-o", "json").out) == EVALUATIONS
