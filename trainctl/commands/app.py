"""What Typer makes of the command tree: the branch that the words of a command line name, and of all else the names.

Building ninety Typer commands costs 35 ms, building one costs one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainctl import __version__
from trainctl.commands.help import Command, Group
from trainctl.commands.options import bind
from trainctl.commands.tree import Branch, Leaf, child, resolve
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.commands import Seams
    from trainctl.commands.tree import Node


def build(branch: Branch, words: Sequence[str], *, root: bool = True) -> typer.Typer:
    """The Typer app of `branch`: whole along `words`, names and summaries elsewhere."""
    app = typer.Typer(
        name=branch.name,
        cls=Group,
        help=branch.summary,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root_options if root else no_options)
    named = child(branch, words[0]) if words else None
    for node in [named] if named else branch.children:
        attach(app, node, words[1:] if named else None)
    return app


def attach(app: typer.Typer, node: Node, words: Sequence[str] | None) -> None:
    """Add `node` to `app`; without `words` only what a list of commands shows of it."""
    if words is None:
        stub(app, node)
        return
    match resolve(node):
        case Branch() as branch:
            app.add_typer(build(branch, words, root=False), name=branch.name)
        case Leaf() as leaf:
            app.command(leaf.name, cls=Command, hidden=leaf.hidden)(bind(leaf))


def stub(app: typer.Typer, node: Node) -> None:
    """A line in a list of commands."""

    def nothing() -> None: ...

    hidden = isinstance(node, Leaf) and node.hidden
    app.command(node.name, cls=Command, help=node.summary, short_help=node.summary, hidden=hidden)(nothing)


def show_version(wanted: bool) -> None:  # noqa: FBT001 - the form of Typer's callbacks
    """Print the version and leave."""
    if wanted:
        typer.echo(f"trainctl {__version__}")
        raise typer.Exit


def root_options(
    version: Annotated[  # noqa: FBT002 - Typer's way to declare a flag
        bool,
        typer.Option("--version", "-V", help="Show the version and exit.", is_eager=True, callback=show_version),
    ] = False,
) -> None:
    """The root has no option but --version, which answers before Typer is imported when it stands alone."""


def no_options() -> None:
    """Keep a group a group even when it has a single command."""


def invoke(app: typer.Typer, arguments: Sequence[str], seams: Seams) -> int:
    """Run `app` and return the exit code.

    Raises UsageError for what Typer cannot read, KeyboardInterrupt, BrokenPipeError, and whatever a command raises.
    """
    try:
        code = app(args=list(arguments), prog_name="trainctl", obj=seams, standalone_mode=False)
    except typer.TyperException as error:
        raise misuse(error) from error
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as error:
        # All that is left of a BrokenPipeError once Typer has seen it.
        raise BrokenPipeError from error
    return code if isinstance(code, int) else 0


def misuse(error: typer.TyperException) -> UsageError:
    """What Typer found wrong with a command line, in our words; what other tools call otherwise is named."""
    text = " ".join(error.format_message().split()).rstrip(".").replace("a valid int range", "a whole number")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "trainctl"
    early = hasattr(error, "option_name") and context is not None and isinstance(context.command, Group)
    hint = "options stand behind the command; " if early else ""
    if context is not None and not early and (found := _counterpart(error, context)):
        text = text.partition(". Did you mean")[0].partition(" (Possible options")[0]
        words, command = found
        hint = f"{words}; "
    return UsageError(text[:1].lower() + text[1:], hint=f"{hint}`{command} --help` shows how it is used")


def _counterpart(error: typer.TyperException, context: typer.Context) -> tuple[str, str] | None:
    """What to say of a word that other tools have, and the command to read about; None for other mistakes."""
    from trainctl.commands.foreign import known_command, known_option

    if option := getattr(error, "option_name", None):
        words = known_option(option, context.command)
        return (words, context.command_path) if words else None
    line = known_command(error.format_message(), context.command_path, getattr(context.command, "commands", {}))
    return (f"`{line}` does that here", line.removesuffix(" --version")) if line else None
