"""The rules of `custom` that hold for REST bodies too, and one of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.spec.rest import COVERED_TOO, INPUT_DATA, JOB, JOB_SPEC, MODEL, PIPELINE, view_of
from trainctl.spec.rules import (
    accelerators,
    code,
    datasets,
    disks,
    environment,
    machine,
    models,
    mounts,
    names,
    networks,
    places,
    pools,
    scheduling,
)
from trainctl.spec.rules.rule import REST, Fields, Finding, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.rest import RestView

_SPLITS = ("fractionSplit", "filterSplit", "predefinedSplit", "timestampSplit", "stratifiedSplit")
_PIPELINE = (
    "kind: training-pipeline\ndisplayName: example\n"
    "trainingTaskDefinition: gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml\n"
    "trainingTaskInputs:\n  workerPoolSpecs:\n  - machineSpec: {machineType: n1-standard-4}\n"
    "    replicaCount: 1\n    containerSpec: {imageUri: us-docker.pkg.dev/my-project/images/trainer:1}\n"
)
_TIME = "{key: created_at, trainingFraction: 0.8}"


def _union(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [name for name in _SPLITS if name in (fields.get("inputDataConfig") or {})]
    for name in given[1:]:
        message = f"`{name}` and `{given[0]}` are two ways to divide a dataset"
        yield Finding(("inputDataConfig", name), message, at_key=True)


SPLIT_UNION = Rule(
    code="split-union",
    sentence="An input data configuration has one split.",
    cure="keep one way",
    source=f"{REST}InputDataConfig.split is a union",
    check=_union,
    bad=f"{_PIPELINE}inputDataConfig: {{datasetId: '7', fractionSplit: {{}}, timestampSplit: {_TIME}}}\n",
    good=f"{_PIPELINE}inputDataConfig: {{datasetId: '7', timestampSplit: {_TIME}}}\n",
)

_JOB_RULES = (
    code.PACKAGE_COUNT,
    code.PACKAGE_FORM,
    code.MODULE_FORM,
    code.ARGS_LENGTH,
    pools.POOL_PRIMARY,
    pools.POOL_COUNT,
    pools.POOL_TASK,
    pools.POOL_MACHINE,
    *mounts.RULES,
    *machine.RULES,
    *accelerators.RULES,
    *disks.RULES,
    *environment.RULES,
    *scheduling.RULES,
    *names.GENERAL,
    names.PERSISTENT_RESOURCE,
    *places.GENERAL,
    *networks.RULES,
)
_MODEL_RULES = (
    *names.MODEL,
    datasets.SPLIT_SUM,
    datasets.ANNOTATION_CHOICE,
    datasets.ANNOTATION_SCHEMA,
    datasets.DATASET_TYPE,
    datasets.TIMESTAMP_FRACTIONS,
    models.MODEL_TWICE,
    models.SERVING_ROUTE,
    models.MODEL_METADATA,
)
_FRACTIONS = tuple(
    ("inputDataConfig", {name: place for place, name in COVERED_TOO.items() if place.startswith(split)})
    for split in ("timestampSplit", "stratifiedSplit")
)
_PIPELINE_PARTS = (("", PIPELINE), ("inputDataConfig", INPUT_DATA), *_FRACTIONS, ("modelToUpload", MODEL))
_JOB_VIEW = view_of(("", JOB), ("jobSpec", JOB_SPEC))
_TUNING_VIEW = view_of(("", JOB), ("trialJobSpec", JOB_SPEC))
_PIPELINE_VIEW = view_of(
    *_PIPELINE_PARTS, ("trainingTaskInputs", JOB_SPEC), ("trainingTaskInputs.trialJobSpec", JOB_SPEC)
)


def _through(view: RestView, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(replace(rule, view=view, reads=()) for rule in rules)


RAW_RULES: dict[str, tuple[Rule, ...]] = {
    "custom-job": _through(_JOB_VIEW, _JOB_RULES),
    "hyperparameter-tuning-job": _through(_TUNING_VIEW, _JOB_RULES),
    "training-pipeline": (*_through(_PIPELINE_VIEW, (*_JOB_RULES, *_MODEL_RULES)), SPLIT_UNION),
}
"""The rules of each raw kind."""
