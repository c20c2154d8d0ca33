"""Options of the commands that read specs, and the reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from trainctl.commands.candidates import spec_files
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trainctl.commands import Session
    from trainctl.spec.document import Document

Specs = Annotated[
    list[str],
    typer.Argument(
        help="Spec files; `-` reads standard input",
        metavar="SPEC...",
        show_default=False,
        autocompletion=spec_files,
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Change a field before it is checked: `path.to[0].field=value`",
        metavar="PATH=VALUE",
        show_default=False,
    ),
]
Variables = Annotated[
    list[str] | None,
    typer.Option("--var", help="Value of `${var.NAME}` in the spec", metavar="NAME=VALUE", show_default=False),
]
DisplayName = Annotated[
    str | None,
    typer.Option("--display-name", help="Name of the job, instead of the spec's", metavar="NAME", show_default=False),
]
Strict = Annotated[bool, typer.Option("--strict", help="Take warnings as errors", show_default=False)]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says about the specs it names; `kind` is that of a kind's own command."""

    sets: tuple[str, ...]
    variables: Mapping[str, str]
    display_name: str | None
    strict: bool
    kind: str | None


def choose(
    sets: Sequence[str] | None,
    variables: Sequence[str] | None,
    *,
    display_name: str | None = None,
    strict: bool = False,
    kind: str | None = None,
) -> Choice:
    """The options of one command line, taken apart. Raises UsageError for a --var without `=`."""
    pairs = [text.partition("=") for text in variables or ()]
    for name, equals, _ in pairs:
        if not equals or not name:
            raise UsageError(f"`--var {name}` has no value", hint="write `--var NAME=VALUE`")
    return Choice(tuple(sets or ()), {name: value for name, _, value in pairs}, display_name, strict, kind)


def tell_unused(session: Session, choice: Choice, texts: Iterable[str]) -> None:
    """Warns of every --var that no spec refers to: its name may be misspelt, where the specs have defaults."""
    from trainctl.render.words import escape

    everything = "\n".join([*texts, *choice.sets])
    for name in choice.variables:
        if not any(f"${{var.{name}{end}" in everything for end in ("}", ":-")):
            session.console.warn(f"warning: no spec refers to `${{var.{escape(name)}}}`, which `--var` gives a value")


def load_documents(session: Session, spec: str, choice: Choice) -> list[Document]:
    """The documents of one file, with `--set` and variables in them. Raises SpecInvalid."""
    from trainctl.spec.load import load

    return load(
        spec,
        sets=choice.sets,
        variables=choice.variables,
        environment=session.environment,
        stdin=cast("BinaryIO", getattr(session.seams.stdin, "buffer", session.seams.stdin)),
    )
