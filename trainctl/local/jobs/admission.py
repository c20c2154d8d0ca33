"""Which custom jobs the engine takes: what it could never run is refused at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.times import parse_duration
from trainctl.local.replicas.cluster import count_replicas, is_reduction_server
from trainctl.local.replicas.containers import describe_lack, find_runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core

LARGEST_CLUSTER = 64
_MOST_POOLS = 4
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""EnvVar.name "must be a valid C identifier"."""


def refuse_unrunnable(core: Core, job_spec: Mapping[str, Any], *, at: str) -> None:
    """Raises Fault for pools that Vertex AI refuses, for what this machine cannot run, and for outputs to nowhere."""
    if "baseOutputDirectory" in job_spec:
        core.buckets.locate_folder(job_spec["baseOutputDirectory"]["outputUriPrefix"])
    pools = job_spec["workerPoolSpecs"]
    _check_pools(pools, f"{at}.worker_pool_specs")
    _check_scheduling(job_spec.get("scheduling", {}), f"{at}.scheduling")
    if sum(map(count_replicas, pools)) > LARGEST_CLUSTER:
        raise _refuse(f"runs at most {LARGEST_CLUSTER} replicas in one job", f"{at}.worker_pool_specs")
    environment = core.settings.environment
    for number, pool in enumerate(pools):
        if "containerSpec" in pool and not is_reduction_server(pool) and find_runtime(environment) is None:
            raise _refuse(describe_lack(environment), f"{at}.worker_pool_specs[{number}].container_spec")


def _check_pools(pools: list[Mapping[str, Any]], at: str) -> None:
    if len(pools) > _MOST_POOLS:
        raise Fault("INVALID_ARGUMENT", f"{at} has {len(pools)} worker pools; there are at most {_MOST_POOLS}.")
    for number, pool in enumerate(pools):
        _check_pool(pool, f"{at}[{number}]")
        # An empty pool keeps the place of one that is not wanted.
        if (pool or number == 0) and not ("containerSpec" in pool or "pythonPackageSpec" in pool):
            raise Fault(
                "INVALID_ARGUMENT",
                f"{at}[{number}] has no task: `container_spec` or `python_package_spec` is missing.",
            )
    if int(pools[0].get("replicaCount", "1")) != 1 or is_reduction_server(pools[0]):
        raise Fault("INVALID_ARGUMENT", f"{at}[0] must be one primary replica: its `replica_count` must be 1.")


def _check_pool(pool: Mapping[str, Any], at: str) -> None:
    if int(pool.get("replicaCount", "1")) < 0:
        raise Fault("INVALID_ARGUMENT", f"{at}.replica_count must not be negative.")
    for task, name in (("containerSpec", "container_spec"), ("pythonPackageSpec", "python_package_spec")):
        for variable in pool.get(task, {}).get("env", ()):
            if not _VARIABLE.fullmatch(variable["name"]):
                raise Fault("INVALID_ARGUMENT", f"{at}.{name}.env: `{variable['name']}` is not a valid C identifier.")


def _check_scheduling(scheduling: Mapping[str, Any], at: str) -> None:
    for field, name in (("timeout", "timeout"), ("maxWaitDuration", "max_wait_duration")):
        if parse_duration(scheduling.get(field, "0s")) < 0:
            raise Fault("INVALID_ARGUMENT", f"{at}.{name} must not be negative.")


def _refuse(what: str, field: str) -> Fault:
    return Fault("FAILED_PRECONDITION", f"The local engine {what} ({field}).")
