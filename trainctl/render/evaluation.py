"""An evaluation of a classification model as text: metrics, a confusion matrix, precision over recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.render.console import paint
from trainctl.render.words import escape, fit, pad

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 44, 11
_LONGEST_LABEL = 20
_MOST_LABELS = 12
"""A wider confusion matrix is not legible in a terminal."""

_AT = 0.5
_CORNER = "is, taken for:"


def evaluation_text(evaluation: Mapping[str, Any], *, colour: bool) -> str:
    """One evaluation in full; only what the service gave."""
    metrics = evaluation.get("metrics")
    parts = [
        [paint(f"evaluation {escape(wire.text(evaluation.get('name')).rpartition('/')[2])}", "bold", colour=colour)],
        _summary(metrics),
        label_lines(wire.items(evaluation.get("slices"))),
        matrix_lines(wire.dig(metrics, "confusionMatrix")),
        curve_lines(curve_of(metrics)),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _summary(metrics: object) -> list[str]:
    names = ("accuracy", "auPrc", "auRoc", "logLoss")
    found = [(name, wire.number(wire.dig(metrics, name))) for name in names]
    return [f"{pad(f'{name}:', 10)}{value:.4f}" for name, value in found if value is not None]


def label_lines(slices: Sequence[object]) -> list[str]:
    """A table of labels: area under the curve, and precision, recall and F1 at a confidence of 0.5."""
    rows = [row for row in map(_label_row, slices) if row is not None]
    if not rows:
        return []
    width = max(len("label"), *(len(row[0]) for row in rows))
    titles = ("label", "auPrc", "precision", "recall", "f1", "examples")
    table = [f"{pad(titles[0], width)}  " + "  ".join(f"{title:>9}" for title in titles[1:])]
    table += [f"{pad(row[0], width)}  " + "  ".join(f"{cell:>9}" for cell in row[1:]) for row in sorted(rows)]
    return [*table, f"(precision, recall and f1 where the model is at least {_AT} sure)"]


def _label_row(part: object) -> tuple[str, ...] | None:
    label = wire.text(wire.dig(part, "slice", "value"))
    metrics = wire.dig(part, "metrics")
    if not label or not isinstance(metrics, dict):
        return None
    point = next((each for each in curve_of(metrics) if (wire.number(each.get("confidenceThreshold")) or 0) >= _AT), {})
    numbers = [
        wire.number(metrics.get("auPrc")),
        *(wire.number(point.get(key)) for key in ("precision", "recall", "f1Score")),
    ]
    counts = [wire.number(point.get(key)) or 0 for key in ("truePositiveCount", "falseNegativeCount")]
    shown = ("-" if number is None else f"{number:.3f}" for number in numbers)
    return (fit(escape(label), _LONGEST_LABEL), *shown, f"{sum(counts):.0f}")


def matrix_lines(matrix: object) -> list[str]:
    """Rows are what an image shows, columns what the model says."""
    names = [
        escape(wire.text(wire.dig(spec, "displayName"))) for spec in wire.items(wire.dig(matrix, "annotationSpecs"))
    ]
    rows = [
        wire.items(wire.dig(row, "row") if isinstance(row, dict) else row)
        for row in wire.items(wire.dig(matrix, "rows"))
    ]
    if not names or len(rows) != len(names):
        return []
    if len(names) > _MOST_LABELS:
        return [f"confusion matrix of {len(names)} labels: see `-o json`"]
    short = [fit(name, _LONGEST_LABEL) for name in names]
    left, wide = max(len(_CORNER), *map(len, short)), [max(len(name), 5) for name in short]
    head = " ".join(f"{name:>{width}}" for name, width in zip(short, wide, strict=True))
    lines = [f"{pad(_CORNER, left)}  {head}"]
    for name, row in zip(short, rows, strict=True):
        cells = (f"{wire.number(count) or 0:.0f}" for count in row)
        body = " ".join(f"{cell:>{width}}" for cell, width in zip(cells, wide, strict=False))
        lines.append(f"{pad(name, left)}  {body}")
    return lines


def curve_of(metrics: object) -> list[dict[str, Any]]:
    """The points of the precision-recall curve, by growing confidence."""
    return [point for point in wire.items(wire.dig(metrics, "confidenceMetrics")) if isinstance(point, dict)]


def curve_lines(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Precision over recall, drawn with characters."""
    pairs = [(wire.number(point.get("recall")), wire.number(point.get("precision"))) for point in points]
    known = [(recall, precision) for recall, precision in pairs if recall is not None and precision is not None]
    if not known:
        return []
    grid = [[" "] * (WIDTH + 1) for _ in range(HEIGHT)]
    for recall, precision in known:
        across, up = round(min(max(recall, 0), 1) * WIDTH), round(min(max(precision, 0), 1) * (HEIGHT - 1))
        grid[HEIGHT - 1 - up][across] = "o"
    marks = {0: "1.0", HEIGHT // 2: "0.5", HEIGHT - 1: "0.0"}
    lines = [f"{marks.get(number, ''):>4} |{''.join(row).rstrip()}" for number, row in enumerate(grid)]
    axis = f"     +{'-' * WIDTH}\n      0.0{'0.5':^{WIDTH - 6}}1.0"
    return ["precision over recall", *lines, axis]
