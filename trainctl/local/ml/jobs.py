"""Jobs of ml.v1 beyond being stored: what is checked before a create, and what a create and a cancel set off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.lifecycle import begin_job
from trainctl.local.jobs.states import ENDED
from trainctl.local.ml import hyperparameters, outputs, predictions, timing, training
from trainctl.local.ml.following import revise
from trainctl.local.ml.names import COLLECTION
from trainctl.local.protocol.faults import Fault, refuse_fields
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.times import now
from trainctl.local.tuning import jobs as tuning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_GIVEN = ("jobId", "labels", "trainingInput", "predictionInput")
_OWN = frozenset({"name", "backing", "revision"})
"""What the engine keeps beside the fields that the API knows."""


def create(core: Core, parent: str, body: Mapping[str, Any]) -> Resource:
    """Stores a job (canonical body) with what does its work, and sets that going. Raises Fault."""
    _check_identity(body)
    job: Resource = {"name": f"{parent}/{COLLECTION}/{body['jobId']}"}
    job |= {name: body[name] for name in _GIVEN if name in body}
    job |= {"state": "QUEUED", "createTime": now()}
    backing = _make_backing(core, job)
    if "predictionInput" in job:
        job["predictionOutput"] = {"outputPath": job["predictionInput"]["outputPath"]}
    job = revise({**job, "backing": backing["name"]})
    with core.store.transaction():
        try:
            core.store.insert(job)
        except KeyError:
            message = "Field: job.job_id Error: A job with this id already exists."
            raise Fault("ALREADY_EXISTS", message) from None
        core.store.insert(backing, owner=job["name"])
    (begin_job if "jobSpec" in backing else tuning.begin)(core, backing["name"])
    timing.watch(core, job["name"])
    return job


def cancel(core: Core, job: Mapping[str, Any]) -> bool:
    """Asks for the end of a job; False when it has ended."""
    if not timing.cancel_backing(core, job):
        return False
    core.store.change(job["name"], _begin_cancelling)
    return True


def describe(core: Core, job: Mapping[str, Any]) -> dict[str, Any]:
    """A job as the API shows it."""
    shown = {name: value for name, value in job.items() if name not in _OWN}
    if "trainingInput" in job and (output := outputs.describe(core, job)):
        shown["trainingOutput"] = output
    if job["state"] == "QUEUED" and (position := core.runner.find_position(job["backing"])):
        shown["jobPosition"] = str(position)
    return shown


def _begin_cancelling(job: Resource) -> Resource | None:
    if job["state"] in (*ENDED, "CANCELLING"):
        return None
    return revise({**job, "state": "CANCELLING"})


def _check_identity(body: Mapping[str, Any]) -> None:
    if not _ID.fullmatch(body["jobId"]):
        text = (
            "job_id: A name should start with a letter and contain only letters, numbers and underscores, at most 128."
        )
        raise refuse_fields([("job.job_id", text)])
    if "trainingInput" not in body and "predictionInput" not in body:
        raise refuse_fields(
            [("job.training_input", "Required field is not set: `training_input` or `prediction_input`.")]
        )


def _make_backing(core: Core, job: Resource) -> Resource:
    """The custom job, or the tuning job, that does a job's work. Raises Fault for what cannot be done."""
    if "predictionInput" in job:
        return _make_job(job, "customJobs", {"jobSpec": predictions.make_spec(core, job["predictionInput"])})
    given = job["trainingInput"]
    training.check(core, given)
    spec = training.make_spec(given)
    if "hyperparameters" not in given:
        return _make_job(job, "customJobs", {"jobSpec": spec})
    hyperparameters.check(given["hyperparameters"])
    task = hyperparameters.make_task(given["hyperparameters"], spec)
    try:
        tuning.check_search(core, task, at="training_input.")
    except Fault as fault:
        raise hyperparameters.reword(fault) from None
    return _make_job(job, "hyperparameterTuningJobs", {**task, **_resume(core, job)})


def _make_job(job: Resource, collection: str, work: Mapping[str, Any]) -> Resource:
    return {
        "name": f"{job['name']}/{collection}/{make_id()}",
        "displayName": job["jobId"],
        **work,
        "state": "JOB_STATE_QUEUED",
        "createTime": job["createTime"],
        "updateTime": job["createTime"],
    }


def _resume(core: Core, job: Resource) -> dict[str, str]:
    """The study whose trials a new one learns from, if it resumes one. Raises Fault when that cannot be resumed."""
    spec = job["trainingInput"]["hyperparameters"]
    if not (previous := spec.get("resumePreviousJobId", "")):
        return {}
    earlier = core.store.fetch(f"{job['name'].rpartition('/')[0]}/{previous}")
    if earlier is None:
        raise hyperparameters.refuse_resumption(previous, "does not exist")
    known = earlier.get("trainingInput", {}).get("hyperparameters")
    if known is None:
        raise hyperparameters.refuse_resumption(previous, "is no hyperparameter tuning job")
    if earlier["state"] not in ENDED:
        raise hyperparameters.refuse_resumption(previous, f"has not ended: it is {earlier['state']}")
    if any(known.get(name) != spec.get(name) for name in ("params", "goal", "hyperparameterMetricTag")):
        raise hyperparameters.refuse_resumption(previous, "has another goal, other params or another metric tag")
    return {"resumes": earlier["backing"]}
