"""Which request meets which fault: drawn from a seed, so that a run can be repeated."""

from __future__ import annotations

import random
import threading
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fault(StrEnum):
    """What a network and a service do to a request; those with `AFTER` in their name have carried it out."""

    NONE = "none"
    DELAY = "an answer that comes late"
    TIMEOUT_AFTER = "an answer that comes too late"
    RESET_BEFORE = "connection reset before the service saw it"
    RESET_AFTER = "connection reset after it was carried out"
    RATE_LIMIT = "429"
    ERROR_BEFORE = "503"
    ERROR_AFTER = "500 after it was carried out"
    TRUNCATED_AFTER = "an answer that breaks off"
    DRIP_AFTER = "an answer that comes byte by byte"
    MALFORMED_AFTER = "a proxy's page instead of the answer"
    UNAUTHORIZED = "401"
    CLOCK_JUMP = "the clock is set"


COMMITTED = frozenset(fault for fault in Fault if fault.name.endswith("_AFTER")) | {
    Fault.NONE,
    Fault.DELAY,
    Fault.CLOCK_JUMP,
}
"""The faults of requests that were carried out."""

CUTS = {Fault.RESET_BEFORE: 0.1, Fault.RESET_AFTER: 0.1}
"""One connection in ten cut before the service has done its work, and one in ten after."""

EVERYTHING = dict.fromkeys((fault for fault in Fault if fault is not Fault.NONE), 0.03)
"""All that can go wrong, each with a chance of 3 %."""


class Schedule:
    """The fault of the next request, one after the other; safe to use from several threads.

    The faults are the same in every run, but with several threads not the requests that meet them: what follows for a
    single job differs from run to run, and no test may count on it.
    """

    def __init__(self, seed: int, chances: Mapping[Fault, float]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._numbers = random.Random(seed)  # noqa: S311 - of its own, so that delays do not shift what comes next
        self._faults = [*chances, Fault.NONE]
        self._weights = [*chances.values(), 1 - sum(chances.values())]
        self.drawn: Counter[Fault] = Counter()
        self._lock = threading.Lock()

    def next(self) -> Fault:
        """The fault of the next request."""
        with self._lock:
            fault = self._random.choices(self._faults, self._weights)[0]
            self.drawn[fault] += 1
            return fault

    def number(self, low: float, high: float) -> float:
        """A number that goes with a fault."""
        with self._lock:
            return self._numbers.uniform(low, high)
