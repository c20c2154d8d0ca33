"""Training pipelines: a custom job behind each, and a model at the end of some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local import automl, models
from trainctl.local.automl import results
from trainctl.local.jobs.states import INVALID_ARGUMENT, Problem, advance, has_ended, state_of
from trainctl.local.ml import following as ml_jobs
from trainctl.local.ml.names import job_of
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.identity import make_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

CUSTOM_TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"

_NO_MODEL = (
    "no model to upload was found: `{place}` {what}; the training code must write it to the directory in AIP_MODEL_DIR"
)


def read_task(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """The CustomJobSpec in a pipeline's inputs, in canonical form. Fault for other tasks and for wrong inputs."""
    definition = pipeline["trainingTaskDefinition"]
    if definition != CUSTOM_TASK:
        raise Fault(
            "FAILED_PRECONDITION",
            f"The local engine does not run the training task `{definition}` yet; it runs `{CUSTOM_TASK}`.",
        )
    at = "training_pipeline.training_task_inputs"
    return check_body(pipeline["trainingTaskInputs"], "CustomJobSpec", service="vertex", at=at)


def make_backing_job(pipeline: Resource, job_spec: dict[str, Any]) -> Resource:
    """The custom job that does the work of a pipeline; the pipeline's labels are not its."""
    parent = pipeline["name"].rsplit("/", 2)[0]
    return {
        "name": f"{parent}/customJobs/{make_id()}",
        "displayName": f"{pipeline['displayName']}-custom-job"[:128],
        "jobSpec": job_spec,
        "state": "JOB_STATE_QUEUED",
        "createTime": pipeline["createTime"],
        "updateTime": pipeline["createTime"],
    }


def follow_job(core: Core, name: str, job: Resource) -> None:
    """Brings a pipeline, or a job of ml.v1, to where its backing job is; a pipeline may end with a model to upload."""
    if job_of(name):
        ml_jobs.follow(core, name, job)
        return
    state, error = state_of(job), job.get("error")
    problem = Problem(error["code"], error["message"]) if error else None
    if state == "FAILED" and problem is not None:
        problem = Problem(problem.code, f'Training failed with:\ncode: {problem.code}\nmessage: "{problem.message}"\n')
    with core.store.transaction():
        pipeline = core.store.fetch(name)
        if pipeline is None or has_ended(pipeline):
            return
        if state == "SUCCEEDED" and "modelToUpload" in pipeline and not automl.is_simulated(pipeline):
            _upload_model(core, pipeline, job)
        else:
            changed = core.store.change(name, lambda resource: advance(resource, state, problem))
            if changed is not None:
                results.begin_counting(core, changed)


def _upload_model(core: Core, pipeline: Resource, job: Resource) -> None:
    uri, reason = _locate_model(core, pipeline, job["jobSpec"])
    if not reason:
        try:
            _finish(core, pipeline, models.add(core.store, _describe_model(pipeline, uri), model_name(pipeline)))
        except Fault as fault:
            reason = fault.message.rstrip(".")
    if reason:
        problem = Problem(INVALID_ARGUMENT, f"Model upload failed: {reason}.")
        core.store.change(pipeline["name"], lambda resource: advance(resource, "FAILED", problem))


def _finish(core: Core, pipeline: Resource, model: Resource) -> None:
    """The end of a pipeline whose model is there."""
    result = results.record_result(core, pipeline, model)

    def edit(resource: Resource) -> Resource | None:
        metadata = {**resource.get("trainingTaskMetadata", {}), **result}
        return advance({**resource, "modelToUpload": model, "trainingTaskMetadata": metadata}, "SUCCEEDED")

    core.store.change(pipeline["name"], edit)


def model_name(pipeline: Mapping[str, Any]) -> str:
    """The name of the model that a pipeline uploads: that of its parent model, or a new one."""
    parent: str = pipeline.get("parentModel", "").partition("@")[0]
    return parent or f"{pipeline['name'].rsplit('/', 2)[0]}/models/{pipeline.get('modelId') or make_id()}"


def _locate_model(core: Core, pipeline: Resource, job_spec: Mapping[str, Any]) -> tuple[str, str]:
    """Where the model's files should be, and why they cannot be a model, empty when they can."""
    base = job_spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "")
    uri = pipeline["modelToUpload"].get("artifactUri") or f"{base.rstrip('/')}/model"
    lack = core.buckets.describe_lack(uri)
    if lack:
        return uri, _NO_MODEL.format(place=uri, what=lack)
    parent = pipeline.get("parentModel", "").partition("@")[0]
    if parent and core.store.fetch(parent) is None:
        return uri, f"the parent model `{parent}` does not exist any more"
    if "modelId" in pipeline and core.store.fetch(model_name(pipeline)) is not None:
        return uri, f"the model `{model_name(pipeline)}` exists already"
    return uri, ""


def _describe_model(pipeline: Resource, uri: str) -> dict[str, Any]:
    source = {"artifactUri": uri, "trainingPipeline": pipeline["name"], **automl.describe_source(pipeline)}
    return {**pipeline["modelToUpload"], **source}
