from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.local.engine import PARENT, Bench, make_job, make_pipeline, make_spec, refused
from trainctl.local.jobs.states import advance
from trainctl.local.store import Run
from trainctl.local.supervision.processes import JOB_VARIABLE, find_job_processes, kill_job, start_mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _move(bench: Bench, name: str, *states: str) -> None:
    for state in states:
        assert bench.core.store.change(name, lambda resource, to=state: advance(resource, to)) is not None  # type: ignore[misc]


def test_a_job_that_a_dead_engine_left_running_is_killed_and_has_failed(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = first.create(make_job())["name"]
    folder = str(first.core.folder(name).path)
    code = "import os, time; os.fork(); print('up', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", code], env={JOB_VARIABLE: folder}, stdout=subprocess.PIPE, start_new_session=True
    ) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()
        first.core.store.record_run(Run(name, folder, orphan.pid, start_mark(orphan.pid) or ""))
        _move(first, name, "PENDING", "RUNNING")
        first.close()
        second = make_bench()
        assert find_job_processes(folder) == []
    job = second.get(name)
    assert (job["state"], job["error"]["message"]) == ("JOB_STATE_FAILED", "The engine stopped while the job ran.")
    assert second.core.store.runs() == []
    assert second.list_log(name)[-1]["textPayload"] == "Job failed."


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux finds processes by their environment")
def test_who_kills_a_job_returns_when_all_its_processes_are_gone(tmp_path: Path) -> None:
    """A signal only asks for an end, which takes its time where many are to be had."""
    folder, many = str(tmp_path), 32
    code = "import os, time; [os.fork() for _ in range(5)]; print('up', flush=True); time.sleep(600)"
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", code], env={JOB_VARIABLE: folder}, stdout=subprocess.PIPE, start_new_session=True
        ) as job:
            assert job.stdout is not None
            assert [job.stdout.readline() for _ in range(many)] == [b"up\n"] * many
            kill_job(folder)
            assert find_job_processes(folder) == []


def test_a_process_number_that_was_given_to_another_program_is_left_alone(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = first.create(make_job())["name"]
    _move(first, name, "PENDING")
    code = "print('up', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bystander:
        assert bystander.stdout is not None
        bystander.stdout.readline()
        first.core.store.record_run(Run(name, str(first.core.folder(name).path), bystander.pid, "another mark"))
        first.close()
        second = make_bench()
        assert bystander.poll() is None
        bystander.communicate(b"\n")
        assert bystander.returncode == 0
    assert second.get(name)["state"] == "JOB_STATE_FAILED"


def test_a_job_that_was_being_cancelled_is_cancelled(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = first.create(make_job())["name"]
    _move(first, name, "PENDING", "RUNNING", "CANCELLING")
    first.close()
    assert make_bench().get(name)["state"] == "JOB_STATE_CANCELLED"


def test_a_pipeline_catches_up_with_a_job_that_ended_as_the_engine_died(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    pipeline = first.create(make_pipeline(make_spec()), "trainingPipelines")
    _move(first, pipeline["trainingTaskMetadata"]["backingCustomJob"], "PENDING", "RUNNING", "SUCCEEDED")
    assert first.get(pipeline["name"])["state"] == "PIPELINE_STATE_QUEUED"
    first.close()
    assert make_bench().get(pipeline["name"])["state"] == "PIPELINE_STATE_SUCCEEDED"


def test_a_pipeline_fails_with_the_job_that_was_lost(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    pipeline = first.create(make_pipeline(make_spec()), "trainingPipelines")
    _move(first, pipeline["trainingTaskMetadata"]["backingCustomJob"], "PENDING", "RUNNING")
    first.close()
    found = make_bench().get(pipeline["name"])
    assert found["state"] == "PIPELINE_STATE_FAILED"
    assert "The engine stopped while the job ran." in found["error"]["message"]


def test_who_asks_an_engine_that_is_stopping_is_told_so(idle: Bench) -> None:
    idle.core.close()
    answer = refused(idle.client.get(f"/v1/{PARENT}/customJobs"))
    assert answer == (503, "UNAVAILABLE", "The engine is being stopped, and its database is closed.")
