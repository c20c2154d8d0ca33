"""What tuning jobs do beyond being stored, alone and behind a training pipeline."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.admission import refuse_unrunnable
from trainctl.local.jobs.states import advance, has_ended
from trainctl.local.logs.writing import SERVICE, LogWriter
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.identity import make_id
from trainctl.local.tuning.goals import read_goals
from trainctl.local.tuning.space import read_space, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

TUNING_TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/hyperparameter_tuning_task_1.0.0.yaml"
_TASK_FIELDS = ("studySpec", "maxTrialCount", "parallelTrialCount", "maxFailedTrialCount", "trialJobSpec")


class HyperparameterTuningJobs:
    """Tuning jobs run trials; what cannot be searched or run is refused at once."""

    def create(self, core: Core, resource: Resource) -> Resource:
        """Stores the job and begins its trials."""
        check_task(core, resource, at="")
        core.store.insert(resource)
        begin(core, resource["name"])
        return resource

    def cancel(self, core: Core, resource: Resource) -> bool:
        """Ends the trials that run; those that are over stay."""
        return cancel(core, resource["name"])

    def check_deletion(self, resource: Resource) -> None:
        """Refuses a job that has not ended."""
        if not has_ended(resource):
            raise Fault(
                "FAILED_PRECONDITION",
                f"`{resource['name']}` cannot be deleted in state {resource['state']}; cancel it first.",
            )


def check_task(core: Core, task: Mapping[str, Any], *, at: str) -> None:
    """Raises Fault for a task that Vertex AI refuses or that cannot be done here; `at` is where it stands."""
    check_search(core, task, at=at)
    ids = [("metrics", "metric_id", goal.metric) for goal in read_goals(task["studySpec"])]
    ids += [("parameters", "parameter_id", parameter.id) for parameter in walk(read_space(task["studySpec"]))]
    for field, name, value in ids:
        if any(map(str.isspace, value)):
            raise Fault("INVALID_ARGUMENT", f"study_spec.{field}: the {name} `{value}` has whitespace in it.")


def check_search(core: Core, task: Mapping[str, Any], *, at: str) -> None:
    """Raises Fault for a study that cannot be searched and for trials that cannot run; `at` is where it stands."""
    read_goals(task["studySpec"])
    read_space(task["studySpec"])
    for name in ("maxTrialCount", "parallelTrialCount"):
        if task.get(name, 0) < 1:
            raise Fault("INVALID_ARGUMENT", f"`{at}{name}` must be at least 1.")
    if task.get("maxFailedTrialCount", 0) < 0:
        raise Fault("INVALID_ARGUMENT", f"`{at}maxFailedTrialCount` must not be negative.")
    if task["studySpec"].get("algorithm") != "GRID_SEARCH" and find_spec("optuna") is None:
        raise Fault(
            "FAILED_PRECONDITION",
            "The local engine needs Optuna to search by other means than GRID_SEARCH; run `pip install optuna`.",
        )
    refuse_unrunnable(core, task["trialJobSpec"], at=f"{at}trial_job_spec")


def begin(core: Core, name: str) -> None:
    """Writes the first line of a stored job's log, and begins its trials."""
    folder = core.folder(name)
    with suppress(OSError):  # the job is stored, and has to be conducted to some end
        folder.prepare()
        log = LogWriter(folder.log_file)
        log.write(SERVICE, "INFO", ["Waiting for trials to be provisioned."])
        study = (core.store.fetch(name) or {}).get("studySpec", {})
        log.write(SERVICE, "WARNING", [f"{field} is not applied by the local engine" for field in _list_idle(study)])
        log.close()
    core.studies.begin(name)


def _list_idle(study: Mapping[str, Any]) -> Iterator[str]:
    """What a study says that has no effect here."""
    if "studyStoppingConfig" in study:
        yield "`study_stopping_config`"
    for metric in study.get("metrics", ()):
        if "safetyConfig" in metric:
            yield f"`safety_config` of `{metric['metricId']}`"


def cancel(core: Core, name: str) -> bool:
    """Asks for a job's end; False when it has ended."""
    changed = core.reserve.insist(lambda: core.store.change(name, lambda job: advance(job, "CANCELLING")))
    if changed is None:
        job = core.store.fetch(name)
        return job is not None and not has_ended(job)
    core.studies.wake(name)
    return True


def read_tuning_task(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """The tuning task in a pipeline's inputs, in canonical form. Raises Fault for wrong inputs."""
    inputs, at = pipeline["trainingTaskInputs"], "training_pipeline.training_task_inputs"
    named = {**inputs, "displayName": pipeline["displayName"]} if isinstance(inputs, dict) else inputs
    job = check_body(named, "HyperparameterTuningJob", service="vertex", at=at)
    return {name: job[name] for name in _TASK_FIELDS if name in job}


def make_backing_job(pipeline: Resource, task: Mapping[str, Any]) -> Resource:
    """The tuning job that does the work of a pipeline; the pipeline's labels are not its."""
    parent = pipeline["name"].rsplit("/", 2)[0]
    return {
        "name": f"{parent}/hyperparameterTuningJobs/{make_id()}",
        "displayName": f"{pipeline['displayName']}-hyperparameter-tuning-job"[:128],
        **task,
        "state": "JOB_STATE_QUEUED",
        "createTime": pipeline["createTime"],
        "updateTime": pipeline["createTime"],
    }
