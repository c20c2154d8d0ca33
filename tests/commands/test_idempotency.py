"""`submit --idempotency-key` and `history resolve`: what a second run makes of the first."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.schedule import Fault, Schedule
from tests.faults.service import Reply, Service
from tests.faults.submitting import SPEC, make_machine
from tests.faults.transport import Faulty, WanderingClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Outcome, Runner

JOB = "projects/my-project/locations/us-central1/customJobs/1"


class Scripted(Schedule):
    """Faults in an order that the test gives; none after them."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(0, {})
        self.faults = list(faults)

    def next(self) -> Fault:
        return self.faults.pop(0) if self.faults else Fault.NONE


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def run(service: Service, tmp_path: Path) -> Runner:
    return machine(service, tmp_path / "home")


def machine(service: Service, home: Path) -> Runner:
    made = make_machine(home)
    meet(made, service)
    return made


def meet(run: Runner, service: Service, *faults: Fault) -> None:
    """Let the next requests meet these faults."""
    assert isinstance(run.clock, WanderingClock)
    run.transport = Faulty(service, Scripted(*faults), run.clock)


def submit(run: Runner, *arguments: str, number: int = 1, key: str | None = "nightly") -> Outcome:
    given = ("--idempotency-key", key) if key else ()
    return run("submit", "-", *given, *arguments, stdin=SPEC.format(number=number))


def rows(run: Runner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("history", "list", "-o", "json").out)
    return found


def states(run: Runner) -> list[str]:
    return [row["state"] for row in rows(run)]


def test_a_second_run_with_the_same_key_adopts_the_job(service: Service, run: Runner) -> None:
    assert submit(run).out == f"{JOB}\n"
    outcome = submit(run)
    assert (outcome.code, outcome.out) == (0, f"{JOB}\n"), outcome
    assert outcome.err.startswith(
        f"nothing is submitted: the job of the idempotency key `nightly` is PENDING already\nfound custom job {JOB}\n"
    )
    assert (service.requests["create"], states(run)) == (1, ["created"])


@pytest.mark.parametrize("key", ["", " "])
def test_an_empty_key_which_protects_nothing_is_refused(service: Service, run: Runner, key: str) -> None:
    outcome = run("submit", "-", "--idempotency-key", key, stdin=SPEC.format(number=1))
    assert (outcome.code, outcome.out, service.requests["create"]) == (2, "", 0)
    assert outcome.err == "error: `--idempotency-key` is empty\nhint: is the variable set that it comes from?\n"


def test_a_generated_output_folder_does_not_make_it_another_job(service: Service, run: Runner) -> None:
    staged = ("--staging-bucket", "gs://my-bucket", "--set", "command=[train]")
    assert [submit(run, *staged).code for _ in range(2)] == [0, 0]
    assert "baseOutputDirectory" in service.jobs[JOB]["jobSpec"]
    assert service.requests["create"] == 1


def test_the_same_key_with_another_body_is_refused(service: Service, run: Runner) -> None:
    submit(run)
    [row] = rows(run)
    outcome = submit(run, number=2)
    assert (outcome.code, service.requests["create"]) == (5, 1)
    assert outcome.err == (
        f"error: the idempotency key `nightly` belongs to submission {row['id']}, which is another job\n"
        f"hint: `trainctl history show {row['id']}` shows it; every job has a key of its own\n"
    )


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--watch",), 1)])
def test_a_job_that_has_failed_is_adopted_and_watched_to_exit_code_1(
    service: Service, run: Runner, options: tuple[str, ...], code: int
) -> None:
    submit(run)
    service.jobs[JOB]["state"] = "JOB_STATE_FAILED"
    outcome = submit(run, *options)
    assert (outcome.code, service.requests["create"]) == (code, 1), outcome
    assert "the job of the idempotency key `nightly` is FAILED already" in outcome.err


def test_a_key_whose_submission_was_refused_is_free(service: Service, run: Runner) -> None:
    meet(run, service, Fault.NONE, Fault.UNAUTHORIZED)
    assert submit(run).code == 4
    assert submit(run).code == 0
    assert states(run) == ["created", "refused"]


