"""`datasets list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.listing import Cut
from trainctl.commands.resources import list_assets
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import DATASET

if TYPE_CHECKING:
    from trainctl.assets import Dataset
    from trainctl.render.machine import Subject


def list_datasets(session: Session, *, cut: Cut) -> ExitCode:
    """List datasets, in one location or several.

    AutoML Vision's are among them where that service answers. A location that fails is reported and the others are
    shown: exit code 6.
    """
    return list_assets(session, DATASET, dataset_subject(), cut)


def dataset_subject() -> Subject[Dataset]:
    """How datasets are shown."""
    from trainctl.render.assets import DATASET_COLUMNS
    from trainctl.render.machine import Subject

    return Subject(DATASET_COLUMNS, raw=lambda dataset: dataset.raw, name=lambda dataset: dataset.name)


NODE = Leaf(
    "list",
    list_datasets,
    (
        "trainctl datasets list",
        "trainctl datasets list --location all --sort display_name",
        "trainctl datasets list --local -o json",
    ),
)
