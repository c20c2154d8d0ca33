"""What the commands about datasets and models share: finding, showing, waiting for their operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import Collection, ResourceName
from trainctl.commands import Session
from trainctl.commands.finding import locations
from trainctl.errors import RequestRefused, Unreachable

if TYPE_CHECKING:
    from trainctl.render.machine import Subject

LONGEST = 3600.0
"""Seconds for which an operation is waited for."""


def find(session: Session, collection: Collection, reference: str) -> dict[str, Any]:
    """The dataset or model that a reference names; an engine's full name leads to the engine."""
    from trainctl.commands.finding import enter_engine
    from trainctl.lookup.resources import find_resource

    enter_engine(session, [reference])
    if name := ResourceName.parse(reference):
        return session.client.get(name)
    return find_resource(session.client, collection, reference, project=session.project, locations=locations(session))


def name_of(resource: dict[str, Any]) -> ResourceName:
    """A resource's name, taken apart. Raises Unreachable for one that the service should not have given."""
    name = ResourceName.parse(wire.text(resource.get("name")))
    if name is None:
        raise Unreachable(f"the service gave the name `{resource.get('name')}`, which cannot be asked for")
    return name


def list_all(session: Session, collection: Collection, filter_: str | None) -> Iterator[Sequence[dict[str, Any]]]:
    """The pages of a collection in all of the session's locations."""
    for location in locations(session):
        yield from session.client.pages(collection, session.project, location, filter=filter_ or "")


def finish(session: Session, operation: dict[str, Any], what: str) -> dict[str, Any]:
    """The response of an operation once it is done; raises RequestRefused with its error."""
    if not operation.get("done"):
        operation = session.client.wait_operation(str(operation["name"]), timeout=LONGEST)
    for failure in wire.items(wire.dig(operation, "metadata", "genericMetadata", "partialFailures")):
        session.console.warn(f"warning: {wire.text(wire.dig(failure, 'message'))}")
    if error := operation.get("error"):
        raise RequestRefused(f"{what} failed: {wire.text(wire.dig(error, 'message')) or 'no reason was given'}")
    if not operation.get("done"):
        raise Unreachable(f"{what} is not over yet: {operation.get('name')} goes on")
    response = operation.get("response")
    return response if isinstance(response, dict) else {}


def write_pages(session: Session, pages: Iterator[Sequence[dict[str, Any]]], subject: Subject[dict[str, Any]]) -> int:
    """Write a list in the form asked for."""
    from trainctl.render.machine import write_list

    return write_list(pages, subject, session.output, console=session.console, now=session.clock.now())


def write_resource(session: Session, resource: dict[str, Any], pairs: Sequence[tuple[str, str]]) -> None:
    """One resource: `key: value` lines for people, the whole of it for programs."""
    if session.output.is_human:
        from trainctl.render.words import escape, pad

        width = max(len(key) for key, _ in pairs) + 1
        lines = [f"{pad(f'{key}:' if key else '', width)}  {escape(value)}" for key, value in pairs if value]
        session.console.write("\n".join(lines) + "\n")
        return
    from trainctl.render.machine import Subject, write_one

    subject: Subject[dict[str, Any]] = Subject((), raw=lambda each: each, name=lambda each: str(each.get("name")))
    write_one(resource, subject, session.output, console=session.console, now=session.clock.now())


def console_page(session: Session, name: ResourceName, page: str) -> str:
    """The resource's page in Google's console; empty where that cannot know it."""
    from trainctl.commands.finding import has_console_page

    if not has_console_page(session):
        return ""
    return (
        f"https://console.cloud.google.com/vertex-ai/locations/{name.location}/{page}/{name.id}?project={name.project}"
    )
