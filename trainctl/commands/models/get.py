"""`models get`."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.models.list import model_subject
from trainctl.commands.resources import console_page, find, name_of, write_asset
from trainctl.commands.tree import Leaf
from trainctl.lookup.references import MODEL

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
    from trainctl.render.assets import model_pairs

    found = find(session, MODEL, model)
    write_asset(session, found, model_subject(), model_pairs(found, console_page(session, name_of(found), "models")))


NODE = Leaf(
    "get",
    get,
    (
        "trainctl models get shapes --local",
        "trainctl models get 2233445566778899001@candidate",
        "trainctl models get ICN4412217016962778756 --query deploymentState",
    ),
)
