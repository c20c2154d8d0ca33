"""What trials are judged by: metrics with their directions, and the measurement of a trial that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Measurement = dict[str, Any]
"""A Measurement as the API has it: `stepCount`, `elapsedDuration`, `metrics`."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One metric and its direction."""

    metric: str
    is_maximized: bool

    def better(self, one: float, other: float) -> bool:
        """Whether one value is better than the other."""
        return one > other if self.is_maximized else one < other

    def value(self, measurement: Mapping[str, Any]) -> float | None:
        """What a measurement says of this metric."""
        found = (metric for metric in measurement.get("metrics", ()) if metric["metricId"] == self.metric)
        return next((metric.get("value", 0.0) for metric in found), None)


def read_goals(study_spec: Mapping[str, Any]) -> tuple[Goal, ...]:
    """The metrics of a StudySpec. Raises Fault when there is none, or one without a direction."""
    goals = tuple(Goal(spec["metricId"], spec.get("goal") == "MAXIMIZE") for spec in study_spec.get("metrics", []))
    if not goals:
        raise Fault("INVALID_ARGUMENT", "study_spec.metrics: at least one metric is needed.")
    if len({goal.metric for goal in goals}) < len(goals):
        raise Fault("INVALID_ARGUMENT", "study_spec.metrics: every metric_id must be there once.")
    return goals


def in_order(measurements: Sequence[Measurement]) -> list[Measurement]:
    """A trial's measurements as the API lists them: by step, and those of one step by time."""
    return sorted(measurements, key=lambda it: (int(it.get("stepCount", 0)), float(it["elapsedDuration"][:-1])))


def choose(measurements: Sequence[Measurement], goals: Sequence[Goal], selection: str) -> Measurement | None:
    """The measurement that is a trial's result: its best by the first metric, or the one reported last.

    Only whole ones count.
    """
    whole = [each for each in measurements if all(goal.value(each) is not None for goal in goals)]
    if not whole:
        return None
    if selection != "BEST_MEASUREMENT":
        return whole[-1]
    sign = 1 if goals[0].is_maximized else -1
    return max(whole, key=lambda each: sign * (goals[0].value(each) or 0.0))


def best_of(trials: Sequence[Mapping[str, Any]], goal: Goal) -> Mapping[str, Any] | None:
    """The best of the trials that succeeded; of equal ones the first."""
    found = [(trial, goal.value(trial["finalMeasurement"])) for trial in trials if "finalMeasurement" in trial]
    judged = [(trial, value) for trial, value in found if value is not None and trial["state"] == "SUCCEEDED"]
    sign = 1 if goal.is_maximized else -1
    return max(judged, key=lambda pair: sign * pair[1])[0] if judged else None
