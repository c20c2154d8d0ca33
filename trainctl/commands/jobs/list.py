"""`jobs list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.jobs.wanted import Wanted, make_listing
from trainctl.commands.listing import Order, Sort, page_size, show, with_place
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from trainctl.jobs import Job
    from trainctl.render.machine import Output, Subject


def list_jobs(session: Session, *, wanted: Wanted, sort: Sort = None) -> ExitCode:
    """List jobs of all kinds, in one location or several.

    Jobs come as services and locations answer, newest first within each; --sort collects them all before it shows
    any. A location that fails is reported and the others are shown: exit code 6.
    """
    from trainctl.lookup.ordering import JOB_KEYS
    from trainctl.lookup.selection import Selection

    order = Order.read(sort, JOB_KEYS)
    selection = wanted.selection(session.clock.now())
    size = page_size(wanted.limit, order)
    listing = make_listing(session, selection, size=size, short=is_short(session.output))
    subject = with_place(session, job_subject())
    nothing = "no jobs" if selection == Selection() else "no jobs that match"
    return show(session, listing, subject, nothing, order=order, limit=wanted.limit)


def is_short(output: Output) -> bool:
    """Whether the fields of a narrow table are all that is shown."""
    return output.query is None and (output.format == "name" or (output.format == "table" and output.columns is None))


def job_subject() -> Subject[Job]:
    """How jobs are shown."""
    from trainctl.render.columns import JOB_COLUMNS
    from trainctl.render.machine import Subject

    return Subject(JOB_COLUMNS, raw=lambda job: job.raw, name=lambda job: job.name)


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
