"""`jobs watch`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.following import Plan, follow, pace
from trainctl.commands.jobs.choices import (
    CancelOnInterrupt,
    CancelOnTimeout,
    Limits,
    MaxSilence,
    OptionalReferences,
    PollInterval,
    Timeout,
    read_limits,
)
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.notifying import Notifier, Notify
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from trainctl.jobs import Job
    from trainctl.watch import Policy


def watch(
    session: Session,
    references: OptionalReferences = None,
    *,
    wanted: Wanted,
    timeout: Timeout = None,
    poll_interval: PollInterval = None,
    max_silence: MaxSilence = None,
    cancel_on_interrupt: CancelOnInterrupt = False,
    cancel_on_timeout: CancelOnTimeout = False,
    notify: Notify = None,
) -> ExitCode:
    """Follow jobs until they end.

    On a terminal: a live view with state, time, progress and the last log lines. Elsewhere: one line per change, on
    standard error. A poll that fails does not end it. Ctrl-C leaves the jobs running and says how to come back.
    Exit codes: 0 all succeeded, 1 one failed, was cancelled or expired, 6 nothing heard for too long, 7 timeout.
    """
    limits = read_limits(timeout, poll_interval, max_silence)
    notifier = Notifier.make(session, notify)
    jobs, code = choose_jobs(session, references, wanted)
    if not jobs:
        return code
    plan = Plan(
        make_policy(session, jobs, limits),
        cancel_on_interrupt=cancel_on_interrupt,
        cancel_on_timeout=cancel_on_timeout,
        notify=notifier.tell,
    )
    return max(code, follow(session, jobs, plan))


def make_policy(session: Session, jobs: Sequence[Job], limits: Limits) -> Policy:
    """The usual pace for these jobs, with what the options change."""
    policy = pace(session, jobs)
    silence = policy.max_silence if limits.max_silence is None else limits.max_silence
    return replace(policy, fixed=limits.poll_interval, timeout=limits.timeout, max_silence=silence)


NODE = Leaf(
    "watch",
    watch,
    (
        "trainctl jobs watch @last",
        "trainctl jobs watch 4867921325790003200 --timeout 2h",
        "trainctl jobs watch --state active --label team=plants",
    ),
)
