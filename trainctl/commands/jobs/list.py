"""`jobs list`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.catalog import JOB_COLLECTIONS, VERTEX
from trainctl.commands import Session
from trainctl.commands.finding import locations, tell
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, TrainctlError

if TYPE_CHECKING:
    from trainctl.jobs import Job
    from trainctl.lookup.listing import Listing
    from trainctl.lookup.selection import Selection
    from trainctl.render.machine import Subject

TABLE_MASK = "name,displayName,state,createTime,startTime,endTime,updateTime,labels"
"""The fields that a narrow table shows and that selections look at."""
MASK_ADDITIONS = {"trainingPipelines": ",trainingTaskDefinition"}


def list_jobs(
    session: Session,
    *,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only these states; also `active`, `ended`", metavar="STATE")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only these kinds: custom, automl-image, ...", metavar="KIND")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Only these display names; `*` is anything", metavar="NAME")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option("--label", help="Only jobs with these labels", metavar="KEY[=VALUE]")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only jobs created since: `2h`, `7d`, a date or time", metavar="TIME")
    ] = None,
    expression: Annotated[
        str | None, typer.Option("--filter", help="A filter in Google's syntax, passed through", metavar="FILTER")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", help="At most so many jobs", min=1, metavar="NUMBER")
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", help="Order: `create_time,-display_name`", metavar="COLUMNS")
    ] = None,
) -> ExitCode:
    """List jobs of all kinds, in one location or several.

    Jobs come as services and locations answer, newest first within each; --sort collects them all before it shows
    any. A location that fails is reported and the others are shown: exit code 6.
    """
    from trainctl.lookup.ordering import read_order
    from trainctl.lookup.selection import Selection, read_kinds, read_labels, read_phases, read_since

    order = read_order(sort) if sort else []
    selection = Selection(
        phases=read_phases(state or ()),
        kinds=read_kinds(kind or ()),
        names=tuple(name or ()),
        labels=read_labels(label or ()),
        since=read_since(since, session.clock.now()),
        filter=expression or "",
    )
    listing = make_listing(session, selection, limit=None if order else limit)
    count = _write(session, listing, order, limit)
    if not count and not listing.failures:
        matching = "" if selection == Selection() else " that match"
        session.console.say(f"no jobs{matching} in {session.project}, {', '.join(locations(session))}")
    return report_failures(session, listing)


def make_listing(session: Session, selection: Selection, *, limit: int | None = None) -> Listing:
    """The lists of all collections that the selection leaves, in all of the session's locations."""
    from trainctl.lookup.listing import PAGE_SIZE, Listing, sources

    wanted = selection.collections(JOB_COLLECTIONS if selection.kinds else session.collections)
    output = session.output
    bare = output.query is None and (output.format == "name" or (output.format == "table" and output.columns is None))
    masks = {each.id: TABLE_MASK + MASK_ADDITIONS.get(each.id, "") for each in wanted if each.service is VERTEX}
    lists = sources(wanted, session.project, locations(session))
    return Listing(session.client, lists, selection, masks if bare else {}, min(limit or PAGE_SIZE, PAGE_SIZE))


def _write(session: Session, listing: Listing, order: Sequence[tuple[str, bool]], limit: int | None) -> int:
    from trainctl.lookup.ordering import sort_jobs
    from trainctl.render.machine import write_list

    pages: Iterable[Sequence[Job]] = listing.pages()
    if order:
        pages = [sort_jobs((job for page in pages for job in page), order)]
    if limit:
        pages = _limited(pages, limit)
    subject = job_subject(many_locations=len(locations(session)) > 1)
    return write_list(pages, subject, session.output, console=session.console, now=session.clock.now())


def job_subject(*, many_locations: bool = False) -> Subject[Job]:
    """How jobs are shown; with many locations, theirs is in every table."""
    from trainctl.render.columns import JOB_COLUMNS
    from trainctl.render.machine import Subject

    columns = [
        replace(column, wide=False) if many_locations and column.key == "location" else column for column in JOB_COLUMNS
    ]
    return Subject(columns, raw=lambda job: job.raw, name=lambda job: job.name)


def _limited(pages: Iterable[Sequence[Job]], limit: int) -> Iterator[Sequence[Job]]:
    for page in pages:
        yield page[:limit]
        limit -= len(page)
        if limit <= 0:
            return


def report_failures(session: Session, listing: Listing) -> ExitCode:
    """Say what failed, one message once; raises it when nothing else was there."""
    failures = listing.failures
    if not failures:
        return ExitCode.OK
    if len(failures) == len(listing.sources):
        raise max((error for _, error in failures), key=lambda error: error.exit_code)
    places: dict[str, list[str]] = {}
    errors: dict[str, TrainctlError] = {}
    for source, error in failures:
        places.setdefault(error.message, []).append(str(source))
        errors[error.message] = error
    for message, names in places.items():
        error = errors[message]
        error.message = f"{', '.join(names)}: {message}"
        tell(session, error)
    return ExitCode.UNREACHABLE


NODE = Leaf(
    "list",
    list_jobs,
    (
        "trainctl jobs list",
        "trainctl jobs list --location us-central1,europe-west4 --state active",
        "trainctl jobs list --label team=plants --since 7d --sort -create_time",
        "trainctl jobs list --columns id,state,jobSpec.scheduling.timeout -o wide",
        "trainctl jobs list --state failed -o name | trainctl jobs delete - --yes",
    ),
)
