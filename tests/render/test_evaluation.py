"""Evaluations of models, as people read them: of classes, boxes, tracks and actions."""

from __future__ import annotations

from typing import Any

import pytest

from trainctl.render.evaluation import evaluation_text, plot_text


def points(*pairs: tuple[float, float, float]) -> list[dict[str, Any]]:
    return [
        {
            "confidenceThreshold": threshold,
            "recall": recall,
            "precision": precision,
            "f1Score": 0.5,
            "truePositiveCount": 3,
            "falseNegativeCount": "1",
        }
        for threshold, recall, precision in pairs
    ]


EVALUATION = {
    "name": "projects/p/locations/us-central1/models/1@1/evaluations/77",
    "metrics": {
        "auPrc": 0.91,
        "logLoss": 0.25,
        "confidenceMetrics": points((0.0, 1.0, 0.5), (0.5, 0.5, 1.0), (0.9, 0.0, 1.0)),
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": "daisy"}, {"displayName": "\x1b[31mrose"}],
            "rows": [[3, 1], [0, 4]],
        },
    },
    "slices": [
        {"slice": {"value": "rose"}, "metrics": {"auPrc": 0.9, "confidenceMetrics": points((0.5, 0.75, 1.0))}},
        {"slice": {"value": "daisy"}, "metrics": {"confidenceMetrics": []}},
    ],
}
SHOWN = """\
evaluation 77

auPrc:    0.9100
logLoss:  0.2500

label      auPrc  precision     recall         f1   examples
daisy          -          -          -          -          -
rose       0.900      1.000      0.750      0.500          4
(precision, recall and f1 where the model is at least 0.5 sure)

is, taken for:  daisy \\x1b[31mrose
daisy               3            1
\\x1b[31mrose        0            4
"""
PLOTTED = """\
precision over recall: all labels
 1.0 |o               o
     |
     |
     |
     |
 0.5 |                                 o
     |
     |
     |
     |
 0.0 |
     +---------------------------------
      0.0            0.5            1.0

precision over recall: rose
 1.0 |                         o
     |
     |
     |
     |
 0.5 |
     |
     |
     |
     |
 0.0 |
     +---------------------------------
      0.0            0.5            1.0
"""


def boxes(*levels: tuple[float, float]) -> list[dict[str, Any]]:
    return [
        {
            "iouThreshold": iou,
            "meanAveragePrecision": area,
            "confidenceMetrics": points((0.5, 0.8, 0.9)),
        }
        for iou, area in levels
    ]


DETECTION = {
    "name": "a/evaluations/8",
    "metrics": {
        "boundingBoxMeanAveragePrecision": 0.4321,
        "evaluatedBoundingBoxCount": 40,
        "boundingBoxMetrics": boxes((0.5, 0.7), (0.75, 0.5)),
    },
    "slices": [
        {
            "slice": {"value": "bolt"},
            "metrics": {
                "boundingBoxMeanAveragePrecision": 0.6,
                "evaluatedBoundingBoxCount": 12,
                "boundingBoxMetrics": boxes((0.5, 0.7)),
            },
        },
        {"slice": {"value": "螺母"}, "metrics": {"boundingBoxMetrics": boxes((0.5, 0.3))}},
    ],
}
DETECTION_SHOWN = """\
evaluation 8

boxes: mean average precision:  0.4321
boxes evaluated:                40

overlap of boxes        mAP  precision     recall         f1
0.5                   0.700      0.900      0.800      0.500
0.75                  0.500      0.900      0.800      0.500

label        mAP  precision     recall         f1   examples
bolt       0.600      0.900      0.800      0.500         12
螺母       0.300      0.900      0.800      0.500          -
(precision, recall and f1 where the model is at least 0.5 sure)
"""
TRACKS = {
    "trackMeanAveragePrecision": 0.5,
    "trackMeanMismatchRate": 0.125,
    "evaluatedTrackCount": "9",
    "boundingBoxMetrics": boxes(*((0.05 * step, 0.9 - 0.04 * step) for step in range(1, 20))),
    "trackMetrics": [
        {
            "iouThreshold": 0.5,
            "meanTrackingAveragePrecision": 0.55,
            "confidenceMetrics": [{"confidenceThreshold": 0.5, "trackingPrecision": 0.5, "trackingRecall": 1}],
        }
    ],
}
TRACKS_SHOWN = """\
evaluation 9

tracks: mean average precision:  0.5000
tracks: mean mismatch rate:      0.1250
tracks evaluated:                9

overlap of boxes        mAP  precision     recall         f1
0.5                   0.500      0.900      0.800      0.500
0.75                  0.300      0.900      0.800      0.500
0.9                   0.180      0.900      0.800      0.500

overlap of tracks        mAP  precision     recall         f1
0.5                    0.550      0.500      1.000      0.667
"""
ACTIONS = {
    "evaluatedActionCount": 30,
    "videoActionMetrics": [
        {
            "precisionWindowLength": f"{length}s",
            "meanAveragePrecision": 0.2 * length,
            "confidenceMetrics": points((0.5, 0.25, 0.75)),
        }
        for length in (1, 2, 3)
    ],
}
ACTIONS_SHOWN = """\
evaluation 10

actions evaluated:  30

time window        mAP  precision     recall         f1
1s               0.200      0.750      0.250      0.500
2s               0.400      0.750      0.250      0.500
3s               0.600      0.750      0.250      0.500
"""


@pytest.mark.parametrize(
    ("evaluation", "shown"),
    [
        (EVALUATION, SHOWN),
        (DETECTION, DETECTION_SHOWN),
        ({"name": "a/9", "metrics": TRACKS}, TRACKS_SHOWN),
        ({"name": "a/10", "metrics": ACTIONS}, ACTIONS_SHOWN),
        ({"name": "a/b/7", "metrics": {"meanAbsoluteError": 1}}, "evaluation 7\n"),
        (
            {"name": "a/b/7", "metrics": {"boundingBoxMetrics": [3, {}], "trackMetrics": "x"}, "slices": [{}]},
            "evaluation 7\n",
        ),
    ],
    ids=["classes", "boxes", "tracks", "actions", "unknown", "damaged"],
)
def test_an_evaluation_is_shown_with_what_its_metrics_have(evaluation: dict[str, Any], shown: str) -> None:
    assert evaluation_text(evaluation, colour=False) == shown


def test_precision_over_recall_is_drawn_for_all_labels_and_for_each() -> None:
    assert plot_text(EVALUATION, width=40) == PLOTTED
    assert plot_text({"name": "a/10", "metrics": ACTIONS}, width=40).count("o\n") == 1
    assert plot_text({"name": "a/7"}, width=40) == "this evaluation has no curve of precision and recall\n"
