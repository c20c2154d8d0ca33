"""Where things stand in a file: looked up in the node tree only when a problem asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainctl.spec.document import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trainctl.spec.problems import PathKey

_START = Mark(1, 1)
_SEARCHED = 1000
"""Keys of a mapping that is searched for the text of each of its values; no sound one has as many."""


@dataclass(frozen=True, slots=True)
class NodeMarks:
    """The marks of one document: its root node, and the paths that were set from elsewhere."""

    root: Any
    overrides: Mapping[PathKey, Mark] = field(default_factory=dict)

    def key(self, path: PathKey) -> Mark:
        """Where the last key of `path` stands; the value where it is no key."""
        return self._find(path, at_key=True)

    def value(self, path: PathKey) -> Mark:
        """Where the value at `path` stands."""
        return self._find(path, at_key=False)

    def text(self, path: PathKey) -> str | None:
        """The scalar at `path` as it is written; None for one from an option, and where none stands."""
        if self.root is None or any(path[:length] in self.overrides for length in range(len(path) + 1)):
            return None
        node = self.root
        for step in path:
            found = child(node, step) if node.id != "mapping" or len(node.value) <= _SEARCHED else None
            if found is None:
                return None
            _, node = found
        return node.value if node.id == "scalar" else None

    def _find(self, path: PathKey, *, at_key: bool) -> Mark:
        for length in range(len(path), 0, -1):
            if path[:length] in self.overrides:
                return self.overrides[path[:length]]
        if self.root is None:
            return _START
        key_node, node = None, self.root
        for step in path:
            found = child(node, step)
            if found is None:
                return mark_of(key_node or node)
            key_node, node = found
        return mark_of(key_node if at_key and key_node else node)


def child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    """The key node (None in a list) and value node that `step` leads to."""
    if isinstance(step, int):
        return (None, node.value[step]) if node.id == "sequence" and -1 < step < len(node.value) else None
    if node.id != "mapping":
        return None
    return next(((key, value) for key, value in node.value if key.value == step), None)


def mark_of(node: Any) -> Mark:
    """The place of a node, with the length of its first line; collections are marked by one character."""
    start, end = node.start_mark, node.end_mark
    single = node.id == "scalar" and start.line == end.line
    width = end.column - start.column if single else 1
    return Mark(start.line + 1, start.column + 1, max(1, width))


def paths_to(root: Any, wanted: Iterable[Any]) -> dict[int, PathKey]:
    """By `id`, the path of each wanted node (or of the value under a wanted key node) in the tree."""
    missing = {id(node) for node in wanted}
    found: dict[int, PathKey] = {id(root): ()}
    waiting: list[tuple[Any, PathKey]] = [(root, ())] if missing else []
    seen: set[int] = set()
    while waiting:
        node, path = waiting.pop()
        if id(node) in seen or node.id == "scalar":
            continue
        seen.add(id(node))
        for key, value, step in _steps(node):
            for one in (key, value):
                if id(one) in missing:
                    found.setdefault(id(one), (*path, step))
            if value.id != "scalar":
                waiting.append((value, (*path, step)))
    return found


def _steps(node: Any) -> list[tuple[Any, Any, str | int]]:
    if node.id == "sequence":
        return [(None, item, index) for index, item in enumerate(node.value)]
    return [(key, value, key.value if isinstance(key.value, str) else "?") for key, value in node.value]
