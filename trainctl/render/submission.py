"""What `submit` and `validate` write: reports on documents, the requests of a dry run, the jobs that were created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.preparation import Prepared, Report
from trainctl.render.human import count_line, dry_run_text, problem_list
from trainctl.render.words import escape
from trainctl.spec.matrix import write_value
from trainctl.spec.problems import Severity, as_json, distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trainctl.render.console import Console
    from trainctl.spec.problems import Problem


def dry_run_record(outcome: Prepared | Report) -> dict[str, Any]:
    """One document of a machine-readable dry run: its requests and uploads, or its problems."""
    if isinstance(outcome, Report):
        return report_record(outcome)
    call, document, artifact = outcome.call, outcome.spec.document, outcome.artifact
    sources = {artifact.uri: [file.source for file in artifact.files]} if artifact else {}
    return {
        "file": document.file,
        "document": document.index,
        "kind": outcome.spec.kind,
        "requests": [{"method": "POST", "url": call.url, "body": call.body}],
        "uploads": [
            {"from": upload.source, "to": upload.uri, "files": sources.get(upload.uri, [])} for upload in call.uploads
        ],
        "warnings": [as_json(problem) for problem in outcome.warnings],
    } | ({"matrix": document.matrix} if document.matrix else {})


def report_record(report: Report) -> dict[str, Any]:
    """What was found in one document, as data; a sound one has no `problems`."""
    record: dict[str, Any] = {
        "file": report.file,
        "document": report.document,
        "kind": report.kind,
        "valid": report.is_valid,
    } | ({"matrix": report.matrix} if report.matrix else {})
    errors = [as_json(problem) for problem in report.problems if problem.severity is Severity.ERROR]
    warnings = [as_json(problem) for problem in report.problems if problem.severity is Severity.WARNING]
    return record | ({"problems": errors} if errors else {}) | {"warnings": warnings}


def write_report(report: Report, console: Console, told: set[Problem]) -> None:
    """One document's problems with their places, but for those in `told`, or the word that it is valid."""
    if problems := distinct(report.problems, told):
        sources = {report.file: report.source}
        console.write(problem_list(problems, sources, colour=console.out_colour))
    if report.is_valid:
        console.write(f"{name_of(report)}: valid ({report.kind}){_and_warnings(report)}\n")
        console.write("".join(f"  {escape(note)}\n" for note in report.notes))
    else:
        console.write(f"{name_of(report)}: {count_line(report.problems)}\n")


def name_of(report: Report) -> str:
    """A document's file, which document of it when it is not the first, as people count, and its values of a matrix."""
    number = f" document {report.document + 1}" if report.document else ""
    return escape(f"{report.file}{number}{point_text(report.matrix)}")


def point_text(matrix: Mapping[str, object]) -> str:
    """The values of one job of a matrix: ` (depth=3, rate=0.1)`; empty for a document that is one job."""
    values = ", ".join(f"{name}={write_value(value)}" for name, value in matrix.items())
    return f" ({values})" if values else ""


def _and_warnings(report: Report) -> str:
    return f", {count_line(report.problems)}" if report.problems else ""


def write_dry_run(outcomes: Sequence[Prepared | Report], console: Console) -> None:
    """The exact requests to standard output, everything that is wrong to standard error."""
    told: set[Problem] = set()
    for outcome in outcomes:
        if isinstance(outcome, Report):
            write_problems(distinct(outcome.problems, told), {outcome.file: outcome.source}, console)
        else:
            write_warnings([outcome], console, told)
            console.write(dry_run_text(outcome.call, outcome.artifact))
            console.write("".join(f"{escape(note)}\n" for note in outcome.notes))


def write_warnings(prepared: Iterable[Prepared], console: Console, told: set[Problem]) -> None:
    """The warnings about jobs that are going to be submitted, but for those in `told`."""
    for each in prepared:
        document = each.spec.document
        write_problems(distinct(each.warnings, told), {document.file: document.source}, console)


def write_problems(problems: Sequence[Problem], sources: dict[str, str], console: Console) -> None:
    """Problems with their places, to standard error."""
    if problems:
        console.warn(problem_list(problems, sources, colour=console.err_colour))
