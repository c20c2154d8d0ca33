"""What AI Platform tells training code, where it is not what Vertex AI tells.

Sources: https://cloud.google.com/ai-platform/training/docs/distributed-training-details (TF_CONFIG on every replica of
every job; `chief` from runtime version 2.1 on) and .../distributed-training-containers (CLUSTER_SPEC of every replica,
evaluators too, for containers only).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.ml.hyperparameters import tag_of
from trainctl.local.ml.names import ROLES
from trainctl.local.ml.training import find_image
from trainctl.local.protocol.bodies import to_snake
from trainctl.local.replicas.cluster import write_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.replicas.cluster import Replica

_CHIEF_SINCE = (2, 1)
"""The first runtime version in which packages see a `chief`."""


def describe_clusters(job: Mapping[str, Any], replica: Replica, backing: str) -> Iterator[tuple[str, str]]:
    """TF_CONFIG of a replica of an ml.v1 job, and CLUSTER_SPEC; `backing` is the id of its custom job."""
    training = job.get("trainingInput")
    if training is None:
        return
    yield "TF_CONFIG", write_cluster(_describe_cluster(training, replica, backing, master=_find_master(training)))
    if find_image(training):
        everyone = _describe_cluster(training, replica, backing, master="master")
        everyone["cluster"] = _list_addresses(replica, "master", pools=4)
        yield "CLUSTER_SPEC", write_cluster(everyone)


def describe_tuning(job: Mapping[str, Any]) -> dict[str, str]:
    """What the code of trials is told besides what every trial's is; empty for other jobs."""
    spec = job.get("trainingInput", {}).get("hyperparameters")
    return {"CLOUD_ML_HP_METRIC_TAG": tag_of(spec)} if spec else {}


def list_arguments(base: str) -> tuple[str, ...]:
    """What follows the job's own arguments: the directory (`gs://...`) that is its own, or that is the trial's."""
    return ("--job-dir", base) if base else ()


def _find_master(training: Mapping[str, Any]) -> str:
    if find_image(training):
        return "chief" if training.get("useChiefInTfConfig") else "master"
    version = tuple(int(part) for part in training["runtimeVersion"].split(".") if part.isdigit())
    return "chief" if version >= _CHIEF_SINCE else "master"


def _describe_cluster(training: Mapping[str, Any], replica: Replica, backing: str, *, master: str) -> dict[str, Any]:
    """Evaluators are told their task but are no part of the cluster."""
    kind = master if replica.pool == 0 else ROLES[replica.pool]
    return {
        "cluster": _list_addresses(replica, master, pools=3),
        "environment": "cloud",
        "job": _spell(training),
        "task": {"type": kind, "index": replica.index, "cloud": backing},
    }


def _list_addresses(replica: Replica, master: str, *, pools: int) -> dict[str, list[str]]:
    names = (master, *ROLES[1:pools])
    addresses = {name: replica.cluster.get(f"workerpool{pool}", ()) for pool, name in enumerate(names)}
    return {name: list(found) for name, found in addresses.items() if found}


def _spell(value: Any) -> Any:
    """The input in the proto's own spelling, in which AI Platform hands it on."""
    if isinstance(value, dict):
        return {to_snake(name): _spell(inner) for name, inner in value.items()}
    return [_spell(inner) for inner in value] if isinstance(value, list) else value
