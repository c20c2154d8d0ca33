"""Replicas of AI Platform Training as worker pools of Vertex AI."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trainctl.reference.ai_platform import LEGACY_MACHINES, ROLES, SCALE_TIERS, LegacyMachine
from trainctl.reference.machines import load_machines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.conversion.reading import Reading
    from trainctl.spec.problems import PathKey

NEAREST = {"n1-highcpu-8": "n1-standard-8", "n1-highcpu-4": "n1-standard-4", "n1-highcpu-2": "n1-standard-4"}
"""Machines that Vertex AI does not train on, and the smallest with as many processors and as much memory."""
SUCCESSORS = {"NVIDIA_TESLA_K80": "NVIDIA_TESLA_T4", "NVIDIA_TESLA_P100": "NVIDIA_TESLA_T4"}
"""Accelerators past their end of support, and what takes their place on N1 machines."""
TPU_MACHINE = {"machine_type": "ct5lp-hightpu-8t", "tpu_topology": "2x4"}
"""The TPU VM with as many chips as the Cloud TPUs had cores."""
INPUT = "training_input"


@dataclass(frozen=True, slots=True)
class Replicas:
    """The replicas of one role: how many, on what, what of disk and container is their own, where all that stands."""

    role: str
    count: int
    machine: dict[str, Any]
    disk: dict[str, Any]
    image: str | None
    command: list[str]
    args: list[str]

    @property
    def accelerated(self) -> bool:
        """Whether they have GPUs."""
        return "accelerator_type" in self.machine


def read_replicas(reading: Reading, field: str) -> list[Replicas]:
    """The replicas of every role, in the order of worker pools; remarks go to `field` of the new spec."""
    tier = reading.take(INPUT, "scale_tier") or "BASIC"
    roles = [_read_role(reading, role, SCALE_TIERS.get(tier, {}), field) for role in ROLES]
    return _on_tpus(reading, roles) if "tpu_topology" in roles[1].machine else roles


def _on_tpus(reading: Reading, roles: list[Replicas]) -> list[Replicas]:
    """The master on the TPU VM: it runs what the code of the master told the TPUs from elsewhere."""
    master, worker, *others = roles
    if worker.image:
        why = "the image of the master runs on the TPU VM"
        reading.leave((INPUT, "worker_config", "image_uri"), why, "take an image for TPUs in `container_uri`")
    return [replace(master, machine=worker.machine), replace(worker, count=0), *others]


def _read_role(reading: Reading, role: str, tier: Mapping[str, tuple[str, int]], field: str) -> Replicas:
    name, usual = tier.get(role, ("", 0))
    place: PathKey = (INPUT, f"{role}_type") if not tier else (INPUT, "scale_tier")
    if not tier:
        usual = 1 if role == "master" else int(reading.take(INPUT, f"{role}_count") or 0)
        name = (reading.take(INPUT, f"{role}_type") or "") if usual else ""
    if not usual:  # whatever is said of no replicas stays unread, and is told as left out
        return Replicas(role, 0, {}, {}, None, [], [])
    config = (INPUT, f"{role}_config")
    machine = _machine(reading, place, config, name, field)
    disk = {
        part: value
        for part in ("boot_disk_type", "boot_disk_size_gb")
        if (value := reading.take(*config, "disk_config", part))
    }
    if reading.take(*config, "tpu_tf_version"):
        reading.leave((*config, "tpu_tf_version"), "the image decides", "choose an image with that TensorFlow")
    return Replicas(
        role,
        usual,
        machine,
        disk,
        reading.take(*config, "image_uri"),
        list(reading.take(*config, "container_command") or ()),
        list(reading.take(*config, "container_args") or ()),
    )


def _machine(reading: Reading, place: PathKey, config: PathKey, name: str, field: str) -> dict[str, Any]:
    """The machine with its accelerators; what is only similar is noted."""
    legacy = LEGACY_MACHINES.get(name, LegacyMachine(name))
    accelerator = reading.take(*config, "accelerator_config", "type") or legacy.accelerator
    count = int(reading.take(*config, "accelerator_config", "count") or 0) or legacy.count
    if accelerator.startswith("TPU"):
        reading.change(
            place,
            field,
            f"`{TPU_MACHINE['machine_type']}` instead of `{name}` runs the code itself, in an image for TPUs",
        )
        return dict(TPU_MACHINE)
    machine = NEAREST.get(legacy.machine_type, legacy.machine_type)
    if machine != legacy.machine_type:
        reading.change(place, field, f"Vertex AI has no `{legacy.machine_type}`; `{machine}` has no less")
    if not count or accelerator in ("", "ACCELERATOR_TYPE_UNSPECIFIED"):
        return {"machine_type": machine}
    wanted = SUCCESSORS.get(accelerator, accelerator)
    fitting = _fitting(machine, wanted, count)
    if (wanted, fitting) != (accelerator, count):
        where = (*config, "accelerator_config") if reading.take(*config, "accelerator_config") else place
        why = f"{fitting} {wanted} instead of {count} {accelerator}, which Vertex AI no longer offers on `{machine}`"
        reading.change(where, field, why)
    return {"machine_type": machine, "accelerator_type": wanted, "accelerator_count": fitting}


def _fitting(machine: str, accelerator: str, count: int) -> int:
    """The least count of accelerators, no less than asked for, that the machine can have; else the most."""
    counts = load_machines().accelerators.get(machine, {}).get(accelerator, ())
    return next((each for each in sorted(counts) if each >= count), max(counts, default=count))
