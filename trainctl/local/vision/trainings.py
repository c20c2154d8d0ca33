"""Models of AutoML Vision in the making: a pipeline with an AutoML task for each, and what must hold before it begins.

Sources: the descriptions of `Model` and its metadata in automl v1, and for models that resume others
https://cloud.google.com/vision/automl/docs/train-edge.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from trainctl.local import models
from trainctl.local.automl.tasks import DEFINITIONS
from trainctl.local.datasets import ML_USE, SETS
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.times import now, parse_time
from trainctl.local.vertex.behaviours import BEHAVIOURS
from trainctl.local.vision import datasets
from trainctl.local.vision.names import CLASSIFICATION, DETECTION, PREFIXES, number_of, reveal, sort_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

COLLECTION = "trainingPipelines"
_TASKS = {CLASSIFICATION: "image_classification", DETECTION: "image_object_detection"}
_GOALS = {"low-latency": "LOW_LATENCY", "versatile": "VERSATILE", "high-accuracy": "HIGH_ACCURACY"}
_EDGE = {f"mobile-{goal}-1": f"MOBILE_TF_{word}_1" for goal, word in _GOALS.items()}
_CORE_ML = {f"mobile-core-ml-{goal}-1": f"MOBILE_TF_{word}_1" for goal, word in _GOALS.items()}
TYPES = {
    CLASSIFICATION: {"cloud": "CLOUD", **_EDGE, **_CORE_ML},
    DETECTION: {
        "cloud-high-accuracy-1": "CLOUD_HIGH_ACCURACY_1",
        "cloud-low-latency-1": "CLOUD_LOW_LATENCY_1",
        **_EDGE,
    },
}
"""Model types and Vertex AI's words for them; the first is the default."""
_EDGE_BUDGET = (1_000, 100_000, 24_000)
_BUDGETS = {CLASSIFICATION: (8_000, 800_000, 192_000), DETECTION: (20_000, 900_000, 216_000)}
"""Least, most and default budget in milli node hours."""
_DAYS, _LEAST_IMAGES = 14, 1000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")


def create(core: Core, parent: str, body: Mapping[str, Any]) -> Resource:
    """The pipeline that makes a model; `body` is a Model as its create call has it. Raises Fault."""
    if not _NAME.fullmatch(body["displayName"]):
        rule = "at most 32 letters A to Z, digits and `_`, a letter first"
        raise Fault("INVALID_ARGUMENT", f"`model.display_name` `{body['displayName']}` must be {rule}.")
    sort = sort_of(body, "ModelMetadata")
    if not sort:
        raise Fault("INVALID_ARGUMENT", "`model.model_metadata` must be that of images: the engine has no others.")
    dataset = datasets.find(core, f"{parent}/datasets/{body['datasetId']}")
    if sort_of(dataset, "DatasetMetadata") != sort:
        raise Fault("INVALID_ARGUMENT", f"The dataset `{body['datasetId']}` is not for such models.")
    metadata = _complete(sort, body[f"{sort}ModelMetadata"])
    if "baseModelId" in metadata:
        _check_base(core, parent, metadata, dataset)
    pipeline = _make_pipeline(core, parent, body, sort, metadata, dataset)
    return BEHAVIOURS[COLLECTION].create(core, pipeline)


def _complete(sort: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A model's metadata with type and budget, which are checked."""
    wanted = metadata.get("modelType") or next(iter(TYPES[sort]))
    if wanted not in TYPES[sort]:
        raise Fault("INVALID_ARGUMENT", f"`model_type` `{wanted}` is none of {', '.join(TYPES[sort])}.")
    least, most, usual = _EDGE_BUDGET if wanted.startswith("mobile-") else _BUDGETS[sort]
    budget = int(metadata.get("trainBudgetMilliNodeHours", usual))
    if not least <= budget <= most:
        raise Fault(
            "INVALID_ARGUMENT",
            f"`train_budget_milli_node_hours` {budget} must be from {least} to {most} for `{wanted}`.",
        )
    return {**metadata, "modelType": wanted, "trainBudgetMilliNodeHours": str(budget)}


def _check_base(core: Core, parent: str, metadata: Mapping[str, Any], dataset: Resource) -> None:
    """Raises Fault for a base model that cannot be resumed."""
    base = find_model(core, f"{parent}/models/{metadata['baseModelId']}")
    made = base["vision"]
    age = time.time() - (parse_time(base["createTime"]) or 0) / 1_000_000_000
    problems = {
        f"it was trained more than {_DAYS} days ago": age > _DAYS * 86_400,
        f"its type is `{made['metadata']['modelType']}`": made["metadata"]["modelType"] != metadata["modelType"],
        "it is not for classification": made["sort"] != CLASSIFICATION,
        "the labels of the dataset have changed": made["labelsOfData"] != _list_labels(core, dataset),
        f"the dataset has no more than {_LEAST_IMAGES} images": int(dataset.get("dataItemCount", 0)) <= _LEAST_IMAGES,
    }
    if reasons := [reason for reason, holds in problems.items() if holds]:
        raise Fault(
            "FAILED_PRECONDITION", f"The model `{metadata['baseModelId']}` cannot be resumed: {'; '.join(reasons)}."
        )


def find_model(core: Core, name: str) -> Resource:
    """A model by the name that people have for it, at the place where it is kept. Raises Fault."""
    parent, _, id_ = name.rpartition("/")
    try:
        model = models.find(core.store, f"{parent}/{number_of(id_)}")[1]
    except Fault:
        raise not_found(reveal(name)) from None
    if not id_.startswith(PREFIXES[model["vision"]["sort"]]):
        raise not_found(reveal(name))
    return models.show(model, f"{parent}/{number_of(id_)}")


def _list_labels(core: Core, dataset: Resource) -> list[str]:
    return sorted(datasets.count_labels(core, dataset["name"]))


def _make_pipeline(
    core: Core, parent: str, body: Mapping[str, Any], sort: str, metadata: Mapping[str, Any], dataset: Resource
) -> Resource:
    moment = now()
    inputs = {
        "modelType": TYPES[sort][metadata["modelType"]],
        "budgetMilliNodeHours": metadata["trainBudgetMilliNodeHours"],
        **({"multiLabel": True} if datasets.has_many_labels(dataset) else {}),
        **({"uptrainBaseModelId": number_of(metadata["baseModelId"])} if "baseModelId" in metadata else {}),
    }
    known = {"sort": sort, "metadata": dict(metadata), "datasetId": body["datasetId"]}
    return {
        "name": f"{parent}/{COLLECTION}/{PREFIXES[sort]}{make_id()}",
        "displayName": body["displayName"],
        "inputDataConfig": {
            "datasetId": body["datasetId"],
            "filterSplit": {f"{use}Filter": f"labels.{ML_USE}={use}" for use in SETS},
        },
        "trainingTaskDefinition": f"{DEFINITIONS}{_TASKS[sort]}_1.0.0.yaml",
        "trainingTaskInputs": inputs,
        "modelToUpload": {
            "displayName": body["displayName"],
            **({"labels": body["labels"]} if "labels" in body else {}),
            "vision": {**known, "labelsOfData": _list_labels(core, dataset)},
        },
        "state": "PIPELINE_STATE_QUEUED",
        "createTime": moment,
        "updateTime": moment,
    }
