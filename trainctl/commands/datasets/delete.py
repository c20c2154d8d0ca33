"""`datasets delete`."""

from __future__ import annotations

from trainctl.commands import Session
from trainctl.commands.datasets.get import Dataset
from trainctl.commands.jobs.choices import Yes
from trainctl.commands.resources import delete_asset, find
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import DATASET


def delete(session: Session, dataset: Dataset, *, yes: Yes = False) -> ExitCode:
    """Delete a dataset for good.

    The images or videos that it names stay where they are. On a terminal it asks first.
    """
    return delete_asset(session, find(session, DATASET, dataset), "dataset", yes=yes)


NODE = Leaf("delete", delete, ("trainctl datasets delete 7310042200118822771 --yes",))
