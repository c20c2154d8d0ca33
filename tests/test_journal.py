from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from trainctl.errors import ExitCode
from trainctl.journal import Entry, Journal, JournalError, KeyTaken, Submission, body_digest, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGIN = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
PLACE = "projects/p/locations/us-central1"


class FakeClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "state" / "journal.sqlite3", clock)
    yield journal
    journal.close()


def entry(number: int = 1, key: str | None = None) -> Entry:
    return Entry(
        id=f"0{number:025d}",
        file="train.yaml",
        document=0,
        kind="custom",
        display_name="digits",
        service="vertex",
        collection="customJobs",
        endpoint="https://us-central1-aiplatform.googleapis.com",
        parent=PLACE,
        digest="d" * 64,
        key=key,
        profile="ci",
    )


def create(journal: Journal, number: int) -> str:
    journal.prepare(entry(number))
    journal.mark_sent(entry(number).id)
    journal.mark_created(entry(number).id, f"{PLACE}/customJobs/{number}")
    return entry(number).id


def test_a_submission_is_there_before_its_request_with_all_that_is_known(journal: Journal) -> None:
    expected = Submission(
        id="00000000000000000000000001",
        created=BEGIN,
        changed=BEGIN,
        state="prepared",
        file="train.yaml",
        document=0,
        kind="custom",
        display_name="digits",
        service="vertex",
        collection="customJobs",
        endpoint="https://us-central1-aiplatform.googleapis.com",
        parent=PLACE,
        digest="d" * 64,
        key="nightly",
        profile="ci",
        local=False,
        name=None,
        reason=None,
    )
    assert journal.prepare(entry(key="nightly")) == expected
    assert journal.list() == (expected,)


@pytest.mark.parametrize(
    ("state", "settled", "name", "reason"),
    [
        ("sent", False, None, None),
        ("created", True, "projects/p/jobs/1", None),
        ("refused", True, None, "no quota"),
        ("uncertain", False, None, "no quota"),
        ("abandoned", True, None, "no quota"),
    ],
)
def test_each_outcome_is_kept(
    journal: Journal, clock: FakeClock, state: str, *, settled: bool, name: str | None, reason: str | None
) -> None:
    prepared = journal.prepare(entry())
    clock.time += timedelta(seconds=3)
    arguments = [each for each in (name, reason) if each]
    getattr(journal, f"mark_{state}")(prepared if state == "abandoned" else prepared.id, *arguments)
    found = journal.get(prepared.id)
    assert found == replace(prepared, state=state, changed=clock.time, name=name, reason=reason)
    assert found.settled is settled


def test_an_uncertain_submission_that_is_found_forgets_its_doubt(journal: Journal) -> None:
    journal.prepare(entry())
    journal.mark_uncertain(entry().id, "connection lost")
    journal.mark_created(entry().id, "n")
    assert (journal.get(entry().id).name, journal.get(entry().id).reason) == ("n", None)


def test_latest_counts_back_over_created_ones_only(journal: Journal) -> None:
    first, second = create(journal, 1), create(journal, 2)
    journal.prepare(entry(3))
    journal.mark_refused(entry(3).id, "no")
    found = [journal.latest(), journal.latest(2), journal.latest(3)]
    assert [each and each.id for each in found] == [second, first, None]


def test_a_submission_is_found_by_the_beginning_of_its_id_or_its_resource(journal: Journal) -> None:
    for number in (1, 2, 10):
        create(journal, number)
    assert [each.id for each in journal.find("0000000000000000000000001")] == [entry(10).id]
    assert [each.id for each in journal.find("00")] == [entry(10).id, entry(2).id, entry(1).id]
    assert [each.id for each in journal.find(f"{PLACE}/customJobs/2")] == [entry(2).id]
    assert journal.find("%") == ()
    assert journal.find("_") == ()
    assert [each.id for each in journal.find_resource("1")] == [entry(1).id]
    assert journal.find_resource("0") == ()


def test_a_list_is_newest_first_and_may_be_cut_to_states(journal: Journal) -> None:
    for number in (1, 2, 3):
        journal.prepare(entry(number))
    journal.mark_uncertain(entry(1).id, "x")
    journal.mark_created(entry(2).id, "n")
    assert [each.id for each in journal.list(limit=2)] == [entry(3).id, entry(2).id]
    assert [each.id for each in journal.list(states=("prepared", "uncertain"))] == [entry(3).id, entry(1).id]


