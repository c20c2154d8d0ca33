"""`operations delete`."""

from __future__ import annotations

from trainctl.commands import Session
from trainctl.commands.ending import agree, delete_all
from trainctl.commands.finding import find_all
from trainctl.commands.jobs.choices import Yes
from trainctl.commands.operations.get import Operations
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, Interrupted
from trainctl.lookup.references import OPERATION


def delete(session: Session, operations: Operations, *, yes: Yes = False) -> ExitCode:
    """Delete the records of operations that are over.

    What an operation has done stays done, and what it made stays; only the service's record of it goes. On a
    terminal it asks first.
    """
    found, code = find_all(session, operations, OPERATION)
    if not agree(session, "delete the record of", found, yes=yes):
        return Interrupted.exit_code
    return max(code, delete_all(session, found, wait=True))


NODE = Leaf(
    "delete",
    delete,
    (
        "trainctl operations delete 7310042200118822771",
        "trainctl operations list --done -o name | trainctl operations delete - --yes",
    ),
)
