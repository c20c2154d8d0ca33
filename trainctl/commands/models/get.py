"""`models get`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.finding import find_each
from trainctl.commands.models.list import model_subject
from trainctl.commands.resources import console_page, name_of, write_assets
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import MODEL

if TYPE_CHECKING:
    from trainctl.assets import Model as KnownModel

Model = Annotated[
    str,
    typer.Argument(
        help="Name, id or unique display name of a model; `@VERSION` or `@ALIAS` at its end names a version",
        metavar="MODEL",
        show_default=False,
    ),
]


Models = Annotated[
    list[str],
    typer.Argument(
        help="Names, ids or unique display names of models, `@VERSION` or `@ALIAS` at their ends; `-` reads them from "
        "standard input",
        metavar="MODEL...",
        show_default=False,
    ),
]


def get(session: Session, models: Models) -> ExitCode:
    """Show models.

    With -o json or yaml, the whole resource: one object for one model, a list for several.
    """
    from trainctl.render.assets import model_pairs

    pairs, code = find_each(session, models, MODEL)
    found = [each for _, each in pairs]

    def describe(model: KnownModel) -> Iterable[tuple[str, str]]:
        return model_pairs(model, console_page(session, name_of(model), "models"))

    single = len(models) == 1 and len(found) == 1 and models != ["-"]
    write_assets(session, found, model_subject(), describe, single=single)
    return code


NODE = Leaf(
    "get",
    get,
    (
        "trainctl models get shapes --local",
        "trainctl models get 2233445566778899001@candidate",
        "trainctl models get ICN4412217016962778756 --query deploymentState",
        "trainctl jobs model @1 @2 | trainctl models get - -o jsonl",
    ),
)
