"""The errors of jsonschema in our words: one sentence and a cure for each."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from trainctl.spec.flow import flow
from trainctl.spec.problems import format_path
from trainctl.spec.suggest import closest, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from trainctl.spec.problems import PathKey

_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
_CURES = {
    "string": "write text",
    "integer": "write a whole number",
    "number": "write a number",
    "boolean": "write `true` or `false`",
    "array": "write it as a list, with `- ` before each item",
    "object": "write `key: value` lines, without `- ` before them",
    "null": "write `null`",
}
_YES = frozenset({"yes", "on", "y"})
_NO = frozenset({"no", "off", "n"})
_SHORT = 60
_MOST_CHOICES = 16

Error: TypeAlias = Any
"""jsonschema's ValidationError, whose attributes its type stubs leave open."""


@dataclass(frozen=True, slots=True)
class Told:
    """A shape error: path as the document writes it, code, sentence, cure."""

    path: PathKey
    code: str
    message: str
    hint: str | None = None


def flatten(errors: Iterable[Error]) -> Iterator[Error]:
    """The errors that are worth telling: for a union, those of the branch that the value evidently means.

    What a schema says for editors only, because a rule says it better here, is left out (`x-rule`).
    """
    for error in errors:
        if error.validator in {"anyOf", "oneOf"} and error.context:
            yield from flatten(_meant(error))
        elif not (isinstance(error.schema, dict) and error.validator in error.schema.get("x-rule", ())):
            yield error


def tell(error: Error, place: Callable[[PathKey], PathKey], written: Callable[[PathKey], str]) -> Told:
    """What to say about one error that `flatten` gave.

    `place` knows how the document itself writes a path, `written` how it writes the value at one.
    """
    path = place(tuple(error.absolute_path))
    told = _TELLERS.get(str(error.validator), _tell_otherwise)(error, path)
    if told.code == "type" and isinstance(error.instance, (int, float)) and "string" in _kinds(error):
        told = _as_written(told, error.instance, written(tuple(error.absolute_path)))
    code = error.schema.get("x-code") if isinstance(error.schema, dict) else None
    return replace(told, code=code) if code and error.validator not in {"type", "required"} else told


def _as_written(told: Told, value: Any, text: str) -> Told:
    """The same of a number as it was written: `007` and `1e3` would lose their form in quotes."""
    from trainctl.spec.scalars import UnusableNumber, resolve

    try:
        if text == json.dumps(value) or resolve(text) != value:  # which an alias and a text of several lines are not
            return told
    except UnusableNumber:
        return told
    message = f"{told.message.removesuffix(shown(value))}`{text}`"
    return replace(told, message=message, hint=(told.hint or "").replace(f'"{json.dumps(value)}"', f'"{text}"'))


