"""What belongs to a job of ml.v1, told by its name.

Custom jobs `projects/P/jobs/J/customJobs/N` work for a job `projects/P/jobs/J`, and so does a tuning job beside them.
Vertex AI's lists ask below a location and do not show those.
"""

from __future__ import annotations

COLLECTION = "jobs"
ROLES = ("master", "worker", "ps", "evaluator")
"""What replicas are called, by worker pool."""


def job_of(name: str) -> str:
    """The name of the ml.v1 job that a resource is or works for; empty for what is Vertex AI's."""
    parts = name.split("/")
    return "/".join(parts[:4]) if len(parts) > 3 and parts[2] == COLLECTION else ""


def id_of(name: str) -> str:
    """The id by which people know the job that a resource is or works for."""
    return (job_of(name) or name).rpartition("/")[2]


def task_of(name: str, task: str) -> str:
    """What a task (`workerpool0-0`, `service`) of a job is called in logs and errors: `master-replica-0` in ml.v1."""
    pool, _, index = task.removeprefix("workerpool").partition("-")
    return f"{ROLES[int(pool)]}-replica-{index}" if job_of(name) and pool.isdigit() else task
