"""What a shell hears that asks how a command line could go on. The scripts that ask are in `shells.py`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import typer

    from trainctl.commands import Seams

VARIABLE = "_TRAINCTL_COMPLETE"
"""The environment variable through which a shell asks; the others are Typer's own."""


def asked_words(environment: Mapping[str, str]) -> list[str] | None:
    """The words before the one that is to be completed, without `trainctl`; None when no shell asks."""
    if not environment.get(VARIABLE):
        return None
    line = environment.get("_TYPER_COMPLETE_ARGS")
    if line is None:
        return environment.get("COMP_WORDS", "").split()[1 : int(environment.get("COMP_CWORD") or 1)]
    begun = environment.get("_TYPER_COMPLETE_WORD_TO_COMPLETE", not line.endswith(" "))
    return line.split()[1:-1] if begun else line.split()[1:]


def answer(app: typer.Typer, seams: Seams) -> int:
    """Write the candidates to standard output, in the form that the shell wants."""
    from typer.completion import get_completion_inspect_parameters

    get_completion_inspect_parameters()  # the public way to make Typer's shells known without options for them
    with without_rich():
        try:
            app(args=[], prog_name="trainctl", complete_var=VARIABLE, obj=seams)
        except SystemExit as error:
            return error.code if isinstance(error.code, int) else 0
    return 0


@contextmanager
def without_rich() -> Iterator[None]:
    """Keep Typer from importing Rich, 100 ms, to look for markup in help texts that have none.

    A None in sys.modules makes a module impossible to find.
    """
    kept = {name: module for name, module in sys.modules.items() if name == "rich"}
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["rich"]
        sys.modules.update(kept)
