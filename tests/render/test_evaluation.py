"""Evaluations of models, as people read them."""

from __future__ import annotations

from typing import Any

from trainctl.render.evaluation import evaluation_text


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
daisy          -          -          -          -          0
rose       0.900      1.000      0.750      0.500          4
(precision, recall and f1 where the model is at least 0.5 sure)

is, taken for:  daisy \\x1b[31mrose
daisy               3            1
\\x1b[31mrose        0            4

precision over recall
 1.0 |o                     o
     |
     |
     |
     |
 0.5 |                                            o
     |
     |
     |
     |
 0.0 |
     +--------------------------------------------
      0.0                 0.5                  1.0
"""


def test_an_evaluation_shows_labels_confusions_and_a_curve() -> None:
    assert evaluation_text(EVALUATION, colour=False) == SHOWN


def test_an_evaluation_without_known_metrics_is_only_named() -> None:
    assert evaluation_text({"name": "a/b/7", "metrics": {"meanAbsoluteError": 1}}, colour=False) == "evaluation 7\n"
