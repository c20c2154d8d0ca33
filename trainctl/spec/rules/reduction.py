"""Reduction servers, which add up the gradients of several replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER_IMAGE = "reduction_server_container_uri: us-docker.pkg.dev/vertex-ai-restricted/training/reductionserver:latest"
_SERVERS = f"reduction_server_replica_count: 1\nreduction_server_machine_type: n1-highcpu-16\n{_SERVER_IMAGE}\n"
_REDUCTION = ("reduction_server_machine_type", "reduction_server_container_uri")


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

RULES = (REDUCTION_SERVER, REDUCTION_UNUSED, REDUCTION_USE, REDUCTION_IMAGE)
