"""`jobs get`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.finding import again, find_jobs, folder_of, has_console_page
from trainctl.commands.jobs.choices import OptionalReferences, References
from trainctl.commands.jobs.list import job_subject
from trainctl.commands.jobs.wanted import Wanted, choose_jobs, whole
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from trainctl.commands.tree import Function
    from trainctl.jobs import Job


def get(session: Session, references: OptionalReferences = None, *, wanted: Wanted) -> ExitCode:
    """Show all that is known of jobs.

    A job that failed shows its last error lines too. With -o json or yaml, the whole resource as the service gave
    it: one object for one reference, a list for several.
    """
    jobs, code = choose_jobs(session, references, wanted, short=True)
    if wanted.given:
        jobs = whole(session, jobs)
    show_jobs(session, jobs, references or ())
    return code


def show_jobs(session: Session, jobs: Sequence[Job], references: Sequence[str]) -> None:
    """Jobs in words, or as programs want them."""
    if session.output.is_human:
        show_details(session, jobs)
    else:
        write_jobs(session, jobs, single=len(references) == 1 and len(jobs) == 1 and references[0] != "-")


def make_get(kind: str) -> Function:
    """The `get` command of one kind."""

    def get_one(session: Session, references: References) -> ExitCode:
        """Show all that is known of jobs of this kind.

        The job of another kind is refused.
        """
        jobs, code = find_jobs(session, references)
        for job in jobs:
            if job.kind != kind:
                hint = "`trainctl jobs get` shows jobs of every kind"
                raise UsageError(f"{job.collection.noun} {job.name} is of kind `{job.kind}`, not `{kind}`", hint=hint)
        show_jobs(session, jobs, references)
        return code

    return get_one


def of_kind(kind: str) -> Leaf:
    """The command of one kind."""
    from trainctl.kinds import words_of

    return Leaf("get", make_get(kind), (f"trainctl {words_of(kind)} get @last",))


def show_details(session: Session, jobs: Sequence[Job]) -> None:
    """Every job with all that people want to know, an empty line between two."""
    from trainctl.commands.reasons import error_lines
    from trainctl.lookup.trained import with_model
    from trainctl.render.detail import job_text

    for at, job in enumerate(jobs):
        text = job_text(
            with_model(session.client, job),
            now=session.clock.now(),
            colour=session.console.out_colour,
            link=has_console_page(session),
            again=again(session, [job]),
            folder=folder_of(session, job),
            log_lines=error_lines(session, job),
        )
        session.console.write("\n" + text if at else text)


def write_jobs(session: Session, jobs: Sequence[Job], *, single: bool) -> None:
    """Jobs in the form asked for."""
    from trainctl.render.machine import write_list, write_one

    now = session.clock.now()
    if single:
        write_one(jobs[0], job_subject(), session.output, console=session.console, now=now)
    else:
        write_list([jobs], job_subject(), session.output, console=session.console, now=now)


NODE = Leaf(
    "get",
    get,
    (
        "trainctl jobs get @last",
        "trainctl jobs get 4867921325790003200 --location europe-west4",
        "trainctl jobs get digits --query state",
        "trainctl jobs get --state failed --since 1d -o jsonl",
    ),
)
