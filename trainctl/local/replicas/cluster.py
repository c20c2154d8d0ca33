"""The replicas of a job, and what each is told of all.

Source: https://cloud.google.com/vertex-ai/docs/training/distributed-training
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TASKS = ("chief", "worker", "ps", "evaluator")
"""What TensorFlow calls the four pools. Evaluators are told their task but are no part of TF_CONFIG's cluster."""

_REDUCTION_SERVER = re.compile(r".*/training/reductionserver([:@].*)?")


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica's place: pool and index, and the addresses of all replicas by pool (`workerpool0`: [host:port])."""

    pool: int
    index: int
    cluster: Mapping[str, tuple[str, ...]]

    @property
    def task(self) -> str:
        """Its name in logs."""
        return f"workerpool{self.pool}-{self.index}"

    @property
    def is_distributed(self) -> bool:
        """Whether it has others beside it."""
        return sum(map(len, self.cluster.values())) > 1


def is_reduction_server(pool: Mapping[str, Any]) -> bool:
    """Whether a pool holds Google's Reduction Server, which reduces gradients of NVIDIA GPUs and does nothing here."""
    return bool(_REDUCTION_SERVER.fullmatch(pool.get("containerSpec", {}).get("imageUri", "")))


def count_replicas(pool: Mapping[str, Any]) -> int:
    """How many replicas of a pool run here; 0 for a pool that only keeps a place, and for reduction servers."""
    if not any(name in pool for name in ("containerSpec", "pythonPackageSpec")) or is_reduction_server(pool):
        return 0
    return int(pool.get("replicaCount", "1"))


def list_replicas(pools: Sequence[Mapping[str, Any]], ports: Sequence[int]) -> list[Replica]:
    """All replicas of a job, the primary one first; as many ports as replicas."""
    free = iter(ports)
    counts = {number: count for number, pool in enumerate(pools) if (count := count_replicas(pool))}
    cluster = {
        f"workerpool{number}": tuple(f"127.0.0.1:{next(free)}" for _ in range(count))
        for number, count in counts.items()
    }
    return [Replica(pool, index, cluster) for pool, count in counts.items() for index in range(count)]


def describe_cluster(replica: Replica, job_spec: Mapping[str, Any], job_id: str) -> Iterator[tuple[str, str]]:
    """CLUSTER_SPEC, and TF_CONFIG where there are several replicas: "Vertex AI does not set it" for one.

    Variables like RANK are not among them: "you must parse CLUSTER_SPEC to populate any".
    """
    common = {"environment": "cloud", "job": dict(job_spec)}
    task: dict[str, Any] = {"type": f"workerpool{replica.pool}", "index": replica.index}
    yield "CLUSTER_SPEC", write_cluster({"cluster": _list_addresses(replica), **common, "task": task})
    if replica.is_distributed:
        names = {f"workerpool{number}": name for number, name in enumerate(_TASKS[:3])}
        known = {names[pool]: addresses for pool, addresses in _list_addresses(replica).items() if pool in names}
        task = {"type": _TASKS[replica.pool], "index": replica.index, "cloud": job_id}
        yield "TF_CONFIG", write_cluster({"cluster": known, **common, "task": task})


def write_cluster(described: Mapping[str, Any]) -> str:
    """The description as a variable, which Linux bounds by 128 KiB: it holds all arguments, and escapes no letters."""
    return json.dumps(described, ensure_ascii=False)


def _list_addresses(replica: Replica) -> dict[str, list[str]]:
    return {pool: list(addresses) for pool, addresses in replica.cluster.items()}
