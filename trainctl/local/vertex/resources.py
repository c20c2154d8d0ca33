"""The collections that the engine serves: one row each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.bodies import has_path, to_snake
from trainctl.local.protocol.comparing import EXACT, ORDERED, TEXT
from trainctl.local.protocol.paging import PAGE_SIZES
from trainctl.reference import load_discovery_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

JOB_FILTERS = {
    "display_name": TEXT,
    "state": EXACT,
    "create_time": ORDERED,
    "update_time": ORDERED,
    "labels": TEXT,
}
"""Fields and operators that `filter` knows, per the description of `filter` in ListCustomJobsRequest."""


@dataclass(frozen=True, slots=True)
class Row:
    """One collection: last word of its path, schema name without the service's prefix, what errors call its body.

    `states` is the prefix of its states, empty for resources without any; `verbs` are the methods that are routed by
    `vertex_api` alike for all; `filters` maps the fields of list filters to their operators, `orders` the names that
    `orderBy` knows to fields; `describe` gives a resource as filters see it; `updatable` are the fields of a patch.
    `masked` and `read_masked` say whether get and list know `readMask`; `page_sizes` are a list's default and largest.
    """

    collection: str
    schema: str
    body: str
    verbs: frozenset[str]
    filters: dict[str, frozenset[str]]
    states: str = ""
    service: str = "vertex"
    orders: Mapping[str, str] = field(default_factory=dict)
    describe: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda resource: resource
    updatable: frozenset[str] = frozenset()
    masked: bool = False
    read_masked: bool = True
    page_sizes: tuple[int, int] = PAGE_SIZES

    @property
    def fields(self) -> frozenset[str]:
        """The snake_case names of all fields that the schema has."""
        return _list_fields(self.service, self.schema)

    def has_path(self, parts: Sequence[str]) -> bool:
        """Whether names (snake_case) lead to a field of the schema."""
        return has_path(parts, self.schema, service=self.service)


_JOB_VERBS = frozenset({"create", "get", "list", "cancel", "delete"})
_TIMES = {"create_time": "createTime", "update_time": "updateTime"}
_VERSION_TIMES = {"create_time": "versionCreateTime", "update_time": "versionUpdateTime"}
_NAMES = {"display_name": "displayName", **_TIMES}

CUSTOM_JOBS = Row("customJobs", "CustomJob", "custom_job", _JOB_VERBS, JOB_FILTERS, states="JOB_STATE_")
HYPERPARAMETER_TUNING_JOBS = Row(
    "hyperparameterTuningJobs",
    "HyperparameterTuningJob",
    "hyperparameter_tuning_job",
    frozenset({"create", "list", "cancel"}),  # the others are in `tuning.api`
    JOB_FILTERS,
    states="JOB_STATE_",
)
TRAINING_PIPELINES = Row(
    "trainingPipelines",
    "TrainingPipeline",
    "training_pipeline",
    _JOB_VERBS,
    {**JOB_FILTERS, "training_task_definition": TEXT},
    states="PIPELINE_STATE_",
)
MODELS = Row(
    "models",
    "Model",
    "model",
    frozenset({"list"}),
    {"model": EXACT, "display_name": EXACT, "labels": TEXT, "base_model_name": frozenset({"="})},
    orders=_NAMES,
    describe=lambda model: {**model, "model": model["name"].rpartition("/")[2]},
    updatable=frozenset({"display_name", "description", "labels"}),
)
MODEL_VERSIONS = Row("versions", "Model", "model", frozenset(), {"labels": TEXT}, orders=_VERSION_TIMES)
EVALUATIONS = Row("evaluations", "ModelEvaluation", "model_evaluation", frozenset(), {"display_name": TEXT})
SLICES = Row("slices", "ModelEvaluationSlice", "model_evaluation_slice", frozenset(), {"slice_dimension": EXACT})
DATASETS = Row(
    "datasets",
    "Dataset",
    "dataset",
    frozenset({"get", "list", "patch"}),
    {"display_name": EXACT, "metadata_schema_uri": EXACT, "labels": TEXT},
    orders=_NAMES,
    updatable=frozenset({"display_name", "description", "labels"}),
    masked=True,
)

ROWS = {row.collection: row for row in (CUSTOM_JOBS, HYPERPARAMETER_TUNING_JOBS, TRAINING_PIPELINES, MODELS, DATASETS)}


@cache
def _list_fields(service: str, schema: str) -> frozenset[str]:
    document = load_discovery_schema(service)
    properties = document["schemas"][document["prefix"] + schema]["properties"]
    return frozenset(to_snake(name) for name in properties)
