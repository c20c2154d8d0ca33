"""What stops a text from being read as YAML."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flaw(Exception):
    """A place in a text, from 1, and what is wrong there."""

    line: int
    column: int
    code: str
    message: str
    hint: str | None = None
