"""The jobs that do the work of others: a pipeline that tunes has trials and their lines by the job behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.catalog import HYPERPARAMETER_TUNING_JOBS, ResourceName
from trainctl.errors import TrainctlError
from trainctl.jobs import view

if TYPE_CHECKING:
    from trainctl.api.client import Client
    from trainctl.jobs import Job


def worker_of(client: Client, job: Job) -> Job:
    """The tuning job behind a training pipeline as it is now; any other job itself. Raises what a GET raises."""
    name = ResourceName.parse(job.backing)
    if name is None or name.collection != HYPERPARAMETER_TUNING_JOBS.id:
        return job
    return view(client.get(name), HYPERPARAMETER_TUNING_JOBS)


def log_ids(client: Client, job: Job) -> tuple[str, ...]:
    """The ids under which the lines of a job are kept, those of its trials too, as far as they can be asked for."""
    try:
        return worker_of(client, job).log_ids
    except TrainctlError:
        return job.log_ids
