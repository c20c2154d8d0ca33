"""`schema`: the JSON Schemas that specs are checked against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.candidates import kind_names
from trainctl.commands.tree import Branch, Leaf

if TYPE_CHECKING:
    from trainctl.commands.tree import Function

KindName = Annotated[str, typer.Argument(help="Name of a kind", metavar="KIND", autocompletion=kind_names)]
Folder = Annotated[Path, typer.Argument(help="Folder for the schema files", metavar="DIR")]


def list_schemas(session: Session) -> None:
    """List the kinds that have a schema."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject, write_list
    from trainctl.spec.schema import kinds, load_schema

    subject: Subject[dict[str, str]] = Subject(
        columns=(
            Column("kind", lambda row: row["kind"], width=28),
            Column("title", lambda row: row["title"], elastic=True),
        ),
        raw=lambda row: row,
        name=lambda row: row["kind"],
    )
    rows = [{"kind": kind, "title": str(load_schema(kind).data.get("title", ""))} for kind in kinds()]
    write_list([rows], subject, session.output, console=session.console, now=session.clock.now())


def show_schema(session: Session, kind: KindName) -> None:
    """Print the self-contained JSON Schema of one kind."""
    write_schema(session, kind)


def export_schemas(session: Session, folder: Folder) -> None:
    """Write every schema into a folder, for editors and other validators."""
    from trainctl.commands.init import unwritable
    from trainctl.spec.schema import export

    try:
        written = export(folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    for path in written:
        session.console.write(f"{path}\n")


def make_show(kind: str) -> Function:
    """The `schema` command of one kind."""

    def schema(session: Session) -> None:
        """Print the self-contained JSON Schema of this kind."""
        write_schema(session, kind)

    return schema


def write_schema(session: Session, kind: str) -> None:
    """Write one schema as JSON."""
    from trainctl.commands.init import checked_kind
    from trainctl.spec.schema import load_schema

    schema = load_schema(checked_kind(kind)).data
    session.console.write(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")


NODE = Branch(
    "schema",
    "JSON Schemas of specs, for editors too",
    (
        Leaf("list", list_schemas, ("trainctl schema list",), offline=True),
        Leaf("show", show_schema, ("trainctl schema show custom",), offline=True),
        Leaf("export", export_schemas, ("trainctl schema export .vscode/schemas",), offline=True),
    ),
)


def of_kind(kind: str) -> Leaf:
    """The command of one kind."""
    from trainctl.kinds import words_of

    command = f"trainctl {words_of(kind)} schema"
    return Leaf("schema", make_show(kind), (f"{command} > spec.schema.json",), offline=True)
