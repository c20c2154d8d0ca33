"""`models list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl import wire
from trainctl.catalog import MODELS
from trainctl.commands import Session
from trainctl.commands.resources import list_all, write_pages
from trainctl.commands.tree import Leaf

if TYPE_CHECKING:
    from trainctl.render.machine import Subject


def list_models(
    session: Session,
    *,
    expression: Annotated[
        str | None, typer.Option("--filter", help="A filter in Google's syntax, passed through", metavar="FILTER")
    ] = None,
) -> None:
    """List models.

    Of each, the default version is shown.
    """
    count = write_pages(session, list_all(session, MODELS, expression), model_subject())
    if not count:
        session.console.say(f"no models in {session.project}")


def aliases_of(model: dict[str, Any]) -> str:
    """The aliases of a model's version, with commas."""
    return ", ".join(str(alias) for alias in wire.items(model.get("versionAliases")))


def model_subject() -> Subject[dict[str, Any]]:
    """How models are shown."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject
    from trainctl.render.words import stamp

    def created(model: dict[str, Any]) -> str:
        return stamp(wire.parse_time(model.get("createTime")))

    columns: tuple[Column[dict[str, Any]], ...] = (
        Column("id", lambda model: wire.text(model.get("name")).rpartition("/")[2], width=19),
        Column("display_name", lambda model: wire.text(model.get("displayName")), elastic=True),
        Column("version", lambda model: wire.text(model.get("versionId")) or "-", width=7),
        Column("aliases", lambda model: aliases_of(model) or "-", elastic=True),
        Column("created", created, width=20),
    )
    return Subject(columns, raw=lambda model: model, name=lambda model: wire.text(model.get("name")))


NODE = Leaf("list", list_models, ("trainctl models list", "trainctl models list --local -o json"))
