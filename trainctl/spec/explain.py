"""A schema's words about one field, and a spec to start from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.spec.problems import format_path
from trainctl.spec.schema import load_schema
from trainctl.spec.shape import resolve
from trainctl.spec.spelling import camel_case, snake_case
from trainctl.spec.suggest import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STEP = re.compile(r"[^.\[\]]+")
_SENTENCE = re.compile(r"^(.+?)\.(?:\s|$)", re.DOTALL)
_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "mapping",
}
_SCHEMA_FOLDER = "schemas"


class UnknownField(LookupError):
    """A path that leads nowhere in a kind's schema; `hint` is what may have been meant."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field in a list of fields: name, type, the first sentence about it, whether it must be there."""

    name: str
    type: str
    summary: str
    required: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a schema says about one place: `limits` are sentences, `examples` YAML texts, `fields` what it holds.

    `path` is the empty text for a kind as a whole.
    """

    kind: str
    path: str
    type: str
    description: str
    required: bool
    default: str | None
    choices: tuple[str, ...]
    examples: tuple[str, ...]
    limits: tuple[str, ...]
    fields: tuple[FieldLine, ...]


def explain(kind: str, path: str = "") -> Explanation:
    """What the schema of `kind` says about the field at `path` (`worker_pool_specs.machine_spec`).

    List indexes may be left out, both spellings are understood. Raises KeyError for an unknown kind, UnknownField
    for a path that leads nowhere.
    """
    root = load_schema(kind).data
    node, required = _whole(root, root), False
    names: list[str] = []
    for step in _STEP.findall(path):
        if step.isdigit():
            continue
        holder = _held(root, node)
        name = _named(holder, step)
        if name is None:
            raise _unknown(step, names, holder, kind)
        names.append(name)
        required = name in holder.get("required", ())
        node = _whole(root, _properties(holder)[name])
    return _explanation(root, node, kind, names, required=required)


def _explanation(
    root: Mapping[str, Any], node: Mapping[str, Any], kind: str, names: list[str], *, required: bool
) -> Explanation:
    default = node.get("default")
    return Explanation(
        kind=kind,
        path=format_path(tuple(names)),
        type=type_of(root, node),
        description=node.get("description", ""),
        required=required,
        default=None if default is None else _yaml(default),
        choices=tuple(str(value) for value in node.get("enum", ())),
        examples=tuple(_yaml(value) for value in node.get("examples", ())),
        limits=tuple(_limits(node)),
        fields=tuple(_lines(root, _held(root, node))),
    )


def _lines(root: Mapping[str, Any], holder: Mapping[str, Any]) -> Iterator[FieldLine]:
    for name, inner in _properties(holder).items():
        node = _whole(root, inner)
        summary = first_sentence(node.get("description", ""))
        yield FieldLine(name, type_of(root, node), summary, name in holder.get("required", ()))


def first_sentence(text: str) -> str:
    """The first sentence of a description, without its full stop."""
    found = _SENTENCE.match(text)
    return found[1] if found else text


def type_of(root: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """The type in a few words: `string`, `list of mappings`, `number or string`."""
    if "const" in node:
        return f"`{node['const']}`"
    kinds = node.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = [_TYPES[kind] for kind in kinds]
    if isinstance(node.get("items"), dict) and "array" in kinds:
        items = type_of(root, _whole(root, node["items"]))
        words = [f"list of {_plural(items)}" if word == "list" else word for word in words]
    return " or ".join(words) or "any value"


def _plural(words: str) -> str:
    return words if " " in words else f"{words}s"


def _limits(node: Mapping[str, Any]) -> Iterator[str]:
    words = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "exclusiveMinimum": "more than {}",
        "maxLength": "at most {} characters",
        "maxItems": "at most {} items",
        "minItems": "at least {} items",
    }
    if form := node.get("x-form"):
        yield form
    yield from (text.format(node[word]) for word, text in words.items() if word in node and node[word] != "")


def _whole(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A node with what its reference means; its own words win."""
    while "$ref" in node:
        own = {key: value for key, value in node.items() if key != "$ref"}
        node = {**resolve(root, node["$ref"]), **own}
    return node


def _held(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The mapping whose fields can be asked for: of a list its items, of a free map its values."""
    for inner in ("items", "additionalProperties"):
        if not node.get("properties") and isinstance(node.get(inner), dict):
            return _held(root, _whole(root, node[inner]))
    return node


def _properties(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.get("properties", {})  # type: ignore[no-any-return]


def _named(holder: Mapping[str, Any], step: str) -> str | None:
    properties = _properties(holder)
    return next((name for name in (step, snake_case(step), camel_case(step)) if name in properties), None)


def _unknown(step: str, names: list[str], holder: Mapping[str, Any], kind: str) -> UnknownField:
    known = sorted(_properties(holder))
    place = f"`{format_path(tuple(names))}`" if names else f"kind `{kind}`"
    if not known:
        return UnknownField(f"{place} holds no fields", f"ask for `{kind}` to see its fields")
    return UnknownField(f"{place} has no field `{step}`", suggestion(step, known) or f"it has {listed(known, most=12)}")


def _yaml(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(inner) for inner in value) + "]"
    if isinstance(value, str) and _reads_as_itself(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _reads_as_itself(text: str) -> bool:
    """Whether a plain scalar in a flow collection is this very text."""
    from trainctl.spec.scalars import UnusableNumber, resolve

    try:
        same = resolve(text) == text
    except UnusableNumber:
        return False
    return same and not re.search(r"^[?:,#&*!|>'\"%@`\s]|^-(?:\s|$)|[,\[\]{}]|: |:$| #|\s$|^$", text)


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
    for name, inner in _properties(root).items():
        if name not in start:
            lines += _inactive(name, _whole(root, inner))
    return "\n".join(lines) + "\n"


def _active(root: Mapping[str, Any], name: str, value: Any) -> list[str]:
    node = _whole(root, _properties(root)[name])
    return [f"# {first_sentence(node.get('description', ''))}", *_block(name, value, "")]


def _inactive(name: str, node: Mapping[str, Any]) -> list[str]:
    return [f"# {first_sentence(node.get('description', ''))}", f"#{name}: {_yaml(_sample(node))}"]


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
    return [f"{indent}{name}: {_yaml(value)}"]


def _item(item: Mapping[str, Any], indent: str) -> list[str]:
    lines = [line for key, value in item.items() for line in _block(key, value, indent + "    ")]
    first = lines[0][len(indent) + 4 :]
    return [f"{indent}  - {first}", *lines[1:]]
