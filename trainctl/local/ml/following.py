"""A job of ml.v1 goes where the custom job or the tuning job behind it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.states import ENDED, state_of
from trainctl.local.ml import predictions
from trainctl.local.protocol.etags import seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

ALIVE = ("QUEUED", "PREPARING", "RUNNING", "CANCELLING")
_STATES = {"PENDING": "PREPARING"}
_WAS_CANCELLED = "The job was cancelled by the user."


def follow(core: Core, name: str, backing: Mapping[str, Any]) -> None:
    """Brings a job to where its backing job is."""
    core.store.change(name, lambda job: _move(core, job, backing))


def revise(job: Mapping[str, Any]) -> Resource:
    """The job with another etag: every change gives one, also a change back to what was."""
    return seal({**job, "revision": job.get("revision", 0) + 1})


def _move(core: Core, job: Resource, backing: Mapping[str, Any]) -> Resource | None:
    state = _STATES.get(state_of(backing), state_of(backing))
    if job["state"] in (state, *ENDED):
        return None
    changed = {**job, "state": state}
    changed |= {time: backing[time] for time in ("startTime", "endTime") if time in backing}
    if state == "CANCELLED":
        changed.setdefault("errorMessage", _WAS_CANCELLED)  # unless it ran out of time
    elif "error" in backing:
        changed["errorMessage"] = backing["error"]["message"]
    elif state == "SUCCEEDED":
        changed.pop("errorMessage", None)  # its time was up in the moment when it ended
    if state in ENDED and "predictionInput" in job:
        changed["predictionOutput"] = predictions.report(core, job, backing)
    return revise(changed)
