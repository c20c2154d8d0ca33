"""`datasets list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl import wire
from trainctl.catalog import DATASETS
from trainctl.commands import Session
from trainctl.commands.resources import list_all, write_pages
from trainctl.commands.tree import Leaf

if TYPE_CHECKING:
    from trainctl.render.machine import Subject


def list_datasets(
    session: Session,
    *,
    expression: Annotated[
        str | None, typer.Option("--filter", help="A filter in Google's syntax, passed through", metavar="FILTER")
    ] = None,
) -> None:
    """List datasets."""
    count = write_pages(session, list_all(session, DATASETS, expression), dataset_subject())
    if not count:
        session.console.say(f"no datasets in {session.project}")


def kind_of(dataset: dict[str, Any]) -> str:
    """`image`, `video`, `tabular`: the sort of data, from the schema of its metadata."""
    return wire.text(dataset.get("metadataSchemaUri")).rpartition("/")[2].partition("_")[0]


def dataset_subject() -> Subject[dict[str, Any]]:
    """How datasets are shown."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject
    from trainctl.render.words import stamp

    def created(dataset: dict[str, Any]) -> str:
        return stamp(wire.parse_time(dataset.get("createTime")))

    columns: tuple[Column[dict[str, Any]], ...] = (
        Column("id", lambda dataset: wire.text(dataset.get("name")).rpartition("/")[2], width=19),
        Column("display_name", lambda dataset: wire.text(dataset.get("displayName")), elastic=True),
        Column("kind", kind_of, width=7),
        Column("items", lambda dataset: str(dataset.get("dataItemCount") or "-"), width=7),
        Column("created", created, width=20),
    )
    return Subject(columns, raw=lambda dataset: dataset, name=lambda dataset: wire.text(dataset.get("name")))


NODE = Leaf("list", list_datasets, ("trainctl datasets list", "trainctl datasets list --local -o json"))
