"""A process that is killed at any step of a submission: what is there afterwards, and what `history resolve` says."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.server import serve
from tests.faults.submitting import ML_SPEC, SPEC, make_machine
from tests.running import StillClock

if TYPE_CHECKING:
    from tests.running import Runner

TOP = Path(__file__).parents[2]
IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest"
SCRIPT = f"kind: custom\ndisplay_name: digits\nscript_path: train.py\ncontainer_uri: {IMAGE}\n"
KEY = ("--idempotency-key", "nightly")
PATIENCE = 60.0


@dataclass
class Hold:
    """Stops the server at one moment of one request until the process that sent it is dead.

    With `lock`, that is a journal that nobody can write from then on; with `drop`, the request is never carried out.
    """

    moment: str
    method: str
    path: str
    drop: bool = False
    lock: Path | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    killed: threading.Event = field(default_factory=threading.Event)
    carried_out: threading.Event = field(default_factory=threading.Event)
    locks: list[sqlite3.Connection] = field(default_factory=list)

    def __call__(self, moment: str, method: str, path: str) -> None:
        if self.lock and (moment, method) == ("after", self.method) and self.path in path:
            self.locks.append(sqlite3.connect(self.lock, isolation_level=None, check_same_thread=False))
            self.locks[0].execute("BEGIN IMMEDIATE")
        if (moment, method) == ("after", self.method) and self.path in path:
            self.carried_out.set()
        if (moment, method) == (self.moment, self.method) and self.path in path and not self.reached.is_set():
            self.reached.set()
            self.killed.wait(PATIENCE)
            if self.drop:
                raise ConnectionAbortedError

    def end(self) -> None:
        """Let the server go on; what was not dropped is carried out when this returns."""
        self.killed.set()
        assert self.drop or self.carried_out.wait(PATIENCE)
        for lock in self.locks:
            lock.close()


def start(home: Path, url: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **make_machine(home, url=url).environment, "TRAINCTL_HOME": str(home)}
    command = [sys.executable, "-m", "trainctl", "submit", *arguments, "--staging-bucket", "gs://my-bucket", *KEY]
    return subprocess.Popen(command, cwd=TOP, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def survivor(home: Path, url: str) -> Runner:
    """The user's next commands, at the time of day that the killed one had."""
    run = make_machine(home, url=url)
    run.clock = StillClock(datetime.now(UTC))
    return run


def states(run: Runner, *command: str) -> tuple[int, list[str]]:
    outcome = run("history", *command, "-o", "json")
    return outcome.code, [row["state"] for row in json.loads(outcome.out)]


STEPS = {
    "its row is written": ("before", "GET", "/storage/", False, "prepared", (0, ["abandoned"]), 0),
    "an upload has begun": ("before", "POST", "/upload/", False, "prepared", (0, ["abandoned"]), 0),
    "bytes are on their way": ("before", "PUT", "/upload/", False, "prepared", (0, ["abandoned"]), 0),
    "the request is lost": ("before", "POST", "/customJobs", True, "sent", (6, ["sent"]), 0),
    "the request is carried out later": ("before", "POST", "/customJobs", False, "sent", (0, ["created"]), 1),
    "the job is there": ("after", "POST", "/customJobs", False, "sent", (0, ["created"]), 1),
}


@pytest.mark.parametrize(("moment", "method", "path", "drop", "left", "resolved", "jobs"), STEPS.values(), ids=STEPS)
def test_a_submission_that_is_killed_is_there_once_or_absent_or_called_open(
    tmp_path: Path,
    moment: str,
    method: str,
    path: str,
    drop: bool,
    left: str,
    resolved: tuple[int, list[str]],
    jobs: int,
) -> None:
    (tmp_path / "train.py").write_text("print('hello')\n", "utf-8")
    (tmp_path / "spec.yaml").write_text(SCRIPT, "utf-8")
    hold = Hold(moment, method, path, drop)
    with serve(hook=hold) as serving:
        process = start(tmp_path / "home", serving.url, str(tmp_path / "spec.yaml"))
        assert hold.reached.wait(PATIENCE), process.communicate(timeout=5)
        kill(process)
        hold.end()
        run = survivor(tmp_path / "home", serving.url)
        assert states(run, "list") == (0, [left])
        assert states(run, "resolve") == resolved
        assert len(serving.service.jobs) == jobs
        run.clock.sleep(300)
        outcome = run("submit", str(tmp_path / "spec.yaml"), "--staging-bucket", "gs://my-bucket", *KEY)
        assert (outcome.code, len(serving.service.jobs)) == (0, 1), outcome
        assert states(run, "list")[1][0] == "created"


def test_an_answer_that_came_too_late_to_be_written_down_is_found(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.format(number=1), "utf-8")
    hold = Hold("answered", "POST", "/customJobs", lock=tmp_path / "home" / "state" / "journal.sqlite3")
    with serve(hook=hold) as serving:
        process = start(tmp_path / "home", serving.url, str(spec))
        assert hold.reached.wait(PATIENCE), process.communicate(timeout=5)
        kill(process)
        hold.end()
        run = survivor(tmp_path / "home", serving.url)
        assert states(run, "list") == (0, ["sent"])
        assert states(run, "resolve") == (0, ["created"])
        assert len(serving.service.jobs) == 1


def test_before_its_row_is_written_a_submission_has_never_been(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    os.mkfifo(spec)
    with serve() as serving:
        process = start(tmp_path / "home", serving.url, str(spec))
        with spec.open("wb"):  # opens when the process does
            kill(process)
        run = survivor(tmp_path / "home", serving.url)
        assert states(run, "resolve") == (0, [])
        assert (len(serving.service.jobs), serving.service.requests.total()) == (0, 0)


ML_STEPS = {
    "the request is lost": ("before", True, (6, ["sent"]), 0),
    "the request is carried out later": ("before", False, (0, ["created"]), 1),
    "the job is there": ("after", False, (0, ["created"]), 1),
}


@pytest.mark.parametrize(("moment", "drop", "resolved", "jobs"), ML_STEPS.values(), ids=ML_STEPS)
def test_a_killed_submission_with_an_id_of_its_own_is_found_by_it(
    tmp_path: Path, moment: str, drop: bool, resolved: tuple[int, list[str]], jobs: int
) -> None:
    (tmp_path / "spec.yaml").write_text(ML_SPEC.format(number=1), "utf-8")
    hold = Hold(moment, "POST", "/my-project/jobs", drop)
    with serve(hook=hold) as serving:
        process = start(tmp_path / "home", serving.url, str(tmp_path / "spec.yaml"))
        assert hold.reached.wait(PATIENCE), process.communicate(timeout=5)
        kill(process)
        hold.end()
        run = survivor(tmp_path / "home", serving.url)
        assert states(run, "resolve") == resolved
        assert len(serving.service.jobs) == jobs
        run.clock.sleep(300)
        outcome = run("submit", str(tmp_path / "spec.yaml"), *KEY, "-o", "name")
        assert (outcome.code, outcome.out) == (0, "projects/my-project/jobs/digits_1\n"), outcome
        assert len(serving.service.jobs) == 1
