"""`datasets create`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from trainctl.catalog import DATASETS, DEFAULT_LOCATION, VISION_DATASETS, Call, ResourceName
from trainctl.commands import Session
from trainctl.commands.datasets.files import Files, Purpose, check_files, choose_format, import_files
from trainctl.commands.datasets.tables import describe_tables
from trainctl.commands.datasets.vision import describe
from trainctl.commands.finding import warn_of_unknown
from trainctl.commands.resources import finish
from trainctl.commands.tree import Leaf
from trainctl.datafiles.formats import METADATA
from trainctl.errors import Unreachable, UsageError


class DataKind(StrEnum):
    """Data that jobs train with: AutoML with images and videos, code of one's own with tables too."""

    IMAGE = "image"
    VIDEO = "video"
    TABULAR = "tabular"


Labels = Annotated[
    list[str] | None, typer.Option("--label", help="A label of the dataset", metavar="KEY=VALUE", show_default=False)
]
Vision = Annotated[
    bool, typer.Option("--vision", help="Make it at AutoML Vision, for `automl-vision` specs", show_default=False)
]


def create(
    session: Session,
    display_name: Annotated[str, typer.Argument(help="What people call it", metavar="NAME", show_default=False)],
    *,
    kind: Annotated[DataKind, typer.Option("--kind", help="What is in it", show_default=False)],
    files: Files = None,
    objective: Purpose = None,
    label: Labels = None,
    vision: Vision = False,
) -> None:
    """Make a dataset, and import files into it.

    Import files that are here are checked first, and nothing is made if a line is wrong. Images and videos that they
    name by paths beside them are uploaded to the staging bucket. A tabular dataset is its CSV files, or a table in
    BigQuery (`bq://`). The dataset's name goes to standard output.
    """
    from trainctl.render.words import escape

    if vision and kind is not DataKind.IMAGE:
        raise UsageError(
            "AutoML Vision has datasets of images only", hint="add `--kind image`, or leave out `--vision`"
        )
    head = {"displayName": display_name, "labels": read_labels(label or [])}
    collection, checked = VISION_DATASETS if vision else DATASETS, None
    if kind is DataKind.TABULAR:
        own = {"metadata": describe_tables(session, files or [], objective)}
    else:
        form = choose_format(kind.value, objective)
        own = describe(form) if vision else {}
        checked = check_files(session, files, form, vision=vision) if files else None
    body = {**head, **own} if vision else {**head, **own, "metadataSchemaUri": METADATA[kind.value]}
    location = (session.locations or (DEFAULT_LOCATION,))[0]
    warn_of_unknown(session)
    call = Call(collection, session.project, location, body, endpoints=session.endpoints)
    made = finish(session, session.client.create(call), "making the dataset")
    name = ResourceName.parse(str(made.get("name")))
    if name is None:
        raise Unreachable(f"the service gave the dataset the name `{made.get('name')}`")
    session.console.say(f"created dataset {escape(str(name))}")
    if checked:
        import_files(session, name, checked)
        session.console.say(f"imported {', '.join(files or ())}")
    session.console.write(f"{escape(name.id if session.output.is_human else str(name))}\n")


def read_labels(texts: list[str]) -> dict[str, str]:
    """`key=value` texts as labels. Raises UsageError."""
    pairs = [text.partition("=") for text in texts]
    if wrong := [key for key, equals, _ in pairs if not equals or not key]:
        raise UsageError(f"`--label {wrong[0]}` has no value", hint="write `--label KEY=VALUE`")
    return {key: value for key, _, value in pairs}


NODE = Leaf(
    "create",
    create,
    (
        "trainctl datasets create shapes --kind image --import shapes.csv --local",
        "trainctl datasets create flowers --kind tabular --import flowers.csv --local",
        "trainctl datasets create roads --kind video --import gs://videos/a.jsonl",
        "trainctl datasets create shapes --kind image --vision --import gs://b/a.csv",
    ),
)
