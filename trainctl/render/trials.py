"""Trials of a tuning job as rows, and the best one's parameters as a part of a spec."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from trainctl.render.columns import Column
from trainctl.render.machine import Subject
from trainctl.render.table import table_lines
from trainctl.render.words import duration, figure, stamp
from trainctl.trials import OVER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from trainctl.trials import Study, Trial

_STYLES = {"SUCCEEDED": "good", "INFEASIBLE": "bad", "ACTIVE": "busy", "STOPPING": "warn"}


def trial_subject(study: Study) -> Subject[Trial]:
    """How the trials of a study are shown: one column for each of its metrics and parameters."""
    return Subject(trial_columns(study), raw=lambda trial: trial.raw, name=lambda trial: trial.name or trial.id)


def live_table(study: Study, *, width: int, most: int, now: datetime, colour: bool) -> list[str]:
    """The table of a study that goes on: the best trials and those that run, in at most so many rows."""
    waiting = [trial for trial in study.trials if trial.state not in OVER]
    over = [trial for trial in study.trials if trial.state in OVER]
    shown = [*over[: max(most - len(waiting), 1)], *waiting][:most]
    columns = [column for column in trial_columns(study) if not column.full]
    lines = table_lines(shown, columns, width=width, now=now, colour=colour)
    left = len(study.trials) - len(shown)
    return lines + ([f"and {left} more, worse or failed"] if left else [])


def trial_columns(study: Study) -> list[Column[Trial]]:
    """Number, state, metrics, parameters, step, time and the reason of a failure; the best has a star."""
    metrics = [
        Column(
            goal.metric, partial(_metric, goal.metric), partial(_short_metric, goal.metric), style=_best_style, width=18
        )
        for goal in study.goals
    ]
    taken = {"trial", "state", "step", "run_time", "reason", "best", *(goal.metric for goal in study.goals)}
    return [
        Column("trial", lambda trial: trial.id or "-", style=_best_style, width=5),
        Column("best", lambda trial: "*" if trial.is_best else "-", style=_best_style, width=4),
        Column("state", lambda trial: trial.state, style=lambda trial: _STYLES.get(trial.state, "dim"), width=10),
        *metrics,
        *(
            Column(
                name if name not in taken else f"parameter.{name}",
                partial(_parameter, name),
                partial(_short_parameter, name),
                header=name,
                width=max(len(name), 12),
            )
            for name in study.parameters
        ),
        Column("step", lambda trial: "-" if trial.step is None else str(trial.step), width=4),
        Column("run_time", _seconds, lambda trial, now: duration(trial.run_time(now)), header="RAN", width=8),
        Column("start_time", lambda trial: stamp(trial.start_time), full=True),
        Column("end_time", lambda trial: stamp(trial.end_time), full=True),
        Column("job", lambda trial: trial.job or "-", full=True),
        Column("web_access", _shells, full=True),
        Column("reason", lambda trial: trial.reason or "-", elastic=True),
    ]


def _best_style(trial: Trial) -> str:
    return "bold" if trial.is_best else ""


def _metric(name: str, trial: Trial) -> str:
    return _whole(trial.metrics.get(name))


def _short_metric(name: str, trial: Trial, _: datetime) -> str:
    return figure(trial.metrics.get(name))


def _parameter(name: str, trial: Trial) -> str:
    return _whole(trial.parameters.get(name))


def _short_parameter(name: str, trial: Trial, _: datetime) -> str:
    return figure(trial.parameters.get(name))


def _whole(value: Any) -> str:
    """A value for programs: a number with all its digits."""
    return "-" if value is None else _argument(value)


def _shells(trial: Trial) -> str:
    return " ".join(f"{replica}={uri}" for replica, uri in sorted(trial.web_access.items())) or "-"


def _seconds(trial: Trial) -> str:
    if trial.start_time is None or trial.end_time is None:
        return "-"
    return str(int((trial.end_time - trial.start_time).total_seconds()))


def as_fragment(trial: Trial, arguments: Sequence[Any]) -> dict[str, Any]:
    """The part of a spec that trains once with the trial's parameters; `arguments` are those of every trial."""
    return {"args": [*arguments, *(f"--{name}={_argument(value)}" for name, value in trial.parameters.items())]}


def _argument(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
