"""From a custom job to the plan of its supervisor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trainctl.local.datasets import handover
from trainctl.local.jobs.machine_sizes import find_size
from trainctl.local.jobs.states import CannotRun
from trainctl.local.ml import contract as ml_contract
from trainctl.local.ml.names import job_of
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.times import parse_duration
from trainctl.local.replicas.cluster import (
    Replica,
    count_replicas,
    describe_cluster,
    is_reduction_server,
    list_replicas,
)
from trainctl.local.replicas.containers import ContainerPool, describe_lack, find_runtime
from trainctl.local.replicas.contract import Told, describe_job, describe_outputs
from trainctl.local.replicas.images import find_image
from trainctl.local.replicas.programs import PackagePool
from trainctl.local.supervision.plan import Plan, Process, Step
from trainctl.local.tuning import telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from trainctl.local.core import Core
    from trainctl.local.store import Resource
    from trainctl.local.supervision.plan import JobFolder

_REDUCTION = "Reduction servers are not run on this machine; the other replicas reduce among themselves"

Pool = PackagePool | ContainerPool


def plan_job(core: Core, job: Resource, *, ports: Sequence[int], cores: Sequence[int]) -> Plan:
    """The plan of a job that `admission` has let through; makes its output folders. Raises CannotRun.

    `ports` are as many as replicas, `cores` those that it may use, empty when there is no limit.
    """
    job_spec: dict[str, Any] = job["jobSpec"]
    folder = core.folder(job["name"])
    pools = {number: pool for number, pool in enumerate(_prepare_pools(core, folder, job_spec)) if pool is not None}
    replicas = list_replicas(job_spec["workerPoolSpecs"], ports)
    outputs = _prepare_outputs(core, job)
    programs: list[Process] = []
    for replica in replicas:
        work = _find_work(folder, replica)
        told = Told({**outputs.variables, **_describe_replica(core, job, replica)}, outputs.arguments)
        program = pools[replica.pool].plan_replica(core, job, replica, work=work, told=told)
        programs.append(_limit(core, program, job_spec["workerPoolSpecs"][replica.pool], cores))
    preparations = [pool.plan_preparation(core, folder) for pool in _distinct(pools.values())]
    steps = [step for step in preparations if step is not None]
    return Plan(steps=(*steps, _plan_run(core, job_spec, programs)), grace=core.settings.grace)


def count_all(job: Resource) -> int:
    """How many replicas of a job run here."""
    return sum(count_replicas(pool) for pool in job["jobSpec"]["workerPoolSpecs"])


def list_notes(job: Resource) -> list[str]:
    """What to tell in the job's log about what is not here as it is on Vertex AI."""
    pools = job["jobSpec"]["workerPoolSpecs"]
    images = dict.fromkeys(
        pool["pythonPackageSpec"]["executorImageUri"] for pool in pools if "pythonPackageSpec" in pool
    )
    unknown = [
        f"`{uri}` is not a prebuilt training image: the job gets only what its packages require"
        for uri in images
        if not find_image(uri).known
    ]
    return [*unknown, *([_REDUCTION] if any(map(is_reduction_server, pools)) else [])]


def _prepare_pools(core: Core, folder: JobFolder, job_spec: Mapping[str, Any]) -> Iterator[Pool | None]:
    environment = core.settings.environment
    for number, pool in enumerate(job_spec["workerPoolSpecs"]):
        if not count_replicas(pool):
            yield None
        elif "pythonPackageSpec" in pool:
            yield PackagePool.prepare(core, folder, number, pool["pythonPackageSpec"])
        elif runtime := find_runtime(environment):
            yield ContainerPool(number, pool["containerSpec"], runtime)
        else:
            raise CannotRun(f"The local engine {describe_lack(environment)}.")


def _prepare_outputs(core: Core, job: Resource) -> Told:
    """Makes the output folders, which training code expects to be there; what names them, and a pipeline's data."""
    base = job["jobSpec"].get("baseOutputDirectory", {}).get("outputUriPrefix", "")
    told = Told({}, ml_contract.list_arguments(base)) if job_of(job["name"]) else Told(describe_outputs(base))
    for uri in (*told.variables.values(), *told.arguments[1:]):
        try:
            core.buckets.make_folder(uri)
        except Fault as fault:
            raise CannotRun(fault.message) from None
    return replace(told, variables={**told.variables, **handover.hand_over(core, job)})


def _describe_replica(core: Core, job: Resource, replica: Replica) -> dict[str, str]:
    """What a replica is told of its job, of the others, and of the trial that it may be."""
    name, common = job["name"], describe_job(core.place(job["name"]))
    if owner := core.store.fetch(job_of(name)):
        clusters = dict(ml_contract.describe_clusters(owner, replica, name.rpartition("/")[2]))
        common |= ml_contract.describe_tuning(owner)
    else:
        clusters = dict(describe_cluster(replica, job["jobSpec"], name.rpartition("/")[2]))
    return {**common, **clusters, **telling.tell(core, job, replica, clusters)}


def _distinct(pools: Iterable[Pool]) -> Iterator[Pool]:
    """The pools without those that need the same environment or image as one before."""
    seen: set[object] = set()
    for pool in pools:
        key = pool.layer if isinstance(pool, PackagePool) else pool.container["imageUri"]
        if key not in seen:
            seen.add(key)
            yield pool


def _find_work(folder: JobFolder, replica: Replica) -> Path:
    """A replica's working folder: on Vertex AI each has a machine of its own."""
    if not replica.is_distributed:
        return folder.work
    work = folder.work / replica.task
    work.mkdir(mode=0o700, exist_ok=True)
    return work


def _limit(core: Core, process: Process, pool: Mapping[str, Any], cores: Sequence[int]) -> Process:
    size = find_size(pool.get("machineSpec", {}).get("machineType", "")) if core.settings.limits else None
    if size is None:
        return process
    if not process.removal:
        return replace(process, cores=tuple(cores), memory=size.memory)
    place = process.arguments.index("--rm")
    limits = (f"--cpuset-cpus={','.join(map(str, cores))}", f"--memory={size.memory}")
    return replace(process, arguments=(*process.arguments[:place], *limits, *process.arguments[place:]))


def _plan_run(core: Core, job_spec: Mapping[str, Any], programs: list[Process]) -> Step:
    scheduling = job_spec.get("scheduling", {})
    timeout = scheduling.get("timeout")
    return Step(
        "run",
        "Job is running.",
        tuple(programs),
        timeout=parse_duration(timeout) if timeout else None,
        retries=0 if scheduling.get("disableRetries") else core.settings.retries,
        together=bool(scheduling.get("restartJobOnWorkerRestart")),
    )
