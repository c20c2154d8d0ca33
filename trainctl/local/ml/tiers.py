"""Scale tiers and machine types of AI Platform Training: how many replicas there are, and what an hour of each counts.

Sources: the descriptions of TrainingInput, https://cloud.google.com/ai-platform/training/docs/machine-types and the
table of training units in .../ai-platform/training/pricing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.reference.ai_platform import LEGACY_MACHINES, SCALE_TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOM, DEFAULT = "CUSTOM", "BASIC"
TPU = "cloud_tpu"
"""Workers of this type are accelerators that the master talks to: only a master of it runs code of the user's."""

EQUIVALENTS = {name: found.machine_type for name, found in LEGACY_MACHINES.items() if name != TPU}
"""The legacy machine types in terms of Compute Engine's."""

_UNITS_PER_CORE = {"standard": 0.09694, "highmem": 0.12082, "highcpu": 0.07235}
_N1 = re.compile(r"n1-(?P<shape>standard|highmem|highcpu)-(?P<cores>\d+)")


UNITS = {"BASIC": 0.3878, "STANDARD_1": 4.0571, "PREMIUM_1": 33.7829, "BASIC_GPU": 1.6939, "BASIC_TPU": 9.5714}
"""Training units of an hour of each predefined tier."""
ROLES = {"master": "master", "worker": "worker", "parameterServer": "parameter_server", "evaluator": "evaluator"}
"""The roles as TrainingInput's fields begin, in the order of worker pools, and as the tiers name them."""


@dataclass(frozen=True, slots=True)
class Group:
    """Replicas of one role: the TrainingInput's prefix for it (`master`), machine type (Compute Engine's), how many."""

    role: str
    machine_type: str
    count: int


def list_groups(training: Mapping[str, Any]) -> tuple[Group, ...]:
    """Master, workers, parameter servers and evaluators of a TrainingInput in the order of worker pools."""
    tier = SCALE_TIERS.get(training.get("scaleTier", DEFAULT))
    if tier is None:
        return tuple(_read_group(training, role) for role in ROLES)
    machines = {role: tier.get(name, ("", 0)) for role, name in ROLES.items()}
    return tuple(
        Group(role, EQUIVALENTS.get(name, name), 0 if name == TPU else count)
        for role, (name, count) in machines.items()
    )


def count_units(training: Mapping[str, Any]) -> float:
    """Training units of an hour, without those of single accelerators."""
    tier = training.get("scaleTier", DEFAULT)
    if tier in UNITS:
        return UNITS[tier]
    return sum(_units_of(group.machine_type) * group.count for group in list_groups(training))


def _read_group(training: Mapping[str, Any], role: str) -> Group:
    machine_type = training.get(f"{role}Type", "")
    count = 1 if role == "master" else int(training.get(f"{role}Count", 0))
    if machine_type == TPU:
        return Group(role, "", count if role == "master" else 0)
    return Group(role, EQUIVALENTS.get(machine_type, machine_type), count)


def _units_of(machine_type: str) -> float:
    found = _N1.fullmatch(machine_type)
    return _UNITS_PER_CORE[found["shape"]] * int(found["cores"]) if found else 0.0
