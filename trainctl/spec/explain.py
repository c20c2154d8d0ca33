"""A schema's words about one field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.spec.flow import flow
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
    node, required = whole(root, root), False
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
        node = whole(root, properties(holder)[name])
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
        default=None if default is None else flow(default),
        choices=tuple(str(value) for value in node.get("enum", ())),
        examples=tuple(flow(value) for value in node.get("examples", ())),
        limits=tuple(_limits(node)),
        fields=tuple(_lines(root, _held(root, node))),
    )


def _lines(root: Mapping[str, Any], holder: Mapping[str, Any]) -> Iterator[FieldLine]:
    for name, inner in properties(holder).items():
        node = whole(root, inner)
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
        items = type_of(root, whole(root, node["items"]))
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


def whole(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A node with what its reference means; its own words win."""
    while "$ref" in node:
        own = {key: value for key, value in node.items() if key != "$ref"}
        node = {**resolve(root, node["$ref"]), **own}
    return node


def _held(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The mapping whose fields can be asked for: of a list its items, of a free map its values."""
    for inner in ("items", "additionalProperties"):
        if not node.get("properties") and isinstance(node.get(inner), dict):
            return _held(root, whole(root, node[inner]))
    return node


def properties(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The named fields of a node, by name."""
    return node.get("properties", {})  # type: ignore[no-any-return]


def _named(holder: Mapping[str, Any], step: str) -> str | None:
    known = properties(holder)
    return next((name for name in (step, snake_case(step), camel_case(step)) if name in known), None)


def _unknown(step: str, names: list[str], holder: Mapping[str, Any], kind: str) -> UnknownField:
    known = sorted(properties(holder))
    place = f"`{format_path(tuple(names))}`" if names else f"kind `{kind}`"
    if not known:
        return UnknownField(f"{place} holds no fields", f"ask for `{kind}` to see its fields")
    return UnknownField(f"{place} has no field `{step}`", suggestion(step, known) or f"it has {listed(known, most=12)}")
