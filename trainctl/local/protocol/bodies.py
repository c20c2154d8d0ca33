"""Request bodies checked against Google's schemas as strictly as Google's own JSON parser does it.

What the parser of the services does was taken from protobuf's JSON mapping (https://protobuf.dev/programming-guides/json):
both spellings of a name, int64 as string or number, numbers or names for enums, null as absent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault, refuse_fields
from trainctl.local.protocol.naming import find_misnamed
from trainctl.local.protocol.protos import ONEOFS, OPTIONAL_DESPITE_WORD
from trainctl.local.protocol.scalars import Unfit, parse_enum, parse_scalar
from trainctl.reference import load_discovery_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MISSING = "Required field is not set."


def check_body(body: Any, schema: str, *, service: str, at: str, partial: bool = False) -> dict[str, Any]:
    """The body with canonical camelCase names and values, output-only fields and defaults left out.

    `schema` is the name without the service's prefix, `at` what errors call the body (`custom_job`; empty for a request
    message of its own); `partial` lets required fields be missing, as in a patch. Raises Fault with INVALID_ARGUMENT
    that lists all violations: first those of shape, and when there are none, missing fields, and then names that are
    not allowed.
    """
    reader = _Reader(service)
    result = reader.read_message(body, schema, at)
    if reader.violations:
        raise refuse_fields(reader.violations)
    missing = [] if partial else [_join(at, path) for path in find_missing(result, schema, service=service)]
    if missing:
        listed = "".join(f"\t{n}.Field: {path}; Message: {_MISSING}" for n, path in enumerate(missing, 1))
        violations = [{"field": path, "description": _MISSING} for path in missing]
        detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
        raise Fault("INVALID_ARGUMENT", f"List of found errors:{listed}\t", details=(detail,))
    if service == "vertex" and (misnamed := list(find_misnamed(result))):
        raise refuse_fields([(_join(at, path), f"{_join(at, path)}: {why}") for path, why in misnamed])
    return result


def find_missing(message: Mapping[str, Any], schema: str, *, service: str, path: str = "") -> Iterator[str]:
    """Paths (snake_case) of required fields that are not set anywhere in a canonical message."""
    properties, required = _fields_of(service, schema)
    for name in required:
        if name not in message and f"{schema}.{name}" not in OPTIONAL_DESPITE_WORD:
            yield f"{path}{to_snake(name)}"
    for name, value in message.items():
        for place, inner, target in _messages_in(name, value, properties[name], service):
            yield from find_missing(inner, target, service=service, path=f"{path}{place}.")


def has_path(parts: Sequence[str], schema: str, *, service: str) -> bool:
    """Whether names (snake_case) lead to a field: through messages, maps and free JSON; a list stands only at the end.

    Source: google/protobuf/field_mask.proto, on repeated fields.
    """
    name = _spellings(service, schema).get(parts[0])
    if name is None or len(parts) == 1:
        return name is not None
    described = _fields_of(service, schema)[0][name]
    if "$ref" in described:
        return has_path(parts[1:], _short(service, described["$ref"]), service=service)
    return described.get("type") in ("object", "any")


def to_snake(name: str) -> str:
    """The proto name of a field: `bootDiskSizeGb` is `boot_disk_size_gb`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


