"""`jobs delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.ending import agree, delete_all
from trainctl.commands.jobs.choices import OptionalReferences, Yes
from trainctl.commands.jobs.wanted import Wanted, choose_jobs
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, Interrupted


def delete(
    session: Session,
    references: OptionalReferences = None,
    *,
    wanted: Wanted,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Return when the jobs are gone", show_default=False)
    ] = True,
    yes: Yes = False,
) -> ExitCode:
    """Delete jobs for good.

    A deleted job cannot be had back; models and files that it made stay. On a terminal it asks first; a script that
    selects jobs by conditions says --yes.
    """
    jobs, code = choose_jobs(session, references, wanted, short=True)
    if not agree(session, "delete for good", jobs, yes=yes, selected=wanted.given):
        return Interrupted.exit_code
    return max(code, delete_all(session, jobs, wait=wait))


NODE = Leaf(
    "delete",
    delete,
    (
        "trainctl jobs delete 4867921325790003200",
        "trainctl jobs delete --state failed --name 'try-*' --yes",
    ),
)
