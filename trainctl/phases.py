"""Where a job stands, in one vocabulary, and the raw states of each service beside it."""

from __future__ import annotations

from enum import Enum

from trainctl.errors import ExitCode


class Phase(Enum):
    """Where a job stands, in the same words for every service."""

    QUEUED = "QUEUED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"

    @property
    def ended(self) -> bool:
        """Whether the job can no longer change its phase; an unknown state never counts as ended."""
        return self in ENDED

    @property
    def exit_code(self) -> ExitCode:
        """What a command says that waited for this phase.

        PARTIAL counts as failed: Google's word for it is that results may be missing, and exit 0 promises all of
        them to a script. A phase that has not ended is 7, still running.
        """
        if self is Phase.SUCCEEDED:
            return ExitCode.OK
        return ExitCode.JOB_FAILED if self.ended else ExitCode.TIMEOUT


ENDED = frozenset({Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED, Phase.CANCELLED, Phase.EXPIRED})

JOB_STATES = {  # in the order of their numbers, from 0
    "JOB_STATE_UNSPECIFIED": Phase.UNKNOWN,
    "JOB_STATE_QUEUED": Phase.QUEUED,
    "JOB_STATE_PENDING": Phase.PENDING,
    "JOB_STATE_RUNNING": Phase.RUNNING,
    "JOB_STATE_SUCCEEDED": Phase.SUCCEEDED,
    "JOB_STATE_FAILED": Phase.FAILED,
    "JOB_STATE_CANCELLING": Phase.CANCELLING,
    "JOB_STATE_CANCELLED": Phase.CANCELLED,
    "JOB_STATE_PAUSED": Phase.PAUSED,
    "JOB_STATE_EXPIRED": Phase.EXPIRED,
    "JOB_STATE_UPDATING": Phase.RUNNING,  # only a running job can be updated, and it goes back to running
    "JOB_STATE_PARTIALLY_SUCCEEDED": Phase.PARTIAL,
}
PIPELINE_STATES = {  # PipelineState is JobState without its last three values
    raw.replace("JOB_", "PIPELINE_"): phase for raw, phase in list(JOB_STATES.items())[:9]
}
ML_STATES = {  # ml.v1's Job.State, in the order of its documents
    "STATE_UNSPECIFIED": Phase.UNKNOWN,
    "QUEUED": Phase.QUEUED,
    "PREPARING": Phase.PENDING,
    "RUNNING": Phase.RUNNING,
    "SUCCEEDED": Phase.SUCCEEDED,
    "FAILED": Phase.FAILED,
    "CANCELLING": Phase.CANCELLING,
    "CANCELLED": Phase.CANCELLED,
}
OPERATION_STATES = {  # an operation has no state: these are the words for what `done` and `error` say
    "RUNNING": Phase.RUNNING,
    "SUCCEEDED": Phase.SUCCEEDED,
    "FAILED": Phase.FAILED,
    "CANCELLED": Phase.CANCELLED,
}
STATES: dict[str, dict[str, Phase]] = {
    "job": JOB_STATES,
    "pipeline": PIPELINE_STATES,
    "ml": ML_STATES,
    "operation": OPERATION_STATES,
}
"""Raw states by the name of their table in the catalog; each table in the order of the enum's numbers."""


def phase_of(raw: object, table: str) -> Phase:
    """The phase of a raw state, given as its word or its number (`$alt=json;enum-encoding=int` sends numbers)."""
    states = STATES.get(table, {})
    if isinstance(raw, int) and not isinstance(raw, bool):
        return dict(enumerate(states.values())).get(raw, Phase.UNKNOWN)
    return states.get(raw, Phase.UNKNOWN) if isinstance(raw, str) else Phase.UNKNOWN
