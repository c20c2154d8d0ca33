"""What the engine's AutoML says of a model, counted by hand; the areas under its curves are scikit-learn's."""

from __future__ import annotations

import numpy as np

from trainctl.local.automl.trainer.scores import THRESHOLDS, curve, curve_of_first
from trainctl.local.vision.models import translate

TRUTH = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]])
CHANCES = np.array([[0.9, 0.06, 0.04], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.03, 0.97, 0.0]])


def test_there_is_a_point_for_every_threshold_of_the_reference() -> None:
    assert [point["confidenceThreshold"] for point in curve(TRUTH.ravel(), CHANCES.ravel())] == [*THRESHOLDS]
    assert THRESHOLDS[:3] == (0.0, 0.05, 0.1)
    assert THRESHOLDS[-5:] == (0.95, 0.96, 0.97, 0.98, 0.99)


def test_points_count_every_label_of_every_image() -> None:
    point = next(it for it in curve(TRUTH.ravel(), CHANCES.ravel()) if it["confidenceThreshold"] == 0.2)
    assert point == {
        "confidenceThreshold": 0.2,
        "precision": 4 / 7,
        "recall": 1.0,
        "f1Score": 8 / 11,
        "falsePositiveRate": 3 / 8,
        "truePositiveCount": 4,
        "falsePositiveCount": 3,
        "falseNegativeCount": 0,
        "trueNegativeCount": 5,
    }


def test_points_at_one_count_the_likeliest_label_only() -> None:
    first = dict(zip(THRESHOLDS, curve_of_first(TRUTH, CHANCES), strict=True))
    assert first[0.2] == {"recallAt1": 0.75, "precisionAt1": 0.75, "f1ScoreAt1": 0.75, "falsePositiveRateAt1": 1 / 8}
    assert first[0.6] == {"recallAt1": 0.75, "precisionAt1": 1.0, "f1ScoreAt1": 6 / 7, "falsePositiveRateAt1": 0.0}
    assert first[0.98] == {"recallAt1": 0.0, "precisionAt1": 1.0, "f1ScoreAt1": 0.0, "falsePositiveRateAt1": 0.0}


def test_automl_vision_shows_a_confusion_matrix_of_at_most_ten_labels() -> None:
    def matrix(size: int) -> dict[str, object]:
        specs = [{"id": str(n), "displayName": f"label {n}"} for n in range(size)]
        return {"confusionMatrix": {"annotationSpecs": specs, "rows": [[0] * size] * size}}

    assert len(translate(matrix(10))["confusionMatrix"]["row"]) == 10
    assert "confusionMatrix" not in translate(matrix(11))


def test_automl_vision_says_that_all_labels_of_an_image_count() -> None:
    [entry] = translate({"confidenceMetrics": [{"confidenceThreshold": 0.5}]})["confidenceMetricsEntry"]
    assert entry == {"confidenceThreshold": 0.5, "positionThreshold": 2147483647}
