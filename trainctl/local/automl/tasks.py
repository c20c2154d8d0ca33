"""AutoML's training tasks by their definitions: their inputs, what each is trained with, what it may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.datasets.formats import SCHEMAS
from trainctl.local.replicas.images import AUTOML_IMAGE, AUTOML_VIDEO

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFINITIONS = "gs://google-cloud-aiplatform/schema/trainingjob/definition/automl_"
_INPUTS = "SchemaTrainingjobDefinitionAutoMl"
_MOBILE = ("MOBILE_TF_LOW_LATENCY_1", "MOBILE_TF_VERSATILE_1", "MOBILE_TF_HIGH_ACCURACY_1")
_CLOUD_BUDGET, _DETECTION_BUDGET, _MOBILE_BUDGET = 192_000, 216_000, 24_000
"""In milli node hours, what Vertex AI takes where a request says nothing; of the schemas' documentation."""

_VIDEO_BUDGET = 8_000
"""Tasks on videos have no budget in their inputs."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task: the schema of its inputs, its annotations', and the environment that it is trained in, if it is.

    `model_types` are those that are trained here.
    """

    inputs: str
    annotation: str
    environment: str = ""
    model_types: tuple[str, ...] = ()
    budget: int | None = None

    @property
    def annotation_schema(self) -> str:
        """The URI of the schema of the annotations."""
        return f"{SCHEMAS}annotation/{self.annotation}_1.0.0.yaml"

    @property
    def has_budget(self) -> bool:
        """Whether requests may bound the cost, and metadata tells it."""
        return self.budget is not None


TASKS = {
    "image_classification": Task(
        f"{_INPUTS}ImageClassificationInputs",
        "image_classification",
        AUTOML_IMAGE,
        ("CLOUD", "CLOUD_1", *_MOBILE),
        _CLOUD_BUDGET,
    ),
    "image_object_detection": Task(
        f"{_INPUTS}ImageObjectDetectionInputs", "image_bounding_box", budget=_DETECTION_BUDGET
    ),
    "video_classification": Task(
        f"{_INPUTS}VideoClassificationInputs",
        "video_classification",
        AUTOML_VIDEO,
        ("CLOUD", "MOBILE_VERSATILE_1", "MOBILE_JETSON_VERSATILE_1"),
    ),
    "video_object_tracking": Task(f"{_INPUTS}VideoObjectTrackingInputs", "video_object_tracking"),
    "video_action_recognition": Task(f"{_INPUTS}VideoActionRecognitionInputs", "video_action_recognition"),
}
"""By the part of the definition's name between `automl_` and the version."""


def name_task(pipeline: Mapping[str, Any]) -> str:
    """The task of a pipeline, as in `TASKS`; empty when it is none of AutoML's."""
    definition = str(pipeline["trainingTaskDefinition"])
    return definition.removeprefix(DEFINITIONS).rpartition("_")[0] if definition.startswith(DEFINITIONS) else ""


def find_task(pipeline: Mapping[str, Any]) -> Task | None:
    """The task of a pipeline; None when it is none that the engine knows."""
    return TASKS.get(name_task(pipeline))


def budget_of(task: Task, inputs: Mapping[str, Any]) -> int:
    """Milli node hours that may be spent."""
    if task.budget is None:
        return _VIDEO_BUDGET
    usual = _MOBILE_BUDGET if inputs.get("modelType") in _MOBILE else task.budget
    return int(inputs.get("budgetMilliNodeHours") or usual)
