"""A commented spec to start from, written from a kind's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.spec.explain import first_sentence, properties, whole
from trainctl.spec.flow import flow
from trainctl.spec.schema import load_schema
from trainctl.spec.writing import SCHEMA_FOLDER, block, schema_line

if TYPE_CHECKING:
    from collections.abc import Mapping


def init(kind: str) -> str:
    """A commented, valid spec of a kind to start from, with the line that tells editors where the schema is.

    The fields in the schema's `x-init` are filled in; the others follow as comments. Raises KeyError.
    """
    schema = load_schema(kind)
    root = schema.data
    start: dict[str, Any] = {"kind": kind, **root.get("x-init", {})}
    lines = [
        schema_line(kind),
        f"# (`trainctl schema export {SCHEMA_FOLDER}` writes that file; `trainctl explain {kind}` tells more)",
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
    return [f"# {first_sentence(node.get('description', ''))}", *block(name, value)]


def _inactive(name: str, node: Mapping[str, Any]) -> list[str]:
    return [f"# {first_sentence(node.get('description', ''))}", f"#{name}: {flow(_sample(node))}"]


def _sample(node: Mapping[str, Any]) -> Any:
    """A value that shows what a field takes."""
    choices = [value for value in node.get("enum", ()) if not str(value).endswith("UNSPECIFIED")]
    empty = {"boolean": True, "object": {}, "array": [], "string": "..."}.get(str(node.get("type")), 0)
    return next(iter([*node.get("examples", ()), *choices, *([node["default"]] if "default" in node else ())]), empty)
