"""What a trial's replicas are told besides what every job's are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainctl.local.ml.names import job_of
from trainctl.local.protocol.times import parse_time
from trainctl.local.replicas.cluster import write_cluster
from trainctl.local.tuning.summaries import SummaryFolder
from trainctl.local.tuning.trials import trial_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trainctl.local.core import Core
    from trainctl.local.replicas.cluster import Replica
    from trainctl.local.store import Resource

METRIC_FILE = "CLOUD_ML_HP_METRIC_FILE"


def metric_file(core: Core, job: str, task: str = "workerpool0-0") -> Path:
    """Where a replica of a trial's job reports its metrics; only the primary one is listened to."""
    return core.folder(job).path / "hypertune" / task / "output.metrics"


def find_summaries(core: Core, job: Mapping[str, Any], metric: str) -> SummaryFolder | None:
    """Where a trial of AI Platform may write its metric as TensorFlow summaries: Vertex AI does not read any.

    What was there before the job was made is another's; its start is no such moment, for it is noted a little late.
    """
    base = job.get("jobSpec", {}).get("baseOutputDirectory", {}).get("outputUriPrefix")
    if not base or not job_of(job["name"]):
        return None
    since = (parse_time(job["createTime"]) or 0) / 1_000_000_000
    return SummaryFolder(core.buckets.locate_folder(base), metric, since)


def tell(core: Core, job: Resource, replica: Replica, described: dict[str, str]) -> dict[str, str]:
    """The trial's number, where to report metrics, and the trial in the cluster's description; empty for other jobs.

    `described` are the variables that hold clusters. Makes the folder of the metrics' file.
    """
    trial = trial_of(core, job["name"])
    if not trial:
        return {}
    path = metric_file(core, job["name"], replica.task)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "CLOUD_ML_TRIAL_ID": trial,
        METRIC_FILE: str(path),
        **{name: _with_trial(text, trial) for name, text in described.items()},
    }


def _with_trial(text: str, trial: str) -> str:
    cluster = json.loads(text)
    return write_cluster({**cluster, "task": {**cluster["task"], "trial": trial}})
