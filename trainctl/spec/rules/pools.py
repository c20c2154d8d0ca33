"""Worker pools: how many, how many replicas, one task each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import HEAD, IMAGE, REST, SDK, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.rules.views import number, pools

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTAINER = "container_spec: {image_uri: us-docker.pkg.dev/my-project/images/trainer:1}"
_MACHINE = "machine_spec: {machine_type: n1-standard-4}"
_GOOD = f"{HEAD}worker_pool_specs:\n- {_MACHINE}\n  replica_count: 1\n  {_CONTAINER}\n"
_MOST_POOLS = 4

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

RULES = (REPLICA_COUNT, POOL_PRIMARY, POOL_COUNT, POOL_TASK, POOL_MACHINE)
