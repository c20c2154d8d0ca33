"""`operations wait`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.finding import find_all, tell
from trainctl.commands.following import Plan, follow, is_near, report_endings
from trainctl.commands.jobs.choices import MaxSilence, PollInterval, Timeout, read_limits
from trainctl.commands.operations.get import Operations, write_operations
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import OPERATION
from trainctl.watch import Policy

if TYPE_CHECKING:
    from trainctl.errors import TrainctlError
    from trainctl.jobs import Job
    from trainctl.watch import Snapshot

AT_TERMINAL = 2.0
"""Seconds that one request waits at the service at most where people look on."""
BETWEEN = Policy(interval=1.0, max_interval=5.0)
"""Pauses between such requests: a service may answer at once, and is not to be asked without end then."""
NEAR = Policy(interval=0.1, max_interval=0.5)


def wait(
    session: Session,
    operations: Operations,
    *,
    timeout: Timeout = None,
    poll_interval: PollInterval = None,
    max_silence: MaxSilence = None,
) -> ExitCode:
    """Wait for the end of operations, and show what they made.

    The service itself does the waiting, one request after the other. On a terminal a live view shows how far each is;
    elsewhere each change is a line on standard error. Exit codes: 0 done, 1 one failed or was cancelled, 6 nothing
    heard for too long, 7 when --timeout was over first.
    """
    limits = read_limits(timeout, poll_interval, max_silence)
    found, code = find_all(session, operations, OPERATION)
    if not found:
        return code
    usual = NEAR if is_near(session) else BETWEEN
    silence = usual.max_silence if limits.max_silence is None else limits.max_silence
    policy = replace(usual, fixed=limits.poll_interval, timeout=limits.timeout, max_silence=silence)
    single = len(operations) == 1 and operations != ["-"]
    plan = Plan(policy, report=lambda *shown: report(*shown, single=single), fetch=fetcher(session, limits.timeout))
    return max(code, follow(session, found, plan))


def fetcher(session: Session, timeout: float | None) -> Callable[[Sequence[Job]], Mapping[str, Job | TrainctlError]]:
    """What asks after operations by waiting at the service, each as long as one request may and time is left."""
    from trainctl.lookup.parallel import side_by_side
    from trainctl.lookup.polling import await_operation

    clock, began = session.clock, session.clock.monotonic()
    patience = session.client.patience
    most = min(patience, AT_TERMINAL) if session.console.animated else patience

    def fetch(pending: Sequence[Job]) -> Mapping[str, Job | TrainctlError]:
        left = most if timeout is None else max(0.0, min(most, began + timeout - clock.monotonic()))
        answers = side_by_side(lambda each: await_operation(session.client, each, left), pending)
        return {each.name: answer for each, answer in zip(pending, answers, strict=True)}

    return fetch


def report(session: Session, snapshots: Sequence[Snapshot], *, single: bool) -> None:
    """How each operation ended: in words for people, as whole resources for programs."""
    if session.output.is_human:
        report_endings(session, snapshots)
        return
    for snapshot in snapshots:
        if snapshot.lost and snapshot.last_error:
            tell(session, snapshot.last_error)
    write_operations(session, [snapshot.job for snapshot in snapshots], single=single)


NODE = Leaf(
    "wait",
    wait,
    (
        "trainctl operations wait 7310042200118822771 --timeout 1h",
        "trainctl operations wait ICN2106290444865378475 --query response.name",
        "trainctl operations list --not-done -o name | trainctl operations wait -",
    ),
)