def test_an_idempotency_key_belongs_to_one_submission_until_that_has_failed(journal: Journal) -> None:
    first = journal.prepare(entry(1, "nightly"))
    with pytest.raises(KeyTaken) as caught:
        journal.prepare(entry(2, "nightly"))
    assert (caught.value.submission, caught.value.exit_code) == (first, ExitCode.REFUSED)
    elsewhere = replace(entry(3, "nightly"), parent="projects/p/locations/europe-west4")
    assert journal.prepare(elsewhere).state == "prepared"
    journal.mark_refused(first.id, "no")
    assert journal.prepare(entry(2, "nightly")).id == entry(2).id


def test_a_submission_that_was_given_up_is_not_sent(journal: Journal) -> None:
    prepared = journal.prepare(entry())
    assert journal.mark_abandoned(prepared, "by hand")
    with pytest.raises(JournalError, match=r"was given up by another process before its request was sent$"):
        journal.mark_sent(prepared.id)
    assert journal.get(prepared.id).state == "abandoned"


def test_what_was_settled_meanwhile_is_not_given_up(journal: Journal) -> None:
    prepared = journal.prepare(entry())
    journal.mark_sent(prepared.id)
    assert not journal.mark_abandoned(prepared, "by hand")
    assert journal.get(prepared.id).state == "sent"


def test_a_job_that_appears_after_its_key_was_given_away_is_told(journal: Journal) -> None:
    first = journal.prepare(entry(1, "nightly"))
    assert journal.mark_abandoned(first, "by hand")
    journal.prepare(entry(2, "nightly"))
    with pytest.raises(JournalError, match=r"^the key of submission 0{25}1 was given to another one meanwhile$"):
        journal.mark_created(first.id, "n")


def test_an_id_is_written_once(journal: Journal) -> None:
    journal.prepare(entry())
    with pytest.raises(JournalError, match=r"^the submission id 0{25}1 is in the journal already$"):
        journal.prepare(entry())


def test_an_outcome_without_a_submission_is_an_error(journal: Journal) -> None:
    with pytest.raises(JournalError, match=r"^the journal has no submission nobody$"):
        journal.mark_created("nobody", "n")


def test_reading_an_absent_journal_makes_nothing(journal: Journal, tmp_path: Path) -> None:
    assert (journal.list(), journal.latest(), journal.find("0")) == ((), None, ())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_record_is_its_owners_alone(journal: Journal, tmp_path: Path) -> None:
    create(journal, 1)
    folder = tmp_path / "state"
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert {oct(each.stat().st_mode & 0o777) for each in folder.iterdir()} == {"0o600"}


def test_old_submissions_are_forgotten_but_unsettled_ones_are_not(tmp_path: Path, clock: FakeClock) -> None:
    journal = Journal(tmp_path / "j", clock, keep_days=90, keep_rows=3)
    create(journal, 1)
    journal.prepare(entry(2))
    clock.time += timedelta(days=91)
    for number in (3, 4, 5):
        create(journal, number)
    assert journal.prune() == 2
    assert [each.id for each in journal.list()] == [entry(5).id, entry(4).id, entry(2).id]
    journal.close()


def test_the_record_does_not_grow_without_bound(tmp_path: Path, clock: FakeClock) -> None:
    journal = Journal(tmp_path / "j", clock, keep_rows=20)
    for number in range(1, 201):
        journal.prepare(entry(number))
    assert len(journal.list()) == 20
    journal.close()


def test_several_threads_share_a_journal(journal: Journal) -> None:
    threads = [threading.Thread(target=create, args=(journal, number)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.state for each in journal.list()} == {"created"}
    assert len(journal.list()) == 16


WRITER = """
import sys
from pathlib import Path
from trainctl.clock import SystemClock
from trainctl.journal import Entry, Journal, new_id
clock = SystemClock()
journal = Journal.open(Path(sys.argv[1]), clock)
for number in range(25):
    id = new_id(clock)
    journal.prepare(Entry(id, "a.yaml", 0, "custom", "n", "vertex", "customJobs", "https://x", "p", "d"))
    journal.mark_sent(id)
    journal.mark_created(id, f"n/{id}")
"""


def test_several_processes_make_and_share_a_journal(tmp_path: Path, clock: FakeClock) -> None:
    file = tmp_path / "state" / "journal.sqlite3"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file)]) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    with closing(Journal.open(file, clock)) as journal:
        found = journal.list()
    assert (len({each.id for each in found}), {each.state for each in found}) == (100, {"created"})


