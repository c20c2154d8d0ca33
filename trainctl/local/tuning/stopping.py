"""When a trial is not worth going on with: the median rule, and the decay of learning curves.

Source: the descriptions of the specs in the REST reference, and for the median rule section 5.1.2 of "Google Vizier: A
Service for Black-Box Optimization" (KDD 2017). Vertex AI's decay curve rule is a Gaussian process over curves; here a
curve is carried on by what the finished trials still gained from the same point on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean, median, pstdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trainctl.local.tuning.goals import Goal, Measurement

_MEDIAN, _DECAY, _CONVEX = "medianAutomatedStoppingSpec", "decayCurveStoppingSpec", "convexAutomatedStoppingSpec"
_LEAST_FINISHED = 3
"""Finished trials below which nothing can be said."""
_CONVEX_POINTS = 5
"""What `minMeasurementCount` is when nobody says."""

_SPREAD = 2.0
"""Standard deviations of the gains that a trial is given the benefit of."""

Curve = list[tuple[float, float]]
"""Points of a trial: step or seconds, and the value of the first metric with more being better."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """A study's rule; `by_time` compares at the same elapsed time instead of the same step.

    A trial must have gone beyond `beyond`, in steps or seconds, and have `least_points` before it may be ended.
    """

    rule: str
    by_time: bool
    beyond: float
    least_points: int
    least_finished: int = _LEAST_FINISHED

    def curve(self, measurements: Sequence[Measurement], goal: Goal) -> Curve:
        """The points of a trial by this rule's measure."""
        sign = 1 if goal.is_maximized else -1
        points = ((self._place(each), goal.value(each)) for each in measurements)
        return [(place, sign * value) for place, value in points if value is not None]

    def _place(self, measurement: Measurement) -> float:
        if self.by_time:
            return float(measurement["elapsedDuration"].removesuffix("s"))
        return float(measurement.get("stepCount", 0))

    def is_hopeless(self, curve: Curve, finished: Sequence[Curve]) -> bool:
        """Whether a running trial should end; `finished` are the curves of those that ran to their own end."""
        known = [other for other in finished if other]
        if (
            len(known) < self.least_finished
            or len(curve) < self.least_points
            or not curve
            or max(place for place, _ in curve) <= self.beyond
        ):
            return False
        return _below_median(curve, known) if self.rule == _MEDIAN else _cannot_reach(curve, known)


def read_stopping(study_spec: Mapping[str, object]) -> Stopping | None:
    """The early-stopping rule of a StudySpec; None when it has none."""
    for rule in (_MEDIAN, _DECAY, _CONVEX):
        spec = study_spec.get(rule)
        if isinstance(spec, dict):
            by_time = bool(spec.get("useElapsedDuration"))
            return _read_convex(spec, by_time=by_time) if rule == _CONVEX else Stopping(rule, by_time, -math.inf, 1)
    return None


def _read_convex(spec: Mapping[str, str], *, by_time: bool) -> Stopping:
    """The one rule that has bounds of its own, and defaults for them."""
    beyond = float(spec["minStepCount"]) if "minStepCount" in spec else float(spec.get("maxStepCount", 0)) / 10
    points = int(spec.get("minMeasurementCount", _CONVEX_POINTS))
    return Stopping(_CONVEX, by_time, beyond, points, max(points + 1, _LEAST_FINISHED))


def _below_median(curve: Curve, finished: Sequence[Curve]) -> bool:
    """The best so far is worse than the median of the others' averages up to the same place."""
    place = curve[-1][0]
    averages = [mean(values) for other in finished if (values := [value for at, value in other if at <= place])]
    return len(averages) >= _LEAST_FINISHED and max(value for _, value in curve) < median(averages)


def _cannot_reach(curve: Curve, finished: Sequence[Curve]) -> bool:
    """With what others still gained from here on, and some more, the best trial so far stays out of reach."""
    place = curve[-1][0]
    gains = [
        max(value for _, value in other) - max(values)
        for other in finished
        if (values := [value for at, value in other if at <= place])
    ]
    if len(gains) < _LEAST_FINISHED:
        return False
    reach = max(value for _, value in curve) + mean(gains) + _SPREAD * pstdev(gains)
    return reach < max(value for other in finished for _, value in other)
