"""Settling submissions whose outcome is open: by their label, over a window, since a list may lag behind a commit.

Jobs of ml.v1 have ids that their submission has chosen: they are asked for by these, and known by the label. Models of
AutoML Vision show their labels only when they are trained: until then, what was begun in the meantime is suspected.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from trainctl.api.client import RATE_PATIENCE
from trainctl.catalog import COLLECTIONS, SUBMISSION_LABEL, VISION_TRAININGS
from trainctl.errors import NotFound, TrainctlError, Unreachable
from trainctl.submission.trainings import find_labelled, find_suspects
from trainctl.wire import texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from trainctl.api.client import Client
    from trainctl.catalog import Call, Collection
    from trainctl.clock import Clock
    from trainctl.journal import Journal, Submission

SETTLING = (1.0, 2.0, 4.0, 8.0)
"""Seconds between look-ups."""
ABSENT_AFTER = 300.0
"""Seconds after which a request that no list shows was never carried out: longer than any service works at one."""


def absent_after(request_timeout: float) -> float:
    """The same of a request whose sender may still wait, with that timeout, for its turn and for an answer's end."""
    return max(ABSENT_AFTER, RATE_PATIENCE + 2 * request_timeout)


@dataclass(frozen=True, slots=True)
class Sought:
    """A submission that is looked for: by its label, or as the resource of the `id` that it has chosen.

    It was sent after `since`.
    """

    submission: str
    collection: Collection
    project: str
    location: str
    since: datetime
    id: str = ""

    @classmethod
    def of_call(cls, call: Call, submission: str, since: datetime) -> Sought:
        """The submission of a call."""
        return cls(submission, call.collection, call.project, call.location, since, call.chosen_id)

    @classmethod
    def of_row(cls, row: Submission) -> Sought:
        """The submission of a row. Raises Unreachable for a collection that this trainctl does not know."""
        collection, parts = COLLECTIONS.get(row.collection), row.parent.split("/")
        if collection is None or len(parts) != (4 if collection.placed else 2):
            raise Unreachable(f"nothing here knows where {row.collection} of `{row.parent}` are listed")
        id_ = row.display_name if collection.identity else ""
        return cls(row.id, collection, parts[1], parts[3] if collection.placed else "", row.created, id_)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What lists say of a submission: its resource, or nothing; `silence` is why the last look-up has no answer.

    `suspects` are the names of resources of which any may be the one.
    """

    resource: Mapping[str, Any] | None = None
    silence: TrainctlError | None = None
    suspects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """A row after it was looked up; `silence` is why that could not be done, `suspects` what may be its job."""

    row: Submission
    resource: Mapping[str, Any] | None = field(default=None)
    silence: TrainctlError | None = None
    suspects: tuple[str, ...] = ()


def look_up(client: Client, clock: Clock, sought: Sequence[Sought]) -> list[Sighting]:
    """What lists say of each, once all were found or the window is over."""
    sightings = [Sighting() for _ in sought]
    for pause in (0.0, *SETTLING):
        if pause:
            clock.sleep(pause)
        sightings = [
            seen if seen.resource else look(client, each) for each, seen in zip(sought, sightings, strict=True)
        ]
        if all(seen.resource for seen in sightings):
            break
    return sightings


def look(client: Client, sought: Sought) -> Sighting:
    """What one list says now; of a resource whose id is known, what the resource itself says."""
    try:
        if sought.id:
            return Sighting(_own(client, sought))
        place = (sought.project, sought.location)
        if found := find_labelled(client, sought.collection, *place, sought.submission):
            return Sighting(found[0])
        suspects = find_suspects(client, *place, sought.since) if sought.collection is VISION_TRAININGS else ()
    except TrainctlError as error:
        return Sighting(silence=error)
    return Sighting(suspects=tuple(suspects))


def _own(client: Client, sought: Sought) -> Mapping[str, Any] | None:
    """The resource of the chosen id; None while there is none, or when it is another submission's."""
    try:
        found = client.get(sought.collection.name(sought.project, sought.location, sought.id))
    except NotFound:
        return None
    return found if texts(found.get("labels")).get(SUBMISSION_LABEL) == sought.submission else None


def settle(
    client: Client,
    clock: Clock,
    journal: Journal,
    rows: Sequence[Submission],
    *,
    patience: float = ABSENT_AFTER,
    abandon: bool = False,
) -> list[Settled]:
    """The rows as they are after their labels were looked up: created, abandoned, or as open as before.

    What no list shows is given up when its request never left, when that was long ago, or with `abandon`; where its
    sender has told no outcome, not before `patience` seconds.
    """
    sightings = look_up(client, clock, [Sought.of_row(row) for row in rows])
    now = clock.now()
    settled = []
    for row, seen in zip(rows, sightings, strict=True):
        bound = patience if row.state == "sent" else ABSENT_AFTER
        late = bound if (now - row.changed).total_seconds() >= bound else None
        settled.append(_conclude(journal, row, seen, late=late, abandon=abandon))
    return settled


def _conclude(journal: Journal, row: Submission, seen: Sighting, *, late: float | None, abandon: bool) -> Settled:
    # What another submission has made is under no suspicion.
    seen = replace(seen, suspects=tuple(name for name in seen.suspects if not journal.find(name)))
    if seen.resource:
        journal.mark_created(row.id, str(seen.resource["name"]))
    elif reason := _why_absent(row, seen, late=late, abandon=abandon):
        journal.mark_abandoned(row, reason)
    return Settled(journal.get(row.id), seen.resource, seen.silence, seen.suspects)


def _why_absent(row: Submission, seen: Sighting, *, late: float | None, abandon: bool) -> str:
    """Why there can be no job, `late` being the seconds after which none is to be expected; empty when there can be."""
    if abandon:
        return "given up by hand"
    if seen.silence:
        return ""
    if row.state == "prepared":
        # From now on it cannot be sent either: `mark_sent` asks for the state that this takes away.
        return "its request was never sent"
    if not seen.suspects and late is not None:
        return f"no list shows it {late / 60:g} minutes after its request"
    return ""
