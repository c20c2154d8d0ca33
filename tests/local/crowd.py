"""Many short jobs at once on an engine that is stopped and started between."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.local.engine import PARENT, make_job
from tests.local.packages import build_package
from trainctl.local import control
from trainctl.local.control import Engine, EngineHome, Options

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE = """
import os, time
from pathlib import Path
folder = Path(sys.argv[1])
mark = folder / os.environ["CLOUD_ML_JOB_ID"]
mark.touch()
print(len(list(folder.iterdir())))
time.sleep(0.02)
mark.unlink()
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How they all ended: states and reasons with their counts, and how many the jobs saw at a time.

    `growth` is by how many bytes the memory of the last engine grew between its first jobs and its last; 0 where the
    system does not tell.
    """

    states: Mapping[str, int]
    reasons: Mapping[str, int]
    most_at_a_time: int
    growth: int


def run_crowd(folder: Path, environments: Path, *, jobs: int, slots: int, restarts: int) -> Crowd:
    """Submits all jobs, restarts the engine whenever a further part of them has ended, and waits for the end."""
    home = EngineHome(folder / "engine")
    home.root.mkdir()
    home.environments.symlink_to(environments)
    build_package(home.buckets / "stage" / "practice-1.0.tar.gz")
    marks = folder / "marks"
    marks.mkdir()
    options = Options(jobs=slots, grace=5)
    try:
        engine = control.start(home, options=options)
        with _open(engine) as client:
            for _ in range(jobs):
                client.post(f"/v1/{PARENT}/customJobs", json=make_job(_CODE, str(marks))).raise_for_status()
        for turn in range(restarts):
            _await_ended(engine, jobs * (turn + 1) // (restarts + 1))
            control.stop(home)
            for mark in marks.iterdir():  # of those that the stop has ended
                mark.unlink()
            engine = control.start(home, options=options)
        over = jobs * restarts // (restarts + 1)
        _await_ended(engine, over + (jobs - over) // 4)
        before = _measure(engine)
        found = _await_ended(engine, jobs)
        growth = _measure(engine) - before
        with _open(engine) as client:
            most = max(_read_sights(client))
    finally:
        control.stop(home)
    reasons = Counter(job["error"]["message"] for job in found if "error" in job)
    return Crowd(Counter(job["state"] for job in found), reasons, most, growth)


def _measure(engine: Engine) -> int:
    """Bytes of memory that are the engine's own."""
    try:
        status = Path("/proc", str(engine.pid), "status").read_text()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:"))


def _open(engine: Engine) -> httpx.Client:
    return httpx.Client(base_url=engine.url, headers={"Authorization": f"Bearer {engine.read_token()}"}, timeout=60)


def _await_ended(engine: Engine, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 300
    with _open(engine) as client:
        while True:
            found = client.get(f"/v1/{PARENT}/customJobs", params={"pageSize": 1000}).json().get("customJobs", [])
            if sum("endTime" in job for job in found) >= count:
                return list(found)
            assert time.monotonic() < deadline, Counter(job["state"] for job in found)
            time.sleep(0.05)


def _read_sights(client: httpx.Client) -> list[int]:
    body = {
        "resourceNames": ["projects/p"],
        "filter": 'resource.type="ml_job" AND resource.labels.task_name="workerpool0-0"',
        "pageSize": 1000,
    }
    entries = client.post("/v2/entries:list", json=body).json()["entries"]
    return [int(entry["textPayload"]) for entry in entries if entry["textPayload"].isdigit()]
