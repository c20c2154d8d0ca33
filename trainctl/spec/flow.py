"""A value on one line of YAML."""

from __future__ import annotations

import json
import re
from typing import Any

from trainctl.spec.scalars import UnusableNumber, resolve

_UNPLAIN = re.compile(r"^[?:,#&*!|>'\"%@`\s]|^-(?:\s|$)|[,\[\]{}]|: |:$| #|\s$|^$")

_MARKS = frozenset({"---", "...", "<<", "="})


def flow(value: Any) -> str:
    """`value` in flow style, which YAML 1.2 reads as the same value."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, str) and _reads_as_itself(value):
        return value
    return "".join(map(_shown, json.dumps(value, ensure_ascii=False)))


def _shown(character: str) -> str:
    """A character within quotes: as an escape where terminals take it for something else (a change of direction)."""
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _reads_as_itself(text: str) -> bool:
    """Whether a plain scalar in a flow collection is this very text."""
    try:
        return resolve(text) == text and not _UNPLAIN.search(text) and text.isprintable() and text not in _MARKS
    except UnusableNumber:
        return False
