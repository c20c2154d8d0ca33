"""snake_case and lowerCamelCase, which name the same field, and the maps whose keys are nobody's spelling."""

from __future__ import annotations

import re

FREE_MAPS = frozenset(
    {
        "labels",
        "model_labels",
        "environment_variables",
        "model_serving_container_environment_variables",
        "trainer_config",
        "parameter_spec",
        "metric_spec",
        "conditional_parameter_spec",
        "metadata",
    }
)
"""Fields whose keys are the user's own: they are never respelt."""

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINT = re.compile(r"_([a-zA-Z0-9])")


def snake_case(name: str) -> str:
    """`bootDiskSizeGb` as `boot_disk_size_gb`."""
    return _WORD_START.sub("_", name).lower()


def camel_case(name: str) -> str:
    """`boot_disk_size_gb` as `bootDiskSizeGb`."""
    return _JOINT.sub(lambda joint: joint[1].upper(), name)
