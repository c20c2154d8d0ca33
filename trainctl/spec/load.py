"""Spec files into documents: YAML 1.2 or JSON, `--set`, variables, and the place of every key and value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from trainctl.errors import SpecInvalid
from trainctl.spec.construct import Construction, Fault, TooMuch
from trainctl.spec.document import Document, Mark
from trainctl.spec.edits import BadEdit, apply, parse_edit
from trainctl.spec.flaw import Flaw
from trainctl.spec.marks import NodeMarks, mark_of, paths_to
from trainctl.spec.matrix import KEY, BadMatrix, list_points
from trainctl.spec.problems import Problem, Severity
from trainctl.spec.reader import STDIN, Unreadable, read
from trainctl.spec.scalars import is_written
from trainctl.spec.syntax import compose
from trainctl.spec.variables import Substitution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

    from trainctl.spec.problems import PathKey


@dataclass(frozen=True, slots=True)
class _Source:
    """What is the same for every document of a file."""

    file: str
    text: str
    folder: Path
    sets: Sequence[str]
    variables: Mapping[str, str]
    environment: Mapping[str, str]

    @property
    def has_references(self) -> bool:
        """Whether a variable may stand somewhere; a look at the text spares the walk through most documents."""
        return "${var." in self.text or "${env." in self.text or any("${" in text for text in self.sets)


def load(
    text_source: str,
    *,
    sets: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: BinaryIO | None = None,
    display: str | None = None,
) -> list[Document]:
    """Every document of the file `text_source`, or of `stdin` for `-`, at least one.

    `sets` are `path=value` texts, carried out on every document; then `variables` and `environment` replace
    references. A document's own problems (keys that stand twice, unset variables, ...) are in its `problems`,
    and `check` repeats them; a document that is no YAML after others that are has no value but its problem. Raises
    SpecInvalid when the file cannot be read or begins with what is no YAML.
    """
    file = display or ("<stdin>" if text_source == STDIN else text_source)
    try:
        text = read(text_source, stdin=stdin, display=file)
    except Unreadable as error:
        raise SpecInvalid([error.problem]) from error
    folder = Path.cwd() if text_source == STDIN else Path(text_source).resolve().parent
    return load_text(
        text, file=file, folder=folder, sets=sets, variables=variables or {}, environment=environment or {}
    )


def load_text(
    text: str,
    *,
    file: str,
    folder: Path,
    sets: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[Document]:
    """The documents in `text`, as `load` gives them. Raises SpecInvalid."""
    source = _Source(file, text, folder, sets, variables or {}, environment or {})
    documents: list[Document] = []
    try:
        for node in compose(text):
            if not _is_empty(node):
                documents += _documents(source, node, len(documents))
    except Flaw as flaw:
        problem = Problem(file, len(documents), (), flaw.line, flaw.column, flaw.code, flaw.message, flaw.hint)
        if not documents:
            raise SpecInvalid([problem], sources={file: text}) from flaw
        documents.append(Document(file, len(documents), None, text, folder, NodeMarks(None), {}, (problem,)))
    if not documents:
        hint = "begin one with `trainctl init KIND`"
        raise SpecInvalid([Problem(file, 0, (), 1, 1, "empty", "the file holds no spec", hint)], sources={file: text})
    return documents


def _is_empty(node: Any) -> bool:
    return node is None or (node.id == "scalar" and node.value == "" and node.start_mark.index == node.end_mark.index)


def _documents(source: _Source, node: Any, index: int) -> list[Document]:
    """The document that a node holds; those that it stands for when it has a matrix."""
    document = _document(source, node, index)
    if isinstance(document.value, dict) and KEY in document.value:
        return _expanded(source, document)
    return [_substituted(source, document)]


def _document(source: _Source, node: Any, index: int) -> Document:
    building = Construction()
    try:
        value = building.construct(node)
    except TooMuch as refusal:
        faults = _fault_problems(source.file, index, node, [refusal.fault])
        raise SpecInvalid(faults, sources={source.file: source.text}) from refusal
    problems = _fault_problems(source.file, index, node, building.faults)
    if not isinstance(value, dict):
        problems.append(_no_mapping(source.file, index, node, value))
    overrides: dict[PathKey, Mark] = {}
    texts: dict[PathKey, str] = {}
    if source.sets and isinstance(value, dict):
        problems += _edit(source, index, value, overrides, texts)
    marks = NodeMarks(node, overrides)
    return Document(source.file, index, value, source.text, source.folder, marks, texts, tuple(problems))


def _edit(
    source: _Source, index: int, value: Any, overrides: dict[PathKey, Mark], texts: dict[PathKey, str]
) -> list[Problem]:
    problems = []
    for argument in source.sets:
        try:
            edit = parse_edit(argument)
            _, path = apply(edit, value)
        except BadEdit as error:
            origin = f"--set {argument}"
            problems.append(Problem(source.file, index, (), 0, 0, "set", error.message, error.hint, origin=origin))
        else:
            overrides[path] = Mark(0, 0, 1, edit.option)
            texts[path] = edit.text
    return problems


def _expanded(source: _Source, document: Document) -> list[Document]:
    """One document for every point of the matrix, which is gone from them; all count as documents of the file."""
    substitution = Substitution(source.variables, source.environment)
    matrix = substitution.replace(document.value[KEY], (KEY,))
    plain = replace(document, value={name: value for name, value in document.value.items() if name != KEY})
    if unset := _unset_problems(document, substitution):
        return [replace(plain, problems=document.problems + unset)]
    try:
        points = list_points(matrix)
    except BadMatrix as bad:
        problem = document.problem(bad.path, bad.message, code="matrix", hint=bad.hint)
        return [replace(plain, problems=(*document.problems, problem))]
    if len(points) > 1 and not _names_differ(document.value):
        problem = document.problem(
            (KEY,),
            f"all {len(points)} jobs have the same display name",
            code="matrix-names",
            hint=f"write `${{matrix.{next(iter(matrix))}}}` into it",
            severity=Severity.WARNING,
        )
        plain = replace(plain, problems=(*document.problems, problem))
    words = dict(_words(document, matrix, substitution.texts))
    return [
        _substituted(source, replace(plain, index=document.index + offset, matrix=point), words)
        for offset, point in enumerate(points)
    ]


def _words(
    document: Document, matrix: Mapping[str, list[Any]], texts: Mapping[PathKey, str]
) -> Iterator[tuple[tuple[str, float], str]]:
    """The numbers of a matrix, each with its name and its text."""
    for name, values in matrix.items():
        for index, value in enumerate(values):
            path = (KEY, name, index)
            text = texts.get(path) or document.marks.text(path)
            if isinstance(value, int | float) and not isinstance(value, bool) and text and is_written(value, text):
                yield (name, value), text


def _names_differ(value: dict[str, Any]) -> bool:
    """Whether something by which people know a job takes part in the matrix."""
    return any("${matrix." in str(value.get(name, "")) for name in ("display_name", "displayName", "job_id", "jobId"))


def _substituted(
    source: _Source, document: Document, words: Mapping[tuple[str, float], str] = MappingProxyType({})
) -> Document:
    if not document.matrix and not source.has_references:
        return document
    substitution = Substitution(source.variables, source.environment, document.matrix, words)
    value = substitution.replace(document.value)
    texts = {**document.texts, **substitution.texts}
    problems = document.problems + _unset_problems(document, substitution)
    return replace(document, value=value, texts=texts, problems=problems)


def _unset_problems(document: Document, substitution: Substitution) -> tuple[Problem, ...]:
    return tuple(
        document.problem(found.path, found.message, code="variable", hint=found.hint) for found in substitution.unset
    )


def _fault_problems(file: str, index: int, root: Any, faults: Sequence[Fault]) -> list[Problem]:
    paths = paths_to(root, [fault.node for fault in faults])
    problems = []
    for fault in faults:
        mark, path = mark_of(fault.node), paths.get(id(fault.node), ())
        place = (mark.line, mark.column)
        problems.append(Problem(file, index, path, *place, fault.code, fault.message, fault.hint, width=mark.width))
    return problems


def _no_mapping(file: str, index: int, node: Any, value: Any) -> Problem:
    mark = mark_of(node)
    what = "a list" if isinstance(value, list) else "a single value"
    hint = "begin with `kind: ...`; `trainctl init KIND` writes an example"
    words = value.split() if isinstance(value, str) else []
    from trainctl.spec.flaws import spaced  # only faulty files need it

    if words and (cure := spaced(words[0])):
        hint = f"a space is missing after `{cure[0]}`: write `{cure[1]}`"
    return Problem(
        file, index, (), mark.line, mark.column, "no-mapping", f"a spec is a mapping of fields, not {what}", hint
    )
