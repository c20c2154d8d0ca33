"""Every way to name a job, an operation, a model or a dataset, in every collection; and what names none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from trainctl.catalog import (
    COLLECTIONS,
    CUSTOM_JOBS,
    DATASETS,
    HYPERPARAMETER_TUNING_JOBS,
    ML_JOBS,
    MODELS,
    OPERATIONS,
    TRAINING_PIPELINES,
    VISION_DATASETS,
    VISION_MODELS,
    VISION_OPERATIONS,
    VISION_TRAININGS,
    ResourceName,
)
from trainctl.errors import NotFound, Unreachable, UsageError
from trainctl.lookup.references import DATASET, JOB, MODEL, OPERATION, Finder, Named, Sort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.api.client import Client
    from trainctl.catalog import Collection

HERE, THERE = "projects/p/locations/us-central1", "projects/p/locations/europe-west4"
TRAINING: dict[str, Any] = {"metadata": {"createModelDetails": {}}}

# what has which full name, and how it looks
RESOURCES: dict[str, dict[str, Any]] = {
    f"{HERE}/customJobs/11": {"displayName": "digits"},
    f"{THERE}/customJobs/12": {"displayName": "twice"},
    f"{HERE}/trainingPipelines/13": {"displayName": "twice"},
    f"{HERE}/hyperparameterTuningJobs/14": {"displayName": "search 14", "trials": [{"id": "1"}]},
    "projects/p/jobs/census_7": {"jobId": "census_7"},
    f"{HERE}/operations/ICN15": TRAINING,
    f"{HERE}/operations/ICN16": {"metadata": {"importDataDetails": {}}},
    f"{HERE}/operations/17": {"metadata": {}},
    f"{HERE}/operations/ICN20": {**TRAINING, "done": True, "response": {"name": f"{HERE}/models/ICN22"}},
    f"{HERE}/datasets/18/operations/19": {"metadata": {}},
    f"{HERE}/models/21": {"displayName": "shapes"},
    f"{HERE}/models/21@2": {"versionId": "2"},
    f"{THERE}/models/my-model": {"displayName": "my-model"},
    f"{HERE}/models/ICN22": {"displayName": "flowers"},
    f"{HERE}/datasets/18": {"displayName": "pictures"},
    f"{THERE}/datasets/ICN23": {"displayName": "pictures too"},
}

# sort, reference, the full name that it leads to, and where that is looked for
FOUND: list[tuple[Sort[Any], str, str, Collection]] = [
    (JOB, f"{HERE}/customJobs/11", f"{HERE}/customJobs/11", CUSTOM_JOBS),
    (
        JOB,
        "//aiplatform.googleapis.com/projects/p/locations/us-central1/customJobs/11",
        f"{HERE}/customJobs/11",
        CUSTOM_JOBS,
    ),
    (
        JOB,
        f"https://us-central1-aiplatform.googleapis.com/v1/{HERE}/customJobs/11",
        f"{HERE}/customJobs/11",
        CUSTOM_JOBS,
    ),
    (JOB, "11", f"{HERE}/customJobs/11", CUSTOM_JOBS),
    (JOB, "12", f"{THERE}/customJobs/12", CUSTOM_JOBS),
    (JOB, "13", f"{HERE}/trainingPipelines/13", TRAINING_PIPELINES),
    (JOB, f"{HERE}/trainingPipelines/13", f"{HERE}/trainingPipelines/13", TRAINING_PIPELINES),
    (JOB, "14", f"{HERE}/hyperparameterTuningJobs/14", HYPERPARAMETER_TUNING_JOBS),
    (JOB, "search 14", f"{HERE}/hyperparameterTuningJobs/14", HYPERPARAMETER_TUNING_JOBS),
    (JOB, "digits", f"{HERE}/customJobs/11", CUSTOM_JOBS),
    (JOB, "census_7", "projects/p/jobs/census_7", ML_JOBS),
    (JOB, "projects/p/jobs/census_7", "projects/p/jobs/census_7", ML_JOBS),
    (JOB, "ICN15", f"{HERE}/operations/ICN15", VISION_TRAININGS),
    (JOB, f"{HERE}/operations/ICN15", f"{HERE}/operations/ICN15", VISION_TRAININGS),
    (JOB, "flowers", f"{HERE}/operations/ICN20", VISION_TRAININGS),
    (JOB, "@last", f"{HERE}/customJobs/11", CUSTOM_JOBS),
    (JOB, "@1", f"{HERE}/customJobs/11", CUSTOM_JOBS),
    (JOB, "@2", f"{HERE}/trainingPipelines/13", TRAINING_PIPELINES),
    (OPERATION, "17", f"{HERE}/operations/17", OPERATIONS),
    (OPERATION, f"{HERE}/datasets/18/operations/19", f"{HERE}/datasets/18/operations/19", OPERATIONS),
    (OPERATION, "ICN16", f"{HERE}/operations/ICN16", VISION_OPERATIONS),
    (OPERATION, f"{HERE}/operations/ICN15", f"{HERE}/operations/ICN15", VISION_OPERATIONS),
    (MODEL, "21", f"{HERE}/models/21", MODELS),
    (MODEL, "shapes", f"{HERE}/models/21", MODELS),
    (MODEL, "shapes@2", f"{HERE}/models/21@2", MODELS),
    (MODEL, "my-model", f"{THERE}/models/my-model", MODELS),
    (MODEL, "ICN22", f"{HERE}/models/ICN22", VISION_MODELS),
    (MODEL, "flowers", f"{HERE}/models/ICN22", VISION_MODELS),
    (MODEL, f"{HERE}/models/ICN22", f"{HERE}/models/ICN22", VISION_MODELS),
    (DATASET, "18", f"{HERE}/datasets/18", DATASETS),
    (DATASET, "pictures", f"{HERE}/datasets/18", DATASETS),
    (DATASET, "pictures too", f"{THERE}/datasets/ICN23", VISION_DATASETS),
    (DATASET, f"{THERE}/datasets/ICN23", f"{THERE}/datasets/ICN23", VISION_DATASETS),
]
NOT_FOUND: list[tuple[Sort[Any], str, type[Exception], str]] = [
    (JOB, "twice", UsageError, "`twice` is the name of several jobs:\n"),
    (JOB, "99", NotFound, "there is no job `99` in p, us-central1, europe-west4"),
    (JOB, "nobody", NotFound, "there is no job `nobody` in p, us-central1, europe-west4"),
    (JOB, f"{HERE}/customJobs/99", NotFound, "not here"),
    (JOB, "@3", UsageError, "no such submission"),
    (JOB, "a/b", UsageError, "`a/b` is no resource name"),
    (JOB, f"{HERE}/models/21", UsageError, f"`{HERE}/models/21` names no job"),
    (JOB, f"{HERE}/operations/ICN16", UsageError, f"`{HERE}/operations/ICN16` names no job"),
    (JOB, f"{HERE}/operations/17", UsageError, f"`{HERE}/operations/17` names no job"),
    (JOB, "projects/p/models/m", UsageError, "`projects/p/models/m` names no job"),
    (OPERATION, f"{HERE}/customJobs/11", UsageError, f"`{HERE}/customJobs/11` names no operation"),
    (OPERATION, "@last", UsageError, f"`{HERE}/customJobs/11` names no operation"),
    (OPERATION, "digits", NotFound, "there is no operation `digits` in p, us-central1, europe-west4"),
    (MODEL, f"{HERE}/datasets/18", UsageError, f"`{HERE}/datasets/18` names no model"),
    (MODEL, "shapes@", UsageError, "`shapes@` names no version"),
    (MODEL, f"{HERE}/models/21@", UsageError, f"`{HERE}/models/21@` names no version"),
    (MODEL, "nothing@2", NotFound, "there is no model `nothing@2` in p, us-central1, europe-west4"),
    (DATASET, "pictures@2", NotFound, "there is no dataset `pictures@2` in p, us-central1, europe-west4"),
    (DATASET, "census_7", NotFound, "there is no dataset `census_7` in p, us-central1, europe-west4"),
]


@dataclass
class Shelf:
    """A client that knows the resources above, whose lists leave out trials; `down` is a location without an answer."""

    down: str = ""
    asked: list[str] = field(default_factory=list)

    def get(self, name: ResourceName) -> dict[str, Any]:
        self.asked.append(str(name))
        if name.location and name.location == self.down:
            raise Unreachable("down")
        if str(name) not in RESOURCES:
            raise NotFound("not here", http_status=404)
        return {"name": str(name), **RESOURCES[str(name)]}

    def list(self, collection: Collection, _: str, location: str, **_more: object) -> Iterator[dict[str, Any]]:
        if location == self.down:
            raise Unreachable("down")
        for name, resource in RESOURCES.items():
            parsed = ResourceName.parse(name)
            if parsed and parsed.location == location and parsed.entry is collection:
                yield {"name": name, **{key: value for key, value in resource.items() if key != "trials"}}


def finder(sort: Sort[Any], shelf: Shelf) -> Finder[Named]:
    def recent(back: int) -> str:
        if back > 2:
            raise UsageError("no such submission")
        return [f"{HERE}/customJobs/11", f"{HERE}/trainingPipelines/13"][back - 1]

    scope = ("p", ("us-central1", "europe-west4"))
    return Finder(cast("Client", shelf), sort, recent, lambda: scope, sort.collections)


@pytest.mark.parametrize(("sort", "reference", "name", "collection"), FOUND)
def test_a_reference_leads_to_its_resource(sort: Sort[Any], reference: str, name: str, collection: Collection) -> None:
    found = cast("Any", finder(sort, Shelf()).find(reference))
    assert (found.name or f"projects/p/jobs/{found.id}", found.collection) == (name, collection)


@pytest.mark.parametrize(("sort", "reference", "error", "message"), NOT_FOUND)
def test_what_names_nothing_or_too_much_says_so(
    sort: Sort[Any], reference: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        finder(sort, Shelf()).find(reference)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("reference", ["14", "search 14", f"{HERE}/hyperparameterTuningJobs/14"])
def test_a_display_name_leads_to_the_whole_resource_as_an_id_does(reference: str) -> None:
    assert cast("Any", finder(JOB, Shelf()).find(reference)).raw["trials"] == [{"id": "1"}]


def test_every_collection_has_a_line() -> None:
    named = {id(collection) for _, _, _, collection in FOUND}
    every = [*COLLECTIONS.values(), *OPERATION.collections, *MODEL.collections, *DATASET.collections]
    assert [each.noun for each in every if id(each) not in named] == []


def test_an_id_is_asked_for_only_where_it_can_be() -> None:
    shelf = Shelf()
    finder(JOB, shelf).find("ICN15")
    assert {*shelf.asked} == {f"{THERE}/operations/ICN15", f"{HERE}/operations/ICN15", "projects/p/jobs/ICN15"}


def test_a_place_without_an_answer_matters_only_when_nothing_was_found() -> None:
    assert finder(JOB, Shelf(down="europe-west4")).find("11").name == f"{HERE}/customJobs/11"
    with pytest.raises(Unreachable):
        finder(JOB, Shelf(down="europe-west4")).find("12")
