"""The command line: builds the branch that argv names, and turns every way to fail into a message and an exit code."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.commands import Seams, system_seams
from trainctl.commands.options import bind
from trainctl.commands.tree import Branch, Lazy, Leaf, child, resolve, route
from trainctl.errors import ExitCode, SpecInvalid, TrainctlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from trainctl.commands.tree import Node

SUMMARY = "Submit machine-learning training jobs from YAML specs, and look after them until they end"

COMMANDS: tuple[Lazy, ...] = (
    Lazy("submit", "Submit the jobs of one or more specs", "trainctl.commands.submit"),
    Lazy("validate", "Check specs without a network; every problem with its place", "trainctl.commands.validate"),
    Lazy("init", "Print a commented spec to start from", "trainctl.commands.init"),
    Lazy("explain", "What a field of a spec, or a rule about it, means", "trainctl.commands.explain"),
    Lazy("schema", "JSON Schemas of specs, for editors too", "trainctl.commands.schema", group=True),
    Lazy("jobs", "List, watch and end jobs, read their logs", "trainctl.commands.jobs", group=True),
    Lazy("history", "What was submitted from this machine", "trainctl.commands.history", group=True),
    Lazy("local", "The local engine: the same jobs on this machine", "trainctl.commands.local", group=True),
    Lazy("config", "Settings, and where each comes from", "trainctl.commands.config", group=True),
    Lazy("auth", "Which credentials would be used", "trainctl.commands.auth", group=True),
    Lazy("completion", "Completion scripts for bash, zsh, fish and PowerShell", "trainctl.commands.completion"),
)


def tree(words: Sequence[str] = ()) -> Branch:
    """Every command; the kinds' own are looked for only when `words` do not begin with another."""
    root = Branch("trainctl", SUMMARY, COMMANDS)
    if words and child(root, words[0]) is not None:
        return root
    from trainctl.commands.kind import branches

    own = branches()
    return replace(root, children=(*COMMANDS[:5], *own, *COMMANDS[5:]))


def build(branch: Branch, words: Sequence[str], *, version: bool = False) -> typer.Typer:
    """The Typer app of `branch`: whole along `words`, names and summaries elsewhere."""
    import typer

    app = typer.Typer(
        name=branch.name,
        help=branch.summary,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root_options if version else no_options)
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
            app.add_typer(build(branch, words), name=branch.name)
        case Leaf() as leaf:
            app.command(leaf.name, hidden=leaf.hidden)(bind(leaf))


def stub(app: typer.Typer, node: Node) -> None:
    """A line in a list of commands."""

    def nothing() -> None: ...

    hidden = isinstance(node, Leaf) and node.hidden
    app.command(node.name, help=node.summary, hidden=hidden)(nothing)


def no_options() -> None:
    """Keep a group a group even when it has a single command."""


def root_options() -> None:
    """The root has no options but --version, which answers before Typer is imported."""


def named_words(arguments: Sequence[str]) -> list[str]:
    """The words of argv that can name commands: all before the first option."""
    words: list[str] = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        words.append(argument)
    return words


def main(arguments: Sequence[str], seams: Seams | None = None) -> int:
    """Run one command line and return its exit code; nothing escapes but what a bug raises under `--debug`."""
    seams = seams or system_seams()
    try:
        return run(list(arguments), seams)
    except TrainctlError as error:
        return report(error, arguments, seams)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe went away (`trainctl ... | head`): nothing is wrong, and nothing can be said.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        return int(ExitCode.OK)


def run(arguments: list[str], seams: Seams) -> int:
    """Build and call the app; exit codes come back as Typer leaves them."""
    root = tree(named_words(arguments))
    arguments = route(root, arguments)
    app = build(root, named_words(arguments), version=True)
    try:
        app(args=arguments, prog_name="trainctl", obj=seams)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(ExitCode.OK)
    return int(ExitCode.OK)


def report(error: TrainctlError, arguments: Sequence[str], seams: Seams) -> int:
    """Say what failed on standard error and return its exit code."""
    from trainctl.render import make_console
    from trainctl.render.human import error_text, problems_text

    if "--debug" in arguments:
        import traceback

        traceback.print_exc(file=seams.stderr)
    console = make_console(seams.stdout, seams.stderr, seams.environment)
    text = problems_text(error, console) if isinstance(error, SpecInvalid) else error_text(error, console)
    seams.stderr.write(text)
    return int(error.exit_code)
