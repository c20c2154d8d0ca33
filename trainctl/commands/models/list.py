"""`models list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.listing import Cut
from trainctl.commands.resources import list_assets
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import MODEL

if TYPE_CHECKING:
    from trainctl.assets import Model
    from trainctl.render.machine import Subject


def list_models(session: Session, *, cut: Cut) -> ExitCode:
    """List models, in one location or several.

    Of each, the default version is shown; `models versions` lists all of one. AutoML Vision's models are among them
    where that service answers. A location that fails is reported and the others are shown: exit code 6.
    """
    return list_assets(session, MODEL, model_subject(), cut)


def model_subject(*, by_version: bool = False) -> Subject[Model]:
    """How models are shown."""
    from trainctl.render.assets import MODEL_COLUMNS
    from trainctl.render.machine import Subject

    return Subject(
        MODEL_COLUMNS,
        raw=lambda model: model.raw,
        name=lambda model: model.versioned_name if by_version else model.name,
    )


NODE = Leaf(
    "list",
    list_models,
    (
        "trainctl models list",
        "trainctl models list --location us-central1,europe-west4 --sort -create_time",
        "trainctl models list --local -o json",
    ),
)
