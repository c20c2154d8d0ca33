"""`jobs model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainctl.catalog import ML
from trainctl.commands import Session
from trainctl.commands.finding import again, tell
from trainctl.commands.jobs.choices import OptionalReferences
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, JobFailed, TrainctlError, WatchTimeout
from trainctl.phases import Phase

if TYPE_CHECKING:
    from trainctl.jobs import Job


def model(session: Session, references: OptionalReferences = None, *, wanted: Wanted) -> ExitCode:
    """Print the full name of the model that a job has made.

    With `@VERSION` where the model has versions. A job that failed, or that makes no model, gives exit code 1 and the
    reason; one that still runs 7: `jobs wait --model` waits for it.
    """
    jobs, code = choose_jobs(session, references, wanted)
    return max(code, write_models(session, jobs))


def write_models(session: Session, jobs: Sequence[Job]) -> ExitCode:
    """The names of the models that jobs have made, one a line; the reason of each that has none on standard error."""
    code, records = ExitCode.OK, []
    for job in jobs:
        reason = why_not(session, job)
        if reason is None:
            version = f"@{job.outputs.model_version}" if job.outputs.model_version else ""
            records.append({"name": f"{job.outputs.model}{version}", "job": job.name})
            continue
        code = max(code, reason.exit_code)
        tell(session, reason)
    if session.output.is_human:
        from trainctl.render.words import escape

        session.console.write("".join(f"{escape(each['name'])}\n" for each in records))
    else:
        from trainctl.render.machine import write_records

        write_records(records, session.console, session.output)
    return code


def why_not(session: Session, job: Job) -> TrainctlError | None:
    """Why a job has no model; None when it has one."""
    what = f"{job.collection.noun} {job.name}"
    if job.outputs.model and job.phase in (Phase.SUCCEEDED, Phase.PARTIAL):
        return None
    if not job.phase.ended:
        hint = f"`trainctl jobs wait {again(session, [job])} --model` waits for it"
        return WatchTimeout(f"{what} is not over, and has no model yet", hint=hint)
    if job.phase not in (Phase.SUCCEEDED, Phase.PARTIAL):
        reason = f": {job.error.message}" if job.error and job.error.message else ""
        return JobFailed(f"{what} has no model, it is {job.phase.value}{reason}")
    if job.notice:
        return JobFailed(f"{what} has registered no model: {job.notice}")
    return JobFailed(f"{what} has registered no model", hint=_instead(job))


def _instead(job: Job) -> str:
    if job.collection.service is ML:
        where = f"; its files are in {job.outputs.directory}" if job.outputs.directory else ""
        return f"AI Platform registers no models of its jobs{where}"
    if job.outputs.artifacts or job.outputs.directory:
        files = job.outputs.artifacts or job.outputs.directory
        return f"its files are in {files}; a spec with `model_display_name` has a model made of them"
    return "a spec with `model_display_name` has a model made of what the code writes to AIP_MODEL_DIR"


NODE = Leaf(
    "model",
    model,
    (
        "trainctl jobs model @last",
        "trainctl models get $(trainctl jobs model 4867921325790003200)",
        "trainctl jobs model --state succeeded --label team=plants --since 7d",
    ),
)
