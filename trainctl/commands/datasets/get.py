"""`datasets get`."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.datasets.list import dataset_subject
from trainctl.commands.resources import console_page, find, name_of, write_asset
from trainctl.commands.tree import Leaf
from trainctl.lookup.references import DATASET

Dataset = Annotated[
    str, typer.Argument(help="Name, id or unique display name of a dataset", metavar="DATASET", show_default=False)
]


def get(session: Session, dataset: Dataset) -> None:
    """Show a dataset."""
    from trainctl.render.assets import dataset_pairs

    found = find(session, DATASET, dataset)
    page = console_page(session, name_of(found), "datasets")
    write_asset(session, found, dataset_subject(), dataset_pairs(found, page))


NODE = Leaf("get", get, ("trainctl datasets get shapes --local", "trainctl datasets get 7310042200118822771"))
