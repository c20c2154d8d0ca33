"""A document's fields in canonical spelling, following the schema's shape; what no schema names is reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainctl.spec.problems import MOST_PROBLEMS, Problem, Severity, format_path
from trainctl.spec.scalars import is_written
from trainctl.spec.spelling import camel_case, snake_case
from trainctl.spec.suggest import closest, listed

if TYPE_CHECKING:
    from trainctl.spec.document import Document
    from trainctl.spec.problems import PathKey
    from trainctl.spec.shape import Shape

_SKIPPED = object()
_FEW = 12


@dataclass(slots=True)
class Canonical:
    """The walk over one document; `problems`, `excused` and the places of respelt keys grow on the way.

    `excused` holds the canonical paths of required fields that are there under a misspelt key, `faulty` those of all
    fields that are there under one, or twice: what depends on them cannot be judged.
    """

    document: Document
    kind: str
    problems: list[Problem] = field(default_factory=list)
    excused: set[PathKey] = field(default_factory=set)
    faulty: set[PathKey] = field(default_factory=set)
    _written: dict[PathKey, Any] = field(default_factory=dict)

    def walk(self, value: Any, shape: Shape, path: PathKey = ()) -> Any:
        """`value` in canonical spelling, without unknown keys and without fields that are null."""
        if isinstance(value, dict):
            if shape.items is not None and shape.single:
                return self._single(value, shape, path)
            return value if shape.plain else self._mapping(value, shape, path)
        if isinstance(value, list):
            if shape.items is None:
                return value
            return [self.walk(item, shape.items, (*path, index)) for index, item in enumerate(value)]
        if shape.numbers and isinstance(value, int | float) and not isinstance(value, bool):
            return shape.numbers.get(value, value)  # a double too, as Google's SDK sends it
        if shape.whole and isinstance(value, float) and value == int(value):
            return int(value)
        if shape.text and not isinstance(value, str) and self.document.texts:
            return self.document.texts.get(self.document.as_written(self.place(path)), value)
        if shape.word and isinstance(value, int | float) and not isinstance(value, bool):
            return self._word(value, path)
        return value

    def _word(self, value: float, path: PathKey) -> float | str:
        """A number as it was written where Python writes it otherwise: the version `1.10` is not `1.1`."""
        place = self.document.as_written(self.place(path))
        text = self.document.texts.get(place) or self.document.marks.text(place)
        return text if text is not None and text != str(value) and is_written(value, text) else value

    def place(self, path: PathKey) -> PathKey:
        """Where the canonical `path` stands in the document as it was written."""
        if not self._written:
            return path
        steps = (self._written.get(path[: end + 1], step) for end, step in enumerate(path))
        return tuple(step for step in steps if step is not _SKIPPED)

    def shown(self, path: PathKey) -> PathKey:
        """The canonical `path` as the file has it, for sentences."""
        return self.document.as_written(self.place(path))

    def written(self, path: PathKey) -> str:
        """The value at the canonical `path` as the file has it."""
        return self.document.written(self.place(path))

    def _single(self, value: dict[str, Any], shape: Shape, path: PathKey) -> list[Any]:
        self._written[(*path, 0)] = _SKIPPED
        name = format_path(self.shown(path))
        self._report(
            path,
            f"`{name}` is a mapping, read as a list of one",
            code="single-item",
            hint="write it as a list, with `- ` before its first line",
            severity=Severity.WARNING,
        )
        assert shape.items is not None  # noqa: S101  the caller asked
        return [self.walk(value, shape.items, (*path, 0))]

    def _mapping(self, value: dict[str, Any], shape: Shape, path: PathKey) -> dict[str, Any]:
        result: dict[str, Any] = {}
        unknown: list[str] = []
        for key, inner in value.items():
            name = key if key in shape.fields else shape.spellings.get(key)
            if name is None:
                if shape.extra is not None:
                    result[key] = self.walk(inner, shape.extra, (*path, key))
                elif shape.closed:
                    unknown.append(key)
                else:
                    result[key] = inner
                continue
            if name != key and not self._respell(name, key, value, path):
                continue
            if inner is not None:
                result[name] = self.walk(inner, shape.fields[name], (*path, name))
        for variant in shape.variants:
            if variant.applies(result):
                result = self._vary(result, variant.shape, path)
        for key in unknown:
            self._unknown(key, shape, result, path)
        return result

    def _respell(self, name: str, key: str, value: dict[str, Any], path: PathKey) -> bool:
        """Notes that `name` is written `key`; False where both, or two others, are there."""
        if name in value or (*path, name) in self._written:
            self.faulty.add((*path, name))
            self._report(
                (*path, key),
                f"`{key}` and `{name}` are the same field",
                code="both-spellings",
                hint=f"keep `{name}`" if name in value else "keep one",
                at_key=True,
            )
            return False
        self._written[(*path, name)] = key
        return True

    def _vary(self, result: dict[str, Any], shape: Shape, path: PathKey) -> dict[str, Any]:
        return {
            name: self.walk(inner, shape.fields[name], (*path, name)) if name in shape.fields else inner
            for name, inner in result.items()
        }

    def _unknown(self, key: str, shape: Shape, result: dict[str, Any], path: PathKey) -> None:
        if len(self.problems) > MOST_PROBLEMS:
            return
        if refusal := _refusal(key, shape):
            self._report((*path, key), refusal[0], code="unknown-field", hint=refusal[1], at_key=True)
            return
        free = [name for name in shape.fields if name not in result]
        home = _home(key, shape)
        meant = None if home else closest(key, free) or closest(key, shape.fields)
        if meant and meant not in result:
            self.faulty.add((*path, meant))
            if meant in shape.required:
                self.excused.add((*path, meant))
        inside = format_path(self.shown(path))
        where = f" in `{inside}`" if inside else ""
        hint = home or (f"did you mean `{meant}`?" if meant else self._known(shape, inside))
        self._report((*path, key), f"unknown field `{key}`{where}", code="unknown-field", hint=hint, at_key=True)

    def _known(self, shape: Shape, inside: str) -> str:
        if len(shape.fields) <= _FEW:
            return f"fields here are {listed(sorted(shape.fields), most=_FEW)}"
        place = f"{self.kind}.{inside}" if inside and not self.document.moved else self.kind
        return f"`trainctl explain {place}` lists the fields"

    def _report(
        self,
        path: PathKey,
        message: str,
        *,
        code: str,
        hint: str,
        at_key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> None:
        place = self.place(path)
        self.problems.append(
            self.document.problem(place, message, code=code, hint=hint, at_key=at_key, severity=severity)
        )


def _refusal(key: str, shape: Shape) -> tuple[str, str] | None:
    """Why a field that Google's documents know has no place in a spec, and what to do instead."""
    names = {key, snake_case(key), camel_case(key)}
    advice: dict[str, str] = shape.schema.get("x-elsewhere", {})
    if found := names & advice.keys():
        return f"`{key}` is no field of a spec", advice[found.pop()]
    if names & set(shape.schema.get("x-read-only", ())):
        return f"`{key}` is set by the service alone", "remove it"
    return None


def _home(key: str, shape: Shape) -> str | None:
    """Where a field of this very name belongs."""
    for name, inner in shape.fields.items():
        target = inner.items if inner.items is not None else inner
        if key in target.fields or key in target.spellings:
            return f"`{key}` belongs in `{name}`"
    return None
