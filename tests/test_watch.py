"""The watch: its pace, what it survives, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from trainctl.catalog import CUSTOM_JOBS
from trainctl.errors import (
    CredentialsError,
    NotFound,
    PermissionDenied,
    RequestRefused,
    TrainctlError,
    Unreachable,
    WatchTimeout,
)
from trainctl.jobs import Job, Phase, view
from trainctl.watch import Policy, Snapshot, watch, watch_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

BEGIN = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Time that passes only in `sleep`; `naps` are seconds this machine sleeps in addition, one for each pause."""

    seconds: float = 0.0
    shift: timedelta = timedelta()
    pauses: list[float] = field(default_factory=list)
    naps: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds) + self.shift

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds + (self.naps.pop(0) if self.naps else 0.0)


def job(state: str, name: str = "1") -> Job:
    resource = {
        "name": f"projects/p/locations/l/customJobs/{name}",
        "state": f"JOB_STATE_{state}",
        "createTime": "2026-11-21T06:59:00Z",
    }
    return view(resource, CUSTOM_JOBS)


def script(*answers: Job | TrainctlError) -> Callable[[], Job]:
    """A fetch that gives each answer once, and the last one for ever."""
    left = list(answers)

    def fetch() -> Job:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, TrainctlError):
            raise answer
        return answer

    return fetch


def full() -> float:
    """Chance that shortens no pause."""
    return 0.0


def unreachable() -> Unreachable:
    return Unreachable("connection reset")


def refused(status: int) -> RequestRefused:
    return RequestRefused("no", http_status=status)


def shown(snapshots: Iterator[Snapshot]) -> list[tuple[str, int]]:
    return [(snapshot.job.phase.value, snapshot.failures) for snapshot in snapshots]


def test_pauses_grow_from_two_seconds_to_thirty() -> None:
    clock = FakeClock()
    list(islice(watch(script(job("RUNNING")), clock, Policy(), chance=full), 11))
    assert clock.pauses == [2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30, 30]


def test_jitter_shortens_a_pause_by_at_most_a_fifth() -> None:
    clock = FakeClock()
    list(islice(watch(script(job("RUNNING")), clock, Policy(), chance=lambda: 1.0), 4))
    assert clock.pauses == [1.6, 2.4000000000000004, 3.6]


def test_a_fixed_interval_neither_grows_nor_jitters() -> None:
    clock = FakeClock()
    list(islice(watch(script(job("RUNNING")), clock, Policy(fixed=7), chance=lambda: 1.0), 4))
    assert clock.pauses == [7, 7, 7]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase.ended])
def test_every_ended_phase_ends_the_watch(phase: Phase) -> None:
    word = "PARTIALLY_SUCCEEDED" if phase is Phase.PARTIAL else phase.value
    assert shown(watch(script(job("RUNNING"), job(word)), FakeClock(), Policy())) == [("RUNNING", 0), (phase.value, 0)]


@pytest.mark.parametrize("word", ["QUEUED", "PENDING", "PAUSED", "CANCELLING", "UPDATING", "UNSPECIFIED", "NEW_THING"])
def test_no_other_state_ends_it_and_an_unknown_one_does_not_either(word: str) -> None:
    assert len(shown(watch(script(job(word), job(word), job("SUCCEEDED")), FakeClock(), Policy()))) == 3


def test_a_job_that_is_over_at_the_start_is_shown_once_without_a_pause() -> None:
    clock = FakeClock()
    assert shown(watch(script(job("FAILED")), clock, Policy())) == [("FAILED", 0)]
    assert clock.pauses == []


def test_a_view_given_at_the_start_saves_the_first_poll() -> None:
    snapshots = watch(script(job("SUCCEEDED")), FakeClock(), Policy(), start=job("PENDING"))
    assert shown(snapshots) == [("PENDING", 0), ("SUCCEEDED", 0)]


