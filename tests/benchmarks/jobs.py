"""`python -m tests.benchmarks.jobs`: what a job on the engine costs beside its bare program, and a crowd of jobs."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.local.crowd import run_crowd
from tests.local.engine import PARENT, make_job
from tests.local.packages import MODULE, build_package
from trainctl.local import control
from trainctl.local.control import EngineHome

TARGET = 0.060
"""Seconds that a job may cost beside its program, in the median."""


def main() -> int:
    """Measure and report as JSON; exit code 1 when the target is missed or a job was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.jobs", description=__doc__)
    parser.add_argument("--runs", type=int, default=31, help="jobs one after the other [default: 31]")
    parser.add_argument("--crowd", type=int, default=200, help="jobs at once, over two restarts [default: 200]")
    parser.add_argument("--slots", type=int, default=4, help="jobs of the crowd that run at a time [default: 4]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainctl-bench-") as scratch:
        folder = Path(scratch)
        overhead = measure_overhead(folder / "single", options.runs)
        began = time.monotonic()
        (folder / "crowd").mkdir()
        environments = folder / "single" / "environments"
        crowd = run_crowd(folder / "crowd", environments, jobs=options.crowd, slots=options.slots, restarts=2)
        seconds = round(time.monotonic() - began, 1)
    whole = sum(crowd.states.values()) == options.crowd and crowd.most_at_a_time <= options.slots
    states = {"states": dict(crowd.states), "most_at_a_time": crowd.most_at_a_time, "seconds": seconds}
    json.dump({"milliseconds": overhead, "crowd": states}, sys.stdout, indent=2)
    print()
    return 0 if whole and overhead["overhead"] <= TARGET * 1000 else 1


def measure_overhead(folder: Path, runs: int) -> dict[str, float]:
    """Medians in milliseconds of a job that does nothing, from its creation to its end, and of its program alone."""
    home = EngineHome(folder)
    engine = control.start(home)
    try:
        build_package(home.buckets / "stage" / "practice-1.0.tar.gz")
        token = {"Authorization": f"Bearer {engine.read_token()}"}
        with httpx.Client(base_url=engine.url, headers=token, timeout=60) as client:
            run_job(client)  # makes the environment
            jobs = statistics.median(run_job(client) for _ in range(runs))
        [layer] = home.environments.glob("job-*/")
        bare = statistics.median(run_bare(layer / "bin" / "python") for _ in range(runs))
    finally:
        control.stop(home)
    milliseconds = {"job": jobs, "program": bare, "overhead": jobs - bare}
    return {name: round(seconds * 1000, 1) for name, seconds in milliseconds.items()}


def run_job(client: httpx.Client) -> float:
    """Seconds of one job, as the engine noted them: polling adds nothing."""
    name = client.post(f"/v1/{PARENT}/customJobs", json=make_job("pass")).json()["name"]
    job: dict[str, Any] = {}
    while "endTime" not in job:
        time.sleep(0.02)
        job = client.get(f"/v1/{name}").json()
    if job["state"] != "JOB_STATE_SUCCEEDED":
        raise RuntimeError(f"{name} ended as {job['state']}: {job.get('error')}")
    created, ended = (datetime.fromisoformat(job[field]) for field in ("createTime", "endTime"))
    return (ended - created).total_seconds()


def run_bare(python: Path) -> float:
    """Seconds of the same program without an engine."""
    began = time.perf_counter()
    subprocess.run([str(python), "-m", MODULE, "pass"], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
