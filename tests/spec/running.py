"""Specs as text through load and check, and what comes out as text."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from trainctl.catalog import SUBMISSION_LABEL
from trainctl.errors import SpecInvalid
from trainctl.kinds import kinds
from trainctl.spec.check import Checked, Where, check
from trainctl.spec.load import load, load_text
from trainctl.spec.problems import Problem, describe
from trainctl.spec.recognise import recognise
from trainctl.spec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.document import Document

PROJECT = "my-project"


def check_text(
    text: str,
    *,
    sets: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
    location: str | None = None,
    labels: frozenset[str] = frozenset({SUBMISSION_LABEL}),
    strict: bool = False,
) -> Checked:
    """The first document of a text, checked by its kind."""
    document = load_text(text, file="spec.yaml", folder=Path(), sets=sets, variables=variables)[0]
    return check_document(document, location=location, labels=labels, strict=strict)


def check_document(
    document: Document,
    *,
    location: str | None = None,
    labels: frozenset[str] = frozenset({SUBMISSION_LABEL}),
    strict: bool = False,
) -> Checked:
    """A document, checked by the kind that it names or shows."""
    if not isinstance(document.value, dict):
        return check(document, schema=load_schema("custom"))
    kind = document.value.get("kind")
    if kind is None and (found := recognise(document)):
        kind, document = found.kind, found.document
    named = document.value.get("location")
    where = Where(PROJECT, named if isinstance(named, str) and named else location, labels)
    kind = str(kind or "custom")
    rules = kinds()[kind].rules()
    return check(document, schema=load_schema(kind), rules=rules, where=where, strict=strict)


def problems_of(text: str, *, sets: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    """Every problem of a text, wherever it comes up."""
    try:
        return check_text(text, sets=sets).problems
    except SpecInvalid as error:
        return tuple(problem for problem in error.problems if isinstance(problem, Problem))


def codes_of(text: str, *, sets: tuple[str, ...] = ()) -> list[str]:
    """The codes of every problem of a text."""
    return [problem.code for problem in problems_of(text, sets=sets)]


def report(file: Path) -> str:
    """All problems of a file as text; its first line may hold `# options: --set ... --var ...`."""
    return "".join(f"{text}\n" for text in _described(file))


def _described(file: Path) -> Iterator[str]:
    sets, variables = options_in(file)
    try:
        documents = load(str(file), sets=sets, variables=variables, environment={}, display=file.name)
    except SpecInvalid as error:
        for problem in error.problems:
            assert isinstance(problem, Problem)
            yield describe(problem, error.sources.get(problem.file, ""))
        return
    for document in documents:
        for problem in check_document(document).problems:
            yield describe(problem, document.source)


def options_in(file: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """The --set and --var options that a file's first line asks for."""
    first = file.read_bytes().partition(b"\n")[0].decode("utf-8", errors="replace")
    if not first.startswith("# options: "):
        return (), {}
    words = shlex.split(first.removeprefix("# options: "))
    pairs = list(zip(words[::2], words[1::2], strict=True))
    sets = tuple(value for option, value in pairs if option == "--set")
    variables = dict(value.split("=", 1) for option, value in pairs if option == "--var")
    return sets, variables
