"""`datasets delete`."""

from __future__ import annotations

from trainctl.commands import Session
from trainctl.commands.datasets.get import Datasets
from trainctl.commands.finding import find_all
from trainctl.commands.jobs.choices import Yes
from trainctl.commands.resources import delete_assets
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import DATASET


def delete(session: Session, datasets: Datasets, *, yes: Yes = False) -> ExitCode:
    """Delete datasets for good.

    The images or videos that they name stay where they are. On a terminal it asks first.
    """
    found, code = find_all(session, datasets, DATASET)
    return max(code, delete_assets(session, found, "dataset", yes=yes))


NODE = Leaf(
    "delete", delete, ("trainctl datasets delete 7310042200118822771 --yes", "trainctl datasets delete shapes digits")
)
