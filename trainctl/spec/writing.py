"""Specs as text: block style that people edit line by line, and that loads as the very same values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.spec.flow import flow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SCHEMA_FOLDER = "schemas"
_WIDTH = 100
_REFERENCE = re.compile(r"\$(?=\{(?:var|env)\.)")


def schema_line(kind: str) -> str:
    """The comment that tells editors which schema a spec has; `trainctl schema export schemas` writes the file."""
    return f"# yaml-language-server: $schema={SCHEMA_FOLDER}/{kind}.json"


def spec_text(
    fields: Mapping[str, Any], remarks: Mapping[str, str] | None = None, *, variable: Collection[str] = ()
) -> str:
    """The fields as a YAML document; `remarks` are comments above fields, by name.

    What looks like a variable of a spec (`${env.HOME}`) stays what it is when the text is loaded; it is one only in the
    fields called `variable`.
    """
    lines: list[str] = []
    for name, value in fields.items():
        lines += [f"# {remark}" for remark in (remarks or {}).get(name, "").splitlines()]
        lines += block(name, value if name in variable else literal(value))
    return "\n".join(lines) + "\n"


def literal(value: Any) -> Any:
    """`value` in which every `${var.X}` loads as itself: its dollar sign is the default of a variable."""
    if isinstance(value, dict):
        return {key: literal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [literal(inner) for inner in value]
    return _REFERENCE.sub("${var.dollar:-$}", value) if isinstance(value, str) else value


def block(name: str, value: Any, indent: str = "") -> list[str]:
    """A field in block style: short lists and empty maps on one line, all else one line each."""
    key = f"{indent}{flow(name)}:"
    if isinstance(value, dict) and value:
        return [key, *(line for inner, item in value.items() for line in block(inner, item, indent + "  "))]
    if isinstance(value, list) and (_has_maps(value) or len(f"{key} {flow(value)}") > _WIDTH):
        return [key, *(line for item in value for line in _item(item, indent + "  "))]
    return [f"{key} {flow(value)}"]


def _has_maps(values: list[Any]) -> bool:
    return any(isinstance(value, dict) and value for value in values)


def _item(item: Any, indent: str) -> list[str]:
    if not isinstance(item, dict) or not item:
        return [f"{indent}- {flow(item)}"]
    lines = [line for key, value in item.items() for line in block(key, value, indent + "  ")]
    return [f"{indent}- {lines[0][len(indent) + 2 :]}", *lines[1:]]
