"""What a training of AutoML Vision has made: its operation names the model and says no more of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import AUTOML, VISION_MODELS, VISION_TRAININGS, ResourceName
from trainctl.errors import TrainctlError
from trainctl.jobs import view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from trainctl.api.client import Client
    from trainctl.catalog import Collection
    from trainctl.jobs import Job

    Resource = Mapping[str, Any]
    Take = Callable[[Sequence[Resource], Collection], list[Job]]


def with_model(client: Client, job: Job) -> Job:
    """The job with its model's name, labels and type, where that can be looked up; any other job as it is."""
    name = ResourceName.parse(job.outputs.model) if job.collection is VISION_TRAININGS else None
    if name is None or job.display_name:
        return job
    try:
        return view({**job.raw, "response": client.get(name, service=AUTOML)}, job.collection)
    except TrainctlError:
        return job


def trainings_of(client: Client, display_name: str, project: str, location: str) -> list[Resource]:
    """The trainings in a place that have made a model of that name, with their models; none may be left of an old one.

    Raises what the lists raise.
    """
    models = {
        wire.text(each.get("name")): each
        for each in client.list(VISION_MODELS, project, location)
        if each.get("displayName") == display_name
    }
    if not models:
        return []
    listed = client.list(VISION_TRAININGS, project, location)
    found = ((wire.text(wire.dig(each, "response", "name")), each) for each in listed)
    return [{**each, "response": models[made]} for made, each in found if made in models]


@dataclass(slots=True)
class ModelNames:
    """The models of AutoML Vision by their names, one list for each location, asked for when the first is needed."""

    client: Client
    _known: dict[tuple[str, str], Mapping[str, Resource]] = field(default_factory=dict)

    def through(self, take: Take) -> Take:
        """`take`, which sees trainings with their models: so these can be chosen by display names and labels.

        Each job keeps the resource as the service gave it.
        """

        def taken(page: Sequence[Resource], collection: Collection) -> list[Job]:
            if collection is not VISION_TRAININGS:
                return take(page, collection)
            plain = {wire.text(each.get("name")): each for each in page}
            return [replace(job, raw=plain[job.name]) for job in take([self._whole(each) for each in page], collection)]

        return taken

    def _whole(self, operation: Resource) -> Resource:
        made = wire.text(wire.dig(operation, "response", "name"))
        name = ResourceName.parse(made)
        if name is None or name.collection != VISION_MODELS.id or wire.dig(operation, "response", "displayName"):
            return operation
        model = self._models(name.project, name.location).get(made)
        return {**operation, "response": model} if model else operation

    def _models(self, project: str, location: str) -> Mapping[str, Resource]:
        place = (project, location)
        if place not in self._known:
            try:
                found = self.client.list(VISION_MODELS, project, location)
                self._known[place] = {wire.text(each.get("name")): each for each in found}
            except TrainctlError:
                self._known[place] = {}  # a list without names is better than none
        return self._known[place]
