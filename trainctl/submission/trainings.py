"""Trainings of AutoML Vision by the labels of their models, which no list of the service can be filtered by.

While a model is in the making only its operation shows, and that carries no labels: then all that can be said is which
operations may be the one that is looked for.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from trainctl.catalog import SUBMISSION_LABEL, VISION_MODELS, VISION_TRAININGS
from trainctl.shapes import is_job, shape
from trainctl.wire import dig, parse_time, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from trainctl.api.client import Client
    from trainctl.catalog import Collection

Resource = dict[str, Any]
CLOCKS_APART = timedelta(minutes=2)
"""How far the service's clock may be behind ours."""


def find_labelled(
    client: Client,
    collection: Collection,
    project: str,
    location: str,
    value: str,
    *,
    label: str = SUBMISSION_LABEL,
) -> list[Resource]:
    """Every job of a collection whose label has that value, by whatever way its service has to find it."""
    if collection is VISION_TRAININGS:
        return _find_trainings(client, project, location, label, value)
    return client.find_by_label(collection, project, location, value, label=label)


def labels_of(resource: Mapping[str, Any], collection: Collection) -> Mapping[str, str]:
    """A job's labels; those of a training are its model's."""
    return texts(shape(resource, collection).get("labels"))


def find_suspects(client: Client, project: str, location: str, since: datetime) -> list[str]:
    """The names of operations that began since then to make a model which nothing shows yet: each may be ours."""
    known = {text(model.get("name")) for model in client.list(VISION_MODELS, project, location)}
    return [
        text(operation.get("name"))
        for operation in _list_trainings(client, project, location)
        if (parse_time(dig(operation, "metadata", "createTime")) or since) >= since - CLOCKS_APART
        and text(dig(operation, "response", "name")) not in known
    ]


def _find_trainings(client: Client, project: str, location: str, label: str, value: str) -> list[Resource]:
    """The operations that have made the models with that label, each with its model whole."""
    models = {
        text(model.get("name")): model
        for model in client.list(VISION_MODELS, project, location)
        if texts(model.get("labels")).get(label) == value
    }
    if not models:
        return []
    made = {text(dig(each, "response", "name")): each for each in _list_trainings(client, project, location)}
    return [{**made.get(name, _stand_in(model)), "response": model} for name, model in models.items()]


def _list_trainings(client: Client, project: str, location: str) -> list[Resource]:
    return [each for each in client.list(VISION_TRAININGS, project, location) if is_job(each, VISION_TRAININGS)]


def _stand_in(model: Mapping[str, Any]) -> Resource:
    """What can be said of the operation that made a model when the service has forgotten it: its model, and the end."""
    times = {"createTime": model.get("createTime"), "updateTime": model.get("updateTime")}
    return {"name": model.get("name"), "metadata": {**times, "createModelDetails": {}}, "done": True}
