"""`jobs wait`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.finding import tell
from trainctl.commands.following import Plan, follow, snapshot_code
from trainctl.commands.jobs.choices import (
    CancelOnInterrupt,
    CancelOnTimeout,
    MaxSilence,
    OptionalReferences,
    PollInterval,
    Timeout,
    Until,
    read_limits,
)
from trainctl.commands.jobs.get import write_jobs
from trainctl.commands.jobs.model import why_not, write_models
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.jobs.watch import make_policy
from trainctl.commands.notifying import Notifier, Notify
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from trainctl.watch import Snapshot


def wait(
    session: Session,
    references: OptionalReferences = None,
    *,
    wanted: Wanted,
    until: Annotated[Until, typer.Option("--for", help="Wait for the end of all jobs, or of any")] = Until.ALL,
    timeout: Timeout = None,
    poll_interval: PollInterval = None,
    max_silence: MaxSilence = None,
    cancel_on_interrupt: CancelOnInterrupt = False,
    cancel_on_timeout: CancelOnTimeout = False,
    notify: Notify = None,
    model: Annotated[
        bool, typer.Option("--model", help="Print the models' names at the end, as `jobs model`", show_default=False)
    ] = False,
) -> ExitCode:
    """Wait for the end of all jobs, or of any.

    For scripts: writes the jobs as they stand at the end, as a table or as -o says (one object for one reference),
    and exits with the largest code of those that ended: 0 succeeded, 1 failed, cancelled or expired; 7 when --timeout
    was over first. --notify gets the end of each job as JSON, on its standard input or as a POST; its command, which
    no shell runs, also finds it in TRAINCTL_JOB, TRAINCTL_JOB_NAME and TRAINCTL_JOB_STATE.
    """
    limits = read_limits(timeout, poll_interval, max_silence)
    notifier = Notifier.make(session, notify)
    jobs, code = choose_jobs(session, references, wanted)
    if not jobs:
        return code
    single = references is not None and len(references) == 1 and references != ["-"]
    plan = Plan(
        make_policy(session, jobs, limits),
        cancel_on_interrupt=cancel_on_interrupt,
        cancel_on_timeout=cancel_on_timeout,
        until_any=until is Until.ANY,
        tail=False,
        report=report_models if model else lambda *shown: report_states(*shown, single=single),
        judge=lambda snapshot: judge_model(session, snapshot) if model else snapshot_code(snapshot),
        notify=notifier.tell,
    )
    return max(code, follow(session, jobs, plan))


def report_models(session: Session, snapshots: Sequence[Snapshot]) -> None:
    """The models of the jobs, and why one has none."""
    tell_lost(session, snapshots)
    write_models(session, [snapshot.job for snapshot in snapshots if not snapshot.lost])


def judge_model(session: Session, snapshot: Snapshot) -> ExitCode:
    """A job without a model is none that was done, however it ended."""
    reason = None if snapshot.lost else why_not(session, snapshot.job)
    return reason.exit_code if reason else snapshot_code(snapshot)


def report_states(session: Session, snapshots: Sequence[Snapshot], *, single: bool = False) -> None:
    """The jobs as they stand."""
    tell_lost(session, snapshots)
    write_jobs(session, [snapshot.job for snapshot in snapshots], single=single)


def tell_lost(session: Session, snapshots: Sequence[Snapshot]) -> None:
    """Why nothing more will be heard of some jobs."""
    for snapshot in snapshots:
        if snapshot.lost and snapshot.last_error:
            tell(session, snapshot.last_error)


NODE = Leaf(
    "wait",
    wait,
    (
        "trainctl jobs wait @last --timeout 6h",
        "trainctl jobs wait @1 @2 @3 --for any -o name",
        "trainctl jobs wait --state active --label team=plants -o jsonl",
        "trainctl jobs wait @last --model --notify 'notify-send trainctl'",
    ),
)
