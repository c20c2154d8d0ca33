"""The metrics of an evaluation, whatever they measure, brought to what can be shown of all of them.

Sources: the schemas in gs://google-cloud-aiplatform/schema/modelevaluation/: classification_metrics,
image_object_detection_metrics, video_object_tracking_metrics, video_action_recognition_metrics (all _1.0.0.yaml).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

SURE = 0.5
"""The confidence at which precision, recall and F1 are told."""
OVERLAP = 0.5
"""The intersection over union at which a box or a track counts as found, where one number has to do."""

_FIGURES = {
    "accuracy": "accuracy",
    "auPrc": "auPrc",
    "auRoc": "auRoc",
    "logLoss": "logLoss",
    "boundingBoxMeanAveragePrecision": "boxes: mean average precision",
    "trackMeanAveragePrecision": "tracks: mean average precision",
    "trackMeanBoundingBoxIou": "tracks: mean overlap",
    "trackMeanMismatchRate": "tracks: mean mismatch rate",
}
_COUNTS = {
    "evaluatedBoundingBoxCount": "boxes evaluated",
    "evaluatedFrameCount": "frames evaluated",
    "evaluatedTrackCount": "tracks evaluated",
    "evaluatedActionCount": "actions evaluated",
}
_AREAS = ("auPrc", "boundingBoxMeanAveragePrecision", "trackMeanAveragePrecision")


@dataclass(frozen=True, slots=True)
class Point:
    """Precision, recall and F1 at one confidence."""

    confidence: float
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Level:
    """The metrics at one demand on a match: `at` names it, `key` says what sort of demand it is."""

    key: str
    at: str
    area: float | None
    curve: tuple[Point, ...]


def figures_of(metrics: object) -> list[tuple[str, str]]:
    """Single numbers with their names, in words where Google's name is none."""
    found = [(name, wire.number(wire.dig(metrics, key))) for key, name in _FIGURES.items()]
    counts = [(name, wire.whole(wire.dig(metrics, key))) for key, name in _COUNTS.items()]
    shown = [(name, f"{value:.4f}") for name, value in found if value is not None]
    return [*shown, *((name, str(count)) for name, count in counts if count is not None)]


def area_of(metrics: object) -> float | None:
    """The mean precision over all confidences: of the first sort of match that there is."""
    values = (wire.number(wire.dig(metrics, key)) for key in _AREAS)
    found = next((value for value in values if value is not None), None)
    level = next(iter(levels_of(metrics)), None)
    return found if found is not None else level.area if level else None


def count_of(metrics: object) -> int | None:
    """How many examples were evaluated, as far as the metrics say it."""
    counts = (wire.whole(wire.dig(metrics, key)) for key in _COUNTS)
    found = next((count for count in counts if count is not None), None)
    if found is not None:
        return found
    known = (wire.items(wire.dig(metrics, "confidenceMetrics")) or [None])[0]
    parts = [wire.whole(wire.dig(known, key)) for key in ("truePositiveCount", "falseNegativeCount")]
    return sum(part or 0 for part in parts) if any(part is not None for part in parts) else None


def levels_of(metrics: object) -> Iterator[Level]:
    """What boxes, tracks and actions reach at each demand: overlap of boxes, length of the time window."""
    for entry in wire.items(wire.dig(metrics, "boundingBoxMetrics")):
        yield _level("boxes", entry, "iouThreshold", "meanAveragePrecision")
    for entry in wire.items(wire.dig(metrics, "trackMetrics")):
        yield _level("tracks", entry, "iouThreshold", "meanTrackingAveragePrecision")
    for entry in wire.items(wire.dig(metrics, "videoActionMetrics")):
        yield _level("actions", entry, "precisionWindowLength", "meanAveragePrecision")


def _level(key: str, entry: object, at: str, area: str) -> Level:
    number = wire.number(wire.dig(entry, at))
    name = wire.text(wire.dig(entry, at)) if number is None else f"{number:g}"
    return Level(key, name, wire.number(wire.dig(entry, area)), _points(wire.dig(entry, "confidenceMetrics")))


def curve_of(metrics: object) -> tuple[Point, ...]:
    """The points of the precision-recall curve; of boxes, tracks and actions that of the usual demand."""
    plain = _points(wire.dig(metrics, "confidenceMetrics"))
    if plain:
        return plain
    levels = list(levels_of(metrics))
    usual = next((level for level in levels if (wire.number(level.at) or 0) >= OVERLAP), None)
    return usual.curve if usual else levels[0].curve if levels else ()


def point_at(curve: tuple[Point, ...], confidence: float = SURE) -> Point | None:
    """The first point that is at least so sure."""
    return next((point for point in curve if point.confidence >= confidence), None)


def _points(value: object) -> tuple[Point, ...]:
    entries = [entry for entry in wire.items(value) if isinstance(entry, dict)]
    return tuple(_point(entry) for entry in entries)


def _point(entry: dict[str, Any]) -> Point:
    def read(*keys: str) -> float | None:
        values = (wire.number(entry.get(key)) for key in keys)
        return next((value for value in values if value is not None), None)

    precision, recall = read("precision", "trackingPrecision"), read("recall", "trackingRecall")
    f1 = read("f1Score")
    if f1 is None and precision is not None and recall is not None and precision + recall > 0:
        f1 = 2 * precision * recall / (precision + recall)
    return Point(read("confidenceThreshold") or 0.0, precision, recall, f1)