@pytest.mark.parametrize("error", [unreachable(), refused(408), refused(429), refused(500), refused(503)])
def test_a_failed_poll_is_a_stale_snapshot_and_the_next_good_one_forgets_it(error: TrainctlError) -> None:
    snapshots = list(
        watch(script(job("PENDING"), error, error, job("RUNNING"), job("SUCCEEDED")), FakeClock(), Policy())
    )
    assert shown(iter(snapshots)) == [("PENDING", 0), ("PENDING", 1), ("PENDING", 2), ("RUNNING", 0), ("SUCCEEDED", 0)]
    assert [snapshot.last_error for snapshot in snapshots] == [None, error, error, None, None]


@pytest.mark.parametrize(
    "error",
    [
        refused(400),
        refused(401),
        PermissionDenied("no", http_status=403),
        NotFound("gone", http_status=404),
        CredentialsError("no token"),
    ],
)
def test_what_no_later_poll_can_better_ends_the_watch_at_once(error: TrainctlError) -> None:
    with pytest.raises(type(error)) as caught:
        list(watch(script(job("RUNNING"), error, job("SUCCEEDED")), FakeClock(), Policy()))
    assert caught.value is error


def test_a_token_that_others_write_is_waited_for() -> None:
    late = CredentialsError("the credentials were not accepted")
    answers = script(job("RUNNING"), late, late, job("RUNNING"), job("SUCCEEDED"))
    snapshots = watch(answers, FakeClock(), Policy(fed=True))
    assert shown(snapshots) == [("RUNNING", 0), ("RUNNING", 1), ("RUNNING", 2), ("RUNNING", 0), ("SUCCEEDED", 0)]
    with pytest.raises(CredentialsError) as caught:
        list(watch(script(job("RUNNING"), late), clock := FakeClock(), Policy(fed=True)))
    assert caught.value is late
    assert 1800 <= clock.seconds < 1900


def test_a_first_poll_that_fails_raises_since_there_is_nothing_to_show() -> None:
    with pytest.raises(Unreachable):
        next(watch(script(unreachable()), FakeClock(), Policy()))


def test_half_an_hour_without_an_answer_ends_the_watch_as_unreachable() -> None:
    clock = FakeClock()
    with pytest.raises(Unreachable) as caught:
        list(watch(script(job("RUNNING"), unreachable()), clock, Policy(fixed=60)))
    assert caught.value.message == (
        "no answer about custom job projects/p/locations/l/customJobs/1 for 30 minutes: connection reset"
    )
    assert clock.seconds == 1800


def test_good_answers_in_between_keep_a_watch_alive_for_ever() -> None:
    answers = [unreachable() if turn % 20 else job("RUNNING") for turn in range(200)]
    clock = FakeClock()
    assert len(list(watch(script(*answers, job("SUCCEEDED")), clock, Policy(fixed=60)))) == 201


def test_the_sleep_of_this_machine_is_no_silence_of_the_service() -> None:
    clock = FakeClock(naps=[0, 8 * 3600])
    answers = script(job("RUNNING"), unreachable(), unreachable(), job("SUCCEEDED"))
    assert shown(watch(answers, clock, Policy())) == [("RUNNING", 0), ("RUNNING", 1), ("RUNNING", 2), ("SUCCEEDED", 0)]


def test_elapsed_follows_the_jobs_own_times_when_the_clock_jumps() -> None:
    clock = FakeClock()
    snapshots = watch(script(job("RUNNING")), clock, Policy(fixed=10))
    assert next(snapshots).elapsed == timedelta(seconds=60)
    clock.shift = timedelta(hours=8)
    assert next(snapshots).elapsed == timedelta(hours=8, seconds=70)
    clock.shift = timedelta(days=-1)
    assert next(snapshots).elapsed == timedelta()


