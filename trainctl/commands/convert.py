"""`convert`: specs of the closed services, gcloud's files and REST bodies as specs that live."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.specs import Specs, Variables, choose, load_documents
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, SpecInvalid

if TYPE_CHECKING:
    from trainctl.conversion.documents import Converted
    from trainctl.preparation import Report
    from trainctl.spec.document import Document

OutputFile = Annotated[
    Path | None,
    typer.Option("--output-file", "-w", help="Write to this file instead", metavar="FILE", show_default=False),
]
StrictlyWhole = Annotated[
    bool, typer.Option("--strict", help="Exit with 3 when something was left out", show_default=False)
]


def convert(
    session: Session,
    specs: Specs,
    output_file: OutputFile = None,
    strict: StrictlyWhole = False,  # noqa: FBT002 - Typer's way to declare a flag
    variables: Variables = None,
) -> ExitCode:
    """Turn gcloud's files, REST bodies and closed services' specs into specs.

    Files of `gcloud ai custom-jobs create --config`, `gcloud ai hp-tuning-jobs create --config` and REST bodies become
    the friendliest kind that makes the same request. `ml-training` and the files of `gcloud ai-platform jobs submit
    training --config` become `custom` or `hptune`, `automl-vision` becomes `automl-image`. What has no counterpart is
    listed with its line; what has only a similar one too, and as a comment in the new spec. Variables are replaced.
    """
    from trainctl.preparation import Report

    folder = output_file.parent if output_file else Path.cwd()
    outcomes = [each for spec in specs for each in convert_file(session, spec, variables, folder)]
    done = [each for each in outcomes if not isinstance(each, Report)]
    tell(session, outcomes)
    if done:
        write(session, done, output_file)
    if len(done) < len(outcomes) or (strict and not all(each.is_whole for each in done)):
        return ExitCode.SPEC_INVALID
    return ExitCode.OK


def convert_file(
    session: Session, spec: str, variables: Sequence[str] | None, folder: Path
) -> list[Converted | Report]:
    """The documents of a file, converted or with what is wrong about them."""
    from trainctl.preparation import Report

    try:
        documents = load_documents(session, spec, choose(None, variables))
    except SpecInvalid as error:
        return [Report.on_file(spec, error)]
    return [convert_one(session, document, folder) for document in documents]


def convert_one(session: Session, document: Document, folder: Path) -> Converted | Report:
    """A document, converted or with what is wrong about it."""
    from trainctl.conversion.documents import convert as converted
    from trainctl.preparation import Defaults, Report, found_in

    defaults = Defaults(session.known_project, session.settings.location)
    try:
        return converted(document, defaults, folder)
    except SpecInvalid as error:
        return Report.on_document(document, None, found_in(error))


def tell(session: Session, outcomes: Sequence[Converted | Report]) -> None:
    """Say what is wrong, left out or only similar, each with its place."""
    from trainctl.conversion.reading import CHANGED, LEFT_OUT
    from trainctl.preparation import Report
    from trainctl.render.submission import write_problems

    for each in outcomes:
        file, source = (
            (each.file, each.source) if isinstance(each, Report) else (each.document.file, each.document.source)
        )
        write_problems(each.problems, {file: source}, session.console)
    found = [problem.code for each in outcomes for problem in each.problems]
    if LEFT_OUT in found or CHANGED in found:
        session.console.say(f"{found.count(LEFT_OUT)} left out, {found.count(CHANGED)} to check")


def write(session: Session, done: Sequence[Converted], file: Path | None) -> None:
    """The new specs, as one file of several documents, or in a form for programs."""
    from trainctl.commands.exporting import write_fields
    from trainctl.commands.init import unwritable

    if file is None:
        if session.output.is_human or (session.output.format == "yaml" and session.output.query is None):
            session.console.write(text_of(done))
        else:
            write_fields(session, [each.fields for each in done], single=True)
        return
    try:
        write_whole(file, text_of(done))
    except OSError as error:
        raise unwritable(file, error) from error
    session.console.say(f"{file} is written; check it with `trainctl validate {file}`")


def text_of(done: Sequence[Converted]) -> str:
    """The new specs as documents of one file, each with the line that tells editors its schema."""
    from trainctl.spec.writing import schema_line, spec_text

    return "---\n".join(
        f"{schema_line(each.kind)}\n{spec_text(each.fields, each.remarks, variable=each.open)}" for each in done
    )


def write_whole(file: Path, text: str) -> None:
    """Write a file at once, so that nobody ever finds half of it. Raises OSError."""
    import os
    import tempfile

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as stream:
        stream.write(text)
    try:
        Path(stream.name).chmod(0o666 & ~_umask())
        os.replace(stream.name, file)  # noqa: PTH105 - the whole point
    except OSError:
        Path(stream.name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


NODE = Leaf(
    "convert",
    convert,
    (
        "trainctl convert request.json > train.yaml",
        "trainctl convert old/*.yaml -w specs.yaml --strict",
        "trainctl convert config.yaml | trainctl validate -",
    ),
    offline=True,
)
