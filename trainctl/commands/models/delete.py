"""`models delete`."""

from __future__ import annotations

from dataclasses import replace

from trainctl.catalog import VERTEX
from trainctl.commands import Session
from trainctl.commands.jobs.choices import Yes
from trainctl.commands.models.get import Model
from trainctl.commands.resources import delete_asset, find
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode
from trainctl.lookup.references import MODEL


def delete(session: Session, model: Model, *, yes: Yes = False) -> ExitCode:
    """Delete a model, or one version of it, for good.

    A name without `@VERSION` is the model with all its versions. On a terminal it asks first.
    """
    found = find(session, MODEL, model)
    if "@" in model and found.collection.service is VERTEX:
        # An alias goes on to another version one day: what is deleted is the version that it names now.
        versioned = replace(found, name=f"{found.name.partition('@')[0]}@{found.version}")
        return delete_asset(session, versioned, "model version", yes=yes)
    return delete_asset(session, found, "model", yes=yes)


NODE = Leaf(
    "delete",
    delete,
    ("trainctl models delete 2233445566778899001@2", "trainctl models delete shapes --local --yes"),
)
