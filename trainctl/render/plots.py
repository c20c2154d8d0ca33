"""Pictures of a study in characters: how the best value grew, one slice per parameter, the best trials side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from trainctl.render.words import escape, figure, fit, pad

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trainctl.trials import Study, Trial

HEIGHT = 8
LABEL = 10
"""Cells for the values beside an axis."""
SIDE_BY_SIDE = 10
"""Trials among the parallel coordinates: the best ones."""
_AXIS = 14


def plot(study: Study, *, width: int) -> str:
    """All three pictures as text; one sentence when no trial has a value yet."""
    if not study.history():
        return "no trial has a value yet\n"
    return "\n".join([*_history(study, width), *_slices(study, width), *_parallel(study, width)]) + "\n"


def _history(study: Study, width: int) -> Iterator[str]:
    points = study.history()
    metric = study.goals[0].metric
    word = "largest" if study.goals[0].is_maximized else "smallest"
    yield f"{escape(metric)} by trial: o a trial, - the {word} so far"
    places = [float(trial.id) if trial.id.isdecimal() else at for at, (trial, _, _) in enumerate(points)]
    marks = [(x, best, "-") for x, (_, _, best) in zip(places, points, strict=True)]
    marks += [(x, value, "o") for x, (_, value, _) in zip(places, points, strict=True)]
    yield from _grid(marks, width=width, ends=(points[0][0].id, points[-1][0].id), joined="-")


def _slices(study: Study, width: int) -> Iterator[str]:
    metric = study.goals[0].metric
    for name in study.parameters:
        points = [
            (trial, trial.parameters[name], value) for trial, value, _ in study.history() if name in trial.parameters
        ]
        if not points:
            continue
        yield ""
        scale = " (logarithmic)" if name in study.log_scaled else ""
        yield f"{escape(metric)} by {escape(name)}{scale}"
        axis = Axis.over(study, name)
        marks = [
            (axis.place(value), metric_value, "*" if trial.is_best else "o") for trial, value, metric_value in points
        ]
        yield from _grid(
            sorted(marks, key=lambda mark: mark[2], reverse=True), width=width, ends=axis.ends, span=(0, 1)
        )


class Axis:
    """One parameter's values as places from 0 to 1; texts in the order in which they come."""

    def __init__(self, values: Sequence[Any], *, log: bool) -> None:
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        self._texts = [] if len(numbers) == len(values) else sorted({str(value) for value in values})
        self._log = log and not self._texts and min(numbers, default=0) > 0
        self._low = self._scaled(min(numbers, default=0))
        self._high = self._scaled(max(numbers, default=0))
        self.ends = (self._texts[0], self._texts[-1]) if self._texts else (figure(min(numbers)), figure(max(numbers)))

    @classmethod
    def over(cls, study: Study, name: str) -> Axis:
        """The axis of a parameter over the trials that have it."""
        values = [trial.parameters[name] for trial in study.trials if name in trial.parameters]
        return cls(values, log=name in study.log_scaled)

    @property
    def texts(self) -> list[str]:
        """The values of a parameter that is no number."""
        return self._texts

    def place(self, value: Any) -> float:
        """Where a value lies."""
        if self._texts:
            return self._texts.index(str(value)) / max(len(self._texts) - 1, 1)
        span = self._high - self._low
        return (self._scaled(float(value)) - self._low) / span if span else 0.5

    def _scaled(self, value: float) -> float:
        return math.log(value) if self._log else value


def _grid(
    marks: Sequence[tuple[float, float, str]],
    *,
    width: int,
    ends: tuple[str, str],
    span: tuple[float, float] | None = None,
    joined: str = "",
) -> Iterator[str]:
    """Marks at places of two axes; later ones cover earlier ones. `joined` marks are carried on to the next one."""
    left, right = span or (min(x for x, _, _ in marks), max(x for x, _, _ in marks))
    low, high = min(y for _, y, _ in marks), max(y for _, y, _ in marks)
    columns = max(min(width, 100) - LABEL - 3, 10)
    cells = [[" "] * columns for _ in range(HEIGHT)]
    line: tuple[int, int] | None = None
    for x, y, mark in marks:
        column, row = _cell(x, left, right, columns), HEIGHT - 1 - _cell(y, low, high, HEIGHT)
        if mark == joined:
            for step in range(line[0] + 1 if line else column, column):
                cells[line[1] if line else row][step] = mark
            line = (column, row)
        cells[row][column] = mark
    for number, row_cells in enumerate(cells):
        label = figure(high) if number == 0 else figure(low) if number == HEIGHT - 1 else ""
        yield f"{label:>{LABEL}} | {''.join(row_cells)}".rstrip()
    first, last = (fit(escape(end), columns // 2) for end in ends)
    yield f"{'':>{LABEL}}   {first}{last:>{columns - len(first)}}"


def _cell(value: float, low: float, high: float, count: int) -> int:
    return round((value - low) / (high - low) * (count - 1)) if high > low else (count - 1) // 2


def _parallel(study: Study, width: int) -> Iterator[str]:
    """One line per trial, best first: where each of its values lies between the ends of that parameter's axis."""
    ranked = [trial for trial in study.trials if trial.state == "SUCCEEDED" and trial.metrics][:SIDE_BY_SIDE]
    metric = study.goals[0].metric
    room = max((width - 20) // (_AXIS + 2), 1)
    names = study.parameters[:room]
    axes = {name: Axis.over(study, name) for name in names if any(name in trial.parameters for trial in study.trials)}
    yield ""
    left = f" of the first {len(axes)} parameters" if len(names) < len(study.parameters) else ""
    yield f"the {len(ranked)} best trials side by side{left}"
    yield f"{'trial':<6}{fit(escape(metric), LABEL):<{LABEL}}  " + "  ".join(
        pad(fit(escape(n), _AXIS), _AXIS) for n in axes
    )
    ends = (f"{fit(axis.ends[0], 6)} .. {fit(axis.ends[1], 6)}" for axis in axes.values())
    yield f"{'':<{6 + LABEL}}  " + "  ".join(pad(fit(escape(text), _AXIS), _AXIS) for text in ends).rstrip()
    for trial in ranked:
        value = figure(trial.metrics.get(metric))
        row = "  ".join(_place_on(axes[name], trial, name) for name in axes)
        yield f"{trial.id + (' *' if trial.is_best else ''):<6}{value:<{LABEL}}  {row}".rstrip()


def _place_on(axis: Axis, trial: Trial, name: str) -> str:
    if name not in trial.parameters:
        return " " * _AXIS
    at = _cell(axis.place(trial.parameters[name]), 0, 1, _AXIS)
    return "." * at + "o" + "." * (_AXIS - 1 - at)
