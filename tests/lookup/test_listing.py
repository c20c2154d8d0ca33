"""Many lists at once: order of arrival, slow and failing sources, readers that stop early."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from trainctl.catalog import CUSTOM_JOBS
from trainctl.errors import Unreachable
from trainctl.lookup.listing import PAGES_AHEAD, THREADS, Listing, Source
from trainctl.lookup.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trainctl.api.client import Client
    from trainctl.jobs import Job


@dataclass
class Lists:
    """A client whose lists are scripts: pages of ids, things to wait for, errors to raise."""

    scripts: dict[str, list[Any]]
    asked: list[str] = field(default_factory=list)

    def pages(self, _collection: object, _project: str, location: str, **_: object) -> Iterator[list[dict[str, str]]]:
        self.asked.append(location)
        for step in self.scripts[location]:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, threading.Event):
                assert step.wait(60)
            elif callable(step):
                cast("Callable[[], object]", step)()
            else:
                yield [{"name": f"{location}/{each}"} for each in step]


def listing(lists: Lists) -> Listing[Job]:
    sources = [Source(CUSTOM_JOBS, "p", location) for location in lists.scripts]
    return Listing(cast("Client", lists), sources, Selection().take)


def names(pages: Iterator[list[Any]]) -> list[str]:
    return [job.name for page in pages for job in page]


def test_one_list_is_read_page_by_page_without_a_thread() -> None:
    threads = set(threading.enumerate())
    pages = listing(Lists({"a": [["1", "2"], ["3"]]})).pages()
    assert [job.name for job in next(pages)] == ["a/1", "a/2"]
    assert set(threading.enumerate()) <= threads
    assert names(pages) == ["a/3"]


def test_a_slow_source_delays_nobody() -> None:
    late = threading.Event()
    pages = listing(Lists({"slow": [late, ["1"]], "quick": [["1"], ["2"]]})).pages()
    assert [next(pages)[0].name, next(pages)[0].name] == ["quick/1", "quick/2"]
    late.set()
    assert names(pages) == ["slow/1"]


def test_first_pages_that_come_soon_are_one_and_a_slow_source_is_not_waited_for() -> None:
    late, last = threading.Event(), threading.Event()
    lists = Lists({"slow": [late, ["1"]], "a": [["1"], ["2"], last, ["3"]], "b": [["1"]], "empty": [[]]})
    found = listing(lists)
    found.gather = 1.0
    pages = found.pages()
    assert sorted(job.name for job in next(pages)) == ["a/1", "a/2", "b/1"]
    late.set()
    assert next(pages)[0].name == "slow/1"
    last.set()
    assert names(pages) == ["a/3"]


def test_a_list_that_is_over_soon_is_one_page() -> None:
    found = listing(Lists({"a": [["1"], ["2"]], "b": [["1"]]}))
    found.gather = 60.0
    assert len([*found.pages()]) == 1


def test_a_source_that_fails_halfway_is_remembered_and_ends_no_other() -> None:
    gone = Unreachable("gone")
    found = listing(Lists({"a": [["1"], gone], "b": [["1"], ["2"]], "c": [gone]}))
    assert sorted(names(found.pages())) == ["a/1", "b/1", "b/2"]
    assert sorted(str(source) for source, _ in found.failures) == ["custom jobs in a", "custom jobs in c"]


def test_a_reader_that_stops_early_stops_the_sources() -> None:
    lists = Lists({"a": [["1"]] * 1000, "b": [["1"]] * 1000})
    threads = set(threading.enumerate())
    pages = listing(lists).pages()
    next(pages)
    cast("Any", pages).close()
    for thread in set(threading.enumerate()) - threads:
        thread.join(60)
        assert not thread.is_alive()


def test_sources_do_not_run_far_ahead_of_the_reader() -> None:
    taken: list[int] = []
    full = threading.Event()

    def take() -> None:
        taken.append(1)
        if len(taken) > PAGES_AHEAD * 2:
            full.set()

    steps: list[Any] = [step for _ in range(500) for step in (take, ["1"])]
    pages = listing(Lists({"a": steps, "b": []})).pages()
    next(pages)
    assert full.wait(60)
    assert len(taken) <= PAGES_AHEAD * 2 + 3
    cast("Any", pages).close()


def test_more_sources_than_threads_are_all_read() -> None:
    lists = Lists({f"region-{number}": [["1"]] for number in range(THREADS * 2)})
    assert len(names(listing(lists).pages())) == THREADS * 2
    assert sorted(lists.asked) == sorted(lists.scripts)


def test_a_bug_on_a_thread_is_raised_where_the_reader_is() -> None:
    with pytest.raises(ZeroDivisionError):
        names(listing(Lists({"a": [ZeroDivisionError()], "b": []})).pages())
