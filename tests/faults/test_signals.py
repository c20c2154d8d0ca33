"""A batch that is interrupted or killed in its middle: what ends, what is named, and what is found again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.server import serve
from tests.faults.submitting import batch, make_machine, rows
from tests.running import StillClock

TOP = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass
class Gate:
    """Holds creates at one moment until it opens, and says when `width` of them are there."""

    width: int
    moment: str = "before"
    count: int = 0
    full: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)
    carried_out: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, moment: str, method: str, path: str) -> None:
        if method != "POST" or not path.endswith("customJobs"):
            return
        if moment == "after":
            self.carried_out.release()
        if moment == self.moment:
            with self.lock:
                self.count += 1
                if self.count == self.width:
                    self.full.set()
            self.opened.wait(PATIENCE)

    def open(self) -> None:
        """Let all go on; those that it held are carried out when this returns, whoever waits for their answers."""
        self.opened.set()
        assert all(self.carried_out.acquire(timeout=PATIENCE) for _ in range(self.width))


def start(home: Path, url: str, spec: Path, *options: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **make_machine(home, url=url).environment, "TRAINCTL_HOME": str(home)}
    command = [sys.executable, "-m", "trainctl", "submit", str(spec), "--parallel", "4", *options]
    return subprocess.Popen(
        command, cwd=TOP, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(process: subprocess.Popen[str], words: str) -> str:
    """What the process says until it says that."""
    assert process.stderr is not None
    said = ""
    while words not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


def press(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    process.send_signal(number)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_text(batch(0, 9), "utf-8")
    return path


def test_ctrl_c_lets_what_is_on_its_way_end_and_names_it(tmp_path: Path, spec: Path) -> None:
    gate = Gate(4)
    with serve(hook=gate) as serving:
        process = start(tmp_path / "home", serving.url, spec, "-o", "name")
        assert gate.full.wait(PATIENCE), process.communicate(timeout=5)
        press(process)
        wait_for(process, "interrupted: no other job is submitted, those on their way are waited for; ")
        gate.open()
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, len(out.splitlines())) == (130, 4), err
        assert "history resolve" not in err
        assert "\nnot every job was submitted; 4 jobs are still running\n  to come back: trainctl jobs watch " in err
        assert len(serving.service.jobs) == 4
        found = rows(make_machine(tmp_path / "home", url=serving.url))
        assert [(row["state"], row["display_name"]) for row in found] == [("created", f"digits-{n}") for n in range(4)]
        assert sorted(row["name"] for row in found) == sorted(out.splitlines())


def test_ctrl_c_when_all_are_on_their_way_does_not_deny_any(tmp_path: Path, spec: Path) -> None:
    gate = Gate(4)
    spec.write_text(batch(0, 4), "utf-8")
    with serve(hook=gate) as serving:
        process = start(tmp_path / "home", serving.url, spec)
        assert gate.full.wait(PATIENCE), process.communicate(timeout=5)
        press(process)
        wait_for(process, "interrupted: no other job is submitted, ")
        gate.open()
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert "\nall jobs were submitted; 4 jobs are still running\n  to come back: trainctl jobs watch " in err


def test_a_second_ctrl_c_leaves_at_once_and_what_was_on_its_way_is_found_again(tmp_path: Path, spec: Path) -> None:
    gate = Gate(4)
    with serve(hook=gate) as serving:
        process = start(tmp_path / "home", serving.url, spec)
        assert gate.full.wait(PATIENCE), process.communicate(timeout=5)
        press(process)
        wait_for(process, "interrupted: no other job is submitted, ")
        press(process)
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (
            130,
            "interrupted: `trainctl history resolve` tells what became of what was on its way\n",
        )
        gate.open()
        resolved(tmp_path / "home", serving.url, 4)


def resolved(home: Path, url: str, count: int) -> None:
    """`history resolve` finds so many jobs, each once."""
    run = make_machine(home, url=url)
    run.clock = StillClock(datetime.now(UTC))
    outcome = run("history", "resolve", "-o", "json")
    found = json.loads(outcome.out)
    assert (outcome.code, Counter(row["state"] for row in found)) == (0, {"created": count}), outcome
    assert len({row["name"] for row in found}) == count


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_is_killed_leaves_jobs_that_are_found_or_never_were(
    tmp_path: Path, spec: Path, moment: str
) -> None:
    gate = Gate(4, moment)
    with serve(hook=gate) as serving:
        process = start(tmp_path / "home", serving.url, spec, "--idempotency-key", "sweep")
        assert gate.full.wait(PATIENCE), process.communicate(timeout=5)
        process.kill()
        process.communicate()
        gate.open()
        resolved(tmp_path / "home", serving.url, 4)
        run = make_machine(tmp_path / "home", url=serving.url)
        outcome = run("submit", str(spec), "--parallel", "4", "--idempotency-key", "sweep", "-o", "name")
        assert (outcome.code, len(outcome.out.splitlines())) == (0, 9), outcome
        assert set(serving.service.made_by().values()) == {1}
        assert sorted(job["displayName"] for job in serving.service.jobs.values()) == [f"digits-{n}" for n in range(9)]


def test_sigterm_cancels_all_that_were_created_where_that_is_wanted(tmp_path: Path, spec: Path) -> None:
    gate = Gate(4)
    with serve(hook=gate) as serving:
        process = start(tmp_path / "home", serving.url, spec, "--watch", "--cancel-on-interrupt")
        assert gate.full.wait(PATIENCE), process.communicate(timeout=5)
        press(process, signal.SIGTERM)
        wait_for(process, "interrupted: no other job is submitted, ")
        gate.open()
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err.count(" asked to end\n")) == (130, 4), err
        assert [job["state"] for job in serving.service.jobs.values()] == ["JOB_STATE_CANCELLED"] * 4
