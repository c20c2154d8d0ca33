"""Judges JSON by Google's whole discovery documents, independently of the data and code that the engine uses."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "discovery"
FILES = (
    ("/v1/", "aiplatform.v1.json"),
    ("/v1/", "ml.v1.json"),
    ("/v2/", "logging.v2.json"),
    ("/storage/v1/", "storage.v1.json"),
    ("/automl/v1/", "automl.v1.json"),
)
FORMS = {
    "int64": r"-?\d+",
    "uint64": r"\d+",
    "google-datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z",
    "google-duration": r"-?\d+(\.\d{1,9})?s",
}
TYPES: dict[str, Any] = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}


def find_problems(value: Any, schema: str, document: dict[str, Any], *, spellings: bool = False) -> list[str]:
    """What is wrong with a value by the schema of that name; `spellings` lets snake_case names pass, as in requests."""
    return list(_message(value, schema, document, "$", spellings=spellings))


def find_method(verb: str, path: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The discovery method that a request is for, and its document; None for paths outside of the documents."""
    for prefix, file in FILES:
        if path.startswith(prefix):
            for method, pattern in _methods(file):
                if method["httpMethod"] == verb and pattern.fullmatch(path.removeprefix("/automl")):
                    return method, _document(file)
    return None


@cache
def _document(file: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    return document


@cache
def _methods(file: str) -> list[tuple[dict[str, Any], re.Pattern[str]]]:
    def walk(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for resource in resources.values():
            yield from resource.get("methods", {}).values()
            yield from walk(resource.get("resources", {}))

    document = _document(file)
    service = "/" + document.get("servicePath", "")
    found = []
    for method in walk(document["resources"]):
        template = service + (method.get("flatPath") or method["path"]).lstrip("/")
        parts = [re.escape(part) for part in re.split(r"\{[^}]+\}", template)]
        found.append((method, re.compile(r"(?:[^/:]+|[^/]+(?=/))".join(parts))))
    return found


def _message(value: Any, schema: str, document: dict[str, Any], at: str, *, spellings: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: not an object"
        return
    properties = document["schemas"][schema].get("properties", {})
    if spellings:
        properties = {**properties, **{_snake(name): described for name, described in properties.items()}}
    for name, inner in value.items():
        if name not in properties:
            yield f"{at}.{name}: no such field in {schema}"
        else:
            yield from _value(inner, properties[name], document, f"{at}.{name}", spellings=spellings)


def _value(
    value: Any, described: dict[str, Any], document: dict[str, Any], at: str, *, spellings: bool
) -> Iterator[str]:
    if value is None and spellings:
        return  # null is absent, in requests
    if "$ref" in described:
        yield from _message(value, described["$ref"], document, at, spellings=spellings)
    elif described["type"] == "array":
        for place, inner in enumerate(value):
            yield from _value(inner, described["items"], document, f"{at}[{place}]", spellings=spellings)
    elif described["type"] == "object":
        for key, inner in value.items():
            yield from _value(inner, described["additionalProperties"], document, f"{at}[{key!r}]", spellings=spellings)
    elif described["type"] != "any":
        yield from _scalar(value, described, at, lenient=spellings)


def _scalar(value: Any, described: dict[str, Any], at: str, *, lenient: bool) -> Iterator[str]:
    if lenient and (value is None or isinstance(value, (int, float)) or "enum" in described or str(value).isdigit()):
        return  # protobuf's JSON mapping lets requests write numbers, and numbers of enums, in more than one way
    expected = TYPES[described["type"]]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        yield f"{at}: {value!r} is not of type {described['type']}"
        return
    if "enum" in described and value not in described["enum"]:
        yield f"{at}: {value!r} is not one of the enum's values"
    form = FORMS.get(described.get("format", ""))
    if form and not re.fullmatch(form, str(value)):
        yield f"{at}: {value!r} is not a {described['format']}"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
