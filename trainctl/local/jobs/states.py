"""States of jobs and how they follow one another; the same for every collection, but for the prefix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.times import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.store import Resource

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})

_BEFORE = {
    "QUEUED": frozenset[str](),  # where everything begins, and nothing comes back to
    "PENDING": frozenset({"QUEUED"}),
    "RUNNING": frozenset({"QUEUED", "PENDING"}),
    "CANCELLING": frozenset({"QUEUED", "PENDING", "RUNNING"}),
    "SUCCEEDED": frozenset({"QUEUED", "PENDING", "RUNNING", "CANCELLING"}),
    "FAILED": frozenset({"QUEUED", "PENDING", "RUNNING", "CANCELLING"}),
    "CANCELLED": frozenset({"QUEUED", "PENDING", "RUNNING", "CANCELLING"}),
}

INVALID_ARGUMENT, DEADLINE_EXCEEDED, INTERNAL, CANCELLED = 3, 4, 13, 1
"""Numbers of google.rpc.Code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A `google.rpc.Status` in a resource's `error`."""

    code: int
    message: str


WAS_CANCELLED = Problem(CANCELLED, "CANCELED")
"""What Vertex AI leaves in a cancelled job."""


class CannotRun(Exception):
    """A job cannot be started; the message says why."""


def state_of(resource: Mapping[str, Any]) -> str:
    """The state without its prefix: `RUNNING`."""
    return str(resource["state"]).rpartition("_STATE_")[2]


def has_ended(resource: Mapping[str, Any]) -> bool:
    """Whether the state is a last one."""
    return state_of(resource) in ENDED


def advance(resource: Resource, state: str, problem: Problem | None = None) -> Resource | None:
    """The resource in its next state, with the times that belong to it; None when that state cannot follow."""
    if state_of(resource) not in _BEFORE[state]:
        return None
    time = now()
    prefix = resource["state"].partition("_STATE_")[0]
    changed = {**resource, "state": f"{prefix}_STATE_{state}", "updateTime": time}
    if state == "RUNNING":
        changed.setdefault("startTime", time)
    if state in ENDED:
        changed["endTime"] = time
    if problem is not None:
        changed["error"] = {"code": problem.code, "message": problem.message}
    return changed
