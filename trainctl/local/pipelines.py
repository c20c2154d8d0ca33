"""Training pipelines: a custom job behind each, and a model at the end of some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.bodies import check_body
from trainctl.local.faults import Fault
from trainctl.local.identity import make_id
from trainctl.local.states import INVALID_ARGUMENT, Problem, advance, has_ended, state_of
from trainctl.local.times import now

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
        "displayName": f"{pipeline['displayName']}-custom-job",
        "jobSpec": job_spec,
        "state": "JOB_STATE_QUEUED",
        "createTime": pipeline["createTime"],
        "updateTime": pipeline["createTime"],
    }


def follow_job(core: Core, name: str, job: Resource) -> None:
    """Brings a pipeline to where its backing job is; a job that succeeded may leave a model to upload."""
    state, error = state_of(job), job.get("error")
    problem = Problem(error["code"], error["message"]) if error else None
    if state == "FAILED" and problem is not None:
        problem = Problem(problem.code, f'Training failed with:\ncode: {problem.code}\nmessage: "{problem.message}"\n')
    with core.store.transaction():
        pipeline = core.store.fetch(name)
        if pipeline is None or has_ended(pipeline):
            return
        if state == "SUCCEEDED" and "modelToUpload" in pipeline:
            _upload_model(core, pipeline, job)
        else:
            core.store.change(name, lambda resource: advance(resource, state, problem))


def _upload_model(core: Core, pipeline: Resource, job: Resource) -> None:
    wanted = pipeline["modelToUpload"]
    uri = wanted.get("artifactUri") or f"{job['jobSpec']['baseOutputDirectory']['outputUriPrefix'].rstrip('/')}/model"
    model = _make_model(pipeline, uri)
    lack = core.buckets.describe_lack(uri)
    reason = _NO_MODEL.format(place=uri, what=lack) if lack else ""
    if core.store.fetch(model["name"]) is not None:
        reason = f"the model `{model['name']}` exists already"
    if reason:
        problem = Problem(INVALID_ARGUMENT, f"Model upload failed: {reason}.")
        core.store.change(pipeline["name"], lambda resource: advance(resource, "FAILED", problem))
        return
    core.store.insert(model)

    def finish(resource: Resource) -> Resource | None:
        return advance({**resource, "modelToUpload": model}, "SUCCEEDED")

    core.store.change(pipeline["name"], finish)


def _make_model(pipeline: Resource, uri: str) -> Resource:
    parent = pipeline["name"].rsplit("/", 2)[0]
    time = now()
    wanted = pipeline["modelToUpload"]
    return {
        **wanted,
        "name": f"{parent}/models/{pipeline.get('modelId') or make_id()}",
        "artifactUri": uri,
        "trainingPipeline": pipeline["name"],
        "versionId": "1",
        "versionAliases": [*wanted.get("versionAliases", []), "default"],
        "versionCreateTime": time,
        "versionUpdateTime": time,
        "createTime": time,
        "updateTime": time,
        "modelSourceInfo": {"sourceType": "CUSTOM"},
    }
