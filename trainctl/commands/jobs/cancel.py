"""`jobs cancel`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.ending import agree, ask_to_end, report
from trainctl.commands.following import Plan, follow, pace, snapshot_code
from trainctl.commands.jobs.choices import IfRunning, OptionalReferences, Timeout, Yes, seconds
from trainctl.commands.jobs.wait import report_states
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, Interrupted
from trainctl.phases import ENDED, Phase

if TYPE_CHECKING:
    from trainctl.jobs import Job
    from trainctl.watch import Snapshot

ACTIVE = frozenset(Phase) - ENDED


def cancel(
    session: Session,
    references: OptionalReferences = None,
    *,
    wanted: Wanted,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the jobs are over", show_default=False)] = False,
    if_running: IfRunning = False,
    timeout: Timeout = None,
    yes: Yes = False,
) -> ExitCode:
    """Ask running jobs to end.

    Cancelling is a request that takes its time; --wait returns when the jobs are over, and then exit code 0 says that
    they are. Cancelled jobs stay listed. A job that is over already gives exit code 5, or 0 with --if-running.
    Conditions instead of references select jobs that are not over; a script says --yes then.
    """
    limit = seconds("--timeout", timeout)
    jobs, code = choose_jobs(session, references, wanted, phases=ACTIVE, short=True)
    active = [job for job in jobs if not job.phase.ended]
    if not agree(session, "cancel", active, yes=yes, selected=wanted.given):
        return Interrupted.exit_code
    # A job that was selected because it ran, and has ended since, is what was wanted.
    results = ask_to_end(session, jobs, if_running=if_running or wanted.given)
    # One that could not be asked would be waited for until it ends by itself.
    asked = zip(jobs, results, strict=True)
    running = [job for job, result in asked if isinstance(result, str) and not job.phase.ended] if wait else []
    code = max(code, report(session, jobs, results, records=not running))
    return max(code, see_end(session, running, limit)) if running else code


def see_end(session: Session, jobs: Sequence[Job], limit: float | None) -> ExitCode:
    """Wait until the jobs are over: 0 when they are, however they ended."""
    policy = replace(pace(session, jobs), timeout=limit)
    return follow(session, jobs, Plan(policy, tail=False, report=report_ends, judge=is_over))


def report_ends(session: Session, snapshots: Sequence[Snapshot]) -> None:
    """The jobs as they stand, for programs; people have seen each end."""
    if not session.output.is_human:
        report_states(session, snapshots)


def is_over(snapshot: Snapshot) -> ExitCode:
    """Whatever a job ended as, it has ended; one that was lost sight of may not have."""
    return snapshot_code(snapshot) if snapshot.lost else ExitCode.OK


NODE = Leaf(
    "cancel",
    cancel,
    (
        "trainctl jobs cancel @last --wait",
        "trainctl jobs cancel 4867921325790003200 digits-2026 --if-running",
        "trainctl jobs cancel --label team=plants --state RUNNING --yes",
    ),
)
