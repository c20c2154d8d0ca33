"""Ways to say things to the engine's ml.v1 surface shortly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.local.engine import read
from tests.local.packages import MODULE

if TYPE_CHECKING:
    from tests.local.engine import Bench

JOBS = "/v1/projects/p/jobs"


def make_training(code: str = "pass", *arguments: str, **fields: Any) -> dict[str, Any]:
    """A TrainingInput whose package runs Python code."""
    return {
        "scaleTier": "BASIC",
        "region": "us-central1",
        "runtimeVersion": "2.11",
        "pythonVersion": "3.7",
        "packageUris": ["gs://stage/practice-1.0.tar.gz"],
        "pythonModule": MODULE,
        "args": [code, *arguments],
        **fields,
    }


def make_job(code: str = "pass", *arguments: str, job_id: str = "census_1", **fields: Any) -> dict[str, Any]:
    """A Job that runs Python code; `fields` go into its TrainingInput."""
    return {"jobId": job_id, "trainingInput": make_training(code, *arguments, **fields)}


def name_of(job: dict[str, Any]) -> str:
    """The resource name, which jobs of ml.v1 do not tell themselves."""
    return f"projects/p/jobs/{job['jobId']}"


def create(bench: Bench, job: dict[str, Any]) -> dict[str, Any]:
    """Creates a job whose package is there."""
    bench.stage()
    return read(bench.client.post(JOBS, json=job))


def run(bench: Bench, job: dict[str, Any]) -> dict[str, Any]:
    """Creates a job and waits for its end."""
    return bench.await_end(name_of(create(bench, job)))


def list_output(bench: Bench, job: dict[str, Any], task: str = "master-replica-0") -> list[str]:
    """The text that a replica wrote."""
    return [entry["textPayload"] for entry in bench.list_log(name_of(job), f' AND resource.labels.task_name="{task}"')]
