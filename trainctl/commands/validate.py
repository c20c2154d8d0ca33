"""`validate`, for all kinds and for one: offline, every problem with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.specs import Choice, DisplayName, Sets, Specs, Strict, Variables, choose, load_documents
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, SpecInvalid
from trainctl.preparation import Defaults, examine, identify, with_display_name
from trainctl.spec.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.commands.tree import Function
    from trainctl.spec.document import Document


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one document; `kind` is None where it is unknown."""

    file: str
    document: int
    kind: str | None
    problems: tuple[Problem, ...] = ()
    source: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether nothing stops a submission."""
        return not any(problem.severity is Severity.ERROR for problem in self.problems)


Project = Annotated[
    str | None, typer.Option("--project", help="Project to check names against", metavar="PROJECT", show_default=False)
]
Location = Annotated[
    str | None,
    typer.Option(
        "--location",
        "--region",
        help="Region to check names and machines against",
        metavar="REGION",
        show_default=False,
    ),
]


def make_validate(kind: str | None) -> Function:
    """The `validate` command of one kind, or of all."""

    def validate(
        session: Session,
        specs: Specs,
        sets: Sets = None,
        variables: Variables = None,
        display_name: DisplayName = None,
        strict: Strict = False,  # noqa: FBT002 - Typer's way to declare a flag
        project: Project = None,
        location: Location = None,
    ) -> ExitCode:
        """Check specs without a network; every problem with its place.

        Exit code 3 when a spec has errors; warnings alone are no reason to fail unless --strict is given.
        """
        from trainctl.render.machine import write_records
        from trainctl.render.submission import report_record, write_report

        choice = choose(sets, variables, display_name=display_name, strict=strict, kind=kind)
        defaults = Defaults(
            project=project or session.known_project,
            location=location or session.settings.location,
            display_name=display_name,
        )
        reports = (report for spec in specs for report in examine_file(session, spec, choice, defaults))
        seen: list[bool] = []

        def counted() -> Iterator[Report]:
            for report in reports:
                seen.append(report.is_valid)
                yield report

        if session.output.is_human:
            for report in counted():
                write_report(report, session.console)
        else:
            write_records((report_record(report) for report in counted()), session.console, session.output)
        return ExitCode.OK if all(seen) else ExitCode.SPEC_INVALID

    return validate


def examine_file(session: Session, spec: str, choice: Choice, defaults: Defaults) -> Iterator[Report]:
    """A report on every document of a file."""
    try:
        documents = load_documents(session, spec, choice)
    except SpecInvalid as error:
        yield Report(spec, 0, None, error.problems)  # type: ignore[arg-type]
        return
    for document in documents:
        yield examine_document(document, choice, defaults)


def examine_document(document: Document, choice: Choice, defaults: Defaults) -> Report:
    """A report on one document."""
    kind = None
    try:
        kind, document = identify(document, expected=choice.kind)
        checked = examine(with_display_name(document, defaults), kind, defaults, strict=choice.strict)
        problems = checked.problems
    except SpecInvalid as error:
        problems = error.problems  # type: ignore[assignment]
    return Report(document.file, document.index, kind.name if kind else None, problems, document.source)


NODE = Leaf(
    "validate",
    make_validate(None),
    (
        "trainctl validate train.yaml",
        "trainctl validate configs/*.yaml --strict",
        "trainctl validate - -o jsonl < train.yaml",
    ),
    offline=True,
)
