"""Evaluations of AutoML Vision's models in Vertex AI's words: one of the whole model, with a slice for each label.

Shapes: `ModelEvaluation`, `ClassificationEvaluationMetrics` and `ImageObjectDetectionEvaluationMetrics` of automl v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORDS = {
    "confidenceMetricsEntry": "confidenceMetrics",
    "confidenceMetricsEntries": "confidenceMetrics",
    "boundingBoxMetricsEntries": "boundingBoxMetrics",
}
"""Lists that are called otherwise."""


def evaluation_shapes(evaluations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The evaluations of whole models, those of their labels as slices; empty when there is none of a whole model."""
    known = list(evaluations)
    labels = [_slice(each) for each in known if wire.text(each.get("annotationSpecId"))]
    whole = [each for each in known if not wire.text(each.get("annotationSpecId"))]
    return [{"name": each.get("name"), "metrics": _metrics(each), "slices": labels} for each in whole]


def _slice(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    part = {"dimension": "annotationSpec", "value": wire.text(evaluation.get("displayName"))}
    return {"slice": part, "metrics": _metrics(evaluation)}


def _metrics(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    sorts = ("classificationEvaluationMetrics", "imageObjectDetectionEvaluationMetrics")
    found: dict[str, Any] = next((evaluation[sort] for sort in sorts if isinstance(evaluation.get(sort), dict)), {})
    metrics = _renamed(found)
    matrix = found.get("confusionMatrix")
    return {**metrics, "confusionMatrix": _matrix(matrix)} if isinstance(matrix, dict) else metrics


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(inner) for inner in value]
    return {_WORDS.get(key, key): _renamed(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _matrix(matrix: Mapping[str, Any]) -> dict[str, Any]:
    names = [wire.text(name) for name in wire.items(matrix.get("displayName"))]
    rows = [
        [wire.whole(cell) or 0 for cell in wire.items(wire.dig(row, "exampleCount"))]
        for row in wire.items(matrix.get("row"))
    ]
    return {"annotationSpecs": [{"displayName": name} for name in names], "rows": rows}
