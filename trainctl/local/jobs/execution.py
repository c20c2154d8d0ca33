"""One custom job from the queue to its end, on a thread of the runner."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from trainctl.local.disk.reserve import is_full
from trainctl.local.jobs.launching import count_all, list_notes, plan_job
from trainctl.local.jobs.lifecycle import move_job
from trainctl.local.jobs.states import (
    DEADLINE_EXCEEDED,
    INTERNAL,
    INVALID_ARGUMENT,
    WAS_CANCELLED,
    CannotRun,
    Problem,
    state_of,
)
from trainctl.local.logs.reading import read_tail
from trainctl.local.logs.writing import SERVICE, LogWriter
from trainctl.local.ml.names import id_of, task_of
from trainctl.local.store import Run
from trainctl.local.supervision.children import remove
from trainctl.local.supervision.plan import Result
from trainctl.local.supervision.processes import kill_job, start_mark

if TYPE_CHECKING:
    from trainctl.local.core import Core
    from trainctl.local.jobs.runner import Ward
    from trainctl.local.store import Resource
    from trainctl.local.supervision.plan import JobFolder

_LOG = logging.getLogger(__name__)

STOPPED = Problem(INTERNAL, "The engine was stopped while the job ran.")
DISMISSED = Problem(INTERNAL, "The job's supervisor was ended from outside, and the job with it.")
UNFINISHED = Problem(INTERNAL, "The engine could not bring the job to its end; its own log says why.")
NO_SPACE = Problem(INTERNAL, "No space is left on the disk where the engine keeps its jobs.")
_SHOWN_LINES = 12
_PAUSE = 1.0


def execute(core: Core, name: str, ward: Ward) -> None:
    """Runs a queued job to its end; does nothing for one that was cancelled or deleted meanwhile."""
    try:
        job = move_job(core, name, "PENDING")
        if job is None:
            return
        state, problem = _run(core, job, ward)
    except CannotRun as reason:
        state, problem = "FAILED", Problem(INVALID_ARGUMENT, str(reason))
    except Exception as reason:  # noqa: BLE001  a fault of the engine must fail the job and not leave it running for ever
        state, problem = "FAILED", _describe_fault(name, reason)
    _record_end(core, name, state, problem)


def _describe_fault(name: str, reason: Exception) -> Problem:
    if is_full(reason):
        return NO_SPACE
    if isinstance(reason, OSError):
        return Problem(INTERNAL, f"The engine could not run the job: {reason}")
    _LOG.error("%s cannot be run", name, exc_info=reason)
    return Problem(INTERNAL, "The engine could not run the job; its own log says why.")


def _record_end(core: Core, name: str, state: str, problem: Problem | None) -> None:
    """Writes down how the job ended. A full disk delays that, first for the reserve's sake and then for the user's.

    Who can see that end finds no secrets of the job's plan any more. A fault of the engine in what follows from that
    end makes it a failure: a job must not be left running for ever.
    """
    with suppress(OSError):
        core.folder(name).forget_plan()
    while True:
        try:
            move_job(core, name, state, problem)
            core.store.forget_run(name)
            core.reserve.fill()
        except Exception as reason:
            if core.runner.is_closing:
                raise
            if is_full(reason):
                _LOG.warning("the end of %s cannot be written down yet: %s", name, reason)
                core.reserve.release()
                time.sleep(_PAUSE)
            elif problem is UNFINISHED:
                raise
            else:
                _LOG.exception("%s cannot be brought to its end", name)
                state, problem = "FAILED", UNFINISHED
        else:
            return


def _run(core: Core, job: Resource, ward: Ward) -> tuple[str, Problem | None]:
    name = job["name"]
    folder = core.folder(name)
    folder.prepare()
    _write_notes(folder, list_notes(job))
    with core.ports.reserve(count_all(job)) as ports:
        folder.write_plan(plan_job(core, job, ports=ports.numbers, cores=ward.share.cores))
        result = None
        with core.nursery.spawn(folder, ports.descriptors) as supervisor:
            ports.hand_over()
            core.store.record_run(Run(name, str(folder.path), supervisor.pid, start_mark(supervisor.pid) or ""))
            ward.attach(supervisor.control)
            for line in supervisor.reports:
                result = _hear(core, name, json.loads(line))
    if result is None:
        end_processes(folder)
    return _judge(core, name, result, cancelled=ward.stopped and not core.runner.is_closing)


def end_processes(folder: JobFolder, known: list[int] | None = None) -> None:
    """Ends whatever a job whose supervisor is gone has left: processes by their mark, containers by their names."""
    kill_job(str(folder.path), known or ())
    plan = folder.read_plan()
    for process in plan.steps[-1].processes if plan is not None else ():
        remove(process)
    folder.forget_plan()


def _hear(core: Core, name: str, report: dict[str, Any]) -> Result | None:
    """What a supervisor says: a step that begins, or the result."""
    if "result" in report:
        return Result(**report["result"])
    if report["step"] == "run":
        # With a full disk the job runs, whether that can be written down or not.
        with suppress(sqlite3.OperationalError):
            move_job(core, name, "RUNNING")
    return None


def _write_notes(folder: JobFolder, notes: list[str]) -> None:
    if notes:
        log = LogWriter(folder.log_file)
        log.write(SERVICE, "WARNING", notes)
        log.close()


def _judge(core: Core, name: str, result: Result | None, *, cancelled: bool) -> tuple[str, Problem | None]:
    """State and error of a job whose supervisor has ended; `cancelled` where that was asked for, noted or not."""
    if result is None:
        return "FAILED", Problem(INTERNAL, "The job's supervisor was killed; the job's processes were ended.")
    match result.outcome:
        case "succeeded":
            return "SUCCEEDED", None
        case "cancelled" | "abandoned":
            job = core.store.fetch(name)
            if cancelled or (job is not None and state_of(job) == "CANCELLING"):
                return "CANCELLED", WAS_CANCELLED
            return "FAILED", STOPPED if core.runner.is_closing else DISMISSED
        case "timeout":
            return "FAILED", Problem(DEADLINE_EXCEEDED, "The job ran longer than `scheduling.timeout` allows.")
        case "unstartable":
            return "FAILED", Problem(INTERNAL, f"The job's program could not be started: {result.message}")
        case "failed":
            return "FAILED", Problem(INVALID_ARGUMENT, _explain_failure(core, name, result))


def _explain_failure(core: Core, name: str, result: Result) -> str:
    if result.step == "prepare":
        lines = read_tail(core.folder(name).log_file, task=SERVICE, severity="NOTICE", count=_SHOWN_LINES)
        return "\n".join([result.message, *lines])
    return (
        f"The replica {task_of(name, result.task)} exited with a non-zero status of {result.status}. To find out more "
        f"about why your job exited please check the logs: trainctl jobs logs {id_of(name)} --local"
    )
