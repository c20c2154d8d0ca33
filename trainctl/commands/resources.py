"""What the commands about datasets and models share: finding, showing, waiting for their operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from trainctl import wire
from trainctl.assets import Asset
from trainctl.catalog import VERTEX, Collection, ResourceName
from trainctl.commands import Session
from trainctl.commands.finding import locations, warn_of_unknown
from trainctl.commands.listing import Cut, Order, page_size, show, with_place
from trainctl.errors import ExitCode, Interrupted, RequestRefused, Unreachable
from trainctl.lookup.parallel import side_by_side
from trainctl.lookup.references import Named, Sort

if TYPE_CHECKING:
    from trainctl.render.machine import Subject

N = TypeVar("N", bound=Named)
A = TypeVar("A", bound=Asset)
LONGEST = 3600.0
"""Seconds for which an operation is waited for."""


def find(session: Session, sort: Sort[N], reference: str) -> N:
    """The dataset or model that a reference names; an engine's full name leads to the engine."""
    from trainctl.commands.finding import enter_engine, finder_of, warn_of_closed

    enter_engine(session, [reference])
    if name := ResourceName.parse(reference):
        warn_of_closed(session, [name.service])
    return finder_of(session, sort).find(reference)


def list_assets(session: Session, sort: Sort[A], subject: Subject[A], cut: Cut) -> ExitCode:
    """Write all of one sort that there is in the session's locations, of both services."""
    from trainctl.lookup.listing import Listing, sources
    from trainctl.lookup.ordering import ASSET_KEYS

    def take(page: Sequence[Mapping[str, Any]], collection: Collection) -> list[A]:
        return [each for resource in page if (each := sort.view(resource, collection)) is not None]

    order = Order.read(cut.sort, ASSET_KEYS)
    warn_of_unknown(session)
    places = sources(session.answering(sort.collections), session.project, locations(session))
    size = page_size(cut.limit, order)
    listing = Listing(session.client, places, take, lambda _: cut.expression or "", page_size=size)
    return show(session, listing, with_place(session, subject), f"no {sort.noun}s", order=order, limit=cut.limit)


def name_of(asset: Asset) -> ResourceName:
    """A resource's name, taken apart. Raises Unreachable for one that the service should not have given."""
    name = ResourceName.parse(asset.name)
    if name is None:
        raise Unreachable(f"the service gave the name `{asset.name}`, which cannot be asked for")
    return name


def delete_assets(session: Session, assets: Sequence[Asset], noun: str, *, yes: bool) -> ExitCode:
    """Delete models or datasets for good; on a terminal a person is asked first. The largest exit code."""
    from trainctl.commands.finding import tell
    from trainctl.render.words import escape

    if assets and not yes and not _agreed(session, assets, noun):
        return Interrupted.exit_code

    def delete(asset: Asset) -> None:
        if operation := session.client.delete(name_of(asset)):
            finish(session, operation, f"deleting the {noun} {asset.name}")

    code = ExitCode.OK
    for asset, outcome in zip(assets, side_by_side(delete, assets), strict=True):
        if outcome is None:
            session.console.say(f"{noun} {escape(asset.name)} deleted")
        else:
            tell(session, outcome)
            code = max(code, outcome.exit_code)
    return code


def _agreed(session: Session, assets: Sequence[Asset], noun: str) -> bool:
    """Whether to delete: asked of a person, taken for granted in scripts, which name what is to go."""
    from trainctl.render.words import escape, plural

    if not (session.seams.stdin.isatty() and session.console.err_terminal):
        return True
    what = f"{noun} {escape(assets[0].display_name or assets[0].id)}"
    if len(assets) > 1:
        what = plural(len(assets), noun)
        for asset in assets:
            session.console.warn(f"  {escape(asset.name)} ({escape(asset.display_name)})")
    session.console.err.write(f"delete {what} for good? [y/N] ")
    session.console.err.flush()
    agreed = session.seams.stdin.readline().strip().lower() in ("y", "yes")
    if not agreed:
        session.console.warn("nothing was done")
    return agreed


def finish(session: Session, operation: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The response of an operation once it is done; raises RequestRefused with its error."""
    from trainctl.render.words import escape
    from trainctl.shapes import failures_of

    if not operation.get("done"):
        from trainctl.lookup.polling import wait_operation

        operation = wait_operation(session.client, session.clock, str(operation["name"]), timeout=LONGEST)
    for failure in failures_of(operation):
        session.console.warn(f"warning: {escape(failure)}")
    if error := operation.get("error"):
        raise RequestRefused(f"{what} failed: {wire.text(wire.dig(error, 'message')) or 'no reason was given'}")
    if not operation.get("done"):
        raise Unreachable(f"{what} is not over yet: {operation.get('name')} goes on")
    response = operation.get("response")
    return response if isinstance(response, dict) else {}


def write_assets(
    session: Session,
    assets: Sequence[A],
    subject: Subject[A],
    describe: Callable[[A], Iterable[tuple[str, str]]],
    *,
    single: bool,
) -> None:
    """Models or datasets: `key: value` lines for people; for programs whole resources, an object where one is asked."""
    if session.output.is_human:
        session.console.write("\n".join(_lines(describe(asset)) for asset in assets))
        return
    from trainctl.render.machine import write_list, write_one

    console, now = session.console, session.clock.now()
    if single:
        write_one(assets[0], subject, session.output, console=console, now=now)
    else:
        write_list([assets], subject, session.output, console=console, now=now)


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    from trainctl.render.words import escape, pad

    shown = [(key, value) for key, value in pairs if value]
    width = max(len(key) for key, _ in shown) + 1
    return "".join(f"{pad(f'{key}:' if key else '', width)}  {escape(value)}\n" for key, value in shown)


def console_page(session: Session, name: ResourceName, page: str) -> str:
    """The resource's page in Google's console; empty where that cannot know it."""
    from trainctl.commands.finding import has_console_page

    if not has_console_page(session) or name.service is not VERTEX:
        return ""
    return (
        f"https://console.cloud.google.com/vertex-ai/locations/{name.location}/{page}/{name.id}?project={name.project}"
    )
