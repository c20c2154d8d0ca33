"""A document against its kind's schema and rules: canonical fields, and every problem at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from trainctl.spec.canonical import Canonical
from trainctl.spec.conformance import fits
from trainctl.spec.problems import MOST_PROBLEMS, Problem, Severity
from trainctl.spec.rules import Where
from trainctl.spec.secrets import find_secrets
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trainctl.spec.document import Document
    from trainctl.spec.problems import PathKey
    from trainctl.spec.reading import Reading, RestView
    from trainctl.spec.rules import Finding, Rule
    from trainctl.spec.schema import Schema

__all__ = ["Checked", "Where", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome: `fields` in canonical spelling (without `kind`), `problems` in the order of the file.

    `fields` is whole only if there is no error.
    """

    fields: dict[str, Any]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a submission."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that are only told."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)


def check(
    document: Document,
    *,
    schema: Schema,
    rules: Sequence[Rule] = (),
    where: Where | None = None,
    strict: bool = False,
) -> Checked:
    """The document's canonical fields and all its problems; `strict` makes errors of warnings.

    Rules are asked only about fields whose shape is sound.
    """
    if not isinstance(document.value, dict) or any(problem.code == "merge-key" for problem in document.problems):
        return Checked({}, document.problems)
    canonical = Canonical(document, schema.kind)
    fields = canonical.walk(document.value, schema.shape)
    fields.setdefault("kind", schema.kind)
    problems = [*canonical.problems]
    wrong = _shape_problems(canonical, schema, fields)
    problems += wrong.values()
    fields.pop("kind", None)
    sound = _without(fields, wrong) if wrong else fields
    unsound = {path for path in (*wrong, *canonical.faulty, *_without_value(document)) if path}
    problems += _rule_problems(canonical, rules, sound, where or Where(), unsound)
    loaded = [problem.path for problem in document.problems]
    problems = [found for found in problems if not any(_touch(found.path, path) for path in loaded)]
    problems += document.problems
    problems += find_secrets(document)
    if strict:
        problems = [replace(problem, severity=Severity.ERROR) for problem in problems]
    problems.sort(key=lambda problem: (problem.line, problem.column))
    return Checked(fields, tuple(_first(problems)))


def _without_value(document: Document) -> Iterator[PathKey]:
    """The fields that are given, but whose values loading could not tell, as the schema spells them."""
    for problem in document.problems:
        if problem.code in {"variable", "tag"}:
            yield tuple(snake_case(step) if isinstance(step, str) else step for step in problem.path)


def _first(problems: list[Problem]) -> list[Problem]:
    """As many problems as anyone reads."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    last = problems[MOST_PROBLEMS - 1]
    message, hint = f"only the first {MOST_PROBLEMS} problems are shown", "mend these first"
    more = replace(last, path=(), code="more-problems", message=message, hint=hint, severity=Severity.ERROR)
    return [*problems[:MOST_PROBLEMS], more]


def _shape_problems(canonical: Canonical, schema: Schema, fields: dict[str, Any]) -> dict[PathKey, Problem]:
    """By canonical path, the first that jsonschema finds wrong with each value."""
    if fits(fields, schema.data, schema.data):
        return {}
    from trainctl.spec.sentences import flatten, tell

    errors = schema.validator.iter_errors(fields)
    found: dict[PathKey, Problem] = {}
    for error in islice(flatten(errors), MOST_PROBLEMS + 1):
        told = tell(error, canonical.shown, canonical.written)
        path = (*error.absolute_path, told.path[-1]) if told.code == "missing" else tuple(error.absolute_path)
        if path in canonical.excused or path in found:
            continue
        place = canonical.place(path)
        found[path] = canonical.document.problem(place, told.message, code=told.code, hint=told.hint)
    return found


def _without(fields: dict[str, Any], paths: Iterable[PathKey]) -> dict[str, Any]:
    """`fields` without the values at `paths`; in a list, without the whole list."""
    for path in paths:
        while path and isinstance(path[-1], int):
            path = path[:-1]  # noqa: PLW2901
        fields = _removed(fields, path)
    return fields


def _removed(value: Any, path: PathKey) -> Any:
    if not path:
        return value
    if isinstance(value, list):
        return [_removed(item, path[1:]) if index == path[0] else item for index, item in enumerate(value)]
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: inner for key, inner in value.items() if key != path[0]}
    return {key: _removed(inner, path[1:]) if key == path[0] else inner for key, inner in value.items()}


def _rule_problems(
    canonical: Canonical, rules: Sequence[Rule], fields: dict[str, Any], where: Where, wrong: set[PathKey]
) -> Iterator[Problem]:
    """What the rules find; nothing about values that are wrong already, and no warning where there is an error."""
    found = [
        (rule, finding)
        for rule, finding in islice(_findings(rules, fields, where, wrong), MOST_PROBLEMS + 1)
        if not any(_touch(place, path) for place in (finding.path, *finding.needs) for path in wrong)
    ]
    errors = {finding.path for rule, finding in found if rule.severity is Severity.ERROR}
    for rule, finding in found:
        if rule.severity is Severity.ERROR or finding.path not in errors:
            yield canonical.document.problem(
                canonical.place(finding.path),
                finding.message,
                code=rule.code,
                hint=finding.hint or rule.cure,
                at_key=finding.at_key,
                severity=rule.severity,
            )


def _touch(one: PathKey, other: PathKey) -> bool:
    """Whether one of two places lies in the other; the document as a whole touches nothing."""
    return bool(one) and bool(other) and all(a == b for a, b in zip(one, other, strict=False))


def _findings(
    rules: Sequence[Rule], fields: dict[str, Any], where: Where, wrong: set[PathKey]
) -> Iterator[tuple[Rule, Finding]]:
    """What each rule finds, with paths as the fields have them."""
    broken = {path[0] for path in wrong if path}
    readings: dict[RestView, Reading | None] = {}
    for rule in rules:
        if rule.view is None:
            if not any(name in broken for name in rule.reads):
                yield from ((rule, finding) for finding in rule.check(fields, where))
            continue
        if rule.view not in readings:
            readings[rule.view] = rule.view.read(fields)
        reading = readings[rule.view]
        read = [place for name in rule.reads for place in rule.view.places(name)]
        if reading is None or any(_touch(place, path) for place in read for path in wrong):
            continue
        for finding in rule.check(reading.fields, where):
            yield rule, _restored(finding, rule, rule.view, reading)


def _restored(finding: Finding, rule: Rule, view: RestView, reading: Reading) -> Finding:
    place = reading.restore(finding.path)
    return replace(
        finding,
        path=place.path,
        at_key=finding.at_key if place.at_key is None else place.at_key,
        needs=tuple(reading.restore(path).path for path in finding.needs),
        message=view.respell(finding.message),
        hint=view.respell(finding.hint or rule.cure),
    )
