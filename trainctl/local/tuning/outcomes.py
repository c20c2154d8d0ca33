"""How a trial ended, from how its job did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.execution import DISMISSED, STOPPED
from trainctl.local.jobs.states import state_of
from trainctl.local.protocol.times import now
from trainctl.local.recovery import LOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trainctl.local.store import Resource
    from trainctl.local.tuning.goals import Measurement


def is_lost(job: Resource) -> bool:
    """Whether a job ended because the engine did, and through no fault of its own.

    Who stops the engine may have ended the job first: so a system does that ends all of a service's processes at once.
    """
    message = job.get("error", {}).get("message")
    return state_of(job) == "FAILED" and message in (LOST.message, STOPPED.message, DISMISSED.message)


def judge(job: Resource | None, final: Measurement | None, *, stopped: bool, metrics: Sequence[str]) -> dict[str, Any]:
    """Last state, end time, and the result or why there is none; `stopped` says that the trial was ended early."""
    ended = (job or {}).get("endTime", now())
    state = state_of(job) if job else "CANCELLED"
    if final is not None and (state == "SUCCEEDED" or stopped):
        return {"state": "SUCCEEDED", "endTime": ended, "finalMeasurement": final}
    return {"state": "INFEASIBLE", "endTime": ended, "infeasibleReason": _reason(job, state, metrics)}


def _reason(job: Resource | None, state: str, metrics: Sequence[str]) -> str:
    if state == "SUCCEEDED":
        named = ", ".join(f"`{name}`" for name in metrics)
        return f"The trial ended without a report of {named}; report it with the package cloudml-hypertune."
    if state == "CANCELLED":
        return "The trial was cancelled."
    message: str = (job or {}).get("error", {}).get("message", "The trial's job failed.")
    return message.partition("\n")[0]


def describe(trial: Mapping[str, Any]) -> tuple[str, str]:
    """Severity and words of the line about a trial that is over."""
    if trial["state"] == "INFEASIBLE":
        return "WARNING", f"Trial {trial['id']} is infeasible: {trial['infeasibleReason']}"
    reached = ", ".join(f"{one['metricId']} {one.get('value', 0.0):g}" for one in trial["finalMeasurement"]["metrics"])
    return "INFO", f"Trial {trial['id']} is over: {reached}"
