"""The bounds of time of a training job: how long it may wait, and then run. Who exceeds one is cancelled.

Source: the descriptions of `maxWaitTime` and `maxRunningTime` in the REST reference of ml.v1.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.lifecycle import cancel_job
from trainctl.local.ml.following import revise
from trainctl.local.protocol.times import parse_duration, parse_time
from trainctl.local.tuning.jobs import cancel as cancel_study

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_WAITING = ("QUEUED", "PREPARING")
_REASONS = {
    "maxWaitTime": "The job waited longer than `maxWaitTime` allows.",
    "maxRunningTime": "The job ran longer than `maxRunningTime` allows.",
}


def watch(core: Core, name: str) -> None:
    """Has a job cancelled when its time is up: to be called once it is stored, and again by a new engine."""
    job = core.store.fetch(name) or {}
    for bound in job.get("trainingInput", {}).get("scheduling", {}):
        if bound in _REASONS and (due := _find_time(job, bound)) is not None:
            core.alarms.set(due, lambda bound=bound: _check(core, name, bound))  # type: ignore[misc]


def cancel_backing(core: Core, job: Mapping[str, Any]) -> bool:
    """Asks for the end of what does a job's work; False when it has ended."""
    backing: str = job["backing"]
    return cancel_job(core, backing) if "/customJobs/" in backing else cancel_study(core, backing)


def _check(core: Core, name: str, bound: str) -> None:
    """Cancels a job whose time is up; looks again later where it is not."""
    changed = core.store.change(name, lambda job: _give_up(job, bound))
    if changed is not None:
        cancel_backing(core, changed)
    elif (due := _find_time(core.store.fetch(name) or {}, bound)) is not None:
        core.alarms.set(due, lambda: _check(core, name, bound))


def _give_up(job: Resource, bound: str) -> Resource | None:
    due = _find_time(job, bound)
    if due is None or due > time.time():
        return None
    return revise({**job, "state": "CANCELLING", "errorMessage": _REASONS[bound]})


def _find_time(job: Mapping[str, Any], bound: str) -> float | None:
    """The time, in seconds since the epoch, before which a job cannot exceed a bound; None when it never can again."""
    state = job.get("state")
    if state != "RUNNING" and state not in _WAITING:
        return None
    allowed = parse_duration(job["trainingInput"]["scheduling"][bound])
    if bound == "maxWaitTime":
        return _seconds(job["createTime"]) + allowed if state in _WAITING else None
    return (_seconds(job["startTime"]) if state == "RUNNING" else time.time()) + allowed


def _seconds(text: str) -> float:
    return (parse_time(text) or 0) / 1_000_000_000