def test_a_killed_process_leaves_its_rows(tmp_path: Path, clock: FakeClock) -> None:
    file = tmp_path / "j"
    code = WRITER.replace(
        '    journal.mark_created(id, f"n/{id}")\n', "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(file)], check=False).returncode != 0
    with closing(Journal.open(file, clock)) as journal:
        assert [each.state for each in journal.list()] == ["sent"]


def broken(path: Path, how: str) -> Path:
    if how == "folder in its place":
        path.mkdir()
    elif how == "not a database":
        path.write_bytes(b"x" * 4096)
    else:
        path.write_bytes(b"")
        return path / "journal.sqlite3"
    return path


@pytest.mark.parametrize("how", ["folder in its place", "not a database", "file as folder"])
def test_a_journal_that_cannot_be_used_says_how_to_do_without(tmp_path: Path, clock: FakeClock, how: str) -> None:
    file = broken(tmp_path / "j", how)
    with pytest.raises(JournalError) as caught:
        Journal.open(file, clock).prepare(entry())
    assert re.match(rf"the record of submissions `{file}` cannot be written: .", caught.value.message)
    assert "--no-journal" in str(caught.value.hint)
    assert caught.value.exit_code == ExitCode.UNREACHABLE


def test_a_full_disk_says_so_and_keeps_what_was_written(tmp_path: Path, clock: FakeClock) -> None:
    journal = Journal.open(tmp_path / "j", clock)
    journal.prepare(entry(1))
    journal._database._connect().execute("PRAGMA max_page_count = 1")
    large = replace(entry(2), display_name="x" * 100_000)
    with pytest.raises(JournalError, match=r"cannot be written: database or disk is full$"):
        journal.prepare(large)
    assert [each.id for each in journal.list()] == [entry(1).id]
    journal.close()


def test_the_record_is_read_where_nothing_can_be_written(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = Journal.open(path, clock)
    create(journal, 1)
    journal.close()
    path.with_name("journal.sqlite3-shm").mkdir()  # as on a full disk: SQLite cannot make its file there
    with closing(Journal.open(path, clock)) as still:
        assert [each.state for each in still.list()] == ["created"]
        with pytest.raises(JournalError, match="cannot be written: "):
            still.prepare(entry(2))


def test_a_record_that_cannot_be_read_is_not_to_be_done_without(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(JournalError, match=r"cannot be read: file is not a database$") as caught:
        Journal.open(broken(tmp_path / "j", "not a database"), clock).list()
    assert caught.value.hint == "move it away, and a new one begins"


def test_a_journal_of_a_newer_trainctl_is_left_alone(journal: Journal, tmp_path: Path, clock: FakeClock) -> None:
    journal.prepare(entry())
    journal._database._connect().execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match=r"was written by a newer trainctl$"):
        Journal.open(tmp_path / "state" / "journal.sqlite3", clock).list()


def test_ids_sort_by_time_and_may_stand_in_a_label(clock: FakeClock) -> None:
    ids = []
    for _ in range(100):
        clock.time += timedelta(milliseconds=1)
        ids.append(new_id(clock))
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"[0-9a-z]{26}", each) for each in ids)
    assert len({new_id(clock) for _ in range(1000)}) == 1000


def test_a_digest_is_that_of_the_job_and_not_of_its_submission() -> None:
    body = {"displayName": "a", "jobSpec": {"x": [1, 2]}}
    same = [
        {"jobSpec": {"x": [1, 2]}, "displayName": "a"},
        {**body, "labels": {}},
        {**body, "labels": {"trainctl-submission": "01abc"}},
    ]
    other = [{**body, "labels": {"team": "a"}}, {**body, "displayName": "b"}, {**body, "jobSpec": {"x": [2, 1]}}]
    assert {body_digest(each) for each in same} == {body_digest(body)}
    assert len({body_digest(each) for each in (body, *other)}) == 4
