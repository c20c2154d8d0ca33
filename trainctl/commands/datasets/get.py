"""`datasets get`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.datasets.list import dataset_subject
from trainctl.commands.finding import find_all
from trainctl.commands.resources import console_page, name_of, write_assets
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import DATASET

if TYPE_CHECKING:
    from trainctl.assets import Dataset as KnownDataset

Dataset = Annotated[
    str, typer.Argument(help="Name, id or unique display name of a dataset", metavar="DATASET", show_default=False)
]


Datasets = Annotated[
    list[str],
    typer.Argument(
        help="Names, ids or unique display names of datasets; `-` reads them from standard input",
        metavar="DATASET...",
        show_default=False,
    ),
]


def get(session: Session, datasets: Datasets) -> ExitCode:
    """Show datasets.

    With -o json or yaml, the whole resource: one object for one dataset, a list for several.
    """
    from trainctl.render.assets import dataset_pairs

    found, code = find_all(session, datasets, DATASET)

    def describe(dataset: KnownDataset) -> Iterable[tuple[str, str]]:
        return dataset_pairs(dataset, console_page(session, name_of(dataset), "datasets"))

    single = len(datasets) == 1 and len(found) == 1 and datasets != ["-"]
    write_assets(session, found, dataset_subject(), describe, single=single)
    return code


NODE = Leaf("get", get, ("trainctl datasets get shapes --local", "trainctl datasets get 7310042200118822771"))
