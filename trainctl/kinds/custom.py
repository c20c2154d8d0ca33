"""Kind `custom`: the user's own training code, as a custom job or as a training pipeline around one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.catalog import CUSTOM_JOBS, TRAINING_PIPELINES, Call
from trainctl.kinds import Kind
from trainctl.kinds._pipelines import (
    DEFINITIONS,
    custom_model,
    encryption,
    input_data_config,
    registered_under,
    uploads_model,
)
from trainctl.kinds._wire import present
from trainctl.kinds._workers import base_output_dir, job_spec, local_code, uploads
from trainctl.spec.rules import CUSTOM_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Stamp, Target
    from trainctl.spec.document import Spec

DEFINITION = f"{DEFINITIONS}/custom_task_1.0.0.yaml"


def build(spec: Spec, target: Target, stamp: Stamp) -> Call:
    """The create call of a custom spec; `resource` decides the collection, else whether a dataset or model is named."""
    fields = spec.fields
    pipeline = (
        fields.get("resource", "training_pipeline" if needs_pipeline(fields) else "custom_job") == "training_pipeline"
    )
    body = pipeline_body(fields, target, stamp) if pipeline else job_body(fields, target, stamp)
    collection = TRAINING_PIPELINES if pipeline else CUSTOM_JOBS
    return Call(collection, target.project, target.location, body, uploads(stamp.artifact), target.endpoints)


def needs_pipeline(fields: Mapping[str, Any]) -> bool:
    """Whether a spec asks for what a bare custom job cannot do."""
    return bool(fields.get("dataset")) or uploads_model(fields)


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
    return present(
        {
            "displayName": fields["display_name"],
            "inputDataConfig": input_data_config(fields, base_output_dir(fields, target, stamp)),
            "trainingTaskDefinition": DEFINITION,
            "trainingTaskInputs": job_spec(fields, target, stamp),
            "modelToUpload": custom_model(fields, target),
            **registered_under(fields, target),
            "labels": fields.get("labels"),
            "encryptionSpec": encryption(training_key(fields, target)),
        }
    )


def training_key(fields: Mapping[str, Any], target: Target) -> str | None:
    """The key that encrypts the job: both names that Google's SDK has for it, then the setting."""
    return (
        fields.get("training_encryption_spec_key_name")
        or fields.get("encryption_spec_key_name")
        or target.encryption_key
    )


KINDS = (
    Kind(
        name="custom",
        command=("custom",),
        summary="Your own training code: a script, Python packages, a container, or several worker pools",
        rules=CUSTOM_RULES,
        build=build,
        code=local_code,
    ),
)
