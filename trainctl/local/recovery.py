"""What an engine finds when it starts: jobs of one that was killed, and jobs that still wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.local.jobs.execution import end_processes
from trainctl.local.jobs.lifecycle import move_job, queue_job
from trainctl.local.jobs.states import INTERNAL, WAS_CANCELLED, Problem
from trainctl.local.ml import timing
from trainctl.local.ml.following import ALIVE
from trainctl.local.ml.names import COLLECTION
from trainctl.local.supervision.processes import find_descendants, is_alive
from trainctl.local.vertex.pipelines import follow_job

if TYPE_CHECKING:
    from trainctl.local.core import Core

LOST = Problem(INTERNAL, "The engine stopped while the job ran.")


def recover(core: Core) -> None:
    """Ends what a dead engine left running, and queues what had not begun. To be called before the runner opens."""
    core.operations.recover()
    for run in core.store.runs():
        known = [run.pid, *find_descendants(run.pid)] if is_alive(run.pid, run.mark) else []
        end_processes(core.folder(run.name), known)
        core.store.forget_run(run.name)
    for name in core.store.names_in_state("customJobs", ("JOB_STATE_PENDING", "JOB_STATE_RUNNING")):
        end_processes(core.folder(name))
        move_job(core, name, "FAILED", LOST)
    for name in core.store.names_in_state("customJobs", ("JOB_STATE_CANCELLING",)):
        end_processes(core.folder(name))
        move_job(core, name, "CANCELLED", WAS_CANCELLED)
    _catch_up(core)
    for name in core.store.names_in_state("customJobs", ("JOB_STATE_QUEUED",)):
        queue_job(core, name)
    core.studies.recover()


def _catch_up(core: Core) -> None:
    """Pipelines and jobs of ml.v1 whose backing job ended in the moment when the engine died."""
    states = tuple(f"PIPELINE_STATE_{state}" for state in ("QUEUED", "PENDING", "RUNNING", "CANCELLING"))
    for name in core.store.names_in_state("trainingPipelines", states):
        pipeline = core.store.fetch(name)
        backing = pipeline["trainingTaskMetadata"].get("backingCustomJob") if pipeline else None
        job = core.store.fetch(backing) if backing else None  # a tuning job takes its pipeline along by itself
        if job is not None:
            follow_job(core, name, job)
    for name in core.store.names_in_state(COLLECTION, ALIVE):
        job = core.store.fetch(name) or {}
        if (backing := core.store.fetch(job["backing"])) is not None:
            follow_job(core, name, backing)
        timing.watch(core, name)
