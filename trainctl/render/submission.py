"""What `submit` and `validate` write: reports on documents, the requests of a dry run, the jobs that were created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.preparation import Prepared, Report
from trainctl.render.human import count_line, dry_run_text, problem_list
from trainctl.render.words import escape
from trainctl.spec.problems import Severity, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    }


def report_record(report: Report) -> dict[str, Any]:
    """What was found in one document, as data; a sound one has no `problems`."""
    record: dict[str, Any] = {
        "file": report.file,
        "document": report.document,
        "kind": report.kind,
        "valid": report.is_valid,
    }
    errors = [as_json(problem) for problem in report.problems if problem.severity is Severity.ERROR]
    warnings = [as_json(problem) for problem in report.problems if problem.severity is Severity.WARNING]
    return record | ({"problems": errors} if errors else {}) | {"warnings": warnings}


def write_report(report: Report, console: Console) -> None:
    """One document's problems with their places, or the word that it is valid."""
    if report.problems:
        sources = {report.file: report.source}
        console.write(problem_list(report.problems, sources, colour=console.out_colour))
    if report.is_valid:
        console.write(f"{name_of(report)}: valid ({report.kind}){_and_warnings(report)}\n")
        console.write("".join(f"  {escape(note)}\n" for note in report.notes))
    else:
        console.write(f"{name_of(report)}: {count_line(report.problems)}\n")


def name_of(report: Report) -> str:
    """A document's file, and which document of it when it is not the first."""
    return escape(report.file) + (f" document {report.document}" if report.document else "")


def _and_warnings(report: Report) -> str:
    return f", {count_line(report.problems)}" if report.problems else ""


def write_dry_run(outcomes: Sequence[Prepared | Report], console: Console) -> None:
    """The exact requests to standard output, everything that is wrong to standard error."""
    for outcome in outcomes:
        if isinstance(outcome, Report):
            write_problems(outcome.problems, {outcome.file: outcome.source}, console)
        else:
            write_warnings([outcome], console)
            console.write(dry_run_text(outcome.call, outcome.artifact))
            console.write("".join(f"{escape(note)}\n" for note in outcome.notes))


def write_warnings(prepared: Iterable[Prepared], console: Console) -> None:
    """The warnings about jobs that are going to be submitted."""
    for each in prepared:
        document = each.spec.document
        write_problems(each.warnings, {document.file: document.source}, console)


def write_problems(problems: Sequence[Problem], sources: dict[str, str], console: Console) -> None:
    """Problems with their places, to standard error."""
    if problems:
        console.warn(problem_list(problems, sources, colour=console.err_colour))
