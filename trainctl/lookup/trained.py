"""What a training of AutoML Vision has made: its operation names the model and says no more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.catalog import AUTOML, VISION_TRAININGS, ResourceName
from trainctl.errors import TrainctlError
from trainctl.jobs import view

if TYPE_CHECKING:
    from trainctl.api.client import Client
    from trainctl.jobs import Job


def with_model(client: Client, job: Job) -> Job:
    """The job with its model's name, labels and type, where that can be looked up; any other job as it is."""
    name = ResourceName.parse(job.outputs.model) if job.collection is VISION_TRAININGS else None
    if name is None or job.display_name:
        return job
    try:
        return view({**job.raw, "response": client.get(name, service=AUTOML)}, job.collection)
    except TrainctlError:
        return job
