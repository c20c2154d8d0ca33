"""Cores and memory of Google's machine types, read from their names.

Source: https://cloud.google.com/compute/docs/machine-resource
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_GIB = 1 << 30
_NAME = re.compile(r"(?P<family>[a-z]+\d[a-z]*)-(?P<shape>[a-z]+)-(?P<number>\d+)(?:g|t)?(?:-lssd|-metal|-nodeps)?")

_MEMORY_PER_CORE = {"standard": 4.0, "highmem": 8.0, "highcpu": 1.0}
_OTHERWISE = {
    ("n1", "standard"): 3.75,
    ("n1", "highmem"): 6.5,
    ("n1", "highcpu"): 0.9,
    ("c3", "highcpu"): 2.0,
    ("c4", "highcpu"): 2.0,
    ("n4", "highcpu"): 2.0,
    ("c4", "highmem"): 7.75,
    ("c4", "standard"): 3.75,
    ("m1", "ultramem"): 24.0,
    ("m1", "megamem"): 14.9,
}
_PER_GPU = {
    ("a2", "highgpu"): (12, 85.0),
    ("a2", "megagpu"): (6, 85.0),
    ("a2", "ultragpu"): (12, 170.0),
    ("a3", "highgpu"): (26, 234.0),
    ("a3", "megagpu"): (26, 234.0),
    ("a3", "edgegpu"): (26, 234.0),
    ("a3", "ultragpu"): (28, 368.0),
    ("a4", "highgpu"): (28, 496.0),
    ("a4x", "highgpu"): (35, 221.0),
}


@dataclass(frozen=True, slots=True)
class Size:
    """Virtual cores, and memory in bytes."""

    cores: int
    memory: int


def find_size(machine_type: str) -> Size | None:
    """The size of a machine type; None for one whose name does not tell it."""
    found = _NAME.fullmatch(machine_type)
    if found is None:
        return None
    family, shape, number = found["family"], found["shape"], int(found["number"])
    if (per_gpu := _PER_GPU.get((family, shape))) is not None:
        return Size(per_gpu[0] * number, int(per_gpu[1] * number * _GIB))
    memory = _OTHERWISE.get((family, shape)) or _MEMORY_PER_CORE.get(shape)
    return None if memory is None or not number else Size(number, int(memory * number * _GIB))
