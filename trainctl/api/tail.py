"""Following a job's log while it is written: every line once, in order as far as patience goes, late lines too.

Entries reach Cloud Logging late and out of order. Each poll therefore asks again for the last minute, drops what
was given before, and holds a new line back for a short settling time so that an earlier one can overtake it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from trainctl.errors import CredentialsError, RateLimited, TrainctlError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from typing import TypeAlias

    from trainctl.api.logging import LogEntry
    from trainctl.clock import Clock

    Fetch: TypeAlias = Callable[[datetime | None], Iterable[LogEntry]]


@dataclass(frozen=True, slots=True)
class TailPolicy:
    """How a log is followed, in seconds.

    Pauses grow from `interval` to `max_interval` while nothing comes. A line is held back for `settle`. Each poll
    asks again for the last `overlap`. After the job's end polling goes on for `linger`, at least. Polls may fail
    for `max_silence` while the job runs, and for `patience` after its end. With `fed`, others write the token into a
    file, and one that is refused now may be a good one at the next poll.
    """

    interval: float = 2.0
    max_interval: float = 10.0
    settle: float = 2.0
    overlap: float = 60.0
    linger: float = 6.0
    max_silence: float = 1800.0
    patience: float = 30.0
    fed: bool = False


@dataclass(slots=True)
class Tail:
    """The state between polls; it never sleeps. `fetch` gives the entries from a moment on."""

    fetch: Fetch
    clock: Clock
    policy: TailPolicy = field(default_factory=TailPolicy)
    since: datetime | None = None
    _seen: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _held: list[tuple[float, LogEntry]] = field(default_factory=list)
    _forgotten: datetime | None = None

    def poll(self) -> int:
        """Fetch and keep what is new; how many entries that were. Raises what `fetch` raises."""
        now, fresh = self.clock.monotonic(), 0
        for entry in self.fetch(self._start()):
            if entry.order not in self._seen:
                self._seen[entry.order] = entry.timestamp
                self._held.append((now, entry))
                fresh += 1
        self._forget()
        return fresh

    def release(self, *, everything: bool = False) -> list[LogEntry]:
        """The held entries whose settling time is over, and those that belong before them, in order."""
        due = self.clock.monotonic() - self.policy.settle
        last = max((entry.order for held, entry in self._held if everything or held <= due), default=None)
        if last is None:
            return []
        ready = [entry for _, entry in self._held if entry.order <= last]
        self._held = [(held, entry) for held, entry in self._held if entry.order > last]
        return sorted(ready, key=lambda entry: entry.order)

    def _start(self) -> datetime | None:
        if not self._seen:
            return self.since
        # A replica whose clock runs ahead must not make the others' lines look old.
        newest = min(max(self._seen.values()), self.clock.now())
        start = newest - timedelta(seconds=self.policy.overlap)
        # Nor may a clock that is set back bring lines again that were given and forgotten.
        return max([start, *(floor for floor in (self.since, self._forgotten) if floor is not None)])

    def _forget(self) -> None:
        """Entries that no poll asks for again need no memory."""
        start = self._start()
        if self._seen:
            self._forgotten = start
        if start is not None:
            self._seen = {order: at for order, at in self._seen.items() if at >= start}


def follow(
    fetch: Fetch, clock: Clock, policy: TailPolicy, *, ended: Callable[[], bool], since: datetime | None = None
) -> Iterator[LogEntry]:
    """The entries from `since` on, for as long as the job runs and a little longer.

    A failed poll is made up for by the next one; after too many seconds without a good one its error is raised, as
    are refusals (no permission) at once. What was held back until then is given before.
    """
    tail = Tail(fetch, clock, policy, since)
    try:
        yield from _follow(tail, clock, policy, ended=ended)
    except TrainctlError:
        yield from tail.release(everything=True)
        raise


def _follow(tail: Tail, clock: Clock, policy: TailPolicy, *, ended: Callable[[], bool]) -> Iterator[LogEntry]:
    pause, answered, until = policy.interval, clock.monotonic(), None
    while True:
        if until is None and ended():
            until = clock.monotonic() + policy.linger
        over = until is not None and clock.monotonic() >= until
        try:
            fresh = tail.poll()
            answered = clock.monotonic()
        except (Unreachable, RateLimited, CredentialsError) as error:
            fresh, over = 0, False
            if isinstance(error, CredentialsError) and not policy.fed:
                raise
            if clock.monotonic() - answered > (policy.max_silence if until is None else policy.patience):
                raise
        yield from tail.release(everything=over)
        if over:
            return
        pause = policy.interval if fresh or until else min(pause * 1.5, policy.max_interval)
        clock.sleep(pause)
