"""What each collection does beyond being stored: checks before a create, what a create sets off, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from trainctl.local import automl, models
from trainctl.local.datasets import handover
from trainctl.local.jobs.admission import refuse_unrunnable
from trainctl.local.jobs.lifecycle import begin_job, cancel_job
from trainctl.local.jobs.states import advance, has_ended
from trainctl.local.protocol.faults import Fault
from trainctl.local.tuning import jobs as tuning
from trainctl.local.vertex import pipelines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource


class Behaviour(Protocol):
    """One collection's own ways. `core` comes first everywhere; nothing here knows of HTTP."""

    def create(self, core: Core, resource: Resource) -> Resource:
        """Stores the resource and sets going what follows from it; the resource as stored. Raises Fault."""

    def cancel(self, core: Core, resource: Resource) -> bool:
        """Asks for the end of a job; False when it has ended."""

    def check_deletion(self, resource: Resource) -> None:
        """Raises Fault when the resource cannot be deleted now."""


class CustomJobs:
    """Custom jobs run; what the engine cannot run is refused at once."""

    def create(self, core: Core, resource: Resource) -> Resource:
        """Stores the job and queues it."""
        refuse_unrunnable(core, resource["jobSpec"], at="job_spec")
        core.store.insert(resource)
        begin_job(core, resource["name"])
        return resource

    def cancel(self, core: Core, resource: Resource) -> bool:
        """Ends the job's processes."""
        return cancel_job(core, resource["name"])

    def check_deletion(self, resource: Resource) -> None:
        """Refuses a job that has not ended."""
        refuse_running(resource)


class TrainingPipelines:
    """Training pipelines make a custom job and go where it goes."""

    def create(self, core: Core, resource: Resource) -> Resource:
        """Stores the pipeline with its backing job, and queues that."""
        if resource["trainingTaskDefinition"] == tuning.TUNING_TASK:
            return self._create_tuning(core, resource)
        job_spec = automl.read_task(core, resource) if automl.is_automl(resource) else pipelines.read_task(resource)
        refuse_unrunnable(core, job_spec, at="training_task_inputs")
        _refuse_unready(core, resource, job_spec)
        job = pipelines.make_backing_job(resource, job_spec)
        metadata = {"backingCustomJob": job["name"], **automl.describe_job(job_spec)}
        pipeline = {**resource, "trainingTaskMetadata": metadata}
        with core.store.transaction():
            core.store.insert(pipeline)
            core.store.insert(job, owner=pipeline["name"])
        begin_job(core, job["name"])
        return pipeline

    def _create_tuning(self, core: Core, resource: Resource) -> Resource:
        task = tuning.read_tuning_task(resource)
        tuning.check_task(core, task, at="training_task_inputs.")
        _refuse_unready(core, resource, task["trialJobSpec"])
        job = tuning.make_backing_job(resource, task)
        pipeline = {**resource, "trainingTaskMetadata": {"backingHyperparameterTuningJob": job["name"]}}
        with core.store.transaction():
            core.store.insert(pipeline)
            core.store.insert(job, owner=pipeline["name"])
        tuning.begin(core, job["name"])
        return pipeline

    def cancel(self, core: Core, resource: Resource) -> bool:
        """Cancels the backing job."""
        backing = resource["trainingTaskMetadata"]
        tuned = backing.get("backingHyperparameterTuningJob")
        if not tuned:
            return cancel_job(core, backing["backingCustomJob"])
        if not tuning.cancel(core, tuned):
            return False
        core.store.change(resource["name"], lambda pipeline: advance(pipeline, "CANCELLING"))
        return True

    def check_deletion(self, resource: Resource) -> None:
        """Refuses a job that has not ended."""
        refuse_running(resource)


BEHAVIOURS: dict[str, Behaviour] = {
    "customJobs": CustomJobs(),
    "hyperparameterTuningJobs": tuning.HyperparameterTuningJobs(),
    "trainingPipelines": TrainingPipelines(),
}


def refuse_running(resource: Resource) -> None:
    """Raises Fault for a job that has not ended."""
    if not has_ended(resource):
        raise Fault(
            "FAILED_PRECONDITION",
            f"`{resource['name']}` cannot be deleted in state {resource['state']}; cancel it first.",
        )


def _refuse(what: str, field: str) -> Fault:
    return Fault("FAILED_PRECONDITION", f"The local engine {what} ({field}).")


def _refuse_unready(core: Core, pipeline: Resource, job_spec: Mapping[str, Any]) -> None:
    """Raises Fault for data that is not there, and for a model that would come from nowhere or could go nowhere."""
    if "inputDataConfig" in pipeline:
        handover.check(core, automl.complete(pipeline))
    if "modelToUpload" not in pipeline:
        return
    if not pipeline["modelToUpload"].get("artifactUri") and "baseOutputDirectory" not in job_spec:
        raise Fault(
            "INVALID_ARGUMENT",
            "`model_to_upload` needs `artifact_uri` in it, or `base_output_directory` in the training task's inputs.",
        )
    parent = pipeline.get("parentModel", "").partition("@")[0]
    if parent and "modelId" in pipeline:
        raise Fault("INVALID_ARGUMENT", "`model_id` names a new model and `parent_model` an existing one: give one.")
    name, model_id = pipelines.model_name(pipeline), pipeline.get("modelId", "")
    models.refuse_place(core.store, name, model_id=model_id, parent_model=parent)
