"""`jobs status`."""

from __future__ import annotations

from trainctl.commands import Session
from trainctl.commands.finding import expand, find_each
from trainctl.commands.jobs.choices import OptionalReferences
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import JOB


def status(session: Session, references: OptionalReferences = None, *, wanted: Wanted) -> ExitCode:
    """Print the state of jobs, one word each.

    Of several, a line each in their order, with - for one that is not found; of jobs that conditions select, the id
    before the word. Waits for nothing. The exit code tells how they stand: 0 all succeeded, 1 one failed, was cancelled
    or expired, 7 one goes on. With -o json or the like, a record of name and state for each.
    """
    from trainctl.render.columns import state

    if wanted.given:
        jobs, code = choose_jobs(session, references or [], wanted, short=True)
        lines = [f"{job.id} {state(job)}" for job in jobs]
    else:
        texts = expand(session, references or [])
        pairs, code = find_each(session, texts, JOB)
        found = dict(pairs)
        jobs = list(found.values())
        lines = [state(found[text]) if text in found else "-" for text in texts]
    if session.output.is_human:
        from trainctl.render.words import escape

        session.console.write("".join(f"{escape(line)}\n" for line in lines))
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
