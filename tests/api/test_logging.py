from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api.network import BEGIN, FakeClock, Network, error, open_transport, reply
from trainctl.api.logging import LogEntry, LogQuery, Logs, view_entry
from trainctl.api.tail import Tail, TailPolicy, follow
from trainctl.errors import PermissionDenied, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRY = {
    "insertId": "a1",
    "timestamp": "2026-11-21T07:00:01.25Z",
    "severity": "ERROR",
    "textPayload": "loss is nan\n",
    "resource": {"type": "ml_job", "labels": {"job_id": "7", "task_name": "workerpool0-0", "project_id": "p"}},
    "labels": {"ml.googleapis.com/trial_id": "3"},
}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (LogQuery("p", ("7",)), 'resource.type="ml_job" AND resource.labels.job_id="7"'),
        (
            LogQuery("p", ("7", "8"), since=BEGIN, severity="WARNING", replicas=("workerpool0-0",), search='say "hi"'),
            (
                'resource.type="ml_job" AND resource.labels.job_id=("7" OR "8")'
                ' AND resource.labels.task_name="workerpool0-0" AND timestamp>="2026-11-21T07:00:00.000000Z"'
                r' AND severity>=WARNING AND (textPayload:"say \"hi\"" OR jsonPayload.message:"say \"hi\""'
                " OR (NOT textPayload:* AND NOT jsonPayload.message:*))"
            ),
        ),
        (
            LogQuery("p", ("7",), until=BEGIN),
            'resource.type="ml_job" AND resource.labels.job_id="7" AND timestamp<="2026-11-21T07:00:00.000000Z"',
        ),
    ],
    ids=["one job", "everything", "until"],
)
def test_a_query_is_put_into_cloud_loggings_language(query: LogQuery, wanted: str) -> None:
    assert query.filter == wanted


def test_entries_are_asked_for_page_by_page_also_past_an_empty_page() -> None:
    network = Network(
        reply({"entries": [ENTRY], "nextPageToken": "t1"}),
        reply({"nextPageToken": "t2"}),
        reply({"entries": [{**ENTRY, "insertId": "a2"}]}),
    )
    found = list(Logs(open_transport(network), {}).fetch_entries(LogQuery("p", ("7",))))
    assert [entry.insert_id for entry in found] == ["a1", "a2"]
    assert network.lines == ["POST https://logging.googleapis.com/v2/entries:list"] * 3
    body = {
        "resourceNames": ["projects/p"],
        "filter": 'resource.type="ml_job" AND resource.labels.job_id="7"',
        "orderBy": "timestamp asc",
        "pageSize": 1000,
    }
    assert [network.body(number) for number in range(3)] == [
        body,
        {**body, "pageToken": "t1"},
        {**body, "pageToken": "t2"},
    ]


def test_the_newest_lines_are_asked_for_first_and_no_more_than_wanted() -> None:
    network = Network(reply({"entries": [ENTRY, ENTRY], "nextPageToken": "t1"}))
    found = Logs(open_transport(network), {}).fetch_entries(LogQuery("p", ("7",)), newest_first=True, limit=2)
    assert len(list(found)) == 2
    assert (network.body()["orderBy"], network.body()["pageSize"]) == ("timestamp desc", 2)


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_query_for_more_jobs_than_one_can_name_is_put_as_several(*, newest_first: bool) -> None:
    ids = tuple(f"{number:019}" for number in range(1500))
    seconds = [["1", "4"], ["2", "5"], ["3", "6"]]
    pages = [
        [{**ENTRY, "timestamp": f"2026-11-21T07:00:0{each}Z", "insertId": each} for each in part] for part in seconds
    ]
    network = Network(*(reply({"entries": page[::-1] if newest_first else page}) for page in pages))
    found = Logs(open_transport(network), {}).fetch_entries(LogQuery("p", ids), newest_first=newest_first, limit=5)
    assert [entry.insert_id for entry in found] == (
        ["6", "5", "4", "3", "2"] if newest_first else ["1", "2", "3", "4", "5"]
    )
    filters = [network.body(number)["filter"] for number in range(len(network.lines))]
    assert max(map(len, filters)) < 20_000
    assert [sum(f'"{each}"' in text for text in filters) for each in ids] == [1] * 1500


