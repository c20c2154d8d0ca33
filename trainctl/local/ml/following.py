"""A job of ml.v1 goes where the custom job or the tuning job behind it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.etags import seal
from trainctl.local.ml import predictions
from trainctl.local.states import DEADLINE_EXCEEDED, ENDED, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

ALIVE = ("QUEUED", "PREPARING", "RUNNING", "CANCELLING")
_STATES = {"PENDING": "PREPARING"}
_WAS_CANCELLED = "The job was cancelled by the user."
_WORDS = {"`scheduling.timeout`": "`maxRunningTime`", "`scheduling.maxWaitDuration`": "`maxWaitTime`"}
"""What a custom job calls its bounds, and what ml.v1 calls them."""


def follow(core: Core, name: str, backing: Mapping[str, Any]) -> None:
    """Brings a job to where its backing job is."""
    core.store.change(name, lambda job: _move(core, job, backing))


def revise(job: Mapping[str, Any]) -> Resource:
    """The job with another etag: every change gives one, also a change back to what was."""
    return seal({**job, "revision": job.get("revision", 0) + 1})


def _move(core: Core, job: Resource, backing: Mapping[str, Any]) -> Resource | None:
    state, message = _read_end(backing)
    if job["state"] in (state, *ENDED):
        return None
    changed = {**job, "state": state}
    changed |= {time: backing[time] for time in ("startTime", "endTime") if time in backing}
    if message:
        changed["errorMessage"] = message
    if state in ENDED and "predictionInput" in job:
        changed["predictionOutput"] = predictions.report(core, job, backing)
    return revise(changed)


def _read_end(backing: Mapping[str, Any]) -> tuple[str, str]:
    """State and message; who exceeds a bound of time is cancelled, as the descriptions of the bounds say."""
    state, error = state_of(backing), backing.get("error", {})
    message: str = error.get("message", "")
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    if state == "CANCELLED":
        return state, _WAS_CANCELLED
    if state == "FAILED" and error.get("code") == DEADLINE_EXCEEDED:
        return "CANCELLED", message
    return _STATES.get(state, state), message
