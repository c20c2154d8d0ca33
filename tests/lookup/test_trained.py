"""Trainings of AutoML Vision in lists: told and chosen by what their models are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from trainctl.catalog import CUSTOM_JOBS, VISION_MODELS, VISION_TRAININGS
from trainctl.errors import Unreachable
from trainctl.lookup.selection import Selection
from trainctl.lookup.trained import ModelNames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.api.client import Client

PLACE = "projects/p/locations/us-central1"
MODELS: list[dict[str, Any]] = [
    {"name": f"{PLACE}/models/ICN7", "displayName": "roses", "labels": {"team": "plants"}},
    {"name": f"{PLACE}/models/ICN8", "displayName": "tulips"},
]


def training(number: int, **fields: Any) -> dict[str, Any]:
    return {"name": f"{PLACE}/operations/ICN{number}", "metadata": {"createModelDetails": {}}, **fields}


PAGE = [
    training(1),
    training(2, done=True, response={"name": f"{PLACE}/models/ICN7"}),
    training(3, done=True, response={"name": f"{PLACE}/models/ICN8"}),
    training(4, done=True, response={"name": f"{PLACE}/models/ICN9"}),
    {"name": f"{PLACE}/operations/ICN5", "metadata": {"importDataDetails": {}}, "done": True},
]


@dataclass
class Models:
    """A client with one list, that of models, which may fail."""

    failure: Unreachable | None = None
    asked: list[object] = field(default_factory=list)

    def list(self, collection: object, _project: str, location: str) -> Iterator[dict[str, Any]]:
        assert collection is VISION_MODELS
        self.asked.append(location)
        if self.failure:
            raise self.failure
        return iter(MODELS)


def take(models: Models, selection: Selection, page: Any = PAGE) -> list[Any]:
    return ModelNames(cast("Client", models)).through(selection.take)(page, VISION_TRAININGS)


def test_trainings_have_the_names_of_their_models_and_keep_their_resources() -> None:
    models = Models()
    jobs = take(models, Selection())
    assert [job.display_name for job in jobs] == ["", "roses", "tulips", ""]
    assert [job.raw for job in jobs] == PAGE[:4]
    assert models.asked == ["us-central1"], "one list tells of all models of a location"


@pytest.mark.parametrize("selection", [Selection(labels={"team": "plants"}), Selection(names=("ro*",))])
def test_trainings_are_chosen_by_labels_and_names_of_their_models(selection: Selection) -> None:
    assert [job.id for job in take(Models(), selection)] == ["ICN2"]


def test_models_that_cannot_be_listed_leave_trainings_without_names() -> None:
    jobs = take(Models(Unreachable("no answer")), Selection())
    assert [job.display_name for job in jobs] == [""] * 4


def test_nothing_is_asked_where_no_training_has_ended_and_of_other_collections() -> None:
    models = Models()
    assert len(take(models, Selection(), PAGE[:1])) == 1
    names = ModelNames(cast("Client", models))
    assert [job.name for job in names.through(Selection().take)([{"name": "a"}], CUSTOM_JOBS)] == ["a"]
    assert models.asked == []
