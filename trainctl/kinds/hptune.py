"""Kind `hptune`: trials of the user's own training code, as a tuning job or as a training pipeline around one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.catalog import HYPERPARAMETER_TUNING_JOBS, TRAINING_PIPELINES, Call
from trainctl.kinds import Kind
from trainctl.kinds._pipelines import DEFINITIONS, around_task, encryption, is_pipeline, training_key
from trainctl.kinds._recovery import recover_around
from trainctl.kinds._study import study_spec
from trainctl.kinds._study_recovery import recover_study
from trainctl.kinds._wire import present
from trainctl.kinds._workers import base_output_dir, job_spec, local_code, uploads
from trainctl.spec.rest import TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.catalog import Collection, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule

DEFINITION = f"{DEFINITIONS}/hyperparameter_tuning_task_1.0.0.yaml"
VERSIONED = ("parent_model", "is_default_version", "model_version_aliases")


def build(spec: Spec, target: Target, stamp: Stamp) -> Call:
    """The create call of a tuning spec; `resource` decides the collection, else whether a dataset or model is named."""
    fields = spec.fields
    pipeline = is_pipeline(fields)
    body = pipeline_body(fields, target, stamp) if pipeline else job_body(fields, target, stamp)
    collection = TRAINING_PIPELINES if pipeline else HYPERPARAMETER_TUNING_JOBS
    return Call(collection, target.project, target.location, body, uploads(stamp.artifact), target.endpoints)


def tuning_task(fields: Mapping[str, Any], target: Target, stamp: Stamp) -> dict[str, Any]:
    """What a tuning job and the inputs of its pipeline have in common: the study, the trials' job, the counts."""
    study = study_spec({"measurement_selection": "best", **fields})
    counts = {wire: fields[name] for name, wire in TRIALS.items() if fields.get(name)}
    return {"studySpec": study, **counts, "trialJobSpec": job_spec(fields, target, stamp)}


def job_body(fields: Mapping[str, Any], target: Target, stamp: Stamp) -> dict[str, Any]:
    """The body of hyperparameterTuningJobs.create."""
    return present(
        {
            "displayName": fields["display_name"],
            **tuning_task(fields, target, stamp),
            "labels": fields.get("labels"),
            "encryptionSpec": encryption(training_key(fields, target)),
        }
    )


def pipeline_body(fields: Mapping[str, Any], target: Target, stamp: Stamp) -> dict[str, Any]:
    """The body of trainingPipelines.create around a tuning task."""
    task, output = tuning_task(fields, target, stamp), base_output_dir(fields, target, stamp)
    if not any(name in fields for name in VERSIONED):
        fields = {**fields, "is_default_version": False}  # the first version of a new model is its default anyway
    return around_task(fields, target, task=task, definition=DEFINITION, output=output)


def recover(collection: Collection, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields of specs that may build this body."""
    if collection is HYPERPARAMETER_TUNING_JOBS:
        task, found = body, recover_around(body, "trialJobSpec", "hyperparameter_tuning_job")
    elif body.get("trainingTaskDefinition") == DEFINITION:
        task = body.get("trainingTaskInputs") or {}
        found = recover_around(body, "trainingTaskInputs.trialJobSpec", "training_pipeline")
    else:
        return
    counts = {name: task[wire] for name, wire in TRIALS.items() if wire in task}
    for fields in found:
        yield {**fields, **recover_study(task.get("studySpec") or {}), **counts}


def rules() -> tuple[Rule, ...]:
    """The rules of training, of studies, and of how many trials there may be."""
    from trainctl.spec.rules import study, training, trials

    return (*training.RULES, *study.STUDY_RULES, *trials.RULES)


KINDS = (
    Kind(
        name="hptune",
        command=("hptune",),
        summary="Tuning of your own training code: many trials with different parameters, and the best of them",
        rules=rules,
        build=build,
        code=local_code,
        recover=recover,
    ),
)
