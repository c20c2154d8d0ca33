"""`init`: a commented spec to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.candidates import kind_names
from trainctl.commands.tree import Leaf
from trainctl.errors import UsageError

KindName = Annotated[
    str,
    typer.Argument(
        help="Name of a kind: `trainctl schema list` shows them",
        metavar="KIND",
        show_default=False,
        autocompletion=kind_names,
    ),
]
File = Annotated[
    Path | None, typer.Option("--file", "-f", help="Write to this file instead", metavar="FILE", show_default=False)
]


def init(session: Session, kind: KindName = "custom", file: File = None) -> None:
    """Print a commented spec to start from.

    It is valid once the code that it names is there. Its first line tells editors which schema to check it with.
    """
    from trainctl.spec.starter import init as starting_spec

    text = starting_spec(checked_kind(kind))
    if file is None:
        session.console.write(text)
        return
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"`{file}` is there already", hint="choose another name, or remove it first") from error
    except OSError as error:
        raise unwritable(file, error) from error
    session.console.say(f"{file} is written; check it with `trainctl validate {file}`")


def unwritable(path: Path, error: OSError) -> UsageError:
    """The error for a file or a folder, named on the command line, that cannot be written."""
    reason = (error.strerror or str(error)).lower()
    return UsageError(f"`{path}` cannot be written: {reason}", hint="name a place that is there and is yours")


def checked_kind(kind: str) -> str:
    """The name of a kind that exists. Raises UsageError with a suggestion."""
    from trainctl.spec.schema import kinds
    from trainctl.spec.suggest import closest

    if kind in kinds():
        return kind
    meant = closest(kind, kinds())
    hint = f"did you mean `{meant}`?" if meant else "`trainctl schema list` shows all kinds"
    raise UsageError(f"there is no kind `{kind}`", hint=hint)


NODE = Leaf("init", init, ("trainctl init custom > train.yaml", "trainctl init custom --file train.yaml"), offline=True)
