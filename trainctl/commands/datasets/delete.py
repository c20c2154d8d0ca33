"""`datasets delete`."""

from __future__ import annotations

from trainctl.catalog import DATASETS
from trainctl.commands import Session
from trainctl.commands.datasets.get import Dataset
from trainctl.commands.jobs.choices import Yes
from trainctl.commands.resources import find, finish, name_of
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, Interrupted


def delete(session: Session, dataset: Dataset, *, yes: Yes = False) -> ExitCode:
    """Delete a dataset for good.

    The images or videos that it names stay where they are. On a terminal it asks first.
    """
    found = find(session, DATASETS, dataset)
    if not _agree(session, str(found.get("displayName")), yes=yes):
        return Interrupted.exit_code
    operation = session.client.delete(name_of(found))
    if operation:
        finish(session, operation, "deleting the dataset")
    session.console.say(f"dataset {found['name']} deleted")
    return ExitCode.OK


def _agree(session: Session, shown: str, *, yes: bool) -> bool:
    if yes or not (session.seams.stdin.isatty() and session.console.err_terminal):
        return True
    from trainctl.render.words import escape

    session.console.err.write(f"delete dataset {escape(shown)} for good? [y/N] ")
    session.console.err.flush()
    return session.seams.stdin.readline().strip().lower() in ("y", "yes")


NODE = Leaf("delete", delete, ("trainctl datasets delete 7310042200118822771 --yes",))
