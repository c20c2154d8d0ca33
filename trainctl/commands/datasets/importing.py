"""`datasets import`."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.catalog import VISION_DATASETS
from trainctl.commands import Session
from trainctl.commands.datasets.files import Objective, Purpose, check_files, choose_format, import_files
from trainctl.commands.datasets.get import Dataset
from trainctl.commands.datasets.vision import objective_of
from trainctl.commands.resources import find, name_of
from trainctl.commands.tree import Leaf
from trainctl.datafiles.formats import of_kind
from trainctl.errors import UsageError
from trainctl.lookup.references import DATASET


def import_into(
    session: Session,
    dataset: Dataset,
    files: Annotated[
        list[str], typer.Argument(help="Import files, here or at `gs://`", metavar="FILE-OR-GS...", show_default=False)
    ],
    *,
    objective: Purpose = None,
) -> None:
    """Import files into a dataset.

    Files that are here are checked first; images and videos that they name by paths beside them are uploaded.
    """
    from trainctl.render.words import escape

    found = find(session, DATASET, dataset)
    vision, kind = found.collection is VISION_DATASETS, found.kind
    if vision and (own := objective_of(found)):
        kind, objective = "image", Objective(own)  # the dataset says it
    if not of_kind(kind):
        raise UsageError(f"`{dataset}` is a dataset of kind {kind}; files are imported into image and video datasets")
    checked = check_files(session, files, choose_format(kind, objective), vision=vision)
    import_files(session, name_of(found), checked)
    session.console.say(f"imported {', '.join(files)} into dataset {escape(found.name)}")


NODE = Leaf(
    "import",
    import_into,
    ("trainctl datasets import shapes more.csv --local", "trainctl datasets import 731004220011 gs://my-bucket/a.csv"),
)
