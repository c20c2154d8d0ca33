"""Lists over services and locations: written as their pages arrive, what failed told beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from trainctl.commands import Session
from trainctl.commands.finding import locations, tell
from trainctl.errors import ExitCode, TrainctlError

if TYPE_CHECKING:
    from trainctl.lookup.listing import Listing, Source
    from trainctl.render.machine import Subject

T = TypeVar("T")
GATHER = 0.15
"""Seconds for which a person waits so that the columns of what comes first from several places are in line."""
Filter = Annotated[
    str | None, typer.Option("--filter", help="A filter in Google's syntax, passed through", metavar="FILTER")
]
Limit = Annotated[int | None, typer.Option("--limit", "-n", help="At most so many", min=1, metavar="NUMBER")]
Sort = Annotated[str | None, typer.Option("--sort", help="Order: `create_time,-display_name`", metavar="COLUMNS")]


@dataclass(frozen=True, slots=True)
class Cut:
    """The options of every list of models and datasets."""

    expression: Filter = None
    limit: Limit = None
    sort: Sort = None


@dataclass(frozen=True, slots=True)
class Order:
    """The keys of `--sort`, each with True for descending, and what they mean for the things of a list."""

    terms: Sequence[tuple[str, bool]]
    keys: Mapping[str, Callable[[Any], Any]]

    @classmethod
    def read(cls, text: str | None, keys: Mapping[str, Callable[[Any], Any]]) -> Order:
        """The order that an option asks for. Raises UsageError."""
        from trainctl.lookup.ordering import read_order

        return cls(read_order(text, keys) if text else (), keys)

    def apply(self, pages: Iterable[Sequence[T]]) -> Iterable[Sequence[T]]:
        """The pages as they are, or all things in one, sorted."""
        from trainctl.lookup.ordering import sort

        return [sort((each for page in pages for each in page), self.terms, self.keys)] if self.terms else pages


def with_place(session: Session, subject: Subject[T]) -> Subject[T]:
    """The subject; where several locations are looked in, with theirs in every table."""
    if len(locations(session)) < 2:
        return subject
    columns = [replace(column, wide=False) if column.key == "location" else column for column in subject.columns]
    return replace(subject, columns=columns)


def page_size(limit: int | None, order: Order) -> int:
    """How many things to ask for at once: no more than are shown, where sorting does not need them all."""
    from trainctl.lookup.listing import PAGE_SIZE

    return PAGE_SIZE if order.terms else min(limit or PAGE_SIZE, PAGE_SIZE)


def show(
    session: Session, listing: Listing[T], subject: Subject[T], nothing: str, *, order: Order, limit: int | None
) -> ExitCode:
    """Write a list in the form asked for; `nothing` is what to call its things where there are none."""
    from trainctl.render.machine import write_list

    if session.console.out_terminal:
        listing.gather = GATHER
    pages = cut(order.apply(listing.pages()), limit)
    count = write_list(pages, subject, session.output, console=session.console, now=session.clock.now())
    if not count and not listing.split_failures()[0]:
        session.console.say(f"{nothing} in {session.project}, {', '.join(locations(session))}")
    return report_failures(session, listing)


def cut(pages: Iterable[Sequence[T]], limit: int | None) -> Iterator[Sequence[T]]:
    """The pages up to `limit` things; no page is asked for beyond them."""
    left = limit
    for page in pages:
        yield page if left is None else page[:left]
        if left is not None:
            left -= len(page)
            if left <= 0:
                return


def report_failures(session: Session, listing: Listing[T]) -> ExitCode:
    """Say what failed, one message once; raises it when nothing else was there.

    A service that does not know a filter which another one took has nothing to show: that is said, and no failure.
    """
    from trainctl.render.words import escape

    failures, deaf = listing.split_failures()
    for error, names in _by_message(deaf):
        session.console.say(f"{names} are left out: {escape(error.message)}")
    if not failures:
        return ExitCode.OK
    if len(failures) + len(deaf) == len(listing.sources):
        raise max((error for _, error in failures), key=lambda error: error.exit_code)
    for error, names in _by_message(failures):
        error.message = f"{names}: {error.message}"
        tell(session, error)
    return ExitCode.UNREACHABLE


def _by_message(failures: Iterable[tuple[Source, TrainctlError]]) -> list[tuple[TrainctlError, str]]:
    """One error of each message, and all that gave it."""
    errors: dict[str, TrainctlError] = {}
    places: dict[str, list[str]] = {}
    for source, error in failures:
        errors[error.message] = error
        places.setdefault(error.message, []).append(str(source))
    return [(error, ", ".join(places[message])) for message, error in errors.items()]
