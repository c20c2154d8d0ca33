"""The ways to name a job, and the finding of what they name.

A reference is a full resource name, a bare id (of AI Platform jobs the id that their user chose), `@last` or `@2` (the
last and the second last submission from here), or a display name that only one job has.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.catalog import JOB_COLLECTIONS, VERTEX, ResourceName
from trainctl.errors import NotFound, TrainctlError, UsageError
from trainctl.jobs import view
from trainctl.lookup.parallel import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trainctl.api.client import Client
    from trainctl.catalog import Collection
    from trainctl.jobs import Job

_RECENT = re.compile(r"@(last|[1-9]\d*)")
_CANDIDATES = 5


def back_of(reference: str) -> int | None:
    """How many submissions back `@last` or `@2` is; None for any other reference."""
    found = _RECENT.fullmatch(reference)
    return None if found is None else 1 if found[1] == "last" else int(found[1])


@dataclass(frozen=True, slots=True)
class Finder:
    """Where references are looked up.

    `recent` gives the full name of the submission that many places back, 1 being the last; it raises UsageError when
    there is none. `scope` gives project and locations, and is asked only for references that do not say them.
    `collections` are those that bare ids and display names are looked for in; a full name is asked for wherever it is.
    """

    client: Client
    recent: Callable[[int], str]
    scope: Callable[[], tuple[str, Sequence[str]]]
    collections: Sequence[Collection] = JOB_COLLECTIONS

    def find(self, reference: str) -> Job:
        """The job that `reference` names, as it is now.

        Raises NotFound, UsageError for a reference that names several, and what the service says.
        """
        if back := back_of(reference):
            reference = self.recent(back)
        if name := ResourceName.parse(reference):
            return self.get(name)
        if "/" in reference:
            raise UsageError(f"`{reference}` is no resource name", hint="write projects/P/locations/L/customJobs/ID")
        found, failures = self._by_id(reference)
        if not found:
            found, more = self._by_display_name(reference)
            failures += more
        if not found and failures:
            raise failures[0]
        return self._only(found, reference)

    def get(self, name: ResourceName) -> Job:
        """The job of that full name; raises UsageError when its collection holds no jobs."""
        collection = name.entry
        if collection not in JOB_COLLECTIONS:
            known = ", ".join(each.id for each in JOB_COLLECTIONS)
            raise UsageError(f"`{name}` names no job", hint=f"jobs are in {known}")
        return view(self.client.get(name), collection)

    def _by_id(self, text: str) -> tuple[list[Job], list[TrainctlError]]:
        able = [each for each in self.collections if each.may_have(text)]
        if not able:
            return [], []
        project, locations = self.scope()
        names = dict.fromkeys(each.name(project, place, text) for place in locations for each in able)
        return _sort([_one(answer) for answer in side_by_side(self.get, list(names))])

    def _by_display_name(self, text: str) -> tuple[list[Job], list[TrainctlError]]:
        project, locations = self.scope()
        wanted = f"display_name={json.dumps(text, ensure_ascii=False)}"

        def look(place: tuple[str, Collection]) -> list[Job]:
            location, collection = place
            resources = self.client.list(collection, project, location, filter=wanted, limit=_CANDIDATES)
            return [job for job in (view(each, collection) for each in resources) if job.display_name == text]

        # The older services know their jobs by id alone.
        named = [collection for collection in self.collections if collection.service is VERTEX]
        places = [(location, collection) for location in locations for collection in named]
        return _sort(side_by_side(look, places))

    def _only(self, found: Sequence[Job], reference: str) -> Job:
        if len(found) == 1:
            return found[0]
        project, locations = self.scope()
        if not found:
            raise NotFound(
                f"there is no job `{reference}` in {project}, {', '.join(locations)}",
                http_status=404,
                status="NOT_FOUND",
                hint="`trainctl jobs list` shows what is there; `--location` and `--project` say where to look",
            )
        names = "\n".join(job.name for job in found)
        raise UsageError(f"`{reference}` is the name of several jobs:\n{names}", hint="use an id or one of these names")


def _one(answer: Job | TrainctlError) -> list[Job] | TrainctlError:
    return answer if isinstance(answer, TrainctlError) else [answer]


def _sort(answers: Sequence[list[Job] | TrainctlError]) -> tuple[list[Job], list[TrainctlError]]:
    """What was found, and what failed for another reason than that nothing is there."""
    found = [job for answer in answers if not isinstance(answer, TrainctlError) for job in answer]
    errors = [answer for answer in answers if isinstance(answer, TrainctlError)]
    return found, [error for error in errors if not isinstance(error, NotFound)]