def _meant(error: Error) -> list[Error]:
    """The errors of one branch: the one whose type fits, whose constants agree, and with the fewest errors."""
    branches: dict[Any, list[Error]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = min(branches.values(), key=_distance)
    mismatches = [wrong for errors in branches.values() if (wrong := _wrong_type(errors))]
    if len(mismatches) == len(branches):
        first = mismatches[0]
        first.validator_value = list(dict.fromkeys(kind for wrong in mismatches for kind in _kinds(wrong)))
        return [first]
    return meant


def _wrong_type(errors: list[Error]) -> Error | None:
    """The error that says a branch is for another type altogether."""
    return next((inner for inner in errors if not inner.relative_path and inner.validator == "type"), None)


def _distance(errors: list[Error]) -> tuple[int, int, int]:
    wrong_type = _wrong_type(errors) is not None
    wrong_constant = any(inner.validator in {"const", "enum"} for inner in errors)
    return (int(wrong_type), int(wrong_constant), len(errors))


def _name(path: PathKey) -> str:
    return f"`{format_path(path)}`" if path else "the spec"


def shown(value: Any) -> str:
    """A value as it is quoted in a sentence: `"three"`, `12`, `a list`."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:56]}...`"


def _kinds(error: Error) -> list[str]:
    """The types that a type error asks for."""
    return error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]


def _tell_type(error: Error, path: PathKey) -> Told:
    wanted = _kinds(error)
    words = [_TYPES[kind] for kind in wanted]
    expected = " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
    message = f"{_name(path)} must be {expected}, not {shown(error.instance)}"
    schema = error.schema if isinstance(error.schema, dict) else {}
    choices = schema.get("enum", ())
    if choices and json.dumps(error.instance) not in choices:
        return Told(path, "type", message, f"write {_choices(choices)}")
    if path[-1:] == ("requirements",) and str(error.instance).endswith(".txt"):
        return Told(path, "type", message, "write the lines of the file as a list")
    return Told(path, "type", message, _type_cure(error.instance, wanted, schema.get("x-unit", "")))


def _type_cure(value: Any, wanted: list[str], unit: str) -> str:
    if value is None:
        return "give it a value, or remove it"
    if "string" in wanted and isinstance(value, (int, float)):
        return f"write `{json.dumps(value)}{unit}`" if unit else f'quote it: `"{json.dumps(value)}"`'
    if isinstance(value, str) and (cure := _unquoted(value, wanted)):
        return cure
    if isinstance(value, list) and len(value) == 1 and "object" not in wanted:
        return "leave out the brackets or the `- `"
    return _CURES[wanted[0]]


def _unquoted(value: str, wanted: list[str]) -> str | None:
    from trainctl.spec.scalars import UnusableNumber, resolve

    if "boolean" in wanted and value.lower() in _YES | _NO:
        return f"YAML 1.2 reads `{value}` as text: write `{'true' if value.lower() in _YES else 'false'}`"
    if "array" in wanted:
        words = (word.rstrip(",") for word in value.split())
        return f"write `[{', '.join(words)}]`" if len(value) < _SHORT else None
    try:
        plain = resolve(value.strip())
    except UnusableNumber:
        return None
    fits = {"boolean": isinstance(plain, bool), "integer": _is_number(plain, int), "number": _is_number(plain, float)}
    return f"remove the quotes: `{value.strip()}`" if any(fits.get(kind) for kind in wanted) else None


def _is_number(value: Any, kind: type) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int,) if kind is int else (int, float))


def _tell_enum(error: Error, path: PathKey) -> Told:
    allowed = [value for value in error.validator_value if value is not None]
    meant = (
        closest(error.instance, [v for v in allowed if isinstance(v, str)]) if isinstance(error.instance, str) else None
    )
    cure = error.schema.get("x-cure") or f"write {_choices(allowed)}"
    hint = f"did you mean `{meant}`?" if meant else cure
    return Told(path, "choice", f"{_name(path)} cannot be {shown(error.instance)}", hint)


def _choices(allowed: Iterable[Any]) -> str:
    """The values of an enumeration that are worth writing."""
    words = (value if isinstance(value, str) else json.dumps(value) for value in allowed if value is not None)
    return listed(filter(_is_choice, words), most=_MOST_CHOICES, last="or")


def _tell_const(error: Error, path: PathKey) -> Told:
    wanted = shown(error.validator_value)
    return Told(path, "choice", f"{_name(path)} must be {wanted}, not {shown(error.instance)}")


def _tell_required(error: Error, path: PathKey) -> Told:
    name = next(name for name in error.validator_value if f"{name!r} is a required" in error.message)
    where = f" in {_name(path)}" if path else ""
    schema = error.schema if isinstance(error.schema, dict) else {}
    inner = schema.get("properties", {}).get(name, {})
    return Told((*path, name), "missing", f"`{name}` is missing{where}", _example(name, inner))


def _example(name: str, schema: dict[str, Any]) -> str:
    values = schema.get("examples") or schema.get("enum") or ()
    plain = next((value for value in values if not isinstance(value, (dict, list)) and _is_choice(value)), None)
    return f"add `{name}: {flow(plain)}`" if plain is not None else f"add `{name}: ...`"


def _is_choice(value: Any) -> bool:
    """Whether anybody means that value of an enumeration."""
    return not str(value).endswith("_UNSPECIFIED")


def _tell_pattern(error: Error, path: PathKey) -> Told:
    schema = error.schema if isinstance(error.schema, dict) else {}
    form = schema.get("x-form")
    examples = schema.get("examples") or ()
    hint = f"for example `{_example_text(examples[0], schema)}`" if examples else f"write {form}"
    message = (
        f"{_name(path)} must be {form}, not {shown(error.instance)}"
        if form
        else f"{_name(path)} cannot be {shown(error.instance)}"
    )
    return Told(path, "form", message, hint)


def _example_text(example: Any, schema: dict[str, Any]) -> str:
    """An example as the field takes it: in quotes where YAML reads it as a number and the field takes only text."""
    return flow(example) if schema.get("type") == "string" else str(example)


def _limit(relation: str, cure: str) -> Callable[[Error, PathKey], Told]:
    def told(error: Error, path: PathKey) -> Told:
        limit = json.dumps(error.validator_value)
        message = f"{_name(path)} must be {relation} {limit}, not {shown(error.instance)}"
        return Told(path, "range", message, cure.format(limit))

    return told


def _size(relation: str, unit: str, measure: Callable[[Any], int]) -> Callable[[Error, PathKey], Told]:
    def told(error: Error, path: PathKey) -> Told:
        limit, size = int(error.validator_value), measure(error.instance)
        if size == 0:
            return Told(path, "empty-value", f"{_name(path)} is empty", "give it a value, or remove it")
        message = f"{_name(path)} has {size} {unit}, {relation} {limit} are allowed"
        return Told(path, "length", message, "shorten it" if relation == "at most" else "add to it")

    return told


def _tell_otherwise(error: Error, path: PathKey) -> Told:
    return Told(path, str(error.validator), f"{_name(path)}: {error.message}", None)


_TELLERS: dict[str, Callable[[Any, PathKey], Told]] = {
    "type": _tell_type,
    "enum": _tell_enum,
    "const": _tell_const,
    "required": _tell_required,
    "pattern": _tell_pattern,
    "minimum": _limit("at least", "write {} or more"),
    "maximum": _limit("at most", "write {} or less"),
    "exclusiveMinimum": _limit("greater than", "write more than {}"),
    "exclusiveMaximum": _limit("less than", "write less than {}"),
    "minLength": _size("at least", "characters", len),
    "maxLength": _size("at most", "characters", len),
    "minItems": _size("at least", "items", len),
    "maxItems": _size("at most", "items", len),
    "minProperties": _size("at least", "entries", len),
    "maxProperties": _size("at most", "entries", len),
}
