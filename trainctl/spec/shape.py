"""A JSON Schema's skeleton: which keys may stand where, in which spelling. Compiled once per schema.

Every kind's walk over a document (spelling, unknown keys, `null`) follows it; values are jsonschema's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from trainctl.spec.spelling import camel_case, snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_END = re.compile(r"(?<!\\)\$(?=$|[|)])")
_WORD = frozenset({"string", "number", "boolean"})
"""The types of what is sent as text, however it looks."""


@dataclass(slots=True)
class Shape:
    """One place of a schema.

    `fields` are the named keys, `spellings` leads from every other spelling to the name, `extra` is what stands under
    keys of the user's own, `closed` forbids those, `items` is what a list holds, `single` says that one mapping counts
    as a list of one, `text` that only strings fit, `whole` that only whole numbers do, `word` that it is a word of a
    command line, or the like, which may look like a number; `numbers` the words that an enum's numbers stand for;
    `variants` what holds besides when another field matches.
    """

    schema: Mapping[str, Any]
    fields: dict[str, Shape] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    extra: Shape | None = None
    closed: bool = False
    items: Shape | None = None
    single: bool = False
    text: bool = False
    whole: bool = False
    word: bool = False
    numbers: Mapping[float, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether nothing below can be misspelt."""
        return not (self.fields or self.extra or self.items or self.closed or self.variants)


@dataclass(frozen=True, slots=True)
class Variant:
    """A shape that applies when the field `name` holds a text that `pattern` finds."""

    name: str
    pattern: re.Pattern[str]
    shape: Shape

    def applies(self, value: Mapping[str, Any]) -> bool:
        """Whether `value`, in canonical spelling, is of this variant."""
        found = value.get(self.name)
        return isinstance(found, str) and bool(self.pattern.search(found))


class Compiler:
    """Turns one schema with its `$defs` into shapes; a definition that leads back to itself is compiled once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[str, Shape] = {}

    def compile(self, schema: Mapping[str, Any]) -> Shape:
        """The shape of `schema`, which stands somewhere in the root schema."""
        reference = schema.get("$ref")
        if reference is None:
            return self._fill(Shape(schema), schema)
        if reference not in self._known:
            target = resolve(self._root, reference)
            self._known[reference] = shape = Shape(target)
            self._fill(shape, target)
        return self._known[reference]

    def _fill(self, shape: Shape, schema: Mapping[str, Any]) -> Shape:
        for part in _parts(schema):
            self._add(shape, part)
        shape.variants = tuple(self._variants(schema))
        return shape

    def _add(self, shape: Shape, part: Mapping[str, Any]) -> None:
        if "$ref" in part:
            self._merge(shape, self.compile(part))
        for name, inner in part.get("properties", {}).items():
            shape.fields[name] = self.compile(inner)
            shape.spellings |= {snake_case(name): name, camel_case(name): name}
        shape.required += tuple(part.get("required", ()))
        extra = part.get("additionalProperties")
        shape.closed = shape.closed or extra is False
        if isinstance(extra, dict) and extra:
            shape.extra = self.compile(extra)
        if isinstance(part.get("items"), dict):
            shape.items = self.compile(part["items"])
        shape.single = shape.single or bool(part.get("x-single"))
        shape.text = shape.text or part.get("type") == "string"
        shape.whole = shape.whole or part.get("type") == "integer"
        shape.word = shape.word or set(part.get("type", ())) >= _WORD
        shape.numbers = shape.numbers or {float(number): word for number, word in part.get("x-numbers", {}).items()}

    @staticmethod
    def _merge(shape: Shape, other: Shape) -> None:
        shape.fields |= other.fields
        shape.spellings |= other.spellings
        shape.required += other.required
        shape.extra = shape.extra or other.extra
        shape.closed = shape.closed or other.closed
        shape.items = shape.items or other.items
        shape.single = shape.single or other.single
        shape.text = shape.text or other.text
        shape.whole = shape.whole or other.whole
        shape.word = shape.word or other.word
        shape.numbers = shape.numbers or other.numbers

    def _variants(self, schema: Mapping[str, Any]) -> Iterator[Variant]:
        for part in schema.get("allOf", ()):
            condition = part.get("if", {}).get("properties", {})
            for name, test in condition.items():
                yield Variant(name, _pattern(test), self.compile(part.get("then", {})))


def resolve(root: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    """What a reference such as `#/$defs/labels` means in `root`."""
    target: Any = root
    for step in reference.removeprefix("#/").split("/"):
        target = target[step]
    return target  # type: ignore[no-any-return]


@cache
def as_python(pattern: str) -> str:
    r"""A pattern of JSON Schema in Python's words, whose `$` takes a last `\n`, too: `gs://bucket\n` is no URI."""
    return _END.sub(r"\\Z", pattern)


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema itself and every alternative in it: a key that one of them names is known."""
    yield schema
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            if "if" not in part:
                yield from _parts(part)


def _pattern(test: Mapping[str, Any]) -> re.Pattern[str]:
    if "const" in test:
        return re.compile(f"^{re.escape(str(test['const']))}$")
    if "enum" in test:
        return re.compile("^(?:" + "|".join(re.escape(str(value)) for value in test["enum"]) + ")$")
    return re.compile(test.get("pattern", ""))
