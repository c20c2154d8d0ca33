"""The machine catalogue: which machine types, accelerators and regions serve for training.

It is a transcript of Google's pages and ages: what it lacks may exist all the same, so it is good for warnings only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TPU_FAMILIES = {"ct5lp": "ct5lp", "ct6e": "ct6e", "tpu7x": "tpu7x"}


@dataclass(frozen=True, slots=True)
class Machines:
    """The catalogue.

    `machine_types` are all known names; `accelerators` leads from a machine type to the accelerators it can have and
    their counts; `topologies` from a TPU machine type to its topologies; `offers` from a region to what it has for
    training; `listed` to what it has for other uses only; `regions` are all known for training; `notes` say what is
    special about an accelerator; `disks` which boot disk a machine type must have.
    """

    machine_types: frozenset[str]
    accelerators: Mapping[str, Mapping[str, tuple[int, ...]]]
    topologies: Mapping[str, tuple[str, ...]]
    offers: Mapping[str, frozenset[str]]
    listed: Mapping[str, frozenset[str]]
    regions: tuple[str, ...]
    automl_image_regions: tuple[str, ...]
    notes: Mapping[str, str]
    disks: Mapping[str, str]

    def needs_accelerator(self, machine_type: str) -> bool:
        """Whether the machine type always comes with accelerators (N1 machines may have some, others never)."""
        return machine_type in self.accelerators and not machine_type.startswith("n1-")

    def regions_of(self, accelerator: str) -> tuple[str, ...]:
        """Where an accelerator, or a TPU family such as `ct5lp`, can be had for training."""
        return tuple(region for region, offered in self.offers.items() if accelerator in offered)

    def tpu_family(self, machine_type: str) -> str | None:
        """The family of a TPU machine type as the regions list it; None for any other machine."""
        return _TPU_FAMILIES.get(machine_type.partition("-")[0])


@cache
def load_machines() -> Machines:
    """The bundled catalogue; read-only."""
    data = json.loads(Path(__file__).with_name("machines.json").read_text(encoding="utf-8"))
    regions = data["region_accelerators"]
    accelerators = {name: _counts(table) for name, table in data["accelerator_counts"].items()}
    known = [*data["cpu_only_machine_types"], *data["n1_optional_gpu"], *accelerators, *data["tpu_topologies"]]
    return Machines(
        machine_types=frozenset(known),
        accelerators=accelerators,
        topologies={name: tuple(values) for name, values in data["tpu_topologies"].items()},
        offers={region: frozenset(table["training"]) for region, table in regions.items()},
        listed={region: frozenset(table["listed_but_not_for_training"]) for region, table in regions.items()},
        regions=tuple(sorted({*data["gcloud_training_regions"], *regions})),
        automl_image_regions=tuple(data["automl_image_regions"]),
        notes=data["accelerator_notes"],
        disks=data["boot_disk"]["default_type_exceptions"],
    )


def _counts(table: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Counts as numbers; `8, or 32+ (pods)` of TPU machines becomes 8 and the multiples of 32 that pods have."""
    return {
        accelerator: tuple(count for count in counts if isinstance(count, int))
        or (8, 32, 64, 128, 256, 512, 1024, 2048)
        for accelerator, counts in table.items()
    }