@cache
def _fields_of(service: str, schema: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    document = load_discovery_schema(service)
    described = document["schemas"].get(document["prefix"] + schema) or document["schemas"][schema]
    properties: dict[str, Any] = described.get("properties", {})
    required = [name for name in described.get("required", ()) if not properties[name].get("readOnly")]
    return properties, tuple(required)


@cache
def _spellings(service: str, schema: str) -> dict[str, str]:
    properties, _ = _fields_of(service, schema)
    return {spelling: name for name in properties for spelling in (name, to_snake(name))}


def _short(service: str, reference: str) -> str:
    return reference.removeprefix(load_discovery_schema(service)["prefix"])


def _messages_in(
    name: str, value: Any, described: Mapping[str, Any], service: str
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """The messages directly in a field: `(place, message, schema)`."""
    if "$ref" in described:
        yield to_snake(name), value, _short(service, described["$ref"])
    elif reference := described.get("items", {}).get("$ref"):
        for index, inner in enumerate(value):
            # An empty worker pool stands for "none here": pools keep their places.
            if inner or name != "workerPoolSpecs":
                yield f"{to_snake(name)}[{index}]", inner, _short(service, reference)


@dataclass(slots=True)
class _Reader:
    """One pass over a body; collects violations instead of ending at the first."""

    service: str
    violations: list[tuple[str, str]] = field(default_factory=list)

    def read_message(self, value: Any, schema: str, at: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._refuse(at, f"Invalid value at '{at}' ({schema}), {_quote(value)}")
            return {}
        properties, _ = _fields_of(self.service, schema)
        spellings = _spellings(self.service, schema)
        result: dict[str, Any] = {}
        for key, inner in value.items():
            name = spellings.get(key)
            if name is None:
                where = f" at '{at}'" if at else ""
                self._refuse(at, f'Invalid JSON payload received. Unknown name "{key}"{where}: Cannot find field.')
            elif inner is not None:
                read = self._read_field(inner, schema, name, _join(at, to_snake(name)))
                if not properties[name].get("readOnly") and not _is_default(read, properties[name]):
                    result[name] = read
        self._check_oneofs(result, schema, at)
        return result

    def _read_field(self, value: Any, schema: str, name: str, at: str) -> Any:
        described = _fields_of(self.service, schema)[0][name]
        if described.get("type") == "array":
            return self._read_list(value, schema, name, at)
        return self._read_one(value, described, f"{schema}.{name}", at)

    def _read_list(self, value: Any, schema: str, name: str, at: str) -> list[Any]:
        if not isinstance(value, list):
            self._refuse(at, f"Invalid value at '{at}' (list), {_quote(value)}")
            return []
        items = _fields_of(self.service, schema)[0][name]["items"]
        return [self._read_one(inner, items, f"{schema}.{name}", f"{at}[{n}]") for n, inner in enumerate(value)]

    def _read_map(self, value: Any, described: Mapping[str, Any], at: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._refuse(at, f"Invalid value at '{at}' (map), {_quote(value)}")
            return {}
        return {key: self._read_one(inner, described, at, f'{at}["{key}"]') for key, inner in value.items()}

    def _read_one(self, value: Any, described: Mapping[str, Any], owner: str, at: str) -> Any:
        if "$ref" in described:
            return self.read_message(value, _short(self.service, described["$ref"]), at)
        if described.get("type") == "object":
            return self._read_map(value, described.get("additionalProperties", {}), at)
        try:
            if "enum" in described:
                return parse_enum(value, described["enum"], owner)
            return parse_scalar(value, described)
        except Unfit as problem:
            self._refuse(at, f"Invalid value at '{at}' ({problem.expected}), {_quote(value)}")
            return None

    def _check_oneofs(self, message: Mapping[str, Any], schema: str, at: str) -> None:
        for oneof, members in ONEOFS.get(schema, {}).items():
            for extra in [name for name in message if name in members][1:]:
                self._refuse(
                    at, f"Invalid value at '{at}' (oneof), oneof field '{oneof}' is already set. Cannot set '{extra}'"
                )

    def _refuse(self, at: str, description: str) -> None:
        self.violations.append((at, description))


def _join(at: str, path: str) -> str:
    return f"{at}.{path}" if at else path


def _is_default(value: Any, described: Mapping[str, Any]) -> bool:
    """Whether proto3 leaves the value out of an answer; messages and free JSON values have presence."""
    if "$ref" in described or described.get("type") == "any":
        return False
    return value in (None, "", 0, False, "0", [], {}) or value in described.get("enum", ())[:1]


def _quote(value: Any) -> str:
    import json

    return json.dumps(value)[:200]
