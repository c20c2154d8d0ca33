"""The JSON Schemas of all kinds: read from `schemas/`, bundled with the definitions they share, compiled once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from trainctl.spec.matrix import KEY as MATRIX
from trainctl.spec.shape import Compiler, Shape, as_python, resolve

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

            self._validator = Draft202012Validator(_inlined(self.data, self.data, ()))
        return self._validator


def kinds() -> tuple[str, ...]:
    """The names of all kinds that have a schema, in alphabetical order."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json") and name[0] != "_"))


@cache
def load_schema(kind: str) -> Schema:
    """The schema of a kind. Raises KeyError for a kind without one."""
    if kind not in kinds():
        raise KeyError(kind)
    return from_json(kind, bundle(_with_matrix(_extended(_read(f"{kind}.json")))))


def _with_matrix(data: dict[str, Any]) -> dict[str, Any]:
    """`data` with the field that every kind takes and that is gone when a document is checked: see `matrix`."""
    return {**data, "properties": {**data["properties"], MATRIX: {"$ref": f"_defs.json#/$defs/{MATRIX}"}}}


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
    """`data` with every definition that it takes from a shared file copied into its own `$defs`."""
    definitions: dict[str, Any] = {}
    bundled = _bundled(data, "", definitions)
    bundled.setdefault("$schema", _DIALECT)
    return {**bundled, "$defs": dict(sorted(definitions.items()))}


def _extended(data: dict[str, Any]) -> dict[str, Any]:
    """`data` with the fields of the schema that its `x-extends` names, below its own; of two the own one counts."""
    if "x-extends" not in data:
        return data
    other = _read(data["x-extends"])
    own = {name: value for name, value in data.items() if name != "x-extends"}
    merged = {name: {**own.get(name, {}), **_others(other, own, name)} for name in ("properties", "x-elsewhere")}
    return {**own, **merged}


def _others(other: dict[str, Any], own: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in other.get(name, {}).items() if key not in own.get(name, {})}


def _bundled(value: Any, file: str, definitions: dict[str, Any]) -> Any:
    """`value`, which stands in `file`, with references that stay within the bundle; `definitions` grows.

    Editors show `patternErrorMessage` instead of the pattern.
    """
    if isinstance(value, list):
        return [_bundled(inner, file, definitions) for inner in value]
    if not isinstance(value, dict):
        return value
    bundled = {
        key: _collected(inner, file, definitions) if key == "$ref" else _bundled(inner, file, definitions)
        for key, inner in value.items()
    }
    form = value.get("x-form") if "pattern" in value else None
    return bundled | ({"patternErrorMessage": f"must be {form}"} if form else {})


def _collected(reference: str, file: str, definitions: dict[str, Any]) -> str:
    home, _, name = reference.partition("#/$defs/")
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = _bundled(_read(home or file)["$defs"][name], home or file, definitions)
    return f"#/$defs/{name}"


def _inlined(value: Any, root: dict[str, Any], within: tuple[str, ...]) -> Any:
    """`value` with references replaced by what they mean, which validates twice as fast; circular ones stay."""
    if isinstance(value, list):
        return [_inlined(inner, root, within) for inner in value]
    if not isinstance(value, dict):
        return value
    if isinstance(pattern := value.get("pattern"), str):
        value = {**value, "pattern": as_python(pattern)}
    reference = value.get("$ref")
    if reference is None or reference in within:
        return {key: inner if key == "$defs" else _inlined(inner, root, within) for key, inner in value.items()}
    target = _inlined(resolve(root, reference), root, (*within, reference))
    return {**target, **{key: inner for key, inner in value.items() if key != "$ref"}}


@cache
def _read(name: str) -> dict[str, Any]:
    return json.loads(_folder().joinpath(name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _folder() -> Path:
    return Path(__file__).with_name("schemas")  # importlib.resources would cost 3 ms
