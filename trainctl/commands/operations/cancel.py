"""`operations cancel`."""

from __future__ import annotations

from trainctl.commands import Session
from trainctl.commands.ending import agree, cancel_all
from trainctl.commands.finding import find_all
from trainctl.commands.jobs.choices import IfRunning, Yes
from trainctl.commands.operations.get import Operations
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, Interrupted
from trainctl.lookup.references import OPERATION


def cancel(session: Session, operations: Operations, *, if_running: IfRunning = False, yes: Yes = False) -> ExitCode:
    """Ask running operations to end.

    Cancelling is a request that takes its time: `operations wait` tells when it is over. An operation that is over
    already gives exit code 5, or 0 with --if-running.
    """
    found, code = find_all(session, operations, OPERATION)
    if not agree(session, "cancel", [each for each in found if not each.phase.ended], yes=yes):
        return Interrupted.exit_code
    return max(code, cancel_all(session, found, if_running=if_running))


NODE = Leaf(
    "cancel",
    cancel,
    (
        "trainctl operations cancel ICN2106290444865378475",
        "trainctl operations list --not-done -o name | trainctl operations cancel -",
    ),
)
