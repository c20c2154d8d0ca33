"""JSON that any program can read: what Python's reader takes beyond that is none."""

from __future__ import annotations

import json
import math
from typing import Any

_DEEPEST = 100
"""Levels of objects and lists, as many as protobuf's own parser of JSON reads."""

_TOO_DEEP = f"Message too deep: there are more than {_DEEPEST} levels."


def parse(text: str) -> Any:
    """The value of a JSON text.

    Raises ValueError, with a sentence, for NaN, for numbers that no double can hold, for half of a surrogate pair and
    for more than a hundred levels: an answer with one of these could be read by no other program.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_parse_float)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if _is_too_deep(value):
        raise ValueError(_TOO_DEEP)
    if "\\u" in text and _has_half_characters(value):
        raise ValueError("A string has half of a surrogate pair.")
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def _parse_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:40]} is out of range.")
    return number


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return False
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return True


def _has_half_characters(value: Any) -> bool:
    """JSON can write surrogates one by one, which UTF-8 cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
