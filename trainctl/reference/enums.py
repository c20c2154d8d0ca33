"""Numbers of enums, which discovery documents do not tell; from the .proto files of googleapis."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NUMBERS: Mapping[str, Mapping[float, str]] = {
    "Scheduling.strategy": {
        0: "STRATEGY_UNSPECIFIED",
        1: "ON_DEMAND",
        2: "LOW_COST",
        3: "STANDARD",
        4: "SPOT",
        6: "FLEX_START",
    },
    "StudySpec.algorithm": {0: "ALGORITHM_UNSPECIFIED", 2: "GRID_SEARCH", 3: "RANDOM_SEARCH"},
    "ExportDataConfig.exportUse": {0: "EXPORT_USE_UNSPECIFIED", 6: "CUSTOM_CODE_TRAINING"},
    "ExplanationMetadataInputMetadataVisualization.colorMap": {
        0: "COLOR_MAP_UNSPECIFIED",
        1: "PINK_GREEN",
        2: "VIRIDIS",
        3: "RED",
        4: "GREEN",
        5: "PINK_WHITE_GREEN",
        6: "RED_GREEN",
    },
    "MachineSpec.acceleratorType": {
        0: "ACCELERATOR_TYPE_UNSPECIFIED",
        1: "NVIDIA_TESLA_K80",
        2: "NVIDIA_TESLA_P100",
        3: "NVIDIA_TESLA_V100",
        4: "NVIDIA_TESLA_P4",
        5: "NVIDIA_TESLA_T4",
        6: "TPU_V2",
        7: "TPU_V3",
        8: "NVIDIA_TESLA_A100",
        9: "NVIDIA_A100_80GB",
        10: "TPU_V4_POD",
        11: "NVIDIA_L4",
        12: "TPU_V5_LITEPOD",
        13: "NVIDIA_H100_80GB",
        14: "NVIDIA_H100_MEGA_80GB",
        15: "NVIDIA_H200_141GB",
        16: "NVIDIA_B200",
        17: "NVIDIA_GB200",
        18: "NVIDIA_RTX_PRO_6000",
    },
}
"""Enum fields whose numbers are not the places of the discovery document's list. Clients may send numbers."""
_AUTOML_INPUTS = "SchemaTrainingjobDefinitionAuto"


def name_numbers(owner: str, names: Sequence[str]) -> Mapping[float, str]:
    """The names that the numbers of an enum stand for, as `owner` (`Scheduling.strategy`) has it.

    `names` are those of the discovery document. Empty for inputs of AutoML tasks, whose numbers nobody sends and no
    .proto file tells.
    """
    if owner.startswith(_AUTOML_INPUTS):
        return {}
    return _NUMBERS.get(owner) or dict[float, str](enumerate(names))