def test_an_open_submission_is_settled_before_its_key_is_used_again(service: Service, run: Runner) -> None:
    meet(run, service, Fault.NONE, Fault.RESET_AFTER, *[Fault.MALFORMED_AFTER] * 200)
    assert submit(run).code == 6
    assert states(run) == ["uncertain"]
    meet(run, service)
    assert submit(run).out == f"{JOB}\n"
    assert (service.requests["create"], states(run)) == (1, ["created"])


def test_a_submission_that_stays_open_keeps_its_key(service: Service, run: Runner) -> None:
    meet(run, service, Fault.NONE, Fault.RESET_BEFORE)
    first, second = submit(run), submit(run)
    assert (first.code, second.code, service.requests["create"]) == (6, 6, 0)
    [row] = rows(run)
    assert second.err.endswith(
        f"error: nothing says whether the job of submission {row['id']} was created: no list shows it yet\n"
        f"hint: look before you submit again: `trainctl history resolve {row['id']}`, or `trainctl jobs list --label "
        f"trainctl-submission={row['id']}`\n"
    )


def test_minutes_later_a_submission_that_no_list_shows_gives_its_key_back(service: Service, run: Runner) -> None:
    meet(run, service, Fault.NONE, Fault.RESET_BEFORE)
    submit(run)
    run.clock.sleep(300)
    assert submit(run).code == 0
    assert states(run) == ["created", "abandoned"]


class Slow(Service):
    """A service that takes minutes over a create, in which the same step is run again."""

    run: Runner
    again: Outcome | None = None

    def answer(self, method: str, path: str, query: dict[str, str], content: bytes) -> Reply:
        if method == "POST" and self.again is None:
            self.run.clock.sleep(400)
            self.again = submit(self.run, "--request-timeout", "600")
        return super().answer(method, path, query, content)


def test_a_request_that_may_still_be_answered_keeps_its_key(tmp_path: Path) -> None:
    service = Slow()
    service.run = machine(service, tmp_path / "home")
    first = submit(service.run, "--request-timeout", "600")
    assert service.again
    assert (first.code, service.again.code, service.requests["create"]) == (0, 6, 1), service.again
    assert states(service.run) == ["created"]


class Queue(WanderingClock):
    """A clock by which the same step is run again while the first waits for its turn."""

    run: Runner
    again: Outcome | None = None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if seconds > 300 and self.again is None:
            self.again = submit(self.run)


def test_a_request_that_waits_for_its_turn_does_not_leave_when_its_key_has_made_another_job(
    service: Service, run: Runner
) -> None:
    clock = Queue()
    clock.run, run.clock = run, clock
    meet(run, service)
    rates = run.home / "state" / "rates.json"
    rates.parent.mkdir(parents=True)
    rates.parent.chmod(0o700)
    rates.touch(0o600)
    taken = [clock.now().timestamp() + 340] * 60
    rates.write_text(json.dumps({"my-project submissions": {"moments": taken}}), "utf-8")
    first = submit(run)
    assert clock.again
    assert (first.code, clock.again.code, service.requests["create"]) == (6, 0, 1), first
    assert "was given up by another process before its request was sent" in first.err
    assert states(run) == ["created", "refused"]
    assert submit(run).out == clock.again.out


def test_a_sender_that_is_gone_keeps_its_key_for_five_minutes(service: Service, run: Runner) -> None:
    meet(run, service, Fault.NONE, Fault.RESET_BEFORE)
    submit(run)
    with closing(sqlite3.connect(run.home / "state" / "journal.sqlite3")) as connection, connection:
        connection.execute("UPDATE submissions SET state = 'sent'")  # as a process that was killed leaves it
    run.clock.sleep(300)
    outcome = run("history", "resolve", "--request-timeout", "600", "--columns", "state")
    assert (outcome.code, outcome.out) == (6, "STATE\nsent\n")
    assert run("history", "resolve", "--columns", "state,reason").out == (
        "STATE      REASON\nabandoned  no list shows it 5 minutes after its request\n"
    )


