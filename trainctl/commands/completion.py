"""`completion`: scripts that complete commands and options in a shell."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.tree import Leaf

VARIABLE = "_TRAINCTL_COMPLETE"
"""The environment variable through which a shell asks for completions."""


class Shell(StrEnum):
    """Shells that Typer completes in."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    session: Session, shell: Annotated[Shell, typer.Argument(help="Your shell", show_default=False)]
) -> None:
    """Print the completion script of a shell.

    Load it in the shell's start-up file. The same scripts stand in the project's `completions` folder.
    """
    session.console.write(script(shell))


def script(shell: Shell) -> str:
    """The completion script of a shell."""
    from typer.completion import get_completion_script

    return get_completion_script(prog_name="trainctl", complete_var=VARIABLE, shell=shell.value) + "\n"


NODE = Leaf(
    "completion",
    completion,
    (
        'bash:        eval "$(trainctl completion bash)"',
        'zsh:         eval "$(trainctl completion zsh)"',
        "fish:        trainctl completion fish | source",
        "powershell:  trainctl completion powershell | Out-String | Invoke-Expression",
    ),
    offline=True,
)
