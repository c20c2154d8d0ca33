"""The local engine as commands use it: its folder, and its failures as errors of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl import __version__
from trainctl.errors import Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.commands import Session
    from trainctl.local.control import Engine, EngineHome, EngineProblem, Options

NEEDS_EXTRA = "pip install 'trainctl[local]'"
OUTDATED = "`trainctl local stop`; the next `--local` starts this version"


def engine_home(session: Session) -> EngineHome:
    """The folder of this user's engine."""
    from trainctl.local.control import EngineHome

    return EngineHome(session.paths.state / "local")


def start_engine(session: Session, *, options: Options | None = None) -> Engine:
    """The running engine, started if need be. Raises Unreachable with its last words.

    Warns of one that another version of trainctl has started: it serves what that version knew.
    """
    from trainctl.local.control import DEFAULT, EngineProblem, start

    check_installed()
    try:
        engine = start(engine_home(session), options=options or DEFAULT)
    except EngineProblem as problem:
        raise unreachable(problem) from problem
    if engine.version != __version__:
        from trainctl.render.human import hint_lines

        session.console.warn(
            f"warning: the engine that runs is of trainctl {engine.version}, and this is {__version__}"
        )
        session.console.warn("\n".join(hint_lines(OUTDATED, colour=session.console.err_colour)))
    return engine


def check_installed() -> None:
    """Raise UsageError when the engine's own dependencies are missing."""
    from importlib.util import find_spec

    if find_spec("werkzeug") is None or find_spec("waitress") is None:
        raise UsageError("the local engine is not installed", hint=f"run `{NEEDS_EXTRA}`")


def unreachable(problem: EngineProblem) -> Unreachable:
    """An engine's failure as the command line tells it."""
    details = _explain(problem.details)
    return Unreachable(
        f"{problem.message}: {details}" if details else problem.message,
        hint="`trainctl local logs` shows the engine's log",
    )


def _explain(lines: Sequence[str]) -> str:
    """What the engine's last log lines say: the error that it ended with, where it could tell."""
    _, found, words = lines[-1].partition(" ERROR ") if lines else ("", "", "")
    return words if found else "; ".join(lines[-3:])
