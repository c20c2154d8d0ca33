"""What is found in an import file: counts by label and set, and what is wrong, in memory that does not grow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

KEPT = 100
"""Flaws that are kept in full; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with an import file, at a line and a column, both from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class Wrong(Exception):
    """A line that cannot be imported, and the column from which on."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(message)
        self.column = column


@dataclass(slots=True)
class Census:
    """Counts of one or several files: lines with an item, labels by set, flaws; whether local files are named."""

    items: int = 0
    sets: Counter[str] = field(default_factory=Counter)
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    flaws: list[Flaw] = field(default_factory=list)
    wrong: int = 0
    has_local: bool = False

    def add(self, use: str, labels: list[str], *, local: bool) -> None:
        """Counts one item."""
        self.items += 1
        self.sets[use] += 1
        self.labels.update((label, use) for label in labels)
        self.has_local = self.has_local or local

    def note(self, flaw: Flaw) -> None:
        """Counts something wrong, and keeps it while there is room."""
        self.wrong += 1
        if len(self.flaws) < KEPT:
            self.flaws.append(flaw)

    @property
    def names(self) -> list[str]:
        """The labels, in alphabetical order."""
        return sorted({label for label, _ in self.labels})
