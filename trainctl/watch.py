"""Looking after jobs until they end: a generator of snapshots, which sleeps between its looks so that no caller has to.

What is fetched, and how, is the caller's affair; what is shown is the renderer's. A poll that fails is a stale
snapshot and not the end: only an answer that no later poll can better (401, 403, 404), or a long silence, is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from trainctl.errors import CredentialsError, RequestRefused, TrainctlError, Unreachable, WatchTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from trainctl.clock import Clock
    from trainctl.jobs import Job

GROWTH = 1.5
JITTER = 0.2
OVERSLEPT = 60.0
"""Seconds beyond the pause asked for, from which on this machine must have been asleep."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a watch polls, in seconds.

    Pauses grow from `interval` to `max_interval`, each shortened by up to a fifth at random so that many watches do
    not poll together; `fixed` replaces all that. `timeout` ends the watch with the job still running, `max_silence`
    ends it when no poll was answered for so long. With `fed`, others write the token into a file: one that is refused
    or half written now may be a good one at the next poll.
    """

    interval: float = 2.0
    max_interval: float = 30.0
    fixed: float | None = None
    timeout: float | None = None
    max_silence: float = 1800.0
    fed: bool = False

    def pauses(self, chance: Callable[[], float]) -> Iterator[float]:
        """The pauses between polls, without end; `chance` gives numbers from 0 to 1."""
        pause = self.interval
        while True:
            yield self.fixed if self.fixed is not None else pause * (1 - JITTER * chance())
            pause = min(pause * GROWTH, self.max_interval)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known about a job at one moment.

    `job` is its newest view, `failures` counts the polls since then that got no answer, `last_error` is the newest of
    their errors. `lost` says that nothing more will be heard, for the reason in `last_error`.
    """

    job: Job
    elapsed: timedelta
    failures: int
    last_error: TrainctlError | None
    at: datetime
    lost: bool = False

    @property
    def over(self) -> bool:
        """Whether no further snapshot of this job can differ."""
        return self.lost or self.job.phase.ended


def watch(
    fetch: Callable[[], Job],
    clock: Clock,
    policy: Policy,
    *,
    start: Job | None = None,
    chance: Callable[[], float] = random.random,
) -> Iterator[Snapshot]:
    """One snapshot now and after every poll, until the job has ended.

    `start` is a view that the caller has already and saves the first poll; without it a first poll that fails raises.
    Raises WatchTimeout, Unreachable after `max_silence`, and at once whatever later polls cannot better.
    """
    first = start or fetch()

    def answer(_: Sequence[Job]) -> Mapping[str, Job | TrainctlError]:
        try:
            return {first.name: fetch()}
        except TrainctlError as error:
            return {first.name: error}

    for (snapshot,) in watch_many(answer, [first], clock=clock, policy=policy, chance=chance):
        if snapshot.lost and snapshot.last_error:
            raise snapshot.last_error
        yield snapshot


def watch_many(
    fetch: Callable[[Sequence[Job]], Mapping[str, Job | TrainctlError]],
    jobs: Sequence[Job],
    *,
    clock: Clock,
    policy: Policy,
    chance: Callable[[], float] = random.random,
) -> Iterator[tuple[Snapshot, ...]]:
    """One snapshot of each of `jobs`, in their order, now and after every poll, until none can change any more.

    `fetch` gets those that have not ended, as last seen, and answers each name with a view or an error. A job whose
    error is final is lost, and the others go on. Raises WatchTimeout only.
    """
    tracks = [_Track(job, clock) for job in jobs]
    begin = clock.monotonic()
    pauses = policy.pauses(chance)
    yield tuple(track.snapshot() for track in tracks)
    while pending := [track for track in tracks if not track.over]:
        slept_through = _sleep(clock, min(next(pauses), _time_left(policy, clock, begin, [t.job for t in pending])))
        answers = fetch([track.job for track in pending])
        for track in pending:
            track.heard += slept_through
            track.take(answers.get(track.job.name), policy)
        yield tuple(track.snapshot() for track in tracks)


def _time_left(policy: Policy, clock: Clock, begin: float, pending: Sequence[Job]) -> float:
    """Seconds until the timeout; raises WatchTimeout when there are none."""
    if policy.timeout is None:
        return float("inf")
    left = begin + policy.timeout - clock.monotonic()
    if left > 0:
        return left
    job = pending[0]
    what = (
        f"{job.collection.noun} {job.name} is" if len(pending) == 1 else f"{len(pending)} {job.collection.command} are"
    )
    raise WatchTimeout(f"{what} not over after {policy.timeout:g} s")


def _sleep(clock: Clock, seconds: float) -> float:
    """Sleep, and return how many seconds longer than that this machine was asleep itself."""
    before = clock.monotonic()
    clock.sleep(seconds)
    extra = clock.monotonic() - before - seconds
    return extra if extra > OVERSLEPT else 0.0


def is_passing(error: TrainctlError, *, fed: bool = False) -> bool:
    """Whether a later poll may do better: no usable answer, 408, 429 or 5xx, or a bad token where it is `fed`."""
    if isinstance(error, CredentialsError):
        return fed
    if isinstance(error, RequestRefused):
        return error.http_status in (408, 429) or error.http_status >= 500
    return isinstance(error, Unreachable)


class _Track:
    """What is remembered of one job between polls; `heard` is when its last answer came, asleep time left out."""

    def __init__(self, job: Job, clock: Clock) -> None:
        self.job = job
        self.clock = clock
        self.begin = self.heard = clock.monotonic()
        self.failures = 0
        self.error: TrainctlError | None = None
        self.lost = False

    @property
    def over(self) -> bool:
        return self.lost or self.job.phase.ended

    def take(self, answer: Job | TrainctlError | None, policy: Policy) -> None:
        if answer is None:
            answer = Unreachable(f"no answer about {self.job.collection.noun} {self.job.name}")
        if not isinstance(answer, TrainctlError):
            self.job, self.failures, self.error, self.heard = answer, 0, None, self.clock.monotonic()
            return
        self.failures += 1
        self.error = answer
        if not is_passing(answer, fed=policy.fed):
            self.lost = True
        elif self.clock.monotonic() - self.heard >= policy.max_silence:
            self.lost = True
            self.error = answer if isinstance(answer, CredentialsError) else _silence(self.job, answer, policy)

    def snapshot(self) -> Snapshot:
        now = self.clock.now()
        elapsed = (
            self.job.elapsed(now) if self.job.create_time else timedelta(seconds=self.clock.monotonic() - self.begin)
        )
        return Snapshot(self.job, elapsed, self.failures, self.error, now, self.lost)


def _silence(job: Job, error: TrainctlError, policy: Policy) -> Unreachable:
    return Unreachable(
        f"no answer about {job.collection.noun} {job.name} for {policy.max_silence / 60:g} minutes: {error.message}",
        hint=f"the work may still go on; look again with `trainctl {job.collection.command} get {job.name}`",
    )
