from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from trainctl.local.migrations import STEPS, TooNew
from trainctl.local.store import Run, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARENT = "projects/p/locations/l"


def _resource(number: int, state: str = "JOB_STATE_QUEUED") -> dict[str, str]:
    return {"name": f"{PARENT}/customJobs/{number}", "state": state}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db")
    yield store
    store.close()


def test_what_was_stored_is_there_for_the_next_engine(tmp_path: Path) -> None:
    first = Store(tmp_path / "db")
    first.insert(_resource(1), owner="pipeline")
    first.record_run(Run(_resource(1)["name"], "/folder", 7, "mark"))
    first.close()
    with closing(Store(tmp_path / "db")) as second:
        assert second.fetch(_resource(1)["name"]) == _resource(1)
        assert second.owner_of(_resource(1)["name"]) == "pipeline"
        assert second.runs() == [Run(_resource(1)["name"], "/folder", 7, "mark")]


def test_a_scan_goes_through_all_pages_of_the_database(store: Store) -> None:
    for number in range(450):
        store.insert(_resource(number))
    rows = list(store.scan(PARENT, "customJobs"))
    assert [resource["name"].rpartition("/")[2] for _, resource in rows] == [str(n) for n in range(449, -1, -1)]
    assert list(store.scan(PARENT, "customJobs", before=rows[400][0])) == rows[401:]


def test_a_name_is_taken_once(store: Store) -> None:
    store.insert(_resource(1))
    with pytest.raises(KeyError):
        store.insert(_resource(1))


def test_an_edit_that_gives_nothing_changes_nothing(store: Store) -> None:
    store.insert(_resource(1))
    assert store.change(_resource(1)["name"], lambda _: None) is None
    assert store.change("no/such/name", lambda resource: resource) is None
    assert store.fetch(_resource(1)["name"]) == _resource(1)


def test_threads_that_read_the_same_do_not_end_one_anothers_queries(store: Store) -> None:
    store.insert(_resource(1))
    missed: list[int] = []

    def read() -> None:
        for turn in range(5000):
            body = store.fetch(_resource(1)["name"])
            names = store.names_in_state("customJobs", ("JOB_STATE_QUEUED",))
            missed.extend([turn] if body is None or not names else [])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == []


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.insert(_resource(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.fetch(_resource(1)["name"]) is None


def test_states_are_found_without_reading_bodies(store: Store) -> None:
    store.insert(_resource(1))
    store.insert(_resource(2, "JOB_STATE_RUNNING"))
    store.change(_resource(1)["name"], lambda resource: {**resource, "state": "JOB_STATE_FAILED"})
    assert store.names_in_state("customJobs", ("JOB_STATE_FAILED", "JOB_STATE_QUEUED")) == [_resource(1)["name"]]
    assert store.names_of("customJobs", ids={"2", "9"}) == [_resource(2)["name"]]


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    with pytest.raises(TooNew, match="upgrade trainctl"):
        Store(tmp_path / "db")


@pytest.mark.parametrize("version", range(len(STEPS)))
def test_a_file_of_an_earlier_version_is_brought_up(tmp_path: Path, version: int) -> None:
    connection = sqlite3.connect(tmp_path / "db")
    for step in STEPS[:version]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with closing(Store(tmp_path / "db")) as store:
        store.insert(_resource(1))
        assert store.fetch(_resource(1)["name"]) == _resource(1)
