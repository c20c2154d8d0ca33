"""Trials of a tuning job: one view of each, in the order of the goal, and what they say together.

As with jobs, a view never fails: what is missing or of another type than the API documents reads as absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from trainctl import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

OVER = frozenset({"SUCCEEDED", "INFEASIBLE"})
UNDER_WAY = frozenset({"ACTIVE", "STOPPING"})


@dataclass(frozen=True, slots=True)
class Goal:
    """One metric of a study."""

    metric: str
    is_maximized: bool

    def key(self, value: float) -> float:
        """Smaller for better values."""
        return -value if self.is_maximized else value


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial; times are aware and in UTC, `metrics` are those of its final measurement, else of its newest.

    `is_best` marks the best by the first metric among those that succeeded; `step` is None where no step was told;
    `web_access` are interactive shells by replica.
    """

    id: str
    name: str
    state: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    step: int | None
    start_time: datetime | None
    end_time: datetime | None
    reason: str
    job: str
    raw: Mapping[str, Any]
    is_best: bool = False
    web_access: Mapping[str, str] = field(default_factory=dict)

    def run_time(self, now: datetime) -> timedelta | None:
        """How long it ran, until now when it still does; None when it never began."""
        if self.start_time is None:
            return None
        end = self.end_time or (self.start_time if self.state in OVER else now)
        return max(end - self.start_time, self.start_time - self.start_time)


@dataclass(frozen=True, slots=True)
class Study:
    """The trials of one tuning job, the best first, and how many there are to be.

    `log_scaled` are the parameters that are searched on a logarithmic scale.
    """

    goals: tuple[Goal, ...]
    parameters: tuple[str, ...]
    trials: tuple[Trial, ...]
    total: int | None
    log_scaled: frozenset[str] = frozenset()

    @property
    def best(self) -> Trial | None:
        """The best trial that succeeded."""
        return next((trial for trial in self.trials if trial.is_best), None)

    def count(self, states: frozenset[str]) -> int:
        """How many trials are in one of these states."""
        return sum(trial.state in states for trial in self.trials)

    def history(self) -> list[tuple[Trial, float, float]]:
        """Each trial with a value in the order of their numbers, its value, and the best value so far."""
        if not self.goals:
            return []
        goal, best, points = self.goals[0], None, []
        for trial in sorted(self.trials, key=lambda trial: _number(trial.id)):
            value = trial.metrics.get(goal.metric)
            if value is None or trial.state != "SUCCEEDED":
                continue
            best = value if best is None or goal.key(value) < goal.key(best) else best
            points.append((trial, value, best))
        return points


def study(resource: Mapping[str, Any]) -> Study:
    """The study in a HyperparameterTuningJob, however little of it is there."""
    spec = resource.get("studySpec")
    goals = tuple(
        Goal(wire.text(wire.dig(metric, "metricId")), wire.dig(metric, "goal") != "MINIMIZE")
        for metric in wire.items(wire.dig(spec, "metrics"))
    )
    trials = [view(trial) for trial in wire.items(resource.get("trials")) if isinstance(trial, dict)]
    total = wire.whole(resource.get("maxTrialCount"))
    specs = list(_specs(wire.items(wire.dig(spec, "parameters"))))
    found = [name for trial in trials for name in trial.parameters]
    named = dict.fromkeys(name for name in [*map(_id, specs), *found] if name)
    scaled = frozenset(_id(each) for each in specs if "LOG" in wire.text(wire.dig(each, "scaleType")))
    return Study(goals, tuple(named), tuple(_ranked(trials, goals)), total, log_scaled=scaled)


def view(resource: Mapping[str, Any]) -> Trial:
    """The Trial in a resource."""
    measurements = wire.items(resource.get("measurements"))
    measurement = resource.get("finalMeasurement") or (measurements[-1] if measurements else None)
    step = wire.whole(wire.dig(measurement, "stepCount"))
    return Trial(
        id=wire.text(resource.get("id")),
        name=wire.text(resource.get("name")),
        state=wire.text(resource.get("state")) or "UNKNOWN",
        parameters={
            wire.text(wire.dig(each, "parameterId")): wire.dig(each, "value")
            for each in wire.items(resource.get("parameters"))
        },
        metrics=_metrics(measurement),
        step=step,
        start_time=wire.parse_time(resource.get("startTime")),
        end_time=wire.parse_time(resource.get("endTime")),
        reason=wire.text(resource.get("infeasibleReason")),
        job=wire.text(resource.get("customJob")),
        raw=resource.get("original") or resource,  # an older service's trial, before it was brought into this form
        web_access=wire.texts(resource.get("webAccessUris")),
    )


def _metrics(measurement: object) -> dict[str, float]:
    """The values of a measurement. One that is no number, as of a loss that went astray, is none: no 0, and never best.

    proto3 leaves out a 0.
    """
    found = {wire.text(wire.dig(each, "metricId")): each for each in wire.items(wire.dig(measurement, "metrics"))}
    values = {name: wire.number(wire.dig(each, "value") or 0) for name, each in found.items()}
    return {name: value for name, value in values.items() if value is not None}


def _ranked(trials: Sequence[Trial], goals: Sequence[Goal]) -> list[Trial]:
    """Those that succeeded by the first metric, best first; then running ones, then infeasible ones, by number."""
    goal = goals[0] if goals else None

    def place(trial: Trial) -> tuple[int, float, int]:
        value = trial.metrics.get(goal.metric) if goal else None
        if trial.state == "SUCCEEDED" and goal and value is not None:
            return 0, goal.key(value), _number(trial.id)
        return 2 if trial.state == "INFEASIBLE" else 1, 0.0, _number(trial.id)

    ranked = sorted(trials, key=place)
    if ranked and place(ranked[0])[0] == 0:
        ranked[0] = replace(ranked[0], is_best=True)
    return ranked


def _specs(parameters: Sequence[object]) -> Iterator[object]:
    """Every ParameterSpec of a study, each parent before its dependents."""
    for parameter in parameters:
        yield parameter
        inner = wire.items(wire.dig(parameter, "conditionalParameterSpecs"))
        yield from _specs([wire.dig(each, "parameterSpec") for each in inner])


def _id(parameter: object) -> str:
    return wire.text(wire.dig(parameter, "parameterId"))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
