"""Worker pools in full back into the flat fields of `custom` and `hptune`, where these have words for them.

The inverse of `_workers.worker_pools`; whoever asks builds the fields again and compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Fields = Mapping[str, Any]

MOST_POOLS = 3


def flat_fields(pools: Sequence[Fields]) -> dict[str, Any] | None:
    """The flat fields of pools in snake_case; None where these have no words for them."""
    first, others, reduction = [*pools, {}, {}, {}][:MOST_POOLS]
    if len(pools) > MOST_POOLS or not first or _count(first) != 1 or (others and not _alike(first, others)):
        return None
    if reduction and not _reduces(reduction, first):
        return None
    machine, disk = first.get("machine_spec") or {}, first.get("disk_spec") or {}
    affinity = machine.get("reservation_affinity") or {}
    prefixed = {
        name if name.startswith("reservation") else f"reservation_affinity_{name}": value
        for name, value in affinity.items()
    }
    plain = {name: value for name, value in machine.items() if name != "reservation_affinity"}
    replicas = {"replica_count": 1 + _count(others)}
    return {**task_fields(first), **replicas, **plain, **disk, **prefixed, **_reduction_fields(reduction)}


def task_fields(pool: Fields) -> dict[str, Any]:
    """What a pool's replicas run."""
    container, package = pool.get("container_spec") or {}, pool.get("python_package_spec") or {}
    uris = package.get("package_uris") or []
    found = {
        "container_uri": container.get("image_uri") or package.get("executor_image_uri"),
        "python_package_gcs_uri": uris[0] if len(uris) == 1 else uris,
        "python_module_name": package.get("python_module"),
        "command": container.get("command"),
        "args": container.get("args") or package.get("args"),
        "environment_variables": environment(container.get("env") or package.get("env") or ()),
    }
    return {name: value for name, value in found.items() if value}


def environment(variables: Sequence[Fields]) -> dict[str, str]:
    """Names and values of environment variables; of two with one name the last counts."""
    return {str(variable.get("name")): variable.get("value", "") for variable in variables}


def _count(pool: Fields) -> int:
    return int(pool.get("replica_count") or 0)


def _alike(first: Fields, others: Fields) -> bool:
    """Whether two pools differ in nothing but the number of replicas, and the topology that the first alone has."""
    machine = {name: value for name, value in (first.get("machine_spec") or {}).items() if name != "tpu_topology"}
    return {**first, "machine_spec": machine, "replica_count": 0} == {**others, "replica_count": 0}


def _reduces(pool: Fields, first: Fields) -> bool:
    """Whether a third pool has an image of its own, as reduction servers have; parameter servers run the same code."""
    own, training = (each.get("container_spec") or {} for each in (pool, first))
    return bool(own.get("image_uri")) and own.get("image_uri") != training.get("image_uri")


def _reduction_fields(pool: Fields) -> dict[str, Any]:
    if not pool:
        return {}
    found = {
        "replica_count": _count(pool),
        "machine_type": (pool.get("machine_spec") or {}).get("machine_type"),
        "container_uri": (pool.get("container_spec") or {}).get("image_uri"),
    }
    return {f"reduction_server_{name}": value for name, value in found.items() if value}
