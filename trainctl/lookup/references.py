"""The ways to name a job, an operation, a model or a dataset, and the finding of what they name.

A reference is a full resource name, a bare id (of AI Platform jobs the id that their user chose), `@last` or `@2` (the
last and the second last submission from here), or a display name that only one has.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from trainctl.assets import Dataset, Model, view_dataset, view_model
from trainctl.catalog import (
    DATASETS,
    JOB_COLLECTIONS,
    MODELS,
    OPERATION_COLLECTIONS,
    VERTEX,
    VISION_DATASETS,
    VISION_MODELS,
    VISION_TRAININGS,
    ResourceName,
)
from trainctl.errors import NotFound, TrainctlError, UsageError
from trainctl.jobs import Job, view
from trainctl.lookup.parallel import side_by_side
from trainctl.lookup.trained import trainings_of
from trainctl.shapes import is_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from trainctl.api.client import Client
    from trainctl.catalog import Collection

_RECENT = re.compile(r"@(last|[1-9]\d*)")
_CANDIDATES = 5


class Named(Protocol):
    """What a reference can name."""

    @property
    def name(self) -> str:
        """Its full name."""
        ...

    @property
    def display_name(self) -> str:
        """What people call it."""
        ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True, slots=True)
class Sort(Generic[T]):
    """What is looked for: what people call one, the word of its commands, where it can be, and how it is viewed.

    The view is None for a resource that lies in one of the collections and is nothing of the sort. `versioned` says
    that `@VERSION` may stand behind a name.
    """

    noun: str
    command: str
    collections: tuple[Collection, ...]
    view: Callable[[Mapping[str, Any], Collection], T | None]
    versioned: bool = False

    def entry(self, name: ResourceName) -> Collection | None:
        """The collection of a full name, if it is one of these."""
        fitting = (each for each in self.collections if each.id == name.collection and each.service is name.service)
        return next(fitting, None) if name.entry else None


def _view_job(resource: Mapping[str, Any], collection: Collection) -> Job | None:
    return view(resource, collection) if is_job(resource, collection) else None


JOB: Sort[Job] = Sort("job", "jobs", JOB_COLLECTIONS, _view_job)
OPERATION: Sort[Job] = Sort("operation", "operations", OPERATION_COLLECTIONS, view)
MODEL: Sort[Model] = Sort("model", "models", (MODELS, VISION_MODELS), view_model, versioned=True)
DATASET: Sort[Dataset] = Sort("dataset", "datasets", (DATASETS, VISION_DATASETS), view_dataset)


def back_of(reference: str) -> int | None:
    """How many submissions back `@last` or `@2` is; None for any other reference."""
    found = _RECENT.fullmatch(reference)
    return None if found is None else 1 if found[1] == "last" else int(found[1])


@dataclass(frozen=True, slots=True)
class Finder(Generic[T]):
    """Where references are looked up.

    `recent` gives the full name of the submission that many places back, 1 being the last; it raises UsageError when
    there is none. `scope` gives project and locations, and is asked only for references that do not say them.
    `collections` are those that bare ids and display names are looked for in; a full name is asked for wherever it is.
    """

    client: Client
    sort: Sort[T]
    recent: Callable[[int], str]
    scope: Callable[[], tuple[str, Sequence[str]]]
    collections: Sequence[Collection]

    def find(self, reference: str) -> T:
        """What `reference` names, as it is now.

        Raises NotFound, UsageError for a reference that names several, and what the service says.
        """
        if back := back_of(reference):
            reference = self.recent(back)
        if self.sort.versioned and reference.endswith("@"):
            raise UsageError(f"`{reference}` names no version", hint="write `MODEL@VERSION`, or the model alone")
        if name := ResourceName.parse(reference):
            return self.get(name)
        if "/" in reference:
            example = f"projects/P/locations/L/{self.sort.collections[0].id}/ID"
            raise UsageError(f"`{reference}` is no resource name", hint=f"write {example}")
        found, failures = self._by_id(reference)
        if found:
            return self._only(found, reference)
        found, more = self._by_display_name(reference)
        version, (called, at, wanted) = "", reference.rpartition("@")
        if not found and at and self.sort.versioned:
            version, (found, more) = f"@{wanted}", self._by_display_name(called)
        if not found and (failures := failures + more):
            raise failures[0]
        return self._whole(self._only(found, reference), version)

    def _whole(self, listed: T, version: str) -> T:
        """All of what a list has shown, or of one version: lists leave out the trials of tuning jobs."""
        name = ResourceName.parse(listed.name)
        return listed if name is None else self.get(replace(name, id=f"{name.id}{version}"))

    def get(self, name: ResourceName) -> T:
        """What has that full name; raises UsageError when it is nothing of the sort."""
        collection = self.sort.entry(name)
        if collection is None:
            raise self._alien(name)
        found = self.sort.view(self.client.get(name), collection)
        if found is None:
            raise self._alien(name)
        return found

    def _alien(self, name: ResourceName) -> UsageError:
        known = ", ".join(dict.fromkeys(each.id for each in self.sort.collections))
        other = name.entry
        hint = f"{self.sort.noun}s are in {known}"
        if name.collection == "operations" and self.sort.noun != "operation":
            hint = "`trainctl operations get` shows operations"
        elif other in JOB_COLLECTIONS:
            hint = "`trainctl jobs get` shows jobs"
        return UsageError(f"`{name}` names no {self.sort.noun}", hint=hint)

    def _by_id(self, text: str) -> tuple[list[T], list[TrainctlError]]:
        able = [each for each in self.collections if each.may_have(text)]
        if not able:
            return [], []
        project, locations = self.scope()
        names = dict.fromkeys(each.name(project, place, text) for place in locations for each in able)
        return _sort([_one(answer) for answer in side_by_side(self.get, list(names))])

    def _by_display_name(self, text: str) -> tuple[list[T], list[TrainctlError]]:
        named = [each for each in self.collections if _has_names(each)]
        if not named:
            return [], []
        project, locations = self.scope()
        wanted = f"display_name={json.dumps(text, ensure_ascii=False)}"

        def look(place: tuple[str, Collection]) -> list[T]:
            location, collection = place
            if collection is VISION_TRAININGS:
                trainings = trainings_of(self.client, text, project, location)
                return [each for resource in trainings if (each := self.sort.view(resource, collection)) is not None]
            filtered = collection.service is VERTEX  # AutoML Vision's lists have no filter for names
            resources = self.client.list(
                collection,
                project,
                location,
                filter=wanted if filtered else "",
                limit=_CANDIDATES if filtered else None,
            )
            viewed = (self.sort.view(each, collection) for each in resources)
            return [each for each in viewed if each is not None and each.display_name == text]

        places = [(location, collection) for location in locations for collection in named]
        return _sort(side_by_side(look, places))

    def _only(self, found: Sequence[T], reference: str) -> T:
        if len(found) == 1:
            return found[0]
        noun, command = self.sort.noun, self.sort.command
        if not found:
            project, locations = self.scope()
            raise NotFound(
                f"there is no {noun} `{reference}` in {project}, {', '.join(locations)}",
                http_status=404,
                status="NOT_FOUND",
                hint=f"`trainctl {command} list` shows what is there; `--location` and `--project` say where to look",
            )
        names = "\n".join(each.name for each in found)
        raise UsageError(
            f"`{reference}` is the name of several {noun}s:\n{names}", hint="use an id or one of these names"
        )


def _has_names(collection: Collection) -> bool:
    """Whether its resources have display names: AI Platform's jobs and operations are known by their ids alone.

    The trainings of AutoML Vision are called as their models are.
    """
    return not collection.identity and (collection.states != "operation" or collection is VISION_TRAININGS)


def _one(answer: T | TrainctlError) -> list[T] | TrainctlError:
    return answer if isinstance(answer, TrainctlError) else [answer]


def _sort(answers: Sequence[list[T] | TrainctlError]) -> tuple[list[T], list[TrainctlError]]:
    """What was found, and what failed for another reason than that nothing is there."""
    found = [each for answer in answers if not isinstance(answer, TrainctlError) for each in answer]
    errors = [answer for answer in answers if isinstance(answer, TrainctlError)]
    return found, [error for error in errors if not isinstance(error, NotFound)]
