"""One custom job from the queue to its end, on a thread of the runner."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import IO, TYPE_CHECKING, cast

from trainctl.local.joblog import SERVICE, LogWriter
from trainctl.local.launching import describe_image, plan_job
from trainctl.local.lifecycle import end_job, move_job
from trainctl.local.logreading import read_tail
from trainctl.local.processes import JOB_VARIABLE, kill_job, start_mark
from trainctl.local.states import (
    DEADLINE_EXCEEDED,
    INTERNAL,
    INVALID_ARGUMENT,
    WAS_CANCELLED,
    CannotRun,
    Problem,
    state_of,
)
from trainctl.local.store import Run

if TYPE_CHECKING:
    from trainctl.local.core import Core
    from trainctl.local.plan import JobFolder, Result
    from trainctl.local.runner import Ward
    from trainctl.local.store import Resource

_LOG = logging.getLogger(__name__)

STOPPED = Problem(INTERNAL, "The engine was stopped while the job ran.")
_SHOWN_LINES = 12


def execute(core: Core, name: str, ward: Ward) -> None:
    """Runs a queued job to its end; does nothing for one that was cancelled or deleted meanwhile."""
    job = move_job(core, name, "PENDING")
    if job is None:
        return
    try:
        state, problem = _run(core, job, ward)
    except CannotRun as reason:
        state, problem = "FAILED", Problem(INVALID_ARGUMENT, str(reason))
    except OSError as reason:
        state, problem = "FAILED", Problem(INTERNAL, f"The engine could not run the job: {reason}")
    except Exception:  # noqa: BLE001  a fault of the engine must fail the job and not leave it running for ever
        _LOG.exception("%s cannot be run", name)
        state, problem = "FAILED", Problem(INTERNAL, "The engine could not run the job; its own log says why.")
    end_job(core, name, state, problem)


def _run(core: Core, job: Resource, ward: Ward) -> tuple[str, Problem | None]:
    name = job["name"]
    folder = core.folder(name)
    folder.prepare()
    _note_image(folder, job)
    folder.write_plan(plan_job(core, job))
    with _start(core, folder) as supervisor:
        core.store.record_run(Run(name, str(folder.path), supervisor.pid, start_mark(supervisor.pid) or ""))
        ward.attach(cast("IO[bytes]", supervisor.stdin))
        for line in cast("IO[bytes]", supervisor.stdout):
            if json.loads(line)["step"] == "run":
                move_job(core, name, "RUNNING")
    result = folder.read_result()
    if result is None:
        kill_job(str(folder.path))
    core.store.forget_run(name)
    return _judge(core, name, result)


def _start(core: Core, folder: JobFolder) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "trainctl.local.supervisor", str(folder.path)],
        cwd=core.home.root,
        env={**core.settings.environment, JOB_VARIABLE: str(folder.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _note_image(folder: JobFolder, job: Resource) -> None:
    package = job["jobSpec"]["workerPoolSpecs"][0]["pythonPackageSpec"]
    if note := describe_image(package["executorImageUri"]):
        log = LogWriter(folder.log_file)
        log.write(SERVICE, "WARNING", [note])
        log.close()


def _judge(core: Core, name: str, result: Result | None) -> tuple[str, Problem | None]:
    """State and error of a job whose supervisor has ended."""
    if result is None:
        return "FAILED", Problem(INTERNAL, "The job's supervisor was killed; the job's processes were ended.")
    match result.outcome:
        case "succeeded":
            return "SUCCEEDED", None
        case "cancelled" | "abandoned":
            job = core.store.fetch(name)
            wanted = job is not None and state_of(job) == "CANCELLING"
            return ("CANCELLED", WAS_CANCELLED) if wanted else ("FAILED", STOPPED)
        case "timeout":
            return "FAILED", Problem(DEADLINE_EXCEEDED, "The job ran longer than `scheduling.timeout` allows.")
        case "unstartable":
            return "FAILED", Problem(INTERNAL, f"The job's program could not be started: {result.message}")
        case "failed":
            return "FAILED", Problem(INVALID_ARGUMENT, _explain_failure(core, name, result))


def _explain_failure(core: Core, name: str, result: Result) -> str:
    if result.step == "prepare":
        lines = read_tail(core.folder(name).log_file, task=SERVICE, severity="NOTICE", count=_SHOWN_LINES)
        return "\n".join(["The environment of replica workerpool0-0 could not be made:", *lines])
    return (
        f"The replica {result.task} exited with a non-zero status of {result.status}. To find out more about why your "
        f"job exited please check the logs: trainctl jobs logs {name.rpartition('/')[2]}"
    )
