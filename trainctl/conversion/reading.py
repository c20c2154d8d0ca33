"""A document that is taken over field by field, so that nothing of it is lost without a word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainctl.conversion.comparison import leaves
from trainctl.spec.problems import Severity, format_path
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.document import Document
    from trainctl.spec.problems import PathKey, Problem

LEFT_OUT, CHANGED = "left-out", "changed"
"""The codes of what has no counterpart, and of what has only a similar one."""
ELSEWHERE = frozenset({"kind", "project", "location"})


@dataclass(slots=True)
class Reading:
    """The canonical fields of a document; `take` and `leave` note what was read, `unread` is the rest.

    `remarks` are sentences for whoever reads the new spec, by its fields.
    """

    document: Document
    fields: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    _read: set[PathKey] = field(default_factory=set)

    def take(self, *path: str | int) -> Any:
        """The value at a path, None where there is none; it counts as read, with all that is in it."""
        self._read.add(path)
        value: Any = self.fields
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def leave(self, path: PathKey, why: str, hint: str) -> None:
        """Note that what stands there has no counterpart."""
        self._read.add(path)
        self._note(path, LEFT_OUT, f"`{format_path(path)}` is left out: {why}", hint)

    def change(self, path: PathKey, name: str, sentence: str, hint: str | None = None) -> None:
        """Note that the field `name` of the new spec says something similar to what stands there."""
        remarks = self.remarks.setdefault(name, [])
        if (remark := f"check: {sentence}") not in remarks:
            remarks.append(remark)
        self._note(path, CHANGED, sentence, hint)

    def unread(self) -> Iterator[Problem]:
        """A problem for everything that was never read."""
        for path, value in leaves(self.fields):
            known = path[0] in ELSEWHERE or any(path[:end] in self._read for end in range(1, len(path) + 1))
            if not known and value not in (None, [], {}):
                yield self._problem(
                    path, LEFT_OUT, f"`{format_path(path)}` is left out: nothing corresponds to it", None
                )

    def _note(self, path: PathKey, code: str, message: str, hint: str | None) -> None:
        if (problem := self._problem(path, code, message, hint)) not in self.problems:
            self.problems.append(problem)

    def _problem(self, path: PathKey, code: str, message: str, hint: str | None) -> Problem:
        place = written_path(self.document.value, path)
        return self.document.problem(place, message, code=code, hint=hint, severity=Severity.WARNING)


def written_path(value: Any, path: PathKey) -> PathKey:
    """A canonical path as the document spells it, as far as it leads there."""
    if path and isinstance(value, dict) and _spelling_of(path[0], value) is None:
        # REST bodies have some fields one level deeper.
        deeper = next((key for key, inner in value.items() if _spelling_of(path[0], inner) is not None), None)
        return () if deeper is None else (deeper, *written_path(value[deeper], path))
    steps: list[str | int] = []
    for step in path:
        found = _spelling_of(step, value)
        if found is None:
            break
        steps.append(found)
        value = value[found]
    return tuple(steps)


def _spelling_of(step: str | int, value: Any) -> Any:
    """The key or index that a step of a canonical path means in a value; None where there is none."""
    if isinstance(value, dict):
        return next((key for key in value if step in (key, snake_case(str(key)).removesuffix("_id"))), None) or next(
            (key for key in value if snake_case(str(key)) == step), None
        )
    return step if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
