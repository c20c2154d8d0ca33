"""AutoML Vision v1: names, places, model types, budgets, base models."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.catalog import VISION_IDS, ResourceName
from trainctl.spec.rules import automl, names, places
from trainctl.spec.rules.budgets import node_hours
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = "AutoML v1 reference, "
GUIDE = "https://cloud.google.com/vision/automl/docs/train-edge"
HEAD = "kind: automl-vision\ndisplay_name: flowers\ndataset: ICN7\n"
_DETECTION = HEAD.replace("ICN", "IOD") + "prediction_type: object_detection\n"

MOBILE = tuple(f"mobile-{goal}-1" for goal in ("low-latency", "versatile", "high-accuracy"))
CORE_ML = tuple(f"mobile-core-ml-{goal}-1" for goal in ("low-latency", "versatile", "high-accuracy"))
TYPES = {
    "classification": ("cloud", *MOBILE, *CORE_ML),
    "object_detection": ("cloud-high-accuracy-1", "cloud-low-latency-1", *MOBILE),
}
"""Model types by prediction type; the first is what the service takes for one that is left out."""
LOCATIONS = ("us-central1", "eu")
_PREFIXES = {"ICN": "classification", "IOD": "object_detection"}
"""How ids in the guides begin, and whose they are."""
_ADVISED = {"classification": 8_000, "object_detection": 20_000}
"""The least budget that the guide names; the API takes less for Edge models."""
_ID = re.compile(rf"{VISION_IDS}|\d+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_BUDGETS = ("train_budget_milli_node_hours", "train_budget")


def task_of(fields: Fields) -> tuple[str, str]:
    """Prediction type and model type, defaults filled in."""
    prediction = fields.get("prediction_type", "classification")
    return prediction, fields.get("model_type") or TYPES[prediction][0]


def limits_of(fields: Fields) -> tuple[int, int, int]:
    """The least and the most that may be spent on a model, and what is without a word, in milli node hours."""
    prediction, wanted = task_of(fields)
    if wanted.startswith("mobile-"):
        return 1_000, 100_000, 24_000
    return (20_000, 900_000, 216_000) if prediction == "object_detection" else (8_000, 800_000, 192_000)


def budget_note(fields: Fields) -> tuple[str, ...]:
    """The budget in words, for people."""
    for _, budget in _budgets(fields):
        return (f"budget: {budget:g} milli node hours, that is {_hours(budget)}",)
    return (f"budget: left to AutoML Vision, by its documents {node_hours(limits_of(fields)[2])}",)


def _budgets(fields: Fields) -> Iterator[tuple[str, float]]:
    """The budget that is given, in milli node hours, with the field that has it."""
    for name, factor in zip(_BUDGETS, (1, 1000), strict=True):
        if fields.get(name) is not None:
            yield name, float(fields[name]) * factor


def _hours(milli: float) -> str:
    return node_hours(round(milli) if math.isfinite(milli) else milli)


def _name(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("display_name")
    if isinstance(value, str) and not _NAME.fullmatch(value):
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", value).strip("_").lstrip("0123456789_")[:32]
        hint = f"write {plain}, for example" if _NAME.fullmatch(plain) else None
        yield Finding(("display_name",), f"`{value}` is no display name of AutoML Vision", hint)


NAME = Rule(
    code="vision-name",
    sentence="AutoML Vision takes display names of at most 32 letters A to Z, digits and `_`, a letter first.",
    cure="use at most 32 of `A-Z`, `a-z`, `0-9` and `_`, a letter first",
    source=f"{REFERENCE}Model.displayName",
    check=_name,
    bad=HEAD.replace("flowers", "flowers-2026"),
    good=HEAD.replace("flowers", "flowers_2026"),
)


def _model_type(fields: Fields, _: Where) -> Iterator[Finding]:
    prediction, wanted = task_of(fields)
    if wanted not in TYPES[prediction]:
        message = f"`{wanted}` is no model type for `{prediction}`"
        hint = f"take one of {listed(TYPES[prediction], most=16)}"
        yield Finding(("model_type",), message, hint, needs=(("prediction_type",),))


MODEL_TYPE = replace(automl.MODEL_TYPE, check=_model_type)


def _location(_: Fields, where: Where) -> Iterator[Finding]:
    if where.location and where.location not in LOCATIONS:
        yield Finding(("location",), f"AutoML Vision has no models in `{where.location}`")


LOCATION = Rule(
    code="vision-location",
    sentence="AutoML Vision keeps its models in us-central1 and in eu.",
    cure=f"take {listed(LOCATIONS, last='or')}, where the dataset must be too",
    source="https://cloud.google.com/vision/automl/docs/locations",
    check=_location,
    severity=WARNING,
    bad=f"location: us-east1\n{HEAD}",
    good=f"location: eu\n{HEAD}",
)


def _resources(fields: Fields, _: Where) -> Iterator[Finding]:
    for field, collection in (("dataset", "datasets"), ("base_model", "models")):
        value = fields.get(field)
        if not isinstance(value, str):
            continue
        found = ResourceName.parse(value)
        if found is not None and found.collection != collection:
            hint = f"write `projects/PROJECT/locations/LOCATION/{collection}/ID`"
            yield Finding((field,), f"`{value}` is a name in `{found.collection}`, not in `{collection}`", hint)
        elif not _ID.fullmatch(found.id if found else value):
            hint = f"write the id, such as `ICN3104518874390609379`, or a full name in `{collection}`"
            yield Finding((field,), f"`{value}` is no id and no name in `{collection}`", hint)


RESOURCE_NAME = replace(places.RESOURCE_NAME, check=_resources)


def _dataset(fields: Fields, _: Where) -> Iterator[Finding]:
    prediction, value = task_of(fields)[0], str(fields.get("dataset", "")).rpartition("/")[2]
    whose = _PREFIXES.get(value[:3])
    if whose not in (None, prediction):
        message = f"`{value}` looks like a dataset for `{whose}`, and this is `{prediction}`"
        yield Finding(("dataset",), message, needs=(("prediction_type",),))


DATASET = Rule(
    code="vision-dataset",
    sentence="Ids of datasets begin with ICN for image classification and with IOD for object detection.",
    cure="take a dataset of the prediction type, or change that",
    source=GUIDE,
    check=_dataset,
    severity=WARNING,
    reads=("prediction_type",),
    bad=_DETECTION.replace("IOD", "ICN"),
    good=_DETECTION,
)


def _base_model(fields: Fields, _: Where) -> Iterator[Finding]:
    if "base_model" in fields and task_of(fields)[0] != "classification":
        yield Finding(("base_model",), "`base_model` is for image classification only", "remove it", at_key=True)


BASE_MODEL = replace(automl.BASE_MODEL, check=_base_model)


def _budget_range(fields: Fields, _: Where) -> Iterator[Finding]:
    least, most, _default = limits_of(fields)
    for name, budget in _budgets(fields):
        if not least <= budget <= most:
            message = (
                f"{budget:g} milli node hours are {_hours(budget)}; `{task_of(fields)[1]}` models take"
                f" {least} to {most} ({node_hours(least)} to {node_hours(most)})"
            )
            yield Finding((name,), message, _within(name, budget, least, most), needs=(("model_type",),))


def _within(name: str, budget: float, least: int, most: int) -> str:
    """What to write instead: node hours are a common slip for thousandths of them."""
    if name == "train_budget":
        return f"write a number of node hours from {least // 1000} to {most // 1000}"
    if least <= budget * 1000 <= most:
        return f"write `{round(budget * 1000)}` for {_hours(budget * 1000)}"
    return f"write a number from {least} to {most}"


BUDGET_RANGE = Rule(
    code="vision-budget",
    sentence="A budget is within the limits of its model type: 1 to 100 node hours for Edge models.",
    cure="write a number within the limits",
    source=f"{REFERENCE}ImageClassificationModelMetadata.trainBudgetMilliNodeHours",
    check=_budget_range,
    reads=("prediction_type", "model_type"),
    bad=f"{HEAD}model_type: mobile-versatile-1\ntrain_budget_milli_node_hours: 24\n",
    good=f"{HEAD}model_type: mobile-versatile-1\ntrain_budget_milli_node_hours: 24000\n",
)


def _budget_small(fields: Fields, _: Where) -> Iterator[Finding]:
    prediction, least = task_of(fields)[0], limits_of(fields)[0]
    for name, budget in _budgets(fields):
        if least <= budget < _ADVISED[prediction]:
            message = f"{_hours(budget)}: Google advises {_ADVISED[prediction] // 1000} at least"
            yield Finding((name,), message, needs=(("prediction_type",),))


BUDGET_SMALL = Rule(
    code="vision-budget-small",
    sentence="Google advises at least 8 node hours for image classification and 20 for object detection.",
    cure="24 node hours are what Google recommends; less may do for a first try, and for a resume",
    source=GUIDE,
    check=_budget_small,
    severity=WARNING,
    reads=("prediction_type", "model_type"),
    bad=f"{HEAD}model_type: mobile-versatile-1\ntrain_budget: 1\n",
    good=f"{HEAD}model_type: mobile-versatile-1\ntrain_budget: 24\n",
)


def _two_budgets(fields: Fields, _: Where) -> Iterator[Finding]:
    if len(list(_budgets(fields))) > 1:
        message = "`train_budget` and `train_budget_milli_node_hours` are the same budget in two units"
        yield Finding(("train_budget",), message, at_key=True)


BUDGET_TWICE = Rule(
    code="vision-budget-twice",
    sentence="A budget is given once: in milli node hours, or in node hours as `train_budget`.",
    cure="keep one of them",
    source=f"{REFERENCE}ImageClassificationModelMetadata.trainBudgetMilliNodeHours",
    check=_two_budgets,
    bad=f"{HEAD}train_budget: 24\ntrain_budget_milli_node_hours: 24000\n",
    good=f"{HEAD}train_budget: 24\n",
)
TRAIN_BUDGET = Rule(
    code="vision-train-budget",
    sentence="`train_budget` is a number of node hours, as text or not.",
    cure="write a number such as 24",
    source=GUIDE,
    check=by_schema,
    bad=f"{HEAD}train_budget: 24h\n",
    good=f"{HEAD}train_budget: '24'\n",
)

RULES = (
    NAME,
    *(rule for rule in names.GENERAL if rule is not names.DISPLAY_NAME),
    places.LOCATION_FORM,
    LOCATION,
    RESOURCE_NAME,
    places.RESOURCE_PLACE,
    DATASET,
    MODEL_TYPE,
    BASE_MODEL,
    BUDGET_RANGE,
    BUDGET_SMALL,
    BUDGET_TWICE,
    TRAIN_BUDGET,
)
