"""How a trial ended, from how its job did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.execution import DISMISSED, STOPPED
from trainctl.local.jobs.states import state_of
from trainctl.local.protocol.times import now
from trainctl.local.recovery import LOST
from trainctl.local.tuning.trials import OVER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from trainctl.local.store import Resource
    from trainctl.local.tuning.goals import Measurement

SHOWN, LONGEST = 3, 128
"""Names of other metrics in a reason, and their characters."""


def is_lost(job: Resource) -> bool:
    """Whether a job ended because the engine did, and through no fault of its own.

    Who stops the engine may have ended the job first: so a system does that ends all of a service's processes at once.
    """
    message = job.get("error", {}).get("message")
    return state_of(job) == "FAILED" and message in (LOST.message, STOPPED.message, DISMISSED.message)


def judge(
    job: Resource | None, final: Measurement | None, *, stopped: bool, metrics: Sequence[str], unused: Collection[str]
) -> dict[str, Any]:
    """Last state, end time, and the result or why there is none.

    `stopped` says that the trial was ended early, `unused` are names under which it reported what is no result.
    """
    ended = (job or {}).get("endTime", now())
    state = state_of(job) if job else "CANCELLED"
    if final is not None and (state == "SUCCEEDED" or stopped):
        return {"state": "SUCCEEDED", "endTime": ended, "finalMeasurement": final}
    return {"state": "INFEASIBLE", "endTime": ended, "infeasibleReason": _reason(job, state, metrics, unused)}


def abandon(trial: Resource, reason: str) -> Resource | None:
    """A trial whose study is not conducted any more; None for one that is over."""
    if trial["state"] in OVER:
        return None
    return {**trial, "state": "INFEASIBLE", "endTime": now(), "infeasibleReason": reason}


def _reason(job: Resource | None, state: str, metrics: Sequence[str], unused: Collection[str]) -> str:
    if state == "SUCCEEDED":
        missing = f"The trial ended without a report of {_named(metrics)}"
        if others := sorted({*unused} - {*metrics})[:SHOWN]:
            return f"{missing}; it reported {_named(others)}."
        if unused:
            return f"{missing} that is a number."
        return f"{missing}; report it with the package cloudml-hypertune."
    if state == "CANCELLED":
        return "The trial was cancelled."
    message: str = (job or {}).get("error", {}).get("message", "The trial's job failed.")
    return message.partition("\n")[0]


def _named(metrics: Sequence[str]) -> str:
    plain = (name.encode(errors="replace").decode() for name in metrics)  # code may report half of a surrogate pair
    return ", ".join(f"`{name[:LONGEST]}`" for name in plain)


def describe(trial: Mapping[str, Any]) -> tuple[str, str]:
    """Severity and words of the line about a trial that is over."""
    if trial["state"] == "INFEASIBLE":
        return "WARNING", f"Trial {trial['id']} is infeasible: {trial['infeasibleReason']}"
    reached = ", ".join(f"{one['metricId']} {one.get('value', 0.0):g}" for one in trial["finalMeasurement"]["metrics"])
    return "INFO", f"Trial {trial['id']} is over: {reached}"
