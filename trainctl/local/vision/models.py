"""Models of AutoML Vision as its API shows them, and how good they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local import models
from trainctl.local.protocol.faults import not_found
from trainctl.local.vision.datasets import spec_id
from trainctl.local.vision.names import PREFIXES, parent_of, reveal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_SHOWN = ("displayName", "labels", "createTime", "updateTime", "etag")
_NODE_QPS = {"low-latency": 3.2, "versatile": 2.4, "high-accuracy": 1.6}
"""Online predictions a second and node; the guide shows the first."""
_COUNTS = ("truePositiveCount", "falsePositiveCount", "falseNegativeCount", "trueNegativeCount")
_AREAS = ("auPrc", "auRoc", "logLoss")
_ALL, _LARGEST_MATRIX = 2**31 - 1, 10
"""How many labels of an image count, and of how many labels there is a matrix, as the REST reference says."""


def name_of(model: Mapping[str, Any]) -> str:
    """The name that people have for a model."""
    above, _, number = reveal(str(model["name"])).rpartition("/")
    return f"{above}/{PREFIXES[model['vision']['sort']]}{number}"


def show(core: Core, model: Mapping[str, Any]) -> Resource:
    """A model in AutoML's words; not deployed, as nothing is here."""
    made = model["vision"]
    kept = {key: model[key] for key in _SHOWN if key in model}
    cost = made.get("cost") or cost_of(core, model)
    metadata = {**made["metadata"], **cost, **_speed(made["metadata"]["modelType"])}
    return {
        "name": name_of(model),
        **kept,
        "datasetId": made["datasetId"],
        "deploymentState": "UNDEPLOYED",
        f"{made['sort']}ModelMetadata": metadata,
    }


def _speed(model_type: str) -> dict[str, float]:
    return next(({"nodeQps": qps} for goal, qps in _NODE_QPS.items() if goal in model_type), {"nodeQps": 3.2})


def cost_of(core: Core, model: Mapping[str, Any]) -> dict[str, str]:
    """What a model's training has cost and why it ended, as long as its operation is there."""
    pipeline = core.store.fetch(model.get("trainingPipeline", ""))
    told = pipeline["trainingTaskMetadata"] if pipeline else {}
    words = {"trainCostMilliNodeHours": "costMilliNodeHours", "stopReason": "successfulStopReason"}
    return {name: told[theirs] for name, theirs in words.items() if theirs in told}


def keep_cost(core: Core, pipeline: Mapping[str, Any]) -> None:
    """Writes into the model of an operation that is about to go what only the operation knew."""
    name = pipeline["modelToUpload"].get("name", "")
    if core.store.fetch(name) is None:
        return
    _, version = models.find(core.store, name)
    cost = cost_of(core, {"trainingPipeline": pipeline["name"]})

    def edit(model: Resource) -> Resource:
        return {**model, "vision": {**model["vision"], "cost": cost}}

    for kept in (name, version["name"]):
        core.store.change(kept, edit)


def delete(core: Core, model: Mapping[str, Any]) -> Resource:
    """The operation that has deleted a model."""
    name = str(model["name"])
    prefix = PREFIXES[model["vision"]["sort"]]
    with core.store.transaction():
        models.delete(core.store, name)
        return core.operations.record(parent_of(name), "DeleteOperationMetadata", about=name, prefix=prefix)


def list_evaluations(core: Core, model: Mapping[str, Any]) -> Iterator[Resource]:
    """The evaluation of a whole model, then one for each label."""
    parent = f"{model['name']}@{model['versionId']}"
    for _, evaluation in core.store.scan(parent, "evaluations"):
        count = evaluation["metadata"]["heldOut"]
        name = f"{name_of(model)}/modelEvaluations"
        time = evaluation["createTime"]
        head = {"createTime": time, "evaluatedExampleCount": count}
        metrics = evaluation["metrics"]
        yield {"name": f"{name}/{_id(evaluation)}", **head, "classificationEvaluationMetrics": translate(metrics)}
        for _, part in core.store.scan(evaluation["name"], "slices"):
            label = part["slice"]["value"]
            yield {
                "name": f"{name}/{_id(part)}",
                "annotationSpecId": spec_id(label),
                "displayName": label,
                "createTime": time,
                "evaluatedExampleCount": _positives(part["metrics"]),
                "classificationEvaluationMetrics": translate(part["metrics"]),
            }


def find_evaluation(core: Core, model: Mapping[str, Any], id_: str) -> Resource:
    """One of them. Raises Fault."""
    name = f"{name_of(model)}/modelEvaluations/{id_}"
    for evaluation in list_evaluations(core, model):
        if evaluation["name"] == name:
            return evaluation
    raise not_found(name)


def translate(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Vertex AI's classification metrics in AutoML's words."""
    points = [
        {key: str(value) if key in _COUNTS else value for key, value in point.items()} | {"positionThreshold": _ALL}
        for point in metrics.get("confidenceMetrics", ())
    ]
    matrix = metrics.get("confusionMatrix")
    return {
        **{name: metrics[name] for name in _AREAS if name in metrics},
        "confidenceMetricsEntry": points,
        **({"confusionMatrix": _matrix(matrix)} if matrix and len(matrix["rows"]) <= _LARGEST_MATRIX else {}),
    }


def _matrix(matrix: Mapping[str, Any]) -> dict[str, Any]:
    labels = [spec["displayName"] for spec in matrix["annotationSpecs"]]
    return {
        "annotationSpecId": [spec_id(label) for label in labels],
        "displayName": labels,
        "row": [{"exampleCount": row} for row in matrix["rows"]],
    }


def _positives(metrics: Mapping[str, Any]) -> int:
    """Images that have a label: those found and those missed."""
    point = metrics["confidenceMetrics"][0]
    return int(point["truePositiveCount"]) + int(point["falseNegativeCount"])


def _id(resource: Mapping[str, Any]) -> str:
    return str(resource["name"]).rpartition("/")[2]
