"""The command line: builds the branch that argv names, and turns every way to fail into a message and an exit code."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.commands import Seams, system_seams
from trainctl.commands.app import build, invoke
from trainctl.commands.asking import answer, asked_words
from trainctl.commands.placing import OPTION, place
from trainctl.commands.tree import Branch, Lazy, child, names_branch, route
from trainctl.errors import ExitCode, SpecInvalid, TrainctlError, Unforeseen

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY = "Submit machine-learning training jobs from YAML specs, and look after them until they end"

COMMANDS: tuple[Lazy, ...] = (
    Lazy("submit", "Submit the jobs of one or more specs", "trainctl.commands.submit"),
    Lazy("validate", "Check specs without a network; every problem with its place", "trainctl.commands.validate"),
    Lazy("init", "Print a commented spec to start from", "trainctl.commands.init"),
    Lazy("explain", "Say what a field of a spec, or a rule about it, means", "trainctl.commands.explain"),
    Lazy("schema", "JSON Schemas of specs, for editors too", "trainctl.commands.schema", group=True),
    Lazy(
        "convert", "Turn gcloud's files, REST bodies and closed services' specs into specs", "trainctl.commands.convert"
    ),
    Lazy("jobs", "List, watch and end jobs, read their logs", "trainctl.commands.jobs", group=True),
    Lazy(
        "operations",
        "Long-running operations: imports, deletions, AutoML Vision",
        "trainctl.commands.operations",
        group=True,
    ),
    Lazy("datasets", "Managed datasets: make, import, list, delete", "trainctl.commands.datasets", group=True),
    Lazy("models", "Trained models and how good they are", "trainctl.commands.models", group=True),
    Lazy("history", "What was submitted from this machine", "trainctl.commands.history", group=True),
    Lazy("local", "The local engine: the same jobs on this machine", "trainctl.commands.local", group=True),
    Lazy("catalog", "Machines, accelerators and regions for training", "trainctl.commands.catalog", group=True),
    Lazy("config", "Settings, and where each comes from", "trainctl.commands.config", group=True),
    Lazy("auth", "Which credentials would be used", "trainctl.commands.auth", group=True),
    Lazy("doctor", "Check all that submissions need, and say what to do", "trainctl.commands.doctor"),
    Lazy("completion", "Print the completion script of a shell", "trainctl.commands.completion"),
)


def tree(words: Sequence[str] = ()) -> Branch:
    """Every command; the kinds' own only when `words` do not begin with another, and one kind's when they name it."""
    root = Branch("trainctl", SUMMARY, COMMANDS)
    if words and child(root, words[0]) is not None:
        return root
    from trainctl.commands.kind import branches

    own = branches(words[0] if words else "")
    return replace(root, children=(*COMMANDS[:5], *own, *COMMANDS[5:]))


def named_words(arguments: Sequence[str]) -> list[str]:
    """The words of argv that can name commands: all before the first option."""
    words: list[str] = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        words.append(argument)
    return words


def main(arguments: Sequence[str], seams: Seams | None = None) -> int:
    """Run one command line and return its exit code; whatever is raised becomes a message and a code."""
    seams = seams or system_seams()
    code = int(ExitCode.OK)
    try:
        try:
            code = run(list(arguments), seams)
        except TrainctlError as error:
            code = report(error, arguments, seams)
        seams.stdout.flush()
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe went away (`trainctl ... | head`): nothing is wrong with that, and nothing can be said.
        from trainctl.render.console import forsake

        forsake(seams.stdout)
    except Exception as error:  # noqa: BLE001 - the last place where it can be put into words
        return report(Unforeseen.of(error), arguments, seams)
    return code


def run(arguments: list[str], seams: Seams) -> int:
    """Carry out a command line, or answer a shell that asks how it could go on."""
    asked = asked_words(seams.environment)
    root = tree(named_words(arguments if asked is None else asked))
    with redirect_stdout(seams.stdout), redirect_stderr(seams.stderr):
        if asked is not None:
            return answer(build(root, named_words(asked)), seams)
        arguments = route(root, arguments)
        app = build(root, named_words(arguments))
        if not names_branch(root, arguments):
            return invoke(app, arguments, seams)
        with redirect_stdout(seams.stderr):
            invoke(app, [*arguments, "--help"], seams)
        return int(ExitCode.USAGE)


def report(error: TrainctlError, arguments: Sequence[str], seams: Seams) -> int:
    """Say what failed on standard error, with the traceback under `--debug`, and return its exit code."""
    from trainctl.render import make_console
    from trainctl.render.human import error_text, problems_text

    console = make_console(seams.stdout, seams.stderr, seams.environment)
    if "--debug" in arguments:
        import traceback

        from trainctl.render.words import escape_lines
        from trainctl.spec.problems import redact

        console.warn("\n".join(escape_lines(redact(traceback.format_exc()))))
    if OPTION in arguments:
        place(error)
    text = problems_text(error, console) if isinstance(error, SpecInvalid) else error_text(error, console)
    console.warn(text)
    return int(error.exit_code)
