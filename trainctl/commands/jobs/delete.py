"""`jobs delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.ending import agree, delete_all
from trainctl.commands.finding import find_jobs
from trainctl.commands.jobs.choices import References, Yes
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, Interrupted


def delete(
    session: Session,
    references: References,
    *,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Return when the jobs are gone", show_default=False)
    ] = True,
    yes: Yes = False,
) -> ExitCode:
    """Delete jobs for good.

    A deleted job cannot be had back; models and files that it made stay. On a terminal it asks first.
    """
    jobs, code = find_jobs(session, references)
    if not agree(session, "delete for good", jobs, yes=yes):
        return Interrupted.exit_code
    return max(code, delete_all(session, jobs, wait=wait))


NODE = Leaf(
    "delete",
    delete,
    (
        "trainctl jobs delete 4867921325790003200",
        "trainctl jobs list --state failed -o name | trainctl jobs delete - --yes",
    ),
)
