"""`models get`."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl import wire
from trainctl.catalog import MODELS
from trainctl.commands import Session
from trainctl.commands.models.list import aliases_of
from trainctl.commands.resources import console_page, find, name_of, write_resource
from trainctl.commands.tree import Leaf

Model = Annotated[
    str,
    typer.Argument(
        help="Name, id or unique display name of a model; `@VERSION` or `@ALIAS` at its end names a version",
        metavar="MODEL",
        show_default=False,
    ),
]


def get(session: Session, model: Model) -> None:
    """Show a model."""
    from trainctl.render.words import stamp

    found = find(session, MODELS, model)
    pairs = [
        ("name", wire.text(found.get("name"))),
        ("display name", wire.text(found.get("displayName"))),
        ("version", wire.text(found.get("versionId"))),
        ("aliases", aliases_of(found)),
        ("description", wire.text(found.get("description"))),
        ("files", wire.text(found.get("artifactUri"))),
        ("made by", wire.text(found.get("trainingPipeline"))),
        ("created", stamp(wire.parse_time(found.get("createTime")))),
        *(("label", f"{key}={value}") for key, value in sorted(wire.texts(found.get("labels")).items())),
        ("console", console_page(session, name_of(found), "models")),
    ]
    write_resource(session, found, pairs)


NODE = Leaf("get", get, ("trainctl models get shapes --local", "trainctl models get 2233445566778899001@candidate"))
