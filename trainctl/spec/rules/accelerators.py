"""Accelerators: type, count, partitions, and what is special about some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.reference.machines import load_machines
from trainctl.spec.rules.rule import CATALOGUE, IMAGE, REST, SDK, T4, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.rules.views import Machine, machines, number
from trainctl.spec.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_NONE = "ACCELERATOR_TYPE_UNSPECIFIED"
_GPU_COUNTS = (1, 2, 4, 8, 16)
_TPU_COUNT = 8
_A100 = f"{IMAGE}accelerator_type: NVIDIA_TESLA_A100\ngpu_partition_size: 1g.5gb\n"


def accelerator(machine: Machine) -> str | None:
    """The accelerator's type, None where there is none."""
    kind = machine.values.get("accelerator_type")
    return kind if kind != _NONE else None


def _pair(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        kind, count = accelerator(machine), number(machine.values.get("accelerator_count"))
        places = machine.at("accelerator_type"), machine.at("accelerator_count")
        if kind and not count:
            yield Finding(places[0], f"`{kind}` without a count is no accelerator at all", needs=places)
        elif count and not kind:
            message = f"{count} accelerator{'s' if count != 1 else ''} of no type"
            yield Finding(places[1], message, "add `accelerator_type`, or remove the count", needs=places)


ACCELERATOR_PAIR = Rule(
    code="accelerator-pair",
    sentence="An accelerator has both a type and a count of at least 1.",
    cure="add `accelerator_count: 1`",
    source=f"{SDK}: it drops one without the other silently",
    check=_pair,
    bad=T4,
    good=f"{T4}accelerator_count: 1\n",
)


def _impossible_count(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        count, kind = number(machine.values.get("accelerator_count")), accelerator(machine)
        if not kind or not count:
            continue
        if kind.startswith("NVIDIA") and count not in _GPU_COUNTS:
            hint = "GPUs come in " + listed((str(number) for number in _GPU_COUNTS), last="or")
            yield Finding(machine.at("accelerator_count"), f"no machine has {count} GPUs", hint)
        elif kind in {"TPU_V2", "TPU_V3"} and count != _TPU_COUNT and count % 32:
            yield Finding(
                machine.at("accelerator_count"), f"no machine has {count} TPU cores", "8, or a multiple of 32 for a pod"
            )


ACCELERATOR_COUNT = Rule(
    code="accelerator-count",
    sentence="GPUs come in 1, 2, 4, 8 or 16, TPU v2 and v3 cores in 8 or multiples of 32.",
    cure="choose a count that exists",
    source=CATALOGUE,
    check=_impossible_count,
    bad=f"{T4}accelerator_count: 3\n",
    good=f"{T4}accelerator_count: 2\n",
)


def _notes(fields: Fields, _: Where) -> Iterator[Finding]:
    catalogue = load_machines()
    for machine in machines(fields):
        kind = accelerator(machine) or ""
        reserved = bool(machine.values.get("reservation_affinity_type"))
        spot = fields.get("scheduling_strategy") in {"SPOT", "FLEX_START"}
        note = catalogue.notes.get(kind)
        if note and not ("reservation" in note and (reserved or (spot and "recommended" in note))):
            yield Finding(machine.at("accelerator_type"), f"{kind}: {note}")


ACCELERATOR_NOTE = Rule(
    code="accelerator-note",
    sentence="Some accelerators are withdrawn, and some can hardly be had without a reservation or spot machines.",
    cure="`trainctl catalog accelerators` lists all of them",
    source=CATALOGUE,
    check=_notes,
    severity=WARNING,
    bad=f"{IMAGE}machine_type: n1-standard-8\naccelerator_type: NVIDIA_TESLA_P100\naccelerator_count: 1\n",
    good=f"{T4}accelerator_count: 1\n",
)


def _partition(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        count = number(machine.values.get("accelerator_count"))
        if machine.values.get("gpu_partition_size") and count != 1:
            yield Finding(
                machine.at("gpu_partition_size"), f"`gpu_partition_size` goes with one accelerator, not {count}"
            )


GPU_PARTITION = Rule(
    code="gpu-partition",
    sentence="With `gpu_partition_size`, `accelerator_count` should be 1.",
    cure="write `accelerator_count: 1`",
    source=f"{REST}MachineSpec.gpuPartitionSize",
    check=_partition,
    severity=WARNING,
    bad=f"{_A100}machine_type: a2-highgpu-2g\naccelerator_count: 2\n",
    good=f"{_A100}machine_type: a2-highgpu-1g\naccelerator_count: 1\n",
)


RULES = (ACCELERATOR_PAIR, ACCELERATOR_COUNT, ACCELERATOR_NOTE, GPU_PARTITION)
