"""What the values of specs mean: durations, lists that may be written as one item, key-value maps."""

from __future__ import annotations

import math
import re
from typing import Any

_PARTS = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")
_SECONDS = (86400, 3600, 60, 1)

LONGEST_DURATION = 315_576_000_000
"""Seconds that a protobuf Duration can hold, 10 000 years."""


def parse_duration(value: float | str) -> float:
    """Seconds: a number is seconds already; `90s`, `45m`, `1h30m`, `7d` and `3600` as text are read.

    Whole seconds come back as an int. Raises ValueError for any other text.
    """
    if isinstance(value, str):
        found = _PARTS.fullmatch(value.strip())
        if not found or not any(found.groups()):
            raise ValueError(value)
        value = sum(float(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)
    return int(value) if math.isfinite(value) and value == int(value) else value


def format_duration(seconds: float) -> str:
    """Seconds in the form that Google's JSON has: `3600s`, `1.5s`."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def shorten_duration(seconds: float) -> str:
    """Seconds as people write them: `2h`, `1h30m`, `45m`, `90s`; `parse_duration` reads it back."""
    if seconds != int(seconds) or seconds < 60 or seconds % 60:
        return format_duration(seconds)
    hours, minutes = divmod(int(seconds) // 60, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")


def as_list(value: Any) -> list[Any]:
    """A value that may be one item or a list, as a list; None is the empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
