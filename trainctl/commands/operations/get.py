"""`operations get`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.candidates import recent_operations
from trainctl.commands.finding import find_all
from trainctl.commands.jobs.get import show_details
from trainctl.commands.operations.list import operation_subject
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import OPERATION

if TYPE_CHECKING:
    from trainctl.jobs import Job

Operations = Annotated[
    list[str],
    typer.Argument(
        help="Full names, also below a resource, ids, `@last` if that is one; `-` reads them from standard input",
        metavar="OPERATION...",
        show_default=False,
        autocompletion=recent_operations,
    ),
]


def get(session: Session, operations: Operations) -> ExitCode:
    """Show all that is known of operations.

    Whether each is done, what it made or why it failed, and what it could not do without failing as a whole. With
    -o json or yaml, the whole resource: one object for one operation, a list for several.
    """
    found, code = find_all(session, operations, OPERATION)
    if session.output.is_human:
        show_details(session, found)
    else:
        write_operations(session, found, single=len(operations) == 1 and len(found) == 1 and operations != ["-"])
    return code


def write_operations(session: Session, operations: Sequence[Job], *, single: bool) -> None:
    """Operations in the form asked for."""
    from trainctl.render.machine import write_list, write_one

    now, subject = session.clock.now(), operation_subject()
    if single:
        write_one(operations[0], subject, session.output, console=session.console, now=now)
    else:
        write_list([operations], subject, session.output, console=session.console, now=now)


NODE = Leaf(
    "get",
    get,
    (
        "trainctl operations get 7310042200118822771",
        "trainctl operations get ICN2106290444865378475 --query response.name",
        "trainctl operations list -o name | trainctl operations get - -o jsonl",
    ),
)
