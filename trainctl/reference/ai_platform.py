"""Machines of AI Platform Training, in terms of Compute Engine's.

Sources: the descriptions of TrainingInput in ml.v1, and cloud.google.com/ai-platform/training/docs/machine-types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = ("master", "worker", "parameter_server", "evaluator")
"""The roles of replicas in the order of Vertex AI's worker pools."""


@dataclass(frozen=True, slots=True)
class LegacyMachine:
    """A machine type of the service's own: the Compute Engine machine behind it and its accelerators."""

    machine_type: str
    accelerator: str = ""
    count: int = 0


_K80, _P100, _V100 = "NVIDIA_TESLA_K80", "NVIDIA_TESLA_P100", "NVIDIA_TESLA_V100"
LEGACY_MACHINES: Mapping[str, LegacyMachine] = {
    "standard": LegacyMachine("n1-standard-4"),
    "large_model": LegacyMachine("n1-highmem-8"),
    "complex_model_s": LegacyMachine("n1-highcpu-8"),
    "complex_model_m": LegacyMachine("n1-highcpu-16"),
    "complex_model_l": LegacyMachine("n1-highcpu-32"),
    "standard_gpu": LegacyMachine("n1-standard-8", _K80, 1),
    "complex_model_m_gpu": LegacyMachine("n1-standard-16", _K80, 4),
    "complex_model_l_gpu": LegacyMachine("n1-standard-32", _K80, 8),
    "standard_p100": LegacyMachine("n1-standard-8", _P100, 1),
    "complex_model_m_p100": LegacyMachine("n1-standard-16", _P100, 4),
    "standard_v100": LegacyMachine("n1-standard-8", _V100, 1),
    "large_model_v100": LegacyMachine("n1-highmem-8", _V100, 1),
    "complex_model_m_v100": LegacyMachine("n1-standard-16", _V100, 4),
    "complex_model_l_v100": LegacyMachine("n1-standard-32", _V100, 8),
    "cloud_tpu": LegacyMachine("cloud_tpu", "TPU_V2", 8),
}

COMPUTE_MACHINES: tuple[str, ...] = (
    *(f"n1-standard-{size}" for size in (4, 8, 16, 32, 64, 96)),
    *(f"n1-highmem-{size}" for size in (2, 4, 8, 16, 32, 64, 96)),
    *(f"n1-highcpu-{size}" for size in (16, 32, 64, 96)),
    *(f"a2-highgpu-{size}g" for size in (1, 2, 4, 8)),
    "a2-megagpu-16g",
)
"""The machine types of Compute Engine that it takes."""

ACCELERATOR_COUNTS: Mapping[str, tuple[int, ...]] = {
    "NVIDIA_TESLA_K80": (1, 2, 4, 8),
    "NVIDIA_TESLA_P4": (1, 2, 4),
    "NVIDIA_TESLA_P100": (1, 2, 4),
    "NVIDIA_TESLA_T4": (1, 2, 4),
    "NVIDIA_TESLA_V100": (1, 2, 4, 8),
    "NVIDIA_TESLA_A100": (1, 2, 4, 8, 16),
}
"""How many of an accelerator one machine may have."""

SCALE_TIERS: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "BASIC": {"master": ("n1-standard-4", 1)},
    "STANDARD_1": {
        "master": ("n1-highcpu-8", 1),
        "worker": ("n1-highcpu-8", 4),
        "parameter_server": ("n1-standard-4", 3),
    },
    "PREMIUM_1": {
        "master": ("n1-highcpu-16", 1),
        "worker": ("n1-highcpu-16", 19),
        "parameter_server": ("n1-highmem-8", 11),
    },
    "BASIC_GPU": {"master": ("standard_gpu", 1)},
    "BASIC_TPU": {"master": ("n1-standard-4", 1), "worker": ("cloud_tpu", 1)},
}
"""The machines of every predefined tier by role, and how many."""
