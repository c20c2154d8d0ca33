"""What is wrong with a spec, where, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

PathKey: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands in a document: keys of mappings and indexes of lists, outermost first."""


MOST_PROBLEMS = 100
"""Problems of one document that are told; whoever has more wants to mend these first."""


class Severity(Enum):
    """An error stops a submission, a warning is only told; `--strict` makes errors of warnings."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or looks wrong, in one document.

    `line` and `column` count from 1; both are 0 where there is no place in a file, as for a value that came from
    `--set` (then `origin` is that option) or a file that cannot be read. `width` is the length of the marked text.
    """

    file: str
    document: int
    path: PathKey
    line: int
    column: int
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    width: int = 1
    origin: str | None = None

    @property
    def location(self) -> str:
        """`a.yaml:3:5`; the file and the option for a value given by `--set`; the file alone without a place."""
        if self.origin:
            return f"{self.file} {redact(self.origin)}"
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line of a file that a problem points at, fit to be printed, and which part of it is meant.

    `text` has no control characters and at most 120 characters; `start` and `width` are in characters of `text`.
    """

    number: int
    text: str
    start: int
    width: int


_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")
_LINE_END = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_EXCERPT_LENGTH = 120
_SECRET = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)"
    r"|\bya29\.[\w-]{8,}|\bAIza[\w-]{8,}"
)
_LONG_LITERAL = re.compile(r"`([^`]{160})[^`]+`")


def distinct(problems: Iterable[Problem], told: set[Problem]) -> list[Problem]:
    """Those that differ in more than the document from all in `told`, which grows by them.

    Documents that one matrix stands for share their lines, and most of what is wrong in them.
    """
    found = []
    for problem in problems:
        plain = replace(problem, document=0)
        if plain not in told:
            told.add(plain)
            found.append(problem)
    return found


def format_path(path: PathKey) -> str:
    """`worker_pool_specs[0].machine_spec`, the form that `--set` takes; unusual keys are quoted."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += ("." if text else "") + (key if _PLAIN_KEY.fullmatch(key) else f'"{key}"')
    return text


def redact(text: str) -> str:
    """`text` with asterisks in the place of private keys and tokens, as long as before."""
    return _SECRET.sub(lambda found: "*" * len(found[0]), text)


def brief(text: str) -> str:
    """`text` with the long values in it cut: a sentence names a value, it does not repeat 100 000 characters."""
    return _LONG_LITERAL.sub(r"`\1...`", text)


def lines_of(source: str) -> list[str]:
    """The lines of a text as YAML counts them, which takes more characters than a line feed for the end of one."""
    return _LINE_END.split(source)


def line_of(source: str, number: int) -> str | None:
    """The line with a number, from 1, as YAML counts lines; None behind the last."""
    lines = lines_of(source)
    return lines[number - 1] if number <= len(lines) else None


def excerpt(problem: Problem, source: str) -> Excerpt | None:
    """The line of `source` that `problem` points at; None where it points at no line."""
    if problem.line < 1 or problem.origin:
        return None
    found = line_of(source, problem.line)
    if found is None:
        return None
    line = redact(_UNPRINTABLE.sub(" ", found))
    start = min(max(problem.column - 1, 0), len(line))
    cut = max(0, start - _EXCERPT_LENGTH // 2) if len(line) > _EXCERPT_LENGTH else 0
    text = line[cut : cut + _EXCERPT_LENGTH]
    start -= cut
    return Excerpt(problem.line, text, start, max(1, min(problem.width, len(text) - start)))


def describe(problem: Problem, source: str = "") -> str:
    """The problem as plain text: place and sentence, the line with a caret under the spot, the hint."""
    lines = [f"{problem.location}: {problem.severity.value}[{problem.code}]: {redact(problem.message)}"]
    shown = excerpt(problem, source)
    if shown and shown.text.strip():
        gutter = f"{shown.number} | "
        lines += [f"  {gutter}{shown.text}", "  " + " " * (len(gutter) + shown.start) + "^" * shown.width]
    if problem.hint:
        lines.append(f"  hint: {problem.hint}")
    return "\n".join(lines)


def as_json(problem: Problem) -> dict[str, Any]:
    """The problem as one object of the machine-readable forms; a place that does not exist is null."""
    data: dict[str, Any] = {
        "path": format_path(problem.path),
        "line": problem.line or None,
        "column": problem.column or None,
        "code": problem.code,
        "message": redact(problem.message),
        "hint": problem.hint,
    }
    if problem.origin:
        data["origin"] = redact(problem.origin)
    return data