def test_a_trial_is_asked_for_where_its_job_is() -> None:
    ids = tuple(f"{number:019}" for number in range(700))
    parts = LogQuery("p", ids, trial="3", trial_ids=(ids[0], ids[699])).split()
    assert sum((part.job_ids for part in parts), ()) == ids
    assert [part.trial_ids for part in parts] == [ids[:1], (), ids[699:]]
    assert all(len(part.filter) < 20_000 for part in parts)


def test_reading_logs_is_repeated_although_it_is_a_post() -> None:
    network = Network(httpx.ReadError("reset"), error(503, "UNAVAILABLE", "x"), reply({"entries": [ENTRY]}))
    assert len(list(Logs(open_transport(network), {}).fetch_entries(LogQuery("p", ("7",))))) == 1


def test_a_missing_permission_names_the_role() -> None:
    network = Network(error(403, "PERMISSION_DENIED", "Permission denied for all log views"))
    with pytest.raises(PermissionDenied) as caught:
        list(Logs(open_transport(network), {}).fetch_entries(LogQuery("p", ("7",))))
    assert caught.value.message == "the logs of project p may not be read: Permission denied for all log views"
    assert caught.value.hint == "the caller needs the role `roles/logging.viewer` on the project p"


def test_an_entry_says_when_who_and_what() -> None:
    assert view_entry(ENTRY) == LogEntry(
        timestamp=datetime(2026, 11, 21, 7, 0, 1, 250000, UTC),
        severity="ERROR",
        message="loss is nan",
        replica="workerpool0-0",
        trial="3",
        job_id="7",
        insert_id="a1",
        order=("2026-11-21T07:00:01.250000000", "a1"),
    )


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"jsonPayload": {"message": "step 1", "loss": 0.5}}, "step 1"),
        ({"jsonPayload": {"loss": 0.5}}, '{"loss": 0.5}'),
        ({"jsonPayload": {"message": 7}}, '{"message": 7}'),
        ({"protoPayload": {"methodName": "create"}}, '{"methodName": "create"}'),
        ({"textPayload": "a\nb\n\n"}, "a\nb"),
        ({}, ""),
        ({"textPayload": 5, "resource": [], "labels": None, "severity": 3, "timestamp": "yesterday"}, ""),
    ],
    ids=["message", "no message", "odd message", "proto", "lines", "nothing", "nonsense"],
)
def test_any_payload_becomes_a_message(payload: dict[str, Any], message: str) -> None:
    assert view_entry(payload).message == message


