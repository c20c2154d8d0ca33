"""Trials as they are stored: one row each below their tuning job, and a custom job that runs each.

The tuning job's own row does not hold them, so that a change of one trial writes one trial.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.states import state_of
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.times import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

OVER = frozenset({"SUCCEEDED", "INFEASIBLE"})
_OF_A_RUN = ("startTime", "measurements")
"""What a trial that runs again has to say anew."""

_PARENT = "/hyperparameterTuningJobs/"


def is_trial(name: str) -> bool:
    """Whether a resource's name is a trial's."""
    return _PARENT in name and "/trials/" in name


def trial_of(core: Core, job: str) -> str:
    """The number of the trial that a custom job runs; empty for other jobs."""
    owner = core.store.owner_of(job) or ""
    return owner.rpartition("/")[2] if is_trial(owner) else ""


def study_of(trial: str) -> str:
    """The name of the tuning job that a trial belongs to."""
    return trial.partition("/trials/")[0]


def list_trials(core: Core, study: str) -> list[Resource]:
    """All trials of a tuning job, the first one first."""
    return [trial for _, trial in core.store.scan(study, "trials")][::-1]


def list_resumed(core: Core, study: Resource) -> list[Resource]:
    """All trials of the study that one resumes, after those of the study that that one resumed."""
    earlier = core.store.fetch(study.get("resumes", ""))
    return [*list_resumed(core, earlier), *list_trials(core, earlier["name"])] if earlier else []


def was_stopped(core: Core, trial: Mapping[str, Any]) -> bool:
    """Whether a trial that is over was ended early, and has a result nevertheless."""
    job = core.store.fetch(trial["customJob"])
    return trial["state"] == "SUCCEEDED" and job is not None and state_of(job) == "CANCELLED"


def add_trial(core: Core, study: Resource, number: int, values: Mapping[str, Any]) -> Resource:
    """Stores a trial and the job that runs it, which is still to be queued."""
    trial: Resource = {
        "name": f"{study['name']}/trials/{number}",
        "id": str(number),
        "state": "REQUESTED",
        "parameters": [{"parameterId": name, "value": value} for name, value in values.items()],
    }
    with core.store.transaction():
        core.store.insert(trial)
        return give_job(core, study, trial)


def give_job(core: Core, study: Resource, trial: Resource) -> Resource:
    """The trial with a new custom job, the one that runs it from now on."""
    job = make_job(study, trial)
    with core.store.transaction():
        core.store.insert(job, owner=trial["name"])
        kept = {name: value for name, value in trial.items() if name not in _OF_A_RUN}
        changed = {**kept, "state": "REQUESTED", "customJob": job["name"]}
        return core.store.change(trial["name"], lambda _: changed) or changed


def make_job(study: Resource, trial: Resource) -> Resource:
    """A trial's custom job: the study's job spec with the values as further arguments, and outputs of its own."""
    spec = deepcopy(study["trialJobSpec"])
    arguments = [f"--{one['parameterId']}={write(one['value'])}" for one in trial["parameters"]]
    for pool in spec["workerPoolSpecs"]:
        for task in ("containerSpec", "pythonPackageSpec"):
            if task in pool:
                pool[task]["args"] = [*pool[task].get("args", ()), *arguments]
    if base := spec.get("baseOutputDirectory", {}).get("outputUriPrefix"):
        spec["baseOutputDirectory"] = {"outputUriPrefix": output_of(base, trial["id"])}
    time = now()
    return {
        "name": f"{study['name'].rsplit('/', 2)[0]}/customJobs/{make_id()}",
        "displayName": f"{study['displayName']}-trial-{trial['id']}"[-128:],
        "jobSpec": spec,
        "state": "JOB_STATE_QUEUED",
        "createTime": time,
        "updateTime": time,
    }


def output_of(base: str, trial: str) -> str:
    """Where a trial writes below its study's base output directory."""
    return f"{base.rstrip('/')}/{trial}"


def write(value: Any) -> str:
    """A parameter's value as an argument: whole numbers without a decimal point."""
    if isinstance(value, float) and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return str(value)
