"""The file through which training code reports metrics, as cloudml-hypertune writes it.

Each line is a JSON object: `timestamp`, `trial`, `global_step`, `checkpoint_path`, and the metric under its own name,
as text. The file is written anew with every report and keeps the last hundred lines, so it is read again and again.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from trainctl.local.tuning.goals import Measurement
    from trainctl.local.tuning.summaries import SummaryFolder

OWN_KEYS = frozenset({"timestamp", "trial", "global_step", "checkpoint_path"})
_MOST_STEPS, _LONGEST = 2**63, 315_576_000_000.0
"""Beyond what an int64 and a Duration (in seconds) can say."""

_MOMENT = 100_000_000
"""Nanoseconds, more than any clock of a file system takes for a step, but for those of memory cards."""

DEFAULT_TAG = "training/hptuning/metric"
"""What cloudml-hypertune calls a metric that was given no name."""


@dataclass(slots=True)
class MetricReader:
    """Gathers what a trial reports; `names` are the study's metrics.

    Measurements of one step are one; elapsed time counts from `began`, in seconds since the epoch. `unused` are the
    names under which something else was reported than a number for one of the study's metrics. `summaries` are where
    the first metric may come from too.
    """

    path: Path
    names: tuple[str, ...]
    began: float
    summaries: SummaryFolder | None = None
    measurements: list[Measurement] = field(default_factory=list)
    unused: set[str] = field(default_factory=set)
    _stamp: tuple[int, int] = (0, 0)
    _seen: set[str] = field(default_factory=set)
    _by_step: dict[int, Measurement] = field(default_factory=dict)

    def read(self) -> bool:
        """Takes in what is new; whether there was anything. A line that is only half written comes again."""
        found = self._read_summaries()
        return self._read_file() or found

    def _read_summaries(self) -> bool:
        scalars = self.summaries.read() if self.summaries is not None else ()
        new = sorted(scalars, key=lambda each: each.time)
        for each in new:
            elapsed = max(each.time - self.began, 0.0)
            if math.isfinite(each.value) and _is_sound(each.step, elapsed):
                self._add(each.step, elapsed, {self.names[0]: each.value})
        return bool(new)

    def _read_file(self) -> bool:
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return False
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return False
        # A file that has just changed may change once more without its time or its size telling.
        self._stamp = stamp if time.time_ns() - status.st_mtime_ns > _MOMENT else (0, 0)
        return sum(self._take(line) for line in lines if line not in self._seen) > 0

    def _take(self, line: str) -> bool:
        try:
            entry = json.loads(line)
            step = int(entry.get("global_step", 0))
            elapsed = max(float(entry.get("timestamp", self.began)) - self.began, 0.0)
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return False
        if not _is_sound(step, elapsed):
            return False
        self._seen.add(line)
        values = {name: value for name in entry if (value := self._value(entry, name)) is not None}
        self.unused |= entry.keys() - values.keys() - OWN_KEYS
        if not values:
            return False
        self._add(step, elapsed, values)
        return True

    def _value(self, entry: dict[str, Any], key: str) -> float | None:
        """The number under a metric's name, or under none where the study has one metric only; NaN is no number."""
        if key in OWN_KEYS or (key not in self.names and not (key == DEFAULT_TAG and len(self.names) == 1)):
            return None
        try:
            value = float(entry[key])
        except (TypeError, ValueError, OverflowError):
            return None
        return value if math.isfinite(value) else None

    def _add(self, step: int, elapsed: float, values: dict[str, float]) -> None:
        named = {self.names[0] if key == DEFAULT_TAG and key not in self.names else key: values[key] for key in values}
        found = self._by_step.get(step)
        have = {metric["metricId"] for metric in found["metrics"]} if found else set()
        if found is None or have & set(named):  # a second value for the same step is a measurement of its own
            found = self._by_step[step] = {"elapsedDuration": f"{elapsed:.6f}s", "metrics": []}
            if step:
                found["stepCount"] = str(step)
            self.measurements.append(found)
        found["metrics"] += [{"metricId": name, "value": value} for name, value in named.items()]


def _is_sound(step: int, elapsed: float) -> bool:
    """Whether a Measurement can hold them."""
    return -_MOST_STEPS <= step < _MOST_STEPS and elapsed <= _LONGEST
