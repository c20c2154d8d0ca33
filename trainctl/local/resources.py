"""The collections that the engine serves: one row each."""

from __future__ import annotations

from dataclasses import dataclass

from trainctl.local.comparing import EXACT, ORDERED, TEXT

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

    `states` is the prefix of its states, empty for resources without any; `verbs` are the methods that are routed;
    `filters` maps the fields of list filters to their operators.
    """

    collection: str
    schema: str
    body: str
    verbs: frozenset[str]
    filters: dict[str, frozenset[str]]
    states: str = ""
    service: str = "vertex"


_JOB_VERBS = frozenset({"create", "get", "list", "cancel", "delete"})

CUSTOM_JOBS = Row("customJobs", "CustomJob", "custom_job", _JOB_VERBS, JOB_FILTERS, states="JOB_STATE_")
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
    frozenset({"get", "list", "delete"}),
    {"display_name": TEXT, "labels": TEXT, "base_model_name": TEXT},
)

ROWS = {row.collection: row for row in (CUSTOM_JOBS, TRAINING_PIPELINES, MODELS)}
