"""Whether a value fits a schema: yes, or ask jsonschema.

Nearly every spec is sound in shape. This says so without importing jsonschema, whose import costs as much time as all
else that a check does; where it finds anything amiss, or a keyword it does not know, jsonschema finds and names the
errors. A test holds both against each other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.spec.shape import as_python, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ANNOTATIONS = frozenset(
    {
        "$schema",
        "$id",
        "$defs",
        "$comment",
        "title",
        "description",
        "default",
        "examples",
        "format",
        "patternErrorMessage",
        "then",
    }
)


def fits(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """True only if jsonschema would find no error; `root` is the whole schema, for references."""
    for keyword, wanted in schema.items():
        check = _CHECKS.get(keyword)
        if check is not None:
            if not check(value, wanted, schema, root):
                return False
        elif keyword not in _ANNOTATIONS and not keyword.startswith("x-"):
            return False
    return True


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            return _is_number(value) and value == int(value)
        case _:
            return kind == "number" and _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _type(value: Any, wanted: Any, *_: Any) -> bool:
    return _is(value, wanted) if isinstance(wanted, str) else any(_is(value, kind) for kind in wanted)


def _same(value: Any, wanted: Any) -> bool:
    """Equal as JSON: `1` and `true` are not."""
    return type(value) is type(wanted) and bool(value == wanted) and isinstance(wanted, (str, int, float))


def _properties(value: Any, wanted: Any, _: Any, root: Any) -> bool:
    if not isinstance(value, dict):
        return True
    return all(fits(inner, wanted[name], root) for name, inner in value.items() if name in wanted)


def _additional(value: Any, wanted: Any, schema: Any, root: Any) -> bool:
    if not isinstance(value, dict):
        return True
    named = schema.get("properties", {})
    others = [inner for name, inner in value.items() if name not in named]
    return not others if wanted is False else wanted is True or all(fits(inner, wanted, root) for inner in others)


def _items(value: Any, wanted: Any, _: Any, root: Any) -> bool:
    return not isinstance(value, list) or all(fits(inner, wanted, root) for inner in value)


def _condition(value: Any, wanted: Any, schema: Any, root: Any) -> bool:
    return not fits(value, wanted, root) or fits(value, schema.get("then", {}), root)


def _sized(kind: type[str | list[Any] | dict[str, Any]], enough: Callable[[int, int], bool]) -> Callable[..., bool]:
    return lambda value, wanted, *_: not isinstance(value, kind) or enough(len(value), wanted)


def _bounded(enough: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    return lambda value, wanted, *_: not _is_number(value) or enough(value, wanted)


_CHECKS: dict[str, Callable[..., bool]] = {
    "$ref": lambda value, wanted, _, root: fits(value, resolve(root, wanted), root),
    "type": _type,
    "const": lambda value, wanted, *_: _same(value, wanted),
    "enum": lambda value, wanted, *_: any(_same(value, choice) for choice in wanted),
    "properties": _properties,
    "additionalProperties": _additional,
    "required": lambda value, wanted, *_: not isinstance(value, dict) or all(name in value for name in wanted),
    "items": _items,
    "pattern": lambda value, wanted, *_: not isinstance(value, str) or re.search(as_python(wanted), value) is not None,
    "allOf": lambda value, wanted, _, root: all(fits(value, part, root) for part in wanted),
    "if": _condition,
    "minimum": _bounded(lambda value, limit: value >= limit),
    "maximum": _bounded(lambda value, limit: value <= limit),
    "exclusiveMinimum": _bounded(lambda value, limit: value > limit),
    "exclusiveMaximum": _bounded(lambda value, limit: value < limit),
    "minLength": _sized(str, lambda size, limit: size >= limit),
    "maxLength": _sized(str, lambda size, limit: size <= limit),
    "minItems": _sized(list, lambda size, limit: size >= limit),
    "maxItems": _sized(list, lambda size, limit: size <= limit),
    "minProperties": _sized(dict, lambda size, limit: size >= limit),
    "maxProperties": _sized(dict, lambda size, limit: size <= limit),
}
