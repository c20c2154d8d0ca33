"""What specs write of automl v1 beside its discovery document: models of images only, and the words of a guide.

Source of the latter: https://cloud.google.com/vision/automl/docs/train-edge. Written as `ml_limits` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OTHERS = ("textClassification", "textExtraction", "textSentiment", "translation")
_IMAGES_ONLY = "trainctl speaks AutoML Vision, which has models of images only"
_HOURS = {
    "type": ["integer", "number", "string"],
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "x-form": "a number of node hours",
    "description": "The budget in node hours, as a guide of Google's writes it; sent as `trainBudgetMilliNodeHours`.",
}
_METADATA = {"trainBudget": _HOURS, "modelType": {"examples": ["mobile-versatile-1"]}}

REST: Mapping[str, Mapping[str, Any] | None] = {
    **{f"{name[0].upper()}{name[1:]}ModelMetadata": None for name in _OTHERS},
    "Model": {
        **dict.fromkeys((f"{name}ModelMetadata" for name in _OTHERS), None),
        "x-elsewhere": {f"{name}ModelMetadata": _IMAGES_ONLY for name in _OTHERS},
        "displayName": {"minLength": 1, "x-code": "vision-name"},
        "datasetId": {"minLength": 1},
        "baseModelId": {
            "type": ["string", "integer"],
            "description": "The model to resume, where a guide of Google's shows it; sent within the model's metadata.",
        },
    },
    "ImageClassificationModelMetadata": _METADATA,
    "ImageObjectDetectionModelMetadata": _METADATA,
}
"""Changes to the definitions of REST bodies."""
