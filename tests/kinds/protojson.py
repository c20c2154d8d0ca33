"""Bodies made comparable: proto3 JSON has several spellings for one message."""

from __future__ import annotations

import re
from typing import Any

OWN_KEYS = {"labels", "environmentVariables", "inputs", "outputs"}
STRATEGIES = {1.0: "ON_DEMAND", 2.0: "LOW_COST", 3.0: "STANDARD", 4.0: "SPOT", 6.0: "FLEX_START"}
WHOLE_NUMBER = re.compile(r"-?\d+")
NUMBERS = {"replicaCount", "acceleratorCount", "bootDiskSizeGb", "containerPort", "sharedMemorySizeMb"}
NUMBERS |= {"minValue", "maxValue"}


def canonical(value: Any, key: str = "") -> Any:
    """One spelling of a body: camelCase keys, numbers as floats, enum numbers as names, nothing that says nothing."""
    match value:
        case dict():
            inner = {name if key in OWN_KEYS else camel_case(name): each for name, each in value.items()}
            kept = {name: canonical(each, name) for name, each in inner.items() if not name.startswith("trainctl-")}
            return {name: each for name, each in kept.items() if each not in (None, False, "", 0, {}, [])}
        case list():
            return [canonical(each, key) for each in value]
        case bool() | None:
            return value
        case int() | float():
            return STRATEGIES[float(value)] if key == "strategy" else float(value)
        case str() if key in NUMBERS and WHOLE_NUMBER.fullmatch(value):
            return float(value)
        case _:
            return value


def camel_case(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
