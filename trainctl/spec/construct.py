"""Nodes into plain values, by YAML 1.2: strings as keys, no key twice, no tags but the standard ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trainctl.spec.problems import MOST_PROBLEMS
from trainctl.spec.scalars import UnusableNumber, resolve
from trainctl.spec.syntax import DEEPEST, MOST_VALUES, PLAIN, QUOTED, too_many

_STANDARD = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {"sequence": f"{_STANDARD}seq", "mapping": f"{_STANDARD}map"}
_STRING = f"{_STANDARD}str"
_SCALAR_TAGS = frozenset(_STANDARD + name for name in ("int", "float", "bool", "null"))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one node: the document can still be read around it."""

    node: Any
    code: str
    message: str
    hint: str | None = None


class TooMuch(Exception):
    """The document is larger than any spec can be, or never ends."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(slots=True)
class Construction:
    """One document's values in the making; `faults` grows while `construct` runs."""

    faults: list[Fault] = field(default_factory=list)
    values: int = 0

    def construct(self, node: Any, depth: int = 0) -> Any:
        """The plain value of a node and all below it. Raises TooMuch."""
        kind = node.id
        if kind == "scalar":
            return self._scalar(node)
        self._count(node, depth)
        if node.tag != QUOTED and node.tag != _COLLECTION_TAGS[kind]:
            self._refuse_tag(node)
        if kind == "sequence":
            return [self.construct(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            value = self._scalar(value_node) if value_node.id == "scalar" else self.construct(value_node, depth + 1)
            key = self._key(key_node)
            if key is None:
                continue
            if key in mapping:
                self._refuse_twice(key, key_node, node)
                continue
            if value is None and value_node.value == "":
                self._fault(key_node, "no-value", f"`{key}` has no value", "write one, or `null` to leave it out")
            mapping[key] = value
        return mapping

    def _refuse_twice(self, key: str, key_node: Any, mapping: Any) -> None:
        if len(self.faults) > MOST_PROBLEMS:  # the search below takes its time
            return
        first = next(other for other, _ in mapping.value if other.value == key)
        message, hint = f"`{key}` is set twice in one mapping", "keep one: it stands in line {} too"
        self._fault(key_node, "duplicate-key", message, hint.format(first.start_mark.line + 1))

    def _key(self, node: Any) -> str | None:
        if node.id != "scalar":
            self._fault(
                node, "key-type", "a list or a mapping cannot be a key", "quote the key, or close the bracket before it"
            )
            return None
        if node.tag == PLAIN:
            if node.value == "<<":
                self._fault(
                    node,
                    "merge-key",
                    "YAML 1.2 has no merge key `<<`",
                    "write the fields out, or use an alias for a whole value",
                )
                return None
            key = self._scalar(node)
            if not isinstance(key, str):
                word = f'"{node.value}"'
                self._fault(node, "key-type", f"the key `{node.value}` is not a string", f"quote it: `{word}`")
                return None
            return key
        return str(node.value)

    def _scalar(self, node: Any) -> Any:
        tag = node.tag
        if tag in (QUOTED, _STRING):
            return node.value
        if tag != PLAIN and tag not in _SCALAR_TAGS:
            self._refuse_tag(node)
            return node.value
        try:
            value = resolve(node.value)
        except UnusableNumber:
            message = f"`{_short(node.value)}` is no number that a request can carry"
            self._fault(node, "number-range", message, "quote it if it is text")
            return 0
        return float(value) if tag.endswith("float") and isinstance(value, int) else value

    def _refuse_tag(self, node: Any) -> None:
        name = node.tag.replace(_STANDARD, "!!")
        self._fault(
            node,
            "tag",
            f"the tag `{_short(name)}` is not allowed in a spec",
            "leave it out: specs hold plain values only",
        )

    def _count(self, node: Any, depth: int) -> None:
        self.values += len(node.value)
        if depth >= DEEPEST:
            raise TooMuch(_depth_fault(node))
        if self.values > MOST_VALUES:
            flaw = too_many()
            raise TooMuch(Fault(node, flaw.code, flaw.message, flaw.hint))

    def _fault(self, node: Any, code: str, message: str, hint: str | None) -> None:
        if len(self.faults) <= MOST_PROBLEMS:
            self.faults.append(Fault(node, code, message, hint))


def _depth_fault(node: Any) -> Fault:
    if _holds_itself(node):
        return Fault(
            node, "recursive-alias", "an alias leads back into its own anchor", "an anchor cannot contain itself"
        )
    return Fault(
        node, "too-deep", f"mappings and lists nest deeper than {DEEPEST} levels", "no field of a job needs that"
    )


def _holds_itself(node: Any) -> bool:
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        for child in _children(waiting.pop()):
            if child is node:
                return True
            if id(child) not in seen:
                seen.add(id(child))
                waiting.append(child)
    return False


def _children(node: Any) -> list[Any]:
    if node.id == "sequence":
        return list(node.value)
    return [value for _, value in node.value] if node.id == "mapping" else []


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
