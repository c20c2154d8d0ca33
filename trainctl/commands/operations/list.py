"""`operations list`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.catalog import AUTOML, OPERATIONS, VISION_OPERATIONS, ResourceName
from trainctl.commands import Session
from trainctl.commands.finding import enter_engine, locations, warn_of_unknown
from trainctl.commands.listing import Cut, Order, page_size, show, with_place
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, UsageError
from trainctl.lookup.references import OPERATION

if TYPE_CHECKING:
    from trainctl.catalog import Collection
    from trainctl.jobs import Job
    from trainctl.lookup.listing import Source
    from trainctl.render.machine import Subject

_WHOLE = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an operation must meet: the three that services filter by, and a filter that is passed through."""

    done: bool | None
    works_on: ResourceName | None
    id: str
    filter: str

    def expression(self, collection: Collection) -> str:
        """The conditions in the filter syntax of the collection's service."""
        terms = [
            "" if self.done is None else f"done={str(self.done).lower()}",
            f"operationId={self.id}" if self.id else "",
            f"worksOn={self.works_on}" if self.works_on and collection.service is AUTOML else "",
        ]
        own, given = " AND ".join(term for term in terms if term), self.filter.strip()
        # The guide of AutoML Vision has the whole filter in quotes: `filter="done=true"`. To Vertex AI that is a word.
        plain = given[1:-1] if _WHOLE.fullmatch(given) else given
        if collection.service is not AUTOML:
            return f"{own} AND ({plain})" if own and plain else own or plain
        return f'"{" AND ".join(term for term in (own, plain) if term)}"' if own else given

    def admits(self, operation: Job) -> bool:
        """Whether an operation meets what can be seen of it; what it works on, AutoML Vision alone knows."""
        return (self.done is None or operation.phase.ended == self.done) and self.id in ("", operation.id)


def list_operations(
    session: Session,
    *,
    done: Annotated[
        bool | None, typer.Option("--done/--not-done", help="Only those that are over, or are not", show_default=False)
    ] = None,
    works_on: Annotated[
        str | None,
        typer.Option("--works-on", help="Only those about this resource, by its full name", metavar="NAME"),
    ] = None,
    operation_id: Annotated[
        str | None, typer.Option("--operation-id", help="Only the one with this id", metavar="ID")
    ] = None,
    cut: Cut,
) -> ExitCode:
    """List long-running operations, in one location or several.

    Those of AutoML Vision are among them where that service answers: its trainings are operations. A location that
    fails is reported and the others are shown: exit code 6.
    """
    from trainctl.lookup.listing import Listing
    from trainctl.lookup.ordering import JOB_KEYS

    order = Order.read(cut.sort, JOB_KEYS)
    conditions = Conditions(done, read_name(session, works_on), operation_id or "", cut.expression or "")

    def take(page: Sequence[Mapping[str, Any]], collection: Collection) -> list[Job]:
        viewed = (OPERATION.view(each, collection) for each in page)
        return [each for each in viewed if each is not None and conditions.admits(each)]

    places = find_sources(session, conditions.works_on)
    size = page_size(cut.limit, order)
    listing = Listing(session.client, places, take, conditions.expression, page_size=size)
    subject = with_place(session, operation_subject())
    return show(session, listing, subject, "no operations", order=order, limit=cut.limit)


def read_name(session: Session, text: str | None) -> ResourceName | None:
    """The resource that operations are about; one of the engine leads there. Raises UsageError."""
    if text is None:
        return None
    name = ResourceName.parse(text)
    if name is None:
        hint = "write projects/P/locations/L/datasets/ID"
        raise UsageError(f"`--works-on {text}` is no full name of a resource", hint=hint)
    enter_engine(session, [text])
    return name


def find_sources(session: Session, works_on: ResourceName | None) -> Sequence[Source]:
    """The lists to read: of all places, or the one where a resource is; on Vertex AI the list below it."""
    from trainctl.lookup.listing import Source, sources

    if works_on is None:
        warn_of_unknown(session)
        return sources(session.answering(OPERATION.collections), session.project, locations(session))
    is_vision = works_on.service is AUTOML
    collection = VISION_OPERATIONS if is_vision else OPERATIONS
    above = "" if is_vision else f"{works_on.above}{works_on.collection}/{works_on.id}/"
    return [Source(collection, works_on.project, works_on.location, above)]


def operation_subject() -> Subject[Job]:
    """How operations are shown."""
    from trainctl.render.columns import OPERATION_COLUMNS
    from trainctl.render.machine import Subject

    return Subject(OPERATION_COLUMNS, raw=lambda operation: operation.raw, name=lambda operation: operation.name)


NODE = Leaf(
    "list",
    list_operations,
    (
        "trainctl operations list --not-done",
        "trainctl operations list --location us-central1,europe-west4",
        "trainctl operations list --works-on projects/p/locations/eu/datasets/7",
        "trainctl operations list --filter done=true --limit 20 -o json",
    ),
)
