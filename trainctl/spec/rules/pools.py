"""Worker pools: how many, how many replicas, one task each."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import HEAD, IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.rules.views import number, pools

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTAINER = "container_spec: {image_uri: us-docker.pkg.dev/my-project/images/trainer:1}"
_MACHINE = "machine_spec: {machine_type: n1-standard-4}"
_GOOD = f"{HEAD}worker_pool_specs:\n- {_MACHINE}\n  replica_count: 1\n  {_CONTAINER}\n"
_NETWORK = "network: projects/12345/global/networks/my-vpc\n"
_MOST_POOLS = 4
_SERVER_IMAGE = "reduction_server_container_uri: us-docker.pkg.dev/vertex-ai-restricted/training/reductionserver:latest"
_SERVERS = f"reduction_server_replica_count: 1\nreduction_server_machine_type: n1-highcpu-16\n{_SERVER_IMAGE}\n"
_REDUCTION = ("reduction_server_machine_type", "reduction_server_container_uri")

REPLICA_COUNT = Rule(
    code="replica-count",
    sentence="A job has at least one replica.",
    cure="write a number of 1 or more",
    source=f"{SDK}: with 0 replicas it sends a job without worker pools",
    check=by_schema,
    bad=f"{IMAGE}replica_count: 0\n",
    good=f"{IMAGE}replica_count: 2\n",
)


def _primary(fields: Fields, _: Where) -> Iterator[Finding]:
    listed = fields.get("worker_pool_specs") or []
    if listed and not listed[0]:
        yield Finding(("worker_pool_specs", 0), "the first worker pool is empty, but it holds the primary replica")
    elif listed and number(listed[0].get("replica_count"), 1) != 1:
        count = listed[0]["replica_count"]
        yield Finding(
            ("worker_pool_specs", 0, "replica_count"),
            f"the first worker pool has {count} replicas, but holds the one primary replica",
            "write 1, and put the other replicas into a second pool",
        )


POOL_PRIMARY = Rule(
    code="pool-primary",
    sentence="The first worker pool holds the primary replica: exactly one.",
    cure="describe the primary replica in the first pool",
    source="https://cloud.google.com/vertex-ai/docs/training/distributed-training",
    check=_primary,
    bad=f"{HEAD}worker_pool_specs:\n- {_MACHINE}\n  replica_count: 3\n  {_CONTAINER}\n",
    good=_GOOD,
)


def _count(fields: Fields, _: Where) -> Iterator[Finding]:
    listed = fields.get("worker_pool_specs") or []
    if len(listed) > _MOST_POOLS:
        yield Finding(
            ("worker_pool_specs", _MOST_POOLS),
            f"there are {len(listed)} worker pools, at most {_MOST_POOLS} have a role",
        )


POOL_COUNT = Rule(
    code="pool-count",
    sentence="There are at most four worker pools: primary, workers, parameter or reduction servers, evaluators.",
    cure="raise `replica_count` of a pool instead",
    source="https://cloud.google.com/vertex-ai/docs/training/distributed-training",
    check=_count,
    bad=_GOOD + f"- {_MACHINE}\n  {_CONTAINER}\n" * 4,
    good=_GOOD + f"- {_MACHINE}\n  {_CONTAINER}\n",
)


def _task(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, pool in pools(fields):
        named = [name for name in ("container_spec", "python_package_spec") if name in pool]
        if len(named) > 1:
            yield Finding(
                (*path, "python_package_spec"),
                "a worker pool runs one task, but `container_spec` and `python_package_spec` are both given",
                "keep one of them",
                at_key=True,
            )
        elif not named:
            yield Finding(path, "the worker pool has no task")


POOL_TASK = Rule(
    code="pool-task",
    sentence="Each worker pool runs exactly one task: `container_spec` or `python_package_spec`.",
    cure="add `container_spec` or `python_package_spec`, or write `{}` to skip the pool",
    source=f"{REST}WorkerPoolSpec.task is a union",
    check=_task,
    bad=f"{HEAD}worker_pool_specs:\n- {_MACHINE}\n  replica_count: 1\n",
    good=_GOOD,
)


def _machine(fields: Fields, _: Where) -> Iterator[Finding]:
    if "persistent_resource_id" in fields:
        return
    for path, pool in pools(fields):
        if "machine_type" not in (pool.get("machine_spec") or {}):
            yield Finding((*path, "machine_spec"), "the worker pool has no machine type", at_key=True)


POOL_MACHINE = Rule(
    code="pool-machine",
    sentence="Each worker pool names its machine type, unless the job runs on a persistent resource.",
    cure="add `machine_spec: {machine_type: n1-standard-4}`",
    source=f"{REST}MachineSpec.machineType is required as part of WorkerPoolSpec",
    check=_machine,
    reads=("persistent_resource_id",),
    bad=f"{HEAD}worker_pool_specs:\n- replica_count: 1\n  {_CONTAINER}\n",
    good=_GOOD,
)


def _reduction(fields: Fields, _: Where) -> Iterator[Finding]:
    if fields.get("reduction_server_replica_count") and "reduction_server_machine_type" not in fields:
        path = ("reduction_server_replica_count",)
        needs = (("reduction_server_machine_type",),)
        yield Finding(path, "the reduction servers have no machine type", at_key=True, needs=needs)


REDUCTION_SERVER = Rule(
    code="reduction-server",
    sentence="Reduction servers have a machine type.",
    cure="add `reduction_server_machine_type: n1-highcpu-16`",
    source=f"{REST}MachineSpec.machineType is required as part of WorkerPoolSpec; {SDK} sends null",
    check=_reduction,
    bad=f"{IMAGE}replica_count: 2\nreduction_server_replica_count: 1\n{_SERVER_IMAGE}\n",
    good=f"{IMAGE}replica_count: 2\n{_SERVERS}",
)


def _unused(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in _REDUCTION:
        if not fields.get("reduction_server_replica_count") and name in fields:
            message = f"`{name}` has no effect without `reduction_server_replica_count`"
            yield Finding((name,), message, at_key=True, needs=(("reduction_server_replica_count",),))


REDUCTION_UNUSED = Rule(
    code="reduction-unused",
    sentence="Machine type and image of reduction servers mean nothing without their count.",
    cure="add `reduction_server_replica_count: 1`, or remove it",
    source=f"{SDK}: it drops them silently",
    check=_unused,
    severity=WARNING,
    bad=f"{IMAGE}reduction_server_machine_type: n1-highcpu-16\n",
    good=f"{IMAGE}replica_count: 2\n{_SERVERS}",
)


def _lonely_reduction(fields: Fields, _: Where) -> Iterator[Finding]:
    if fields.get("reduction_server_replica_count", 0) and fields.get("replica_count", 1) == 1:
        yield Finding(
            ("reduction_server_replica_count",),
            "reduction servers have nothing to reduce with one replica",
            at_key=True,
        )


REDUCTION_USE = Rule(
    code="reduction-use",
    sentence="Reduction servers add up the gradients of several replicas.",
    cure="raise `replica_count`, or leave the reduction servers out",
    source="https://cloud.google.com/vertex-ai/docs/training/distributed-training#reduce_training_time_with_reduction_server",
    check=_lonely_reduction,
    severity=WARNING,
    bad=f"{IMAGE}{_SERVERS}",
    good=f"{IMAGE}replica_count: 2\n{_SERVERS}",
)


def _reduction_image(fields: Fields, _: Where) -> Iterator[Finding]:
    wanted = fields.get("reduction_server_replica_count", 0) and "reduction_server_machine_type" in fields
    if wanted and "reduction_server_container_uri" not in fields:
        yield Finding(
            ("reduction_server_replica_count",),
            "the reduction servers have no image of their own, and will run the training code",
            at_key=True,
        )


REDUCTION_IMAGE = Rule(
    code="reduction-image",
    sentence="Reduction servers run an image of their own.",
    cure=f"add `{_SERVER_IMAGE}`",
    source=f"{SDK}: without the image it gives them the training task",
    check=_reduction_image,
    severity=WARNING,
    bad=f"{IMAGE}replica_count: 2\n{_SERVERS.partition('reduction_server_container_uri')[0]}",
    good=f"{IMAGE}replica_count: 2\n{_SERVERS}",
)


def _mounts(fields: Fields, _: Where) -> Iterator[Finding]:
    if "network" in fields or "psc_interface_config" in fields:
        return
    for path, pool in pools(fields):
        for name in ("nfs_mounts", "lustre_mounts"):
            if pool.get(name):
                yield Finding((*path, name), f"`{name}` need a network to reach their servers", at_key=True)


MOUNT_NETWORK = Rule(
    code="mount-network",
    sentence="File systems are mounted from servers of a VPC network, which the job must be connected with.",
    cure="add `network: projects/PROJECT_NUMBER/global/networks/NAME`",
    source="https://cloud.google.com/vertex-ai/docs/training/train-nfs-share",
    check=_mounts,
    severity=WARNING,
    bad=f"{_GOOD}  nfs_mounts: [{{server: 10.0.0.2, path: /data, mount_point: data}}]\n",
    good=f"{_GOOD}  nfs_mounts: [{{server: 10.0.0.2, path: /data, mount_point: data}}]\n{_NETWORK}",
)


def _servers(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, pool in pools(fields):
        for index, mount in enumerate(pool.get("nfs_mounts") or ()):
            if not _is_address(server := mount.get("server", "")):
                yield Finding((*path, "nfs_mounts", index, "server"), f"`{server}` is no IP address")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


NFS_SERVER = Rule(
    code="nfs-server",
    sentence="An NFS server is named by its IP address.",
    cure="write the address of the server in the network",
    source=f"{REST}NfsMount.server",
    check=_servers,
    severity=WARNING,
    bad=f"{_GOOD}  nfs_mounts: [{{server: files, path: /data, mount_point: data}}]\n{_NETWORK}",
    good=f"{_GOOD}  nfs_mounts: [{{server: 10.0.0.2, path: /data, mount_point: data}}]\n{_NETWORK}",
)

RULES = (
    REPLICA_COUNT,
    POOL_PRIMARY,
    POOL_COUNT,
    POOL_TASK,
    POOL_MACHINE,
    REDUCTION_SERVER,
    REDUCTION_UNUSED,
    REDUCTION_USE,
    REDUCTION_IMAGE,
    MOUNT_NETWORK,
    NFS_SERVER,
)
