"""`jobs wait`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.finding import find_jobs, tell
from trainctl.commands.following import Plan, follow
from trainctl.commands.jobs.choices import (
    CancelOnInterrupt,
    CancelOnTimeout,
    MaxSilence,
    PollInterval,
    References,
    Timeout,
    Until,
    read_limits,
)
from trainctl.commands.jobs.get import write_jobs
from trainctl.commands.jobs.watch import make_policy
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from trainctl.watch import Snapshot


def wait(
    session: Session,
    references: References,
    *,
    until: Annotated[Until, typer.Option("--for", help="Wait for the end of all jobs, or of any")] = Until.ALL,
    timeout: Timeout = None,
    poll_interval: PollInterval = None,
    max_silence: MaxSilence = None,
    cancel_on_interrupt: CancelOnInterrupt = False,
    cancel_on_timeout: CancelOnTimeout = False,
) -> ExitCode:
    """Wait for the end of all jobs, or of any.

    For scripts: writes the jobs as they stand at the end, as a table or as -o says, and exits with the largest code
    of those that ended: 0 succeeded, 1 failed, cancelled or expired; 7 when --timeout was over first.
    """
    limits = read_limits(timeout, poll_interval, max_silence)
    jobs, code = find_jobs(session, references)
    if not jobs:
        return code
    plan = Plan(
        make_policy(session, jobs, limits),
        cancel_on_interrupt=cancel_on_interrupt,
        cancel_on_timeout=cancel_on_timeout,
        until_any=until is Until.ANY,
        tail=False,
        report=report_states,
    )
    return max(code, follow(session, jobs, plan))


def report_states(session: Session, snapshots: Sequence[Snapshot]) -> None:
    """The jobs as they stand."""
    for snapshot in snapshots:
        if snapshot.lost and snapshot.last_error:
            tell(session, snapshot.last_error)
    write_jobs(session, [snapshot.job for snapshot in snapshots], single=False)


NODE = Leaf(
    "wait",
    wait,
    (
        "trainctl jobs wait @last --timeout 6h",
        "trainctl jobs wait @1 @2 @3 --for any -o name",
        "trainctl jobs list --state active -o name | trainctl jobs wait - -o jsonl",
    ),
)
