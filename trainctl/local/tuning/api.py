"""The methods of tuning jobs that differ from other jobs': their trials come and go with them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from trainctl.local.jobs.states import has_ended
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.tuning.trials import list_trials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource

_PATH = "/v1/projects/<project>/locations/<location>/hyperparameterTuningJobs/<id>"


def list_routes() -> Iterator[Route]:
    """The routes that `vertex_api` does not make."""
    yield Route("GET", _PATH, _get)
    yield Route("DELETE", _PATH, _delete)


def _get(call: Call) -> Answer:
    """The job with its trials, which lists leave out."""
    call.read_parameters(frozenset())
    job = _fetch(call)
    trials = list_trials(call.core, job["name"])
    return {**job, "trials": trials} if trials else job


def _delete(call: Call) -> Answer:
    """Deletes the job with its trials and the custom jobs that ran them."""
    call.read_parameters(frozenset())
    core, job = call.core, _fetch(call)
    if not has_ended(job):
        message = f"`{job['name']}` cannot be deleted in state {job['state']}; cancel it first."
        raise Fault("FAILED_PRECONDITION", message)
    with core.store.transaction():
        names = [job["name"], *(trial["customJob"] for trial in list_trials(core, job["name"]))]
        core.store.remove_below(job["name"])
        for name in names[1:]:
            core.store.remove(name)
        operation = core.operations.record(call.parent, "DeleteOperationMetadata", about=job["name"])
    for name in names:
        shutil.rmtree(core.folder(name).path, ignore_errors=True)
    return operation


def _fetch(call: Call) -> Resource:
    name = f"{call.parent}/hyperparameterTuningJobs/{call.parts['id']}"
    job = call.core.store.fetch(name)
    if job is None:
        raise not_found(name)
    return job
