"""The conditions that select jobs, for lists and for every command that can do something with many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.catalog import JOB_COLLECTIONS, VERTEX
from trainctl.commands import Session
from trainctl.commands.candidates import job_kinds, state_words
from trainctl.commands.finding import find_jobs, locations, warn_of_closed, warn_of_unknown
from trainctl.commands.listing import Filter, Limit, cut, report_failures
from trainctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from trainctl.jobs import Job
    from trainctl.lookup.listing import Listing
    from trainctl.lookup.selection import Selection
    from trainctl.phases import Phase

TABLE_MASK = "name,displayName,state,createTime,startTime,endTime,updateTime,labels"
"""The fields that a narrow table shows and that selections look at."""
MASK_ADDITIONS = {"trainingPipelines": ",trainingTaskDefinition"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """The options that select jobs, whatever else a command has options for."""

    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            help="Only these states; also `active`, `ended`",
            metavar="STATE",
            autocompletion=state_words,
        ),
    ] = None
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", help="Only these kinds: custom, automl-image, ...", metavar="KIND", autocompletion=job_kinds
        ),
    ] = None
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Only these display names; `*` is anything", metavar="NAME")
    ] = None
    label: Annotated[
        list[str] | None, typer.Option("--label", help="Only jobs with these labels", metavar="KEY[=VALUE]")
    ] = None

    @property
    def given(self) -> bool:
        """Whether there is a condition; a limit alone selects nothing."""
        return any(getattr(self, each.name) for each in fields(self) if each.name != "limit")

    def selection(self, now: datetime, *, phases: frozenset[Phase] = frozenset()) -> Selection:  # noqa: ARG002
        """The conditions, read; `phases` are those meant where no state is given. Raises UsageError."""
        from trainctl.lookup.selection import Selection, read_kinds, read_labels, read_phases

        return Selection(
            phases=read_phases(self.state or ()) or phases,
            kinds=read_kinds(self.kind or ()),
            names=tuple(self.name or ()),
            labels=read_labels(self.label or ()),
        )


@dataclass(frozen=True, slots=True)
class Wanted(Conditions):
    """The same, how old and how many the jobs may be, and a filter that is passed through."""

    since: Annotated[
        str | None, typer.Option("--since", help="Only jobs created since: `2h`, `7d`, a date or time", metavar="TIME")
    ] = None
    expression: Filter = None
    limit: Limit = None

    def selection(self, now: datetime, *, phases: frozenset[Phase] = frozenset()) -> Selection:
        """The conditions, read as the others are; times are before `now`. Raises UsageError."""
        from trainctl.lookup.selection import read_since

        # `super()` finds no class here: that of a slotted dataclass is another one than its methods were written in.
        found = Conditions.selection(self, now, phases=phases)
        return replace(found, since=read_since(self.since, now), filter=self.expression or "")


def make_listing(session: Session, selection: Selection, *, size: int, short: bool) -> Listing[Job]:
    """The lists of all collections that the selection leaves, in all of the session's locations.

    `size` is that of a page where all of it is shown; with `short`, jobs come with the fields of a narrow table only.
    """
    from trainctl.lookup.listing import PAGE_SIZE, Listing, sources
    from trainctl.lookup.trained import ModelNames

    wanted = selection.collections(JOB_COLLECTIONS if selection.kinds else session.collections)
    warn_of_closed(session, (each.service for each in wanted))
    warn_of_unknown(session)
    masks = {each.id: TABLE_MASK + MASK_ADDITIONS.get(each.id, "") for each in wanted if each.service is VERTEX}
    lists = sources(wanted, session.project, locations(session))
    if any(map(selection.leaves_out, wanted)):
        size = PAGE_SIZE
    take = ModelNames(session.client).through(selection.take)
    return Listing(session.client, lists, take, selection.expression, masks if short else {}, size)


def choose_jobs(
    session: Session,
    references: Sequence[str] | None,
    wanted: Conditions,
    *,
    phases: frozenset[Phase] = frozenset(),
    short: bool = False,
) -> tuple[list[Job], ExitCode]:
    """The jobs that are named or meet the conditions, and the largest exit code of what could not be found or listed.

    Says so when no job meets them.
    """
    if not wanted.given:
        return find_jobs(session, references or ())
    if references:
        raise UsageError("jobs are both named and selected", hint="give references, or conditions such as `--state`")
    if isinstance(wanted, Wanted) and wanted.expression == "":
        raise UsageError("`--filter` is empty", hint="leave it out to select by the other conditions alone")
    from trainctl.lookup.listing import PAGE_SIZE

    selection = wanted.selection(session.clock.now(), phases=phases)
    limit = wanted.limit if isinstance(wanted, Wanted) else None
    listing = make_listing(session, selection, size=min(limit or PAGE_SIZE, PAGE_SIZE), short=short)
    jobs = [job for page in cut(listing.pages(), limit) for job in page]
    code = report_failures(session, listing)
    if not jobs:
        session.console.say(f"no jobs that match in {session.project}, {', '.join(locations(session))}")
    return jobs, code


def whole(session: Session, jobs: Sequence[Job]) -> list[Job]:
    """The jobs with all that lists leave out, such as trials. Raises the first failure."""
    from trainctl.errors import TrainctlError
    from trainctl.lookup.parallel import side_by_side
    from trainctl.lookup.polling import fetch

    answers = side_by_side(lambda job: fetch(session.client, job), jobs)
    if failure := next((each for each in answers if isinstance(each, TrainctlError)), None):
        raise failure
    return [each for each in answers if not isinstance(each, TrainctlError)]
