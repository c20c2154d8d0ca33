"""`datasets get`."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl import wire
from trainctl.catalog import DATASETS
from trainctl.commands import Session
from trainctl.commands.datasets.list import kind_of
from trainctl.commands.resources import console_page, find, name_of, write_resource
from trainctl.commands.tree import Leaf

Dataset = Annotated[
    str, typer.Argument(help="Name, id or unique display name of a dataset", metavar="DATASET", show_default=False)
]


def get(session: Session, dataset: Dataset) -> None:
    """Show a dataset."""
    from trainctl.render.words import stamp

    found = find(session, DATASETS, dataset)
    pairs = [
        ("name", wire.text(found.get("name"))),
        ("display name", wire.text(found.get("displayName"))),
        ("kind", kind_of(found)),
        ("items", str(found.get("dataItemCount") or "none")),
        ("created", stamp(wire.parse_time(found.get("createTime")))),
        *(("label", f"{key}={value}") for key, value in sorted(wire.texts(found.get("labels")).items())),
        ("console", console_page(session, name_of(found), "datasets")),
    ]
    write_resource(session, found, pairs)


NODE = Leaf("get", get, ("trainctl datasets get shapes --local", "trainctl datasets get 7310042200118822771"))
