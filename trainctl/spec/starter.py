"""A commented spec to start from, written from a kind's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.spec.explain import first_sentence, properties, whole
from trainctl.spec.flow import flow
from trainctl.spec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMA_FOLDER = "schemas"


def init(kind: str) -> str:
    """A commented, valid spec of a kind to start from, with the line that tells editors where the schema is.

    The fields in the schema's `x-init` are filled in; the others follow as comments. Raises KeyError.
    """
    schema = load_schema(kind)
    root = schema.data
    start: dict[str, Any] = {"kind": kind, **root.get("x-init", {})}
    lines = [
        f"# yaml-language-server: $schema={_SCHEMA_FOLDER}/{kind}.json",
        f"# (`trainctl schema export {_SCHEMA_FOLDER}` writes that file; `trainctl explain {kind}` tells more)",
        "",
    ]
    for name, value in start.items():
        lines += _active(root, name, value)
    lines += ["", "# More fields; remove the `#` before the name to use one.", ""]
    for name, inner in properties(root).items():
        if name not in start:
            lines += _inactive(name, whole(root, inner))
    return "\n".join(lines) + "\n"


def _active(root: Mapping[str, Any], name: str, value: Any) -> list[str]:
    node = whole(root, properties(root)[name])
    return [f"# {first_sentence(node.get('description', ''))}", *_block(name, value, "")]


def _inactive(name: str, node: Mapping[str, Any]) -> list[str]:
    return [f"# {first_sentence(node.get('description', ''))}", f"#{name}: {flow(_sample(node))}"]


def _sample(node: Mapping[str, Any]) -> Any:
    """A value that shows what a field takes."""
    choices = [value for value in node.get("enum", ()) if not str(value).endswith("UNSPECIFIED")]
    empty = {"boolean": True, "object": {}, "array": [], "string": "..."}.get(str(node.get("type")), 0)
    return next(iter([*node.get("examples", ()), *choices, *([node["default"]] if "default" in node else ())]), empty)


def _block(name: str, value: Any, indent: str) -> list[str]:
    """A field in block style, so that its lines can be edited one by one."""
    if isinstance(value, dict) and value:
        inner = [line for key, item in value.items() for line in _block(key, item, indent + "  ")]
        return [f"{indent}{name}:", *inner]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"{indent}{name}:", *(line for item in value for line in _item(item, indent))]
    return [f"{indent}{name}: {flow(value)}"]


def _item(item: Mapping[str, Any], indent: str) -> list[str]:
    lines = [line for key, value in item.items() for line in _block(key, value, indent + "    ")]
    first = lines[0][len(indent) + 4 :]
    return [f"{indent}  - {first}", *lines[1:]]
