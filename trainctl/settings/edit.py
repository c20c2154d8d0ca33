"""Changing one value in a YAML text while everything else keeps its form.

The text is changed at the marks that PyYAML gives and then parsed: when it does not say what it should, the
whole is written anew. So the edit may be simple, and a strange file costs its comments but never its contents.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml


def set_key(text: str, keys: tuple[str, ...], value: Any, old: dict[str, Any]) -> str:
    """`text` with `value` at the path `keys`, or without that key when `value` is None; `old` is what it said."""
    import yaml

    wanted = _changed(old, keys, value)
    edited = _edit(text, keys, value)
    try:
        same = _pruned(yaml.safe_load(edited)) == _pruned(wanted)
    except yaml.YAMLError:
        same = False
    return edited if same else _dump(wanted)


def _changed(old: dict[str, Any], keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(old)
    here = changed
    for key in keys[:-1]:
        if not isinstance(here.get(key), dict):
            here[key] = {}
        here = here[key]
    if value is None:
        here.pop(keys[-1], None)
    else:
        here[keys[-1]] = value
    return changed


def _pruned(data: Any) -> Any:
    """The data without empty mappings: `ci:` with nothing under it says as much as no `ci:`."""
    if not isinstance(data, dict):
        return data
    kept = {key: _pruned(value) for key, value in data.items()}
    return {key: value for key, value in kept.items() if value not in (None, {})} or None


def _edit(text: str, keys: tuple[str, ...], value: Any) -> str:
    import yaml

    name, node = None, yaml.compose(text, Loader=yaml.SafeLoader)
    for depth, key in enumerate(keys):
        if not isinstance(node, yaml.MappingNode):
            return text if value is None else _fill(text, name, node, _dump(_nested(keys[depth:], value)))
        pair = next((pair for pair in node.value if pair[0].value == key), None)
        if pair is None:
            return text if value is None else _extend(text, node, _dump(_nested(keys[depth:], value)))
        name, node = pair
    if name is None or node is None:
        return text
    return _remove(text, name, node) if value is None else _replace(text, node, value)


def _fill(text: str, name: yaml.Node | None, node: yaml.Node | None, block: str) -> str:
    """A first entry where there is none: in an empty file, or under a key without a value."""
    if name is None:
        return _insert(text, len(text.splitlines()), 0, block)
    if node is None or node.value:
        return ""
    return _insert(text, name.end_mark.line + 1, name.start_mark.column + 2, block)


def _extend(text: str, mapping: yaml.MappingNode, block: str) -> str:
    """A further entry after the mapping's last value, as deep as its keys."""
    last: yaml.Node = mapping
    while last.value and not isinstance(last.value, str):
        last = last.value[-1][1] if isinstance(last.value[-1], tuple) else last.value[-1]
    return _insert(text, last.end_mark.line + 1, mapping.start_mark.column, block)


def _insert(text: str, at: int, indent: int, block: str) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    fresh = [f"{' ' * indent}{line}\n" for line in block.splitlines()]
    return "".join(lines[:at] + fresh + lines[at:])


def _replace(text: str, node: yaml.Node, value: Any) -> str:
    return text[: node.start_mark.index] + _scalar(value) + text[node.end_mark.index :]


def _remove(text: str, name: yaml.Node, node: yaml.Node) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[: name.start_mark.line] + lines[node.end_mark.line + 1 :])


def _nested(keys: tuple[str, ...], value: Any) -> Any:
    for key in reversed(keys):
        value = {key: value}
    return value


def _scalar(value: Any) -> str:
    return _dump({"k": value})[3:].rstrip("\n")


def _dump(data: Any) -> str:
    import yaml

    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=4096) if data else ""
