"""Values as they came over the wire, read without trust: what is missing or of another type reads as absent."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def dig(value: object, *path: str) -> object:
    """The value under nested keys; None where a key is missing or something on the way is no object."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: object) -> str:
    """A string, or the empty one."""
    return value if isinstance(value, str) else ""


def first_text(values: Iterable[object]) -> str:
    """The first string that is not empty, or the empty one."""
    return next((value for value in values if isinstance(value, str) and value), "")


def items(value: object) -> list[Any]:
    """A list, or the empty one."""
    return value if isinstance(value, list) else []


def texts(value: object) -> dict[str, str]:
    """The string values of an object."""
    return {key: entry for key, entry in value.items() if isinstance(entry, str)} if isinstance(value, dict) else {}


def number(value: object) -> float | None:
    """A JSON number, also one that came as a string, as int64 fields do; None for infinities, NaN and what is beyond.

    Python's JSON reader lets the infinities and NaN in; proto3 writes them as words.
    """
    try:
        if isinstance(value, str):
            found = float(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) else None
        else:
            found = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:
        return None
    return found if found is not None and isfinite(found) else None


def whole(value: object) -> int | None:
    """A JSON number without its fraction."""
    found = number(value)
    return None if found is None else int(found)


def parse_time(value: object) -> datetime | None:
    """An RFC 3339 time in UTC, cut to microseconds (Google sends up to nine digits); None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
