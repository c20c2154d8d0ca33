"""`python -m tests.benchmarks.trials`: what the engine adds to a trial, beside the same program as a bare process."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.local.engine import PORT, TOKEN, Bench
from tests.local.test_tuning import REPORT, make_study
from trainctl.local.app import Application
from trainctl.local.core import Core, Settings
from trainctl.local.guard import Guard
from trainctl.local.home import EngineHome
from trainctl.local.jobs.execution import execute

CODE = f"{REPORT}report(1)"


def make_bench(root: Path) -> Bench:
    """An engine in this process that runs one job at a time."""
    core = Core(EngineHome(root), Settings(slots=1, environment=dict(os.environ)), work=execute)
    app = Application(core, Guard(TOKEN, PORT))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    base_url = f"http://127.0.0.1:{PORT}"
    client = httpx.Client(transport=httpx.WSGITransport(app=app), base_url=base_url, headers=headers)
    core.runner.open()
    return Bench(core, app, client)


def run_bare(folder: Path) -> float:
    """Seconds that the program of a trial takes when nobody looks after it."""
    told = {"CLOUD_ML_TRIAL_ID": "1", "CLOUD_ML_HP_METRIC_FILE": str(folder / "output.metrics")}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", CODE, "--x=0.5"], env={**os.environ, **told}, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Run a study with one trial at a time, then the last trial's program as often by itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.trials", description=__doc__)
    parser.add_argument("--trials", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainctl-bench-") as folder:
        bench = make_bench(Path(folder) / "home")
        bench.run(make_study("report(1)", trials=1, parallel=1), "hyperparameterTuningJobs")  # makes the environment
        for algorithm in ("RANDOM_SEARCH", ""):
            study = make_study(
                "report(1)", trials=options.trials, parallel=1, **({"algorithm": algorithm} if algorithm else {})
            )
            began = time.perf_counter()
            job = bench.run(study, "hyperparameterTuningJobs")
            engine = (time.perf_counter() - began) / options.trials
            assert job["state"] == "JOB_STATE_SUCCEEDED", job
            bare = sum(run_bare(Path(folder)) for _ in range(options.trials)) / options.trials
            name = "random" if algorithm else "Bayesian"
            figures = (f"{seconds * 1000:6.1f} ms" for seconds in (engine, bare, engine - bare))
            print("{}: {} a trial, {} bare, {} more".format(name, *figures))
        bench.close()


if __name__ == "__main__":
    main()
