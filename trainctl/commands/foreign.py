"""The words of other tools, and what they are called here: gcloud's, kubectl's, SkyPilot's, Azure's, the SDK's.

Sources: the helps of `gcloud ai custom-jobs`, `gcloud ai-platform jobs`, `kubectl`, `sky` and `az ml job`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from trainctl.commands.tree import Node

_COMMANDS = {
    "describe": "jobs get",
    "show": "jobs get",
    "info": "jobs get",
    "create": "submit",
    "run": "submit",
    "apply": "submit",
    "launch": "submit",
    "train": "submit",
    "local-run": "submit",
    "stream-logs": "jobs logs",
    "stream": "jobs logs",
    "tail": "jobs logs",
    "ls": "jobs list",
    "ps": "jobs list",
    "queue": "jobs list",
    "rm": "jobs delete",
    "remove": "jobs delete",
    "stop": "jobs cancel",
    "kill": "jobs cancel",
    "lint": "validate",
    "login": "auth login-hint",
    "version": "--version",
}
"""A command of another tool, and the one that does it here."""
_OTHER_GROUPS = frozenset(
    {"schema", "operations", "datasets", "models", "history", "local", "catalog", "config", "auth"}
)
"""Groups in which nothing is said of jobs."""
_FILE = "files are named without an option"
_WATCH = "`--watch` waits"
_OPTIONS = {
    "--json": ("--output", "`-o json` does that here"),
    "--yaml": ("--output", "`-o yaml` does that here"),
    "--format": ("--output", "`-o table|wide|json|jsonl|yaml|csv|name` does that here"),
    "--config": ("--set", _FILE),
    "--file": ("--set", _FILE),
    "-f": ("--set", _FILE),
    "--wait": ("--watch", _WATCH),
    "--sync": ("--watch", _WATCH),
    "--follow": ("--watch", _WATCH),
    "--stream": ("--watch", _WATCH),
    "--stream-logs": ("--watch", _WATCH),
    "--async": ("--watch", "only `--watch` waits"),
    "--no-wait": ("--watch", "only `--watch` waits"),
    "--key": ("--idempotency-key", "`--idempotency-key` does that here"),
    "--validate-only": ("--dry-run", "`--dry-run` does that here"),
    "--verbose": ("--debug", "`--debug` does that here"),
    "--verbosity": ("--debug", "`--debug` does that here"),
    "--sort-by": ("--sort", "`--sort` does that here"),
}
"""An option of another tool, the one that stands for it here, and what to say; it counts where a command has it."""
_COMMAND = re.compile(r"No such command '([^']*)'")


def known_command(message: str, path: str, children: Collection[str]) -> str | None:
    """The command that does what Typer's `message` says there is no command for; None where nothing here does.

    `path` are the words before it, whose branch has the commands `children`.
    """
    found = _COMMAND.search(message)
    if found is None:
        return None
    word, group = found[1], path.partition(" ")[2]
    meant = _COMMANDS.get(word, f"jobs {word}")
    last = meant.rpartition(" ")[2]
    if last in children:
        return f"{path} {last}"
    if group in _OTHER_GROUPS:
        return None
    known = word in _COMMANDS or word in {node.name for node in _job_commands()}
    return f"trainctl {meant}" if known else None


def _job_commands() -> tuple[Node, ...]:
    from trainctl.commands.jobs import NODE

    return NODE.children


def known_option(option: str, command: Any) -> str | None:
    """What to say of an option of another tool on a command that has its counterpart; None elsewhere."""
    ours, words = _OPTIONS.get(option, ("", ""))
    return words if any(ours in parameter.opts for parameter in command.params) else None
