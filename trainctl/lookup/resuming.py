"""What resuming a model of AutoML Vision takes for granted: the base model's age, type and dataset, looked up.

Limits: the section "Resumable training" of https://cloud.google.com/vision/automl/docs/train-edge. The API has no list
of a dataset's labels: those that the base model was evaluated on are looked up one by one.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import AUTOML, VISION_DATASETS, VISION_MODELS, VISION_TRAININGS
from trainctl.errors import NotFound
from trainctl.lookup.findings import BASE, DATASET, TYPE, Finding, absent, name_in
from trainctl.spec.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.catalog import Call, ResourceName
    from trainctl.lookup.premises import Premises

Resource = dict[str, Any]
METADATA = "imageClassificationModelMetadata"
DEFAULT_TYPE = "cloud"
LONGEST_AGO = timedelta(days=14)
LEAST_IMAGES = 1000
MOST_LABELS = 100
"""Labels that are looked up, one request each; datasets may have five thousand."""


def resumes(call: Call) -> bool:
    """Whether a call asks for a model that resumes another."""
    return call.collection is VISION_TRAININGS and bool(wire.dig(call.body, METADATA, "baseModelId"))


def examine(premises: Premises, call: Call) -> Iterator[Finding]:
    """Everything that is not as a model of AutoML Vision needs it."""
    name = name_in(call, VISION_DATASETS, wire.text(call.body.get("datasetId")))
    dataset = premises.resource(name, AUTOML)
    if dataset is None:
        yield absent(DATASET, "dataset", name, "trainctl datasets list")
    if not resumes(call):
        return
    base_name = name_in(call, VISION_MODELS, wire.text(wire.dig(call.body, METADATA, "baseModelId")))
    base = premises.resource(base_name, AUTOML)
    if base is None:
        yield absent(BASE, "model", base_name, "trainctl models list")
        return
    yield from _base(premises, call, base_name, base)
    if dataset is not None:
        yield from _images(name, dataset)
        yield from _labels(premises, base, base_name, dataset, name)


def _base(premises: Premises, call: Call, name: ResourceName, base: Resource) -> Iterator[Finding]:
    """What the base model itself must be."""
    if METADATA not in base:
        message = f"model `{name.id}` is not for classification, and only such models can be resumed"
        yield Finding(BASE, message, "train a model from scratch, without a base model")
        return
    made = wire.parse_time(base.get("createTime"))
    if made is not None and premises.now - made > LONGEST_AGO:
        message = f"model `{name.id}` was trained {(premises.now - made).days} days ago"
        hint = f"training is resumed within {LONGEST_AGO.days} days: train from scratch, without a base model"
        yield Finding(BASE, message, hint)
    kept = wire.text(wire.dig(base, METADATA, "modelType")) or DEFAULT_TYPE
    asked = wire.text(wire.dig(call.body, METADATA, "modelType"))
    if kept != (asked or DEFAULT_TYPE):
        given = f"the job asks for `{asked}`" if asked else f"a job that names no type asks for `{DEFAULT_TYPE}`"
        yield Finding((*TYPE, *BASE), f"model `{name.id}` is of type `{kept}`, and {given}", f"ask for `{kept}`")


def _images(name: ResourceName, dataset: Mapping[str, Any]) -> Iterator[Finding]:
    count = int(wire.number(dataset.get("exampleCount")) or 0)
    if count <= LEAST_IMAGES:
        message = f"dataset `{name.id}` has {count} image{'' if count == 1 else 's'}"
        hint = f"training is resumed with more than {LEAST_IMAGES} images: train from scratch, without a base model"
        yield Finding((*BASE, *DATASET), message, hint)


def _labels(
    premises: Premises, base: Resource, base_name: ResourceName, dataset: Resource, name: ResourceName
) -> Iterator[Finding]:
    """Whether the labels are still those that the base model knows, as far as that can be seen."""
    if wire.text(base.get("datasetId")) != name.id:
        message = f"model `{base_name.id}` was trained on dataset `{wire.text(base.get('datasetId'))}`"
        hint = "resuming fails unless this dataset has the same labels, which cannot be looked up"
        yield Finding(DATASET, message, hint, Severity.WARNING)
        return
    known = 0
    for label, now, count in _known_labels(premises, base_name, name):
        known += count
        if now != label:
            became = f"is called `{now}` now" if now else "is gone"
            message = f"the label `{label}`, which model `{base_name.id}` knows, {became}"
            yield Finding(DATASET, message, "training cannot be resumed when labels have changed: train from scratch")
    single = wire.dig(dataset, "imageClassificationDatasetMetadata", "classificationType") == "MULTICLASS"
    images = int(wire.number(dataset.get("exampleCount")) or 0)
    if single and 0 < known < images:
        message = f"{images - known} images of dataset `{name.id}` have none of the labels that the base model knows"
        hint = "training cannot be resumed when labels were added since"
        yield Finding(DATASET, message, hint, Severity.WARNING)


def _known_labels(premises: Premises, base: ResourceName, dataset: ResourceName) -> Iterator[tuple[str, str, int]]:
    """The labels that a model was evaluated on, as they were, as they are now (empty when gone), on how many images."""
    evaluations = premises.client.list_below(str(base), "modelEvaluations", "modelEvaluation")
    of_labels = (each for each in evaluations if each.get("annotationSpecId"))
    for evaluation in islice(of_labels, MOST_LABELS):
        below = f"annotationSpecs/{wire.text(evaluation.get('annotationSpecId'))}"
        try:
            spec = premises.client.get_below(dataset, below, service=AUTOML)
        except NotFound:
            spec = {}
        count = int(wire.number(spec.get("exampleCount")) or 0)
        yield wire.text(evaluation.get("displayName")), wire.text(spec.get("displayName")), count
