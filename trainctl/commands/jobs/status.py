"""`jobs status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.finding import find_each
from trainctl.commands.jobs.choices import OptionalReferences
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import JOB

if TYPE_CHECKING:
    from trainctl.jobs import Job


def status(session: Session, references: OptionalReferences = None, *, wanted: Wanted) -> ExitCode:
    """Print the state of jobs, one word each.

    Of several, a line each with the reference, or the id of a job that conditions select, before the word. Waits for
    nothing. The exit code tells how they stand: 0 all succeeded, 1 one failed, was cancelled or expired, 7 one goes
    on. With -o json or the like, a record of name and state for each.
    """
    pairs, code = choose_named(session, references or [], wanted)
    if session.output.is_human:
        from trainctl.render.columns import state
        from trainctl.render.words import escape

        # What one argument asks for always has the same form, whatever is found.
        alone = len(references or ()) == 1 and references != ["-"]
        lines = (state(job) if alone else f"{text} {state(job)}" for text, job in pairs)
        session.console.write("".join(f"{escape(line)}\n" for line in lines))
    else:
        from trainctl.render.machine import write_records

        records = ({"name": job.name, "state": job.phase.value, "raw_state": job.raw_state} for _, job in pairs)
        write_records(records, session.console, session.output)
    return max([code, *(job.phase.exit_code for _, job in pairs)])


def choose_named(session: Session, references: list[str], wanted: Wanted) -> tuple[list[tuple[str, Job]], ExitCode]:
    """Jobs with the references that name them, or those that meet the conditions with their ids; and the exit code."""
    if not wanted.given:
        return find_each(session, references, JOB)
    jobs, code = choose_jobs(session, references, wanted, short=True)
    return [(job.id, job) for job in jobs], code


NODE = Leaf(
    "status",
    status,
    (
        "trainctl jobs status @last",
        "trainctl jobs status 4867921325790003200 digits-2026 -o csv",
        "trainctl jobs status --label team=plants --since 1d",
    ),
)
