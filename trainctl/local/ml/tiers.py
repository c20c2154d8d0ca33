"""Scale tiers and machine types of AI Platform Training: how many replicas there are, and what an hour of each counts.

Sources: the descriptions of TrainingInput, https://cloud.google.com/ai-platform/training/docs/machine-types and the
table of training units in .../ai-platform/training/pricing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOM, DEFAULT = "CUSTOM", "BASIC"
TPU = "cloud_tpu"
"""A worker of this type is an accelerator that the master talks to: it runs no code of the user's."""

EQUIVALENTS = {
    "standard": "n1-standard-4",
    "large_model": "n1-highmem-8",
    "complex_model_s": "n1-highcpu-8",
    "complex_model_m": "n1-highcpu-16",
    "complex_model_l": "n1-highcpu-32",
    "standard_gpu": "n1-standard-8",
    "complex_model_m_gpu": "n1-standard-16",
    "complex_model_l_gpu": "n1-standard-32",
    "standard_p100": "n1-standard-8",
    "complex_model_m_p100": "n1-standard-16",
    "standard_v100": "n1-standard-8",
    "large_model_v100": "n1-highmem-8",
    "complex_model_m_v100": "n1-standard-16",
    "complex_model_l_v100": "n1-standard-32",
}
"""The legacy machine types in terms of Compute Engine's."""

_UNITS_PER_CORE = {"standard": 0.09694, "highmem": 0.12082, "highcpu": 0.07235}
_N1 = re.compile(r"n1-(?P<shape>standard|highmem|highcpu)-(?P<cores>\d+)")


@dataclass(frozen=True, slots=True)
class Tier:
    """A predefined tier: machine types of master, workers and parameter servers, how many, and units an hour."""

    master: str
    units: float
    worker: str = ""
    workers: int = 0
    server: str = ""
    servers: int = 0


TIERS = {
    "BASIC": Tier("n1-standard-4", 0.3878),
    "STANDARD_1": Tier("n1-highcpu-8", 4.0571, "n1-highcpu-8", 4, "n1-standard-4", 3),
    "PREMIUM_1": Tier("n1-highcpu-16", 33.7829, "n1-highcpu-16", 19, "n1-highmem-8", 11),
    "BASIC_GPU": Tier("n1-standard-4", 1.6939),
    "BASIC_TPU": Tier("n1-standard-4", 9.5714),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Replicas of one role: the TrainingInput's prefix for it (`master`), machine type (Compute Engine's), how many."""

    role: str
    machine_type: str
    count: int


def list_groups(training: Mapping[str, Any]) -> tuple[Group, ...]:
    """Master, workers, parameter servers and evaluators of a TrainingInput in the order of worker pools."""
    tier = TIERS.get(training.get("scaleTier", DEFAULT))
    if tier is not None:
        return (
            Group("master", tier.master, 1),
            Group("worker", tier.worker, tier.workers),
            Group("parameterServer", tier.server, tier.servers),
            Group("evaluator", "", 0),
        )
    return tuple(_read_group(training, role) for role in ("master", "worker", "parameterServer", "evaluator"))


def count_units(training: Mapping[str, Any]) -> float:
    """Training units of an hour, without those of single accelerators."""
    tier = TIERS.get(training.get("scaleTier", DEFAULT))
    if tier is not None:
        return tier.units
    return sum(_units_of(group.machine_type) * group.count for group in list_groups(training))


def _read_group(training: Mapping[str, Any], role: str) -> Group:
    machine_type = training.get(f"{role}Type", "")
    count = 1 if role == "master" else int(training.get(f"{role}Count", 0))
    return Group(role, EQUIVALENTS.get(machine_type, machine_type), 0 if machine_type == TPU else count)


def _units_of(machine_type: str) -> float:
    found = _N1.fullmatch(machine_type)
    return _UNITS_PER_CORE[found["shape"]] * int(found["cores"]) if found else 0.0