def test_without_times_of_its_own_a_jobs_elapsed_counts_from_the_first_look() -> None:
    bare = view({"name": "x", "state": "JOB_STATE_RUNNING"}, CUSTOM_JOBS)
    snapshots = list(islice(watch(script(bare), FakeClock(), Policy(fixed=10)), 2))
    assert [snapshot.elapsed for snapshot in snapshots] == [timedelta(), timedelta(seconds=10)]


def test_the_timeout_is_met_exactly_with_a_last_poll_and_the_job_left_running() -> None:
    clock = FakeClock()
    seen: list[Snapshot] = []
    with pytest.raises(WatchTimeout) as caught:
        seen.extend(watch(script(job("RUNNING")), clock, Policy(fixed=40, timeout=100)))
    assert caught.value.message == "custom job projects/p/locations/l/customJobs/1 is not over after 100 s"
    assert clock.pauses == [40, 40, 20]


def test_a_timeout_of_zero_looks_once() -> None:
    with pytest.raises(WatchTimeout):
        list(watch(script(job("RUNNING")), FakeClock(), Policy(timeout=0)))
    assert shown(watch(script(job("SUCCEEDED")), FakeClock(), Policy(timeout=0))) == [("SUCCEEDED", 0)]


def ids(jobs: Sequence[Job]) -> list[str]:
    return [one.id for one in jobs]


def test_of_many_jobs_only_those_that_have_not_ended_are_asked_for() -> None:
    asked: list[list[str]] = []
    rounds = iter([{"1": "SUCCEEDED", "2": "RUNNING"}, {"2": "FAILED"}])

    def fetch(jobs: Sequence[Job]) -> Mapping[str, Job | TrainctlError]:
        asked.append(ids(jobs))
        return {job(state, name).name: job(state, name) for name, state in next(rounds).items()}

    start = [job("RUNNING", "1"), job("PENDING", "2"), job("CANCELLED", "3")]
    sweeps = [
        [snapshot.job.phase.value for snapshot in sweep]
        for sweep in watch_many(fetch, start, clock=FakeClock(), policy=Policy())
    ]
    assert asked == [["1", "2"], ["2"]]
    assert sweeps == [
        ["RUNNING", "PENDING", "CANCELLED"],
        ["SUCCEEDED", "RUNNING", "CANCELLED"],
        ["SUCCEEDED", "FAILED", "CANCELLED"],
    ]


def test_one_lost_job_does_not_end_the_watch_of_the_others() -> None:
    gone = NotFound("no such job", http_status=404)
    rounds: Iterator[dict[str, Job | TrainctlError]] = iter(
        [{"1": gone, "2": job("RUNNING", "2")}, {"2": job("SUCCEEDED", "2")}]
    )

    def fetch(jobs: Sequence[Job]) -> Mapping[str, Job | TrainctlError]:
        answers = next(rounds)
        return {one.name: answers[one.id] for one in jobs}

    *_, last = watch_many(fetch, [job("RUNNING", "1"), job("RUNNING", "2")], clock=FakeClock(), policy=Policy())
    assert [(snapshot.lost, snapshot.last_error, snapshot.job.phase) for snapshot in last] == [
        (True, gone, Phase.RUNNING),
        (False, None, Phase.SUCCEEDED),
    ]


def test_a_name_that_the_answers_leave_out_is_a_failed_poll_of_that_job() -> None:
    rounds = iter([{}, {job("SUCCEEDED").name: job("SUCCEEDED")}])
    sweeps = list(watch_many(lambda _: next(rounds), [job("RUNNING")], clock=FakeClock(), policy=Policy()))
    assert [sweep[0].failures for sweep in sweeps] == [0, 1, 0]


def test_a_timeout_counts_the_jobs_that_still_run() -> None:
    start = [job("RUNNING", "1"), job("RUNNING", "2"), job("FAILED", "3")]
    with pytest.raises(WatchTimeout, match=r"^2 jobs are not over after 5 s$"):
        list(watch_many(lambda _: {}, start, clock=FakeClock(), policy=Policy(timeout=5)))
