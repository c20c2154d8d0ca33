"""The bounds of time of a training job: how long it may wait, and then run. Who exceeds one is cancelled.

Source: the descriptions of `maxWaitTime` and `maxRunningTime` in the REST reference of ml.v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.etags import seal
from trainctl.local.times import parse_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_WAITING = ("QUEUED", "PREPARING")
_REASONS = {
    "maxWaitTime": "The job waited longer than `maxWaitTime` allows.",
    "maxRunningTime": "The job ran longer than `maxRunningTime` allows.",
}


def watch(core: Core, job: Mapping[str, Any]) -> None:
    """Has a job cancelled when its time is up: to be called when it is made, when it runs, and by a new engine."""
    bound = _find_bound(job)
    allowed = job.get("trainingInput", {}).get("scheduling", {}).get(bound)
    if allowed is not None:
        since = job["startTime"] if bound == "maxRunningTime" else job["createTime"]
        at = (parse_time(since) or 0) / 1_000_000_000 + parse_duration(allowed)
        core.alarms.set(at, lambda: expire(core, job["name"], bound))


def expire(core: Core, name: str, bound: str) -> None:
    """Cancels a job that still is where the bound counts."""
    changed = core.store.change(name, lambda job: _give_up(job, bound) if _find_bound(job) == bound else None)
    if changed is not None:
        cancel_backing(core, changed)


def cancel_backing(core: Core, job: Mapping[str, Any]) -> bool:
    """Asks for the end of what does a job's work; False when it has ended."""
    # These bring jobs to what follows them, this package among it.
    from trainctl.local.lifecycle import cancel_job
    from trainctl.local.tuning.jobs import cancel

    backing: str = job["backing"]
    return cancel_job(core, backing) if "/customJobs/" in backing else cancel(core, backing)


def revise(job: Mapping[str, Any]) -> Resource:
    """The job with another etag: every change gives one, also a change back to what was."""
    return seal({**job, "revision": job.get("revision", 0) + 1})


def _give_up(job: Resource, bound: str) -> Resource:
    return revise({**job, "state": "CANCELLING", "errorMessage": _REASONS[bound]})


def _find_bound(job: Mapping[str, Any]) -> str:
    """The bound that counts for a job in its state; empty when none does."""
    if job["state"] in _WAITING:
        return "maxWaitTime"
    return "maxRunningTime" if job["state"] == "RUNNING" else ""
