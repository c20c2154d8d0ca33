"""Kind `custom`: the user's own training code, as a custom job or as a training pipeline around one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.catalog import CUSTOM_JOBS, TRAINING_PIPELINES, Call
from trainctl.kinds import Kind
from trainctl.kinds._pipelines import DEFINITIONS, around_task, encryption, is_pipeline, training_key
from trainctl.kinds._recovery import recover_around
from trainctl.kinds._wire import present
from trainctl.kinds._workers import base_output_dir, job_spec, local_code, uploads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.catalog import Collection, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule

DEFINITION = f"{DEFINITIONS}/custom_task_1.0.0.yaml"


def build(spec: Spec, target: Target, stamp: Stamp) -> Call:
    """The create call of a custom spec; `resource` decides the collection, else whether a dataset or model is named."""
    fields = spec.fields
    pipeline = is_pipeline(fields)
    body = pipeline_body(fields, target, stamp) if pipeline else job_body(fields, target, stamp)
    collection = TRAINING_PIPELINES if pipeline else CUSTOM_JOBS
    return Call(collection, target.project, target.location, body, uploads(stamp.artifact), target.endpoints)


def job_body(fields: Mapping[str, Any], target: Target, stamp: Stamp) -> dict[str, Any]:
    """The body of customJobs.create."""
    return present(
        {
            "displayName": fields["display_name"],
            "jobSpec": job_spec(fields, target, stamp),
            "labels": fields.get("labels"),
            "encryptionSpec": encryption(training_key(fields, target)),
        }
    )


def pipeline_body(fields: Mapping[str, Any], target: Target, stamp: Stamp) -> dict[str, Any]:
    """The body of trainingPipelines.create around a custom task."""
    task, output = job_spec(fields, target, stamp), base_output_dir(fields, target, stamp)
    return around_task(fields, target, task=task, definition=DEFINITION, output=output)


def recover(collection: Collection, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields of specs that may build this body."""
    if collection is CUSTOM_JOBS:
        yield from recover_around(body, "jobSpec", "custom_job")
    elif body.get("trainingTaskDefinition") == DEFINITION:
        yield from recover_around(body, "trainingTaskInputs", "training_pipeline")


def rules() -> tuple[Rule, ...]:
    """What Google's documents say of training code, machines and places beyond shapes."""
    from trainctl.spec.rules import training

    return training.RULES


KINDS = (
    Kind(
        name="custom",
        command=("custom",),
        summary="Your own training code: a script, Python packages, a container, or several worker pools",
        rules=rules,
        build=build,
        code=local_code,
        recover=recover,
    ),
)
