"""Jobs of ml.v1 over the end of an engine."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.local.ml import JOBS, create, make_job, name_of, run
from tests.local.packages import build_package
from tests.local.test_ml_tuning import make_search
from trainctl.local import control
from trainctl.local.control import EngineHome
from trainctl.local.jobs.states import advance
from trainctl.local.supervision.processes import find_job_processes, start_mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.engine import Bench


def _move_backing(bench: Bench, name: str, *states: str) -> None:
    job = bench.core.store.fetch(name)
    assert job is not None
    for state in states:
        changed = bench.core.store.change(job["backing"], lambda it, to=state: advance(it, to))  # type: ignore[misc]
        assert changed is not None


def test_a_job_that_was_running_has_failed_with_the_reason(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = name_of(create(first, make_job()))
    _move_backing(first, name, "PENDING", "RUNNING")
    first.close()
    job = make_bench().get(name)
    assert (job["state"], job["errorMessage"]) == ("FAILED", "The engine stopped while the job ran.")
    assert "endTime" in job


def test_a_job_catches_up_with_what_ended_as_the_engine_died(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = name_of(create(first, make_job()))
    _move_backing(first, name, "PENDING", "RUNNING", "SUCCEEDED")
    assert first.get(name)["state"] == "QUEUED"
    first.close()
    assert make_bench().get(name)["state"] == "SUCCEEDED"


def test_a_job_that_waited_runs_in_the_next_engine(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = name_of(create(first, make_job()))
    first.close()
    assert make_bench().await_end(name)["state"] == "SUCCEEDED"


def test_a_search_goes_on_where_it_was(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = name_of(create(first, make_search("report(1)", maxTrials=2)))
    first.close()
    job = make_bench().await_end(name)
    assert job["state"] == "SUCCEEDED"
    assert [trial["state"] for trial in job["trainingOutput"]["trials"]] == ["SUCCEEDED", "SUCCEEDED"]


def test_a_second_job_of_a_finished_ones_id_is_refused_after_a_restart_too(make_bench: Callable[..., Bench]) -> None:
    first = make_bench()
    run(first, make_job())
    first.close()
    assert make_bench().client.post(JOBS, json=make_job()).status_code == 409


def test_who_waits_longer_than_allowed_is_cancelled_by_a_later_engine_too(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = name_of(create(first, make_job(scheduling={"maxWaitTime": "1800s"})))
    first.core.store.change(name, lambda job: {**job, "createTime": "2020-01-01T00:00:00Z"})
    first.close()
    job = make_bench(slots=0).await_end(name)
    assert (job["state"], job["errorMessage"]) == ("CANCELLED", "The job waited longer than `maxWaitTime` allows.")


def test_a_job_that_succeeds_as_its_time_is_up_has_succeeded(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(running=False)
    name = name_of(create(bench, make_job(scheduling={"maxRunningTime": "60s"})))
    _move_backing(bench, name, "PENDING", "RUNNING", "SUCCEEDED")
    change = {"state": "CANCELLING", "errorMessage": "The job ran longer than `maxRunningTime` allows."}
    bench.core.store.change(name, lambda job: {**job, **change})
    bench.close()
    job = make_bench().get(name)
    assert (job["state"], "errorMessage" in job) == ("SUCCEEDED", False)


@pytest.mark.slow
def test_no_process_of_a_job_outlives_an_engine_that_is_killed(tmp_path: Path, environments: Path) -> None:
    home = EngineHome(tmp_path / "engine")
    home.root.mkdir()
    home.environments.symlink_to(environments)
    build_package(home.buckets / "stage" / "practice-1.0.tar.gz")
    engine = control.start(home)
    try:
        _await_state(engine, "RUNNING", make_job("import time; print('up', flush=True); time.sleep(600)"))
        [folder] = [str(path) for path in home.jobs.iterdir()]
        while not find_job_processes(folder):
            time.sleep(0.01)
        assert start_mark(engine.pid)
        os.kill(engine.pid, signal.SIGKILL)
        while control.running(home):
            time.sleep(0.01)
        engine = control.start(home)
        job = _await_state(engine, "FAILED")
        assert job["errorMessage"] == "The engine stopped while the job ran."
        assert find_job_processes(folder) == []
    finally:
        control.stop(home)


def _await_state(engine: control.Engine, state: str, job: dict[str, object] | None = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {engine.read_token()}"}
    with httpx.Client(base_url=engine.url, headers=headers, timeout=30) as client:
        if job is not None:
            assert client.post(JOBS, json=job).status_code == 200
        deadline = time.monotonic() + 300
        while (found := client.get(f"{JOBS}/census_1").json())["state"] != state:
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
    answer: dict[str, object] = found
    return answer
