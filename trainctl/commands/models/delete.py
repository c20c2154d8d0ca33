"""`models delete`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.catalog import VERTEX
from trainctl.commands import Session
from trainctl.commands.finding import find_each
from trainctl.commands.jobs.choices import Yes
from trainctl.commands.models.get import Models
from trainctl.commands.resources import delete_assets
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import MODEL

if TYPE_CHECKING:
    from trainctl.assets import Model as KnownModel


def delete(session: Session, models: Models, *, yes: Yes = False) -> ExitCode:
    """Delete models, or one version of each, for good.

    A name without `@VERSION` is the model with all its versions. On a terminal it asks first.
    """
    pairs, code = find_each(session, models, MODEL)
    versions = [_version(model) for text, model in pairs if _is_version(text, model)]
    whole = {model.name: model for text, model in pairs if not _is_version(text, model)}
    named = {each.name: each for each in versions if each.name.partition("@")[0] not in whole}
    for noun, found in (("model version", named), ("model", whole)):
        code = max(code, delete_assets(session, list(found.values()), noun, yes=yes))
    return code


def _is_version(reference: str, model: KnownModel) -> bool:
    return "@" in reference and model.collection.service is VERTEX


def _version(model: KnownModel) -> KnownModel:
    """One version: an alias goes on to another one some day, and what is deleted is the one that it names now."""
    return replace(model, name=f"{model.name.partition('@')[0]}@{model.version}")


NODE = Leaf(
    "delete",
    delete,
    (
        "trainctl models delete 2233445566778899001@2",
        "trainctl models delete shapes --local --yes",
        "trainctl models list -o name | trainctl models delete - --yes",
    ),
)
