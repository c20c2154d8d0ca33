"""One view each of models and datasets, of Vertex AI and of AutoML Vision.

As with jobs, a view never fails: what is missing or of another type than the API documents reads as absent. Shapes:
discovery documents of aiplatform v1 and automl v1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import AUTOML, ResourceName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from trainctl.catalog import Collection

MODEL_TASKS = {
    "imageClassificationModelMetadata": "image classification",
    "imageObjectDetectionModelMetadata": "image object detection",
}
"""What a model of AutoML Vision does, by the field that has its metadata."""
DATASET_TASKS = {
    "imageClassificationDatasetMetadata": "classification",
    "imageObjectDetectionDatasetMetadata": "object detection",
}
"""What a dataset of AutoML Vision is for, by the field that has its metadata; its items are images."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What models and datasets have in common; times are aware and in UTC, `raw` is the resource as it came."""

    name: str
    collection: Collection
    display_name: str
    create_time: datetime | None
    update_time: datetime | None
    labels: Mapping[str, str]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def location(self) -> str:
        """Where it is; empty when its name does not say."""
        parsed = ResourceName.parse(self.name)
        return parsed.location if parsed else ""


@dataclass(frozen=True, slots=True)
class Model(Asset):
    """A trained model; empty strings where it says nothing.

    `type` is how it came to be (`custom`, `automl`) or, of AutoML Vision, its model type; `files` the folder with its
    files, `made_by` the pipeline. The rest only AutoML Vision's have: what the model does, the state of its deployment,
    predictions a second and node, the dataset and the model it was made from, node hours and why the training stopped.
    """

    version: str = ""
    aliases: tuple[str, ...] = ()
    type: str = ""
    description: str = ""
    files: str = ""
    made_by: str = ""
    task: str = ""
    deployment: str = ""
    node_qps: float | None = None
    dataset: str = ""
    base_model: str = ""
    budget: float | None = None
    cost: float | None = None
    stop_reason: str = ""

    @property
    def versioned_name(self) -> str:
        """The full name with its version, where it has one."""
        return f"{self.name}@{self.version}" if self.version and "@" not in self.name else self.name

    @property
    def is_edge(self) -> bool:
        """Whether it is made for devices: a TensorFlow Lite package."""
        return self.type.startswith("mobile-")


@dataclass(frozen=True, slots=True)
class Dataset(Asset):
    """A managed dataset.

    `kind` is `image`, `video`, `tabular`, `items` how many, `purpose` what one of AutoML Vision is for.
    """

    kind: str = ""
    items: int | None = None
    purpose: str = ""


def view_model(resource: Mapping[str, Any], collection: Collection) -> Model:
    """The Model in a resource of `collection`, however little of it is there."""
    if collection.service is AUTOML:
        return _vision_model(resource, collection)
    source = wire.text(wire.dig(resource, "modelSourceInfo", "sourceType"))
    return Model(
        **_common(resource, collection),
        version=wire.text(resource.get("versionId")),
        aliases=tuple(str(alias) for alias in wire.items(resource.get("versionAliases"))),
        type=source.lower().replace("_", "-"),
        description=wire.text(resource.get("versionDescription")) or wire.text(resource.get("description")),
        files=wire.text(resource.get("artifactUri")),
        made_by=wire.text(resource.get("trainingPipeline")),
    )


def view_version(resource: Mapping[str, Any], collection: Collection) -> Model:
    """The same of one version among others, with the times of the version, not of the model."""
    model = view_model(resource, collection)
    created = wire.parse_time(resource.get("versionCreateTime")) or model.create_time
    return replace(
        model, create_time=created, update_time=wire.parse_time(resource.get("versionUpdateTime")) or model.update_time
    )


def _vision_model(resource: Mapping[str, Any], collection: Collection) -> Model:
    field_, task = next(((key, task) for key, task in MODEL_TASKS.items() if key in resource), ("", ""))
    metadata = resource.get(field_)
    # The guide of Edge models shows budgets in whole hours, under another name than the API's.
    budget = _hours(wire.dig(metadata, "trainBudgetMilliNodeHours")) or wire.number(wire.dig(metadata, "trainBudget"))
    return Model(
        **_common(resource, collection),
        type=wire.text(wire.dig(metadata, "modelType")),
        task=task,
        deployment=wire.text(resource.get("deploymentState")),
        node_qps=wire.number(wire.dig(metadata, "nodeQps")),
        dataset=wire.text(resource.get("datasetId")),
        base_model=wire.text(wire.dig(metadata, "baseModelId")) or wire.text(resource.get("baseModelId")),
        budget=budget,
        cost=_hours(wire.dig(metadata, "trainCostMilliNodeHours")),
        stop_reason=wire.text(wire.dig(metadata, "stopReason")),
    )


def _hours(milli: object) -> float | None:
    number = wire.number(milli)
    return None if number is None else number / 1000


def view_dataset(resource: Mapping[str, Any], collection: Collection) -> Dataset:
    """The Dataset in a resource of `collection`, however little of it is there."""
    if collection.service is AUTOML:
        purpose = next((task for key, task in DATASET_TASKS.items() if key in resource), "")
        items = wire.whole(resource.get("exampleCount"))
        return Dataset(**_common(resource, collection), kind="image", items=items, purpose=purpose)
    # The schema of its metadata is named for the sort of data: `.../metadata/image_1.0.0.yaml`.
    kind = wire.text(resource.get("metadataSchemaUri")).rpartition("/")[2].partition("_")[0]
    return Dataset(**_common(resource, collection), kind=kind, items=wire.whole(resource.get("dataItemCount")))


def _common(resource: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
    return {
        "name": wire.text(resource.get("name")),
        "collection": collection,
        "display_name": wire.text(resource.get("displayName")),
        "create_time": wire.parse_time(resource.get("createTime")),
        "update_time": wire.parse_time(resource.get("updateTime")),
        "labels": wire.texts(resource.get("labels")),
        "raw": resource,
    }
