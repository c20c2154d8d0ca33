"""`jobs status`."""

from __future__ import annotations

from trainctl.commands import Session
from trainctl.commands.jobs.choices import OptionalReferences
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode


def status(session: Session, references: OptionalReferences = None, *, wanted: Wanted) -> ExitCode:
    """Print the state of jobs, one word each.

    Waits for nothing. The exit code tells how they stand: 0 all succeeded, 1 one failed, was cancelled or expired, 7
    one goes on. With -o json or the like, a record of name and state for each.
    """
    jobs, code = choose_jobs(session, references, wanted, short=True)
    if session.output.is_human:
        from trainctl.render.columns import state
        from trainctl.render.words import escape

        session.console.write("".join(f"{escape(state(job))}\n" for job in jobs))
    else:
        from trainctl.render.machine import write_records

        records = ({"name": job.name, "state": job.phase.value, "raw_state": job.raw_state} for job in jobs)
        write_records(records, session.console, session.output)
    return max([code, *(job.phase.exit_code for job in jobs)])


NODE = Leaf(
    "status",
    status,
    (
        "trainctl jobs status @last",
        "trainctl jobs status 4867921325790003200 digits-2026 -o csv",
        "trainctl jobs status --label team=plants --since 1d",
    ),
)
