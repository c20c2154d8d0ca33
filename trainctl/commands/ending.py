"""Ending jobs and deleting them: one result for each, and a question first where a person sits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainctl.catalog import ResourceName
from trainctl.commands import Session
from trainctl.commands.finding import tell
from trainctl.errors import ExitCode, RequestRefused, TrainctlError, Unreachable, UsageError
from trainctl.lookup.parallel import side_by_side
from trainctl.lookup.polling import wait_operation

if TYPE_CHECKING:
    from trainctl.jobs import Job

NAMED = 5
"""Jobs that a question names before it only counts the rest."""


def agree(session: Session, verb: str, jobs: Sequence[Job], *, yes: bool, selected: bool = False) -> bool:
    """Whether to go on: asked of a person at a terminal, taken for granted with `--yes`, and in scripts that name jobs.

    Raises UsageError in scripts where jobs were `selected` by conditions, which may meet more than was thought of.
    """
    if yes or not jobs:
        return True
    from trainctl.render.words import escape, plural

    count = plural(len(jobs), jobs[0].collection.command.removesuffix("s"))
    if not (session.seams.stdin.isatty() and session.console.err_terminal):
        if selected:
            were = "was" if len(jobs) == 1 else "were"
            message = f"{count} {were} selected to {verb}, and there is nobody to ask"
            raise UsageError(message, hint="`--yes` goes on without a question")
        return True
    for job in jobs[:NAMED]:
        called = f" ({escape(job.title)})" if job.title else ""
        session.console.warn(f"  {job.collection.noun} {escape(job.name)}{called}")
    if len(jobs) > NAMED:
        session.console.warn(f"  and {len(jobs) - NAMED} more")
    session.console.err.write(f"{verb} {count}? [y/N] ")
    session.console.err.flush()
    answer = session.seams.stdin.readline().strip().lower() in ("y", "yes")
    if not answer:
        session.console.warn("nothing was done")
    return answer


def cancel_all(session: Session, jobs: Sequence[Job], *, if_running: bool = False, records: bool = True) -> ExitCode:
    """Ask every job to end and say what came of it; the largest exit code.

    Without `records`, standard output stays free for what comes afterwards.
    """
    return report(session, jobs, ask_to_end(session, jobs, if_running=if_running), records=records)


def ask_to_end(session: Session, jobs: Sequence[Job], *, if_running: bool = False) -> list[str | TrainctlError]:
    """Ask every job to end: what came of it, in their order.

    A job that is over already is refused, and no matter with `if_running`.
    """

    def cancel(job: Job) -> str:
        if job.phase.ended:
            return _over(job, if_running=if_running)
        try:
            session.client.cancel(name_of(job))
        except RequestRefused as error:
            if error.status != "FAILED_PRECONDITION" or not if_running:
                raise
            return _over(job, if_running=if_running)
        return "asked to end"

    return side_by_side(cancel, jobs)


def _over(job: Job, *, if_running: bool) -> str:
    if if_running:
        return f"was over already: {job.phase.value}"
    raise RequestRefused(
        f"{job.collection.noun} {job.name} is over already: {job.phase.value}",
        status="FAILED_PRECONDITION",
        hint="`--if-running` takes that for done",
    )


def delete_all(session: Session, jobs: Sequence[Job], *, wait: bool) -> ExitCode:
    """Delete every job and say what came of it; the largest exit code."""

    def delete(job: Job) -> str:
        if "delete" not in job.collection.verbs:
            raise RequestRefused(
                f"{job.collection.noun} {job.name} cannot be deleted: {job.collection.service.title} has no way to",
                hint="`trainctl jobs cancel` ends a running one",
            )
        operation = session.client.delete(name_of(job))
        if wait and operation.get("name") and not operation.get("done"):
            operation = wait_operation(session.client, session.clock, str(operation["name"]))
        error = operation.get("error")
        if isinstance(error, dict):
            raise RequestRefused(
                f"{job.collection.noun} {job.name} was not deleted: {error.get('message', 'no reason')}"
            )
        if wait and operation and not operation.get("done"):
            raise Unreachable(f"{job.collection.noun} {job.name} is not deleted yet: {operation.get('name')} goes on")
        return "deleted" if wait else "is being deleted"

    return report(session, jobs, side_by_side(delete, jobs))


def name_of(job: Job) -> ResourceName:
    """The job's full name, taken apart. Raises Unreachable for one that the service should not have given."""
    name = ResourceName.parse(job.name)
    if name is None:
        raise Unreachable(f"the service gave {job.collection.noun} the name `{job.name}`, which cannot be asked for")
    return name


def report(
    session: Session, jobs: Sequence[Job], results: Sequence[str | TrainctlError], *, records: bool = True
) -> ExitCode:
    """A line for people or a record for programs of each job; failures on standard error. The largest exit code.

    Without `records`, programs get the lines as well.
    """
    from trainctl.render.machine import write_records
    from trainctl.render.words import escape

    code = ExitCode.OK
    done = []
    for job, result in zip(jobs, results, strict=True):
        if isinstance(result, TrainctlError):
            code = max(code, result.exit_code)
            tell(session, result)
            continue
        done.append({"name": job.name, "result": result})
        if session.output.is_human or not records:
            session.console.say(f"{job.collection.noun} {escape(job.name)} {result}")
    if records and not session.output.is_human:
        write_records(done, session.console, session.output)
    return code
