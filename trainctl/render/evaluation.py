"""An evaluation of a model as text: single numbers, tables by label and by demand, a confusion matrix; curves apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl import wire
from trainctl.render.console import paint
from trainctl.render.metrics import (
    SURE,
    Level,
    Point,
    area_of,
    count_of,
    curve_of,
    figures_of,
    levels_of,
    point_at,
)
from trainctl.render.words import cells, escape, fit, pad

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEIGHT = 11
_WIDEST = 72
_MARGIN = 6
_LONGEST_LABEL = 20
_MOST_LABELS = 12
"""A wider confusion matrix is not legible in a terminal."""

_MOST_LEVELS = 6
_SHOWN_LEVELS = ("0.5", "0.75", "0.9")
"""Of the two dozen overlaps that Google evaluates."""

_CORNER = "is, taken for:"
_UNITS = {"boxes": "overlap of boxes", "tracks": "overlap of tracks", "actions": "time window"}


def evaluation_text(evaluation: Mapping[str, object], *, colour: bool) -> str:
    """One evaluation in full; only what the service gave."""
    metrics = evaluation.get("metrics")
    parts = [
        [paint(f"evaluation {escape(wire.text(evaluation.get('name')).rpartition('/')[2])}", "bold", colour=colour)],
        _summary(metrics),
        level_lines([level for level in levels_of(metrics) if level.at]),
        label_lines(wire.items(evaluation.get("slices"))),
        matrix_lines(wire.dig(metrics, "confusionMatrix")),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _summary(metrics: object) -> list[str]:
    found = figures_of(metrics)
    width = max((len(name) for name, _ in found), default=0) + 3
    return [f"{pad(f'{name}:', width)}{value}" for name, value in found]


def level_lines(levels: Sequence[Level]) -> list[str]:
    """A table of what is reached at each demand on a match; of many demands a few."""
    keys = dict.fromkeys(level.key for level in levels)
    tables = [_level_table(key, [level for level in levels if level.key == key]) for key in keys]
    return [line for table in tables for line in ([*table, ""] if table is not tables[-1] else table)]


def _level_table(key: str, levels: Sequence[Level]) -> list[str]:
    shown = levels if len(levels) <= _MOST_LEVELS else [level for level in levels if level.at in _SHOWN_LEVELS]
    rows = [(escape(level.at), _ratio(level.area), *_ratios(point_at(level.curve))) for level in shown or levels[:1]]
    return _table((_UNITS[key], "mAP", "precision", "recall", "f1"), rows)


def label_lines(slices: Sequence[object]) -> list[str]:
    """A table of labels: mean precision, and precision, recall and F1 at a confidence of 0.5."""
    found = [part for part in slices if _label_of(part) and isinstance(wire.dig(part, "metrics"), dict)]
    if not found:
        return []
    area = "auPrc" if all(not list(levels_of(wire.dig(part, "metrics"))) for part in found) else "mAP"
    rows = sorted(_label_row(part) for part in found)
    table = _table(("label", area, "precision", "recall", "f1", "examples"), rows)
    return [*table, f"(precision, recall and f1 where the model is at least {SURE:g} sure)"]


def _label_of(part: object) -> str:
    return wire.text(wire.dig(part, "slice", "value"))


def _label_row(part: object) -> tuple[str, ...]:
    metrics = wire.dig(part, "metrics")
    count = count_of(metrics)
    shown = (_ratio(area_of(metrics)), *_ratios(point_at(curve_of(metrics))), "-" if count is None else str(count))
    return (fit(escape(_label_of(part)), _LONGEST_LABEL), *shown)


def _ratios(point: Point | None) -> tuple[str, str, str]:
    known = point or Point(0, None, None, None)
    return _ratio(known.precision), _ratio(known.recall), _ratio(known.f1)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others of nine cells to the right."""
    width = max(cells(row[0]) for row in (titles, *rows))
    return [f"{pad(row[0], width)}  " + "  ".join(f"{cell:>9}" for cell in row[1:]) for row in (titles, *rows)]


def matrix_lines(matrix: object) -> list[str]:
    """Rows are what an example shows, columns what the model says."""
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
    left, wide = max(len(_CORNER), *map(cells, short)), [max(cells(name), 5) for name in short]
    head = " ".join(" " * (width - cells(name)) + name for name, width in zip(short, wide, strict=True))
    lines = [f"{pad(_CORNER, left)}  {head}"]
    for name, row in zip(short, rows, strict=True):
        counts = (f"{wire.number(count) or 0:.0f}" for count in row)
        body = " ".join(f"{count:>{width}}" for count, width in zip(counts, wide, strict=False))
        lines.append(f"{pad(name, left)}  {body}")
    return lines


def curves_of(evaluation: Mapping[str, object]) -> list[tuple[str, tuple[Point, ...]]]:
    """The curve of all labels and, where there are not too many, of each, by name; none without points."""
    slices = wire.items(evaluation.get("slices"))
    named = sorted((_label_of(part), curve_of(wire.dig(part, "metrics"))) for part in slices)
    curves = [("all labels", curve_of(evaluation.get("metrics"))), *(named if len(named) <= _MOST_LABELS else ())]
    return [(name, curve) for name, curve in curves if curve]


def plot_text(evaluation: Mapping[str, object], *, width: int) -> str:
    """Precision over recall, drawn with characters; one sentence when there are no points."""
    curves = curves_of(evaluation)
    if not curves:
        return "this evaluation has no curve of precision and recall\n"
    columns = min(width, _WIDEST) - _MARGIN - 1
    return "\n\n".join("\n".join(_curve_lines(name, curve, columns)) for name, curve in curves) + "\n"


def _curve_lines(name: str, curve: Sequence[Point], columns: int) -> list[str]:
    grid = [[" "] * (columns + 1) for _ in range(HEIGHT)]
    for point in curve:
        if point.recall is not None and point.precision is not None:
            across, up = round(_bound(point.recall) * columns), round(_bound(point.precision) * (HEIGHT - 1))
            grid[HEIGHT - 1 - up][across] = "o"
    marks = {0: "1.0", HEIGHT // 2: "0.5", HEIGHT - 1: "0.0"}
    lines = [f"{marks.get(number, ''):>4} |{''.join(row).rstrip()}" for number, row in enumerate(grid)]
    return [
        f"precision over recall: {fit(escape(name), _LONGEST_LABEL)}",
        *lines,
        f"     +{'-' * columns}",
        f"      0.0{'0.5':^{columns - _MARGIN}}1.0",
    ]


def _bound(value: float) -> float:
    return min(max(value, 0.0), 1.0)
