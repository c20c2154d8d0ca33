"""`models versions`."""

from __future__ import annotations

from collections.abc import Iterator

from trainctl.assets import Model as ModelView
from trainctl.assets import view_version
from trainctl.catalog import VERTEX
from trainctl.commands import Session
from trainctl.commands.models.get import Model
from trainctl.commands.models.list import model_subject
from trainctl.commands.resources import find, name_of
from trainctl.commands.tree import Leaf
from trainctl.errors import UsageError
from trainctl.lookup.references import MODEL


def versions(session: Session, model: Model) -> None:
    """List the versions of a model, the newest first."""
    from trainctl.render.machine import write_list

    found = find(session, MODEL, model.partition("@")[0])
    name = name_of(found)
    if name.service is not VERTEX:
        raise UsageError(
            f"{found.collection.noun} {found.name} has no versions",
            hint="every training of AutoML Vision makes a model of its own; `trainctl models list` shows them",
        )

    def pages() -> Iterator[list[ModelView]]:
        for page in session.client.version_pages(name):
            yield [view_version(each, found.collection) for each in page]

    subject = model_subject(by_version=True)
    write_list(pages(), subject, session.output, console=session.console, now=session.clock.now())


NODE = Leaf(
    "versions",
    versions,
    ("trainctl models versions shapes --local", "trainctl models versions 2233445566778899001 -o name"),
)