def test_each_document_has_a_key_of_its_own(service: Service, run: Runner) -> None:
    two = f"{SPEC.format(number=1)}---\n{SPEC.format(number=2)}"
    for _ in range(2):
        assert run("submit", "-", "--idempotency-key", "nightly", stdin=two).code == 0
    assert [row["key"] for row in rows(run)] == ["nightly#1", "nightly"]
    assert service.requests["create"] == 2


def test_a_machine_with_another_journal_finds_the_job_by_its_labels(
    service: Service, run: Runner, tmp_path: Path
) -> None:
    submit(run)
    other = machine(service, tmp_path / "other")
    assert submit(other).out == f"{JOB}\n"
    assert (service.requests["create"], states(other)) == (1, ["created"])
    assert submit(machine(service, tmp_path / "third"), "--no-journal").out == f"{JOB}\n"
    outcome = submit(machine(service, tmp_path / "fourth"), number=2)
    assert outcome.code == 5
    assert outcome.err == (
        f"error: the idempotency key `nightly` belongs to another job: custom job {JOB}\n"
        "hint: every job has a key of its own\n"
    )


def test_a_job_that_was_deleted_is_not_made_again(service: Service, run: Runner) -> None:
    submit(run)
    service.jobs.clear()
    outcome = submit(run)
    assert (outcome.code, service.requests["create"]) == (5, 1)
    assert f"error: the job of the idempotency key `nightly` is not there any more: {JOB}\n" in outcome.err


def test_resolve_adopts_the_job_that_it_finds(service: Service, run: Runner) -> None:
    meet(run, service, Fault.RESET_AFTER, *[Fault.MALFORMED_AFTER] * 200)
    assert submit(run, key=None).code == 6
    meet(run, service)
    outcome = run("history", "resolve", "--columns", "state,name")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"STATE      NAME\ncreated    {JOB}\n", "")
    assert run("history", "resolve").err == "nothing is open\n"


def test_resolve_leaves_open_what_it_does_not_find(service: Service, run: Runner) -> None:
    meet(run, service, Fault.RESET_BEFORE)
    submit(run, key=None)
    [row] = rows(run)
    outcome = run("history", "resolve", "--columns", "id,state")
    assert (outcome.code, outcome.out) == (6, f"ID                          STATE\n{row['id']}  uncertain\n")
    assert outcome.err == (
        "1 may or may not have made a job, which no list shows yet\n"
        f"  to look again:    trainctl history resolve {row['id']}\n"
        f"  to give them up:  trainctl history resolve {row['id']} --abandon\n"
    )
    given_up = run("history", "resolve", row["id"], "--abandon", "-o", "json")
    assert (given_up.code, [each["state"] for each in json.loads(given_up.out)]) == (0, ["abandoned"])


def test_resolve_says_why_it_cannot_look(service: Service, run: Runner) -> None:
    meet(run, service, Fault.RESET_BEFORE)
    submit(run, key=None)
    meet(run, service, *[Fault.UNAUTHORIZED] * 20)
    outcome = run("history", "resolve", "-o", "name")
    assert outcome.code == 6
    assert outcome.err.startswith("error: the credentials were not accepted: the token has expired\n")
    assert states(run) == ["uncertain"]


class Breaking(Service):
    """A service at whose create the user's journal breaks."""

    journal: Path

    def answer(self, method: str, path: str, query: dict[str, str], content: bytes) -> Reply:
        if method == "POST":
            with closing(sqlite3.connect(self.journal)) as connection:
                connection.execute("DROP TABLE submissions")
        return super().answer(method, path, query, content)


def test_an_answer_that_cannot_be_written_down_does_not_fail_the_submission(tmp_path: Path) -> None:
    service = Breaking()
    run = machine(service, tmp_path)
    service.journal = tmp_path / "state" / "journal.sqlite3"
    outcome = submit(run, key=None)
    assert (outcome.code, outcome.out) == (0, f"{JOB}\n"), outcome
    assert outcome.err.startswith(
        f"warning: the record of submissions `{service.journal}` cannot be written: no such table: submissions; "
        "the outcome of submission "
    )
