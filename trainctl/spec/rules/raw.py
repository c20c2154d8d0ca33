"""The rules of specs that hold for REST bodies too, and those that only bodies can break."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.spec.reading import view_of
from trainctl.spec.rest import AUTOML, COVERED_TOO, INPUT_DATA, JOB, JOB_SPEC, MODEL, PIPELINE, STUDY, TRIALS
from trainctl.spec.rules import (
    accelerators,
    automl,
    bodies,
    budgets,
    code,
    datasets,
    disks,
    environment,
    garden,
    machine,
    ml,
    models,
    mounts,
    names,
    networks,
    places,
    pools,
    scheduling,
    study,
    trials,
)

if TYPE_CHECKING:
    from trainctl.spec.reading import RestView
    from trainctl.spec.rules.rule import Rule

_CODE = (
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
    names.PERSISTENT_RESOURCE,
    *networks.RULES,
)
_TUNING = (*study.STUDY_RULES, *trials.RULES)
_GENERAL = (*names.GENERAL, *places.GENERAL)
_MODEL = (
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
_IMAGE = (
    automl.TWO_BASES,
    automl.IMAGE_LOCATION,
    *budgets.RULES,
    *garden.RULES,
    *study.STUDY_RULES,
)
_FRACTIONS = tuple(
    ("inputDataConfig", {name: place for place, name in COVERED_TOO.items() if place.startswith(split)})
    for split in ("timestampSplit", "stratifiedSplit")
)
_DATA = {name: place for name, place in INPUT_DATA.items() if name != "base_output_dir"}  # that of the job is meant
_PIPELINE = (("", PIPELINE), ("inputDataConfig", _DATA), *_FRACTIONS, ("modelToUpload", MODEL))
_INPUTS = "trainingTaskInputs"
_DEFINITION = {"prediction_type": "trainingTaskDefinition", "kind": "trainingTaskDefinition"}
_AUTOML = (*_PIPELINE, (_INPUTS, AUTOML), ("", _DEFINITION))

_CUSTOM_JOB = view_of(("", JOB), ("jobSpec", JOB_SPEC))
_TUNING_JOB = view_of(("", {**JOB, **TRIALS}), ("studySpec", STUDY), ("trialJobSpec", JOB_SPEC))
_CUSTOM_TASK = view_of(*_PIPELINE, (_INPUTS, JOB_SPEC), task="custom")
_TUNING_TASK = view_of(
    *_PIPELINE,
    (_INPUTS, TRIALS),
    (f"{_INPUTS}.studySpec", STUDY),
    (f"{_INPUTS}.trialJobSpec", JOB_SPEC),
    task="tuning",
    resource="training_pipeline",
)
_IMAGE_TASK = view_of(*_AUTOML, (f"{_INPUTS}.tunableParameter.studySpec", STUDY), task="image")
_VIDEO_TASK = view_of(*_AUTOML, task="video")
_OTHER_TASK = view_of(*_PIPELINE, task="")


def _through(view: RestView, *rules: Rule) -> tuple[Rule, ...]:
    return tuple(replace(rule, view=view) for rule in rules)


RAW_RULES: dict[str, tuple[Rule, ...]] = {
    "custom-job": _through(_CUSTOM_JOB, *_CODE, *_GENERAL),
    "hyperparameter-tuning-job": (*_through(_TUNING_JOB, *_CODE, *_GENERAL, *_TUNING), *bodies.STUDY),
    "training-pipeline": (
        *_through(_CUSTOM_TASK, *_CODE, *_GENERAL, *_MODEL),
        *_through(_TUNING_TASK, *_CODE, *_GENERAL, *_MODEL, *_TUNING),
        *_through(_IMAGE_TASK, *_GENERAL, *_MODEL, *_IMAGE),
        *_through(_VIDEO_TASK, *_GENERAL, *_MODEL, automl.VIDEO_DEPRECATED),
        *_through(_OTHER_TASK, *_GENERAL, *_MODEL),
        *bodies.PIPELINE,
    ),
    "ml-job": ml.RAW,
}
"""The rules of each raw kind; of the views on training pipelines the one fits that is for the pipeline's task."""
