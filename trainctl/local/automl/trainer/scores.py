"""How good a model is on images that it has not seen, in Google's words for it.

Source: gs://google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml.
"""

from __future__ import annotations

from typing import Any

THRESHOLDS = (*(round(0.05 * step, 2) for step in range(20)), 0.96, 0.97, 0.98, 0.99)
"""Those that AutoML's reference names."""


def evaluate(truth: Any, chances: Any, labels: list[str], *, multi_label: bool) -> dict[str, Any]:
    """The metrics of a model over all labels; `truth` and `chances` are images by labels, 0 or 1 and 0 to 1."""
    import numpy as np

    points = curve(truth.ravel(), chances.ravel())
    metrics = {**summarize(truth.ravel(), chances.ravel()), "confidenceMetrics": points}
    if multi_label:
        return metrics
    right = float((truth.argmax(axis=1) == chances.argmax(axis=1)).mean())
    for point, first in zip(points, curve_of_first(truth, chances), strict=True):
        point.update(first)
    rows = np.zeros((len(labels), len(labels)), dtype=int)
    np.add.at(rows, (truth.argmax(axis=1), chances.argmax(axis=1)), 1)
    specs = [{"id": str(number), "displayName": label} for number, label in enumerate(labels)]
    return {**metrics, "accuracy": right, "confusionMatrix": {"annotationSpecs": specs, "rows": rows.tolist()}}


def evaluate_label(truth: Any, chances: Any) -> dict[str, Any]:
    """The metrics of one label: columns of the same tables."""
    return {**summarize(truth, chances), "confidenceMetrics": curve(truth, chances)}


def summarize(truth: Any, chances: Any) -> dict[str, float]:
    """Areas under the curves and the loss; what cannot be said without both kinds of answer is left out."""
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

    if truth.min() == truth.max():
        return {}
    return {
        "auPrc": float(average_precision_score(truth, chances)),
        "auRoc": float(roc_auc_score(truth, chances)),
        "logLoss": float(log_loss(truth, chances)),
    }


def curve(truth: Any, chances: Any) -> list[dict[str, float]]:
    """Precision and recall at each threshold."""
    return [_point(truth, chances >= threshold, threshold) for threshold in THRESHOLDS]


def curve_of_first(truth: Any, chances: Any) -> list[dict[str, float]]:
    """What is added to the points of single labels: how good only the likeliest label of each image is."""
    import numpy as np

    first = np.eye(chances.shape[1], dtype=bool)[chances.argmax(axis=1)]
    names = {"recall": "recallAt1", "precision": "precisionAt1", "f1Score": "f1ScoreAt1"}
    names["falsePositiveRate"] = "falsePositiveRateAt1"
    points = (_point(truth, first & (chances >= threshold), threshold) for threshold in THRESHOLDS)
    return [{ours: point[theirs] for theirs, ours in names.items()} for point in points]


def _point(truth: Any, said: Any, threshold: float) -> dict[str, float]:
    hits, wrong = int((said & (truth == 1)).sum()), int((said & (truth == 0)).sum())
    missed, none = int((~said & (truth == 1)).sum()), int((~said & (truth == 0)).sum())
    precision = hits / (hits + wrong) if hits + wrong else 1.0
    recall = hits / (hits + missed) if hits + missed else 0.0
    return {
        "confidenceThreshold": threshold,
        "precision": precision,
        "recall": recall,
        "f1Score": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "falsePositiveRate": wrong / (wrong + none) if wrong + none else 0.0,
        "truePositiveCount": hits,
        "falsePositiveCount": wrong,
        "falseNegativeCount": missed,
        "trueNegativeCount": none,
    }
