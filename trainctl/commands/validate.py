"""`validate`, for all kinds and for one: offline, every problem with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.specs import (
    Choice,
    DisplayName,
    Sets,
    Specs,
    Strict,
    Variables,
    choose,
    load_documents,
    tell_unused,
)
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, SpecInvalid
from trainctl.kinds import words_of
from trainctl.preparation import Defaults, Report, code_problems, examine, found_in, identify, with_display_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.commands.tree import Function
    from trainctl.spec.document import Document
    from trainctl.spec.problems import Problem


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
            endpoints=session.settings.endpoints,
            display_name=display_name,
            local=session.settings.local,
        )
        reports = (report for spec in specs for report in examine_file(session, spec, choice, defaults))
        seen: list[bool] = []
        texts: set[str] = set()

        def counted() -> Iterator[Report]:
            for report in reports:
                seen.append(report.is_valid)
                texts.update({report.source} if choice.variables else ())
                yield report

        if session.output.is_human:
            told: set[Problem] = set()
            for report in counted():
                write_report(report, session.console, told)
        else:
            write_records((report_record(report) for report in counted()), session.console, session.output)
        tell_unused(session, choice, texts)
        return ExitCode.OK if all(seen) else ExitCode.SPEC_INVALID

    return validate


def examine_file(session: Session, spec: str, choice: Choice, defaults: Defaults) -> Iterator[Report]:
    """A report on every document of a file."""
    try:
        documents = load_documents(session, spec, choice)
    except SpecInvalid as error:
        yield Report.on_file(spec, error)
        return
    for document in documents:
        yield examine_document(document, choice, defaults)


def examine_document(document: Document, choice: Choice, defaults: Defaults) -> Report:
    """A report on one document."""
    try:
        kind, document = identify(document, expected=choice.kind)
    except SpecInvalid as error:
        return Report.on_document(document, None, found_in(error))
    checked = examine(with_display_name(document, kind, defaults), kind, defaults, strict=choice.strict)
    if checked.errors:
        return Report.on_document(document, kind.name, checked.problems)
    problems = (*checked.problems, *code_problems(kind, checked.fields, document))
    return Report.on_document(document, kind.name, problems, kind.notes(checked.fields))


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


def of_kind(kind: str) -> Leaf:
    """The command of one kind."""
    command = f"trainctl {words_of(kind)} validate"
    return Leaf("validate", make_validate(kind), (f"{command} spec.yaml",), offline=True)
