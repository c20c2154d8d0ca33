"""The JSON Schemas of all kinds: read from `schemas/`, bundled with the definitions they share, compiled once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from trainctl.spec.shape import Compiler, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

_SHARED = "defs.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(slots=True)
class Schema:
    """One kind's schema: `data` is self-contained JSON Schema, `shape` its skeleton, `validator` jsonschema's."""

    kind: str
    data: dict[str, Any]
    shape: Shape
    _validator: Any = field(default=None, repr=False)

    @property
    def validator(self) -> Any:
        """The validator of jsonschema, made when first asked for (the import takes 60 ms)."""
        if self._validator is None:
            from jsonschema import Draft202012Validator

            self._validator = Draft202012Validator(self.data)
        return self._validator


def kinds() -> tuple[str, ...]:
    """The names of all kinds that have a schema, in alphabetical order."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json") and name != _SHARED))


@cache
def load_schema(kind: str) -> Schema:
    """The schema of a kind. Raises KeyError for a kind without one."""
    if kind not in kinds():
        raise KeyError(kind)
    return from_json(kind, bundle(_read(f"{kind}.json")))


def from_json(kind: str, data: dict[str, Any]) -> Schema:
    """A schema from self-contained JSON Schema."""
    return Schema(kind, data, Compiler(data).compile(data))


def export(folder: Path) -> list[Path]:
    """Writes one self-contained schema file per kind into `folder`, which is made if need be; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in kinds():
        path = folder / f"{kind}.json"
        path.write_text(json.dumps(load_schema(kind).data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


def bundle(data: dict[str, Any]) -> dict[str, Any]:
    """`data` with every definition that it takes from the shared file copied into its own `$defs`."""
    shared = _read(_SHARED)["$defs"]
    wanted = list(_shared_names(data))
    definitions = dict(data.get("$defs", {}))
    while wanted:
        name = wanted.pop()
        if name not in definitions:
            definitions[name] = shared[name]
            wanted += _shared_names(shared[name])
    bundled = _localised({**data, "$defs": {name: definitions[name] for name in sorted(definitions)}})
    bundled.setdefault("$schema", _DIALECT)
    return bundled  # type: ignore[no-any-return]


def _shared_names(value: Any) -> Iterator[str]:
    """The names of shared definitions that `value` refers to."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith((f"{_SHARED}#", "#/$defs/")):
            yield reference.rsplit("/", 1)[1]
        for inner in value.values():
            yield from _shared_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _shared_names(inner)


def _localised(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: inner.removeprefix(_SHARED) if key == "$ref" and isinstance(inner, str) else _localised(inner)
            for key, inner in value.items()
        }
    return [_localised(inner) for inner in value] if isinstance(value, list) else value


@cache
def _read(name: str) -> dict[str, Any]:
    return json.loads(_folder().joinpath(name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _folder() -> Traversable:
    return files("trainctl.spec") / "schemas"