def entry(number: int, seconds: float) -> LogEntry:
    stamp = (BEGIN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return view_entry({"insertId": f"i{number}", "timestamp": stamp, "textPayload": str(number)})


@dataclass
class Service:
    """Entries that become visible at given seconds: (visible from, entry); faults are met in order."""

    clock: FakeClock
    visible: list[tuple[float, LogEntry]]
    faults: list[Exception | None] = field(default_factory=list)
    asked: list[datetime | None] = field(default_factory=list)

    def fetch(self, since: datetime | None) -> list[LogEntry]:
        self.asked.append(since)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        there = [one for at, one in self.visible if at <= self.clock.seconds]
        return sorted((one for one in there if since is None or one.timestamp >= since), key=lambda one: one.order)

    def ends_at(self, seconds: float) -> Callable[[], bool]:
        return lambda: self.clock.seconds >= seconds


def numbers(service: Service, ends: float, policy: TailPolicy | None = None) -> list[int]:
    found = follow(service.fetch, service.clock, policy or TailPolicy(), ended=service.ends_at(ends))
    return [int(one.message) for one in found]


def test_lines_come_in_order_although_they_became_visible_out_of_order() -> None:
    clock = FakeClock()
    service = Service(clock, [(0, entry(2, 0.2)), (1, entry(1, 0.1)), (4, entry(4, 3)), (5, entry(3, 2.5))])
    assert numbers(service, ends=10) == [1, 2, 3, 4]


def test_a_late_line_is_kept_and_none_comes_twice() -> None:
    clock = FakeClock()
    service = Service(clock, [(0, entry(1, 0)), (0, entry(3, 2)), (30, entry(2, 1)), (40, entry(4, 39))])
    assert numbers(service, ends=60) == [1, 3, 2, 4]


def test_lines_with_one_timestamp_are_told_apart_by_their_ids() -> None:
    clock = FakeClock()
    assert numbers(Service(clock, [(0, entry(1, 0)), (0, entry(2, 0)), (3, entry(3, 0))]), ends=5) == [1, 2, 3]


def test_following_ends_shortly_after_the_job_and_gives_its_last_lines() -> None:
    clock = FakeClock()
    service = Service(clock, [(0, entry(1, 0)), (24, entry(2, 21)), (500, entry(3, 22))])
    assert numbers(service, ends=20) == [1, 2]
    assert 26 <= clock.seconds <= 40


def test_pauses_grow_while_nothing_comes_and_fall_back_when_something_does() -> None:
    clock = FakeClock()
    service = Service(clock, [(20, entry(1, 20))])
    assert numbers(service, ends=1000) == [1]
    assert clock.pauses[:8] == [3.0, 4.5, 6.75, 10.0, 2.0, 3.0, 4.5, 6.75]
    assert max(clock.pauses) == 10.0


def test_polls_that_fail_cost_no_line() -> None:
    clock = FakeClock()
    faults: list[Exception | None] = [None, Unreachable("down"), Unreachable("down")]
    service = Service(clock, [(0, entry(1, 0)), (3, entry(2, 3))], faults)
    assert numbers(service, ends=30) == [1, 2]


def test_a_long_silence_ends_it_after_what_was_held_back() -> None:
    clock = FakeClock()
    service = Service(clock, [(0, entry(1, 0))], [None, *[Unreachable("down")] * 400])
    got: list[str] = []
    with pytest.raises(Unreachable, match=r"^down$"):
        got.extend(one.message for one in follow(service.fetch, clock, TailPolicy(), ended=lambda: False))
    assert (got, 1800 <= clock.seconds <= 1820) == (["1"], True)


def test_after_the_jobs_end_a_service_that_is_down_is_not_waited_for() -> None:
    clock = FakeClock()
    service = Service(clock, [], [Unreachable("down")] * 400)
    with pytest.raises(Unreachable):
        numbers(service, ends=0)
    assert clock.seconds <= 40


def test_a_refusal_ends_it_at_once() -> None:
    with pytest.raises(PermissionDenied):
        numbers(Service(FakeClock(), [], [PermissionDenied("no")]), ends=100)


def test_what_was_held_back_is_given_before_a_refusal() -> None:
    clock = FakeClock()
    service = Service(clock, [(0, entry(1, 0))], [None, PermissionDenied("no")])
    got: list[str] = []
    policy = TailPolicy(settle=60)
    with pytest.raises(PermissionDenied):
        got.extend(one.message for one in follow(service.fetch, clock, policy, ended=lambda: False))
    assert got == ["1"]


def test_a_clock_that_is_set_back_brings_no_line_twice() -> None:
    clock = FakeClock()
    service = Service(clock, [(second, entry(second, second)) for second in range(0, 600, 10)])
    found = []
    tail = Tail(service.fetch, clock)
    while clock.seconds < 620:
        tail.poll()
        found += [int(one.message) for one in tail.release()]
        clock.sleep(2)
        clock.ahead = -300 if clock.seconds > 500 else 0
    assert found == list(range(0, 600, 10))


def test_each_poll_asks_for_the_last_minute_only_and_memory_stays_flat() -> None:
    clock = FakeClock()
    service = Service(clock, [(second, entry(second, second)) for second in range(0, 3600, 2)])
    tail = Tail(service.fetch, clock)
    given = 0
    while clock.seconds < 3600:
        tail.poll()
        given += len(tail.release())
        clock.sleep(2)
    assert service.asked[-1] == BEGIN + timedelta(seconds=3596 - 60)
    assert (given, len(tail._seen)) == (1799, 31)


def test_a_replica_whose_clock_runs_ahead_does_not_hide_the_others() -> None:
    clock = FakeClock()
    service = Service(clock, [(0, entry(1, 0)), (0, entry(9, 900)), (70, entry(2, 65))])
    assert numbers(service, ends=100) == [1, 9, 2]
