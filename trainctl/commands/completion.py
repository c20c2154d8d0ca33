"""`completion`: scripts that complete commands, options and values in a shell."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.shells import SCRIPTS, Shell
from trainctl.commands.tree import Leaf


def completion(
    session: Session, shell: Annotated[Shell, typer.Argument(help="Your shell", metavar="SHELL", show_default=False)]
) -> None:
    """Print the completion script of a shell.

    Load it in the shell's start-up file. SHELL is bash, zsh, fish or powershell.
    """
    session.console.write(SCRIPTS[shell])


NODE = Leaf(
    "completion",
    completion,
    (
        'eval "$(trainctl completion bash)"',
        "source <(trainctl completion zsh)",
        "trainctl completion fish | source",
        "trainctl completion powershell | Out-String | Invoke-Expression",
    ),
    offline=True,
)
