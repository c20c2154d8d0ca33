"""One YAML document with the place of everything in it, and the checked spec that becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from trainctl.spec.problems import PathKey, Problem, Severity, brief, line_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Document", "Mark", "Marks", "PathKey", "Spec"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place: line and column from 1, the length of what stands there, and the option it came from if from no file."""

    line: int
    column: int
    width: int = 1
    origin: str | None = None


class Marks(Protocol):
    """Finds the place of a key or a value; a path that is not there leads to the nearest thing around it."""

    def key(self, path: PathKey) -> Mark:
        """Where the last key of `path` stands; for a list item, where the item stands."""

    def value(self, path: PathKey) -> Mark:
        """Where the value at `path` stands."""

    def text(self, path: PathKey) -> str | None:
        """The scalar at `path` as it is written; None for one from an option, and where none stands."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a spec file, as plain values.

    `file` is the name to show, `index` counts the file's documents from 0, `source` is the text of the whole file,
    `folder` what relative paths start from. `texts` holds the text of every value that came from a variable or from
    `--set`, so that a field which takes only strings can have it as one. `problems` are those found in loading.
    `matrix` has the values by which this job differs from others that the same document stands for.
    `value` may stand deeper than the file has it (`recognise` puts gcloud's files inside a job): `moved` is where.
    """

    file: str
    index: int
    value: Any
    source: str
    folder: Path
    marks: Marks
    texts: Mapping[PathKey, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    moved: PathKey = ()
    matrix: Mapping[str, Any] = field(default_factory=dict)

    def key_mark(self, path: PathKey) -> Mark:
        """Where the key at `path` stands."""
        return self.marks.key(self.as_written(path))

    def value_mark(self, path: PathKey) -> Mark:
        """Where the value at `path` stands."""
        return self.marks.value(self.as_written(path))

    def as_written(self, path: PathKey) -> PathKey:
        """The path in the file of what stands at `path` in `value`."""
        return path[len(self.moved) :] if self.moved and path[: len(self.moved)] == self.moved else path

    def written(self, path: PathKey) -> str:
        """The value at `path` as the file has it, as far as its first line goes; empty for one from an option."""
        mark = self.value_mark(path)
        line = None if mark.origin else line_of(self.source, mark.line)
        return (line or "")[mark.column - 1 : mark.column - 1 + mark.width]

    def problem(
        self,
        path: PathKey,
        message: str,
        *,
        code: str,
        hint: str | None = None,
        at_key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """A problem at the value (or the key) that stands at `path`."""
        mark = self.key_mark(path) if at_key else self.value_mark(path)
        return Problem(
            file=self.file,
            document=self.index,
            path=self.as_written(path),
            line=mark.line,
            column=mark.column,
            code=code,
            message=brief(message),
            hint=brief(hint) if hint else hint,
            severity=severity,
            width=mark.width,
            origin=mark.origin,
        )


@dataclass(frozen=True, slots=True)
class Spec:
    """A document that passed every check.

    `fields` holds it with canonical names; defaults are not filled in, durations and budgets are as written, and
    `project` and `location` are there only if the document names them.
    """

    kind: str
    fields: Mapping[str, Any]
    document: Document
    warnings: tuple[Problem, ...] = ()
