"""Telling someone else when a job ends: a command is run, or JSON is posted to a URL."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.commands import Session
from trainctl.errors import TrainctlError, Unreachable, UsageError

if TYPE_CHECKING:
    from trainctl.jobs import Job

Notify = Annotated[
    list[str] | None,
    typer.Option("--notify", help="Run this command, or post to this URL, when a job ends", metavar="COMMAND|URL"),
]
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "fish"})
_OPERATORS = frozenset({"|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1"})
_VARIABLE = re.compile(r"\$\{?TRAINCTL_JOB\w*\}?")
PATIENCE = 60.0
"""Seconds that a command may take: the watch goes on after it."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Who is told; a message that cannot be delivered is a warning and changes nothing else."""

    session: Session
    targets: Sequence[str]

    @classmethod
    def make(cls, session: Session, targets: Sequence[str] | None) -> Notifier:
        """Checks the targets before anything is waited for. Raises UsageError."""
        from trainctl.api.notices import check_url

        for target in targets or ():
            if "://" in target.partition(" ")[0]:
                check_url(target)
            else:
                words_of(target)
        return cls(session, tuple(targets or ()))

    def tell(self, job: Job) -> None:
        """Tell every target how the job ended."""
        if not self.targets:
            return
        from trainctl.lookup.trained import with_model
        from trainctl.render.words import escape

        message = describe(with_model(self.session.client, job))
        for target in self.targets:
            try:
                self._send(target, message)
            except TrainctlError as error:
                self.session.console.warn(
                    f"warning: nobody was notified about {escape(job.id)}: {escape(error.message)}"
                )

    def _send(self, target: str, message: dict[str, Any]) -> None:
        if "://" not in target.partition(" ")[0]:
            run_command(self.session, words_of(target), message)
            return
        from trainctl.api.notices import post_notice

        post_notice(target, message, ca_file=self.session.settings.ca_file, transport=self.session.seams.transport)


def words_of(command: str) -> list[str]:
    """The words of a command, as a shell splits them.

    Raises UsageError, also for what only a shell would understand: without one, such words are arguments like others,
    and a command that prints them ends well.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"`--notify {command}` is no command: {error}".lower()) from error
    if not words:
        raise UsageError("`--notify` names no command", hint="write a command line or a URL")
    operators = [word for word in words if word in _OPERATORS]
    variables = [found[0] for word in words if (found := _VARIABLE.search(word))]
    if (operators or variables) and not any(PurePath(word).name in _SHELLS for word in words):
        foreign = [*operators, *variables][0]
        message = f"`--notify` runs its command without a shell, and only a shell understands `{foreign}`"
        raise UsageError(message, hint="write `--notify \"sh -c '...'\"`")
    return words


def describe(job: Job) -> dict[str, Any]:
    """What is told of a job: how it ended, and where to look; neither its spec nor its labels."""
    times = {"createTime": job.create_time, "startTime": job.start_time, "endTime": job.end_time}
    return {
        "name": job.name,
        "displayName": job.display_name,
        "kind": job.kind,
        "state": job.phase.value,
        **{key: moment.isoformat().replace("+00:00", "Z") for key, moment in times.items() if moment},
        **({"error": job.error.message} if job.error else {}),
        **({"model": job.outputs.model} if job.outputs.model else {}),
    }


def run_command(session: Session, words: Sequence[str], message: dict[str, Any]) -> None:
    """Run a command with the message as JSON on its standard input and in short in its environment.

    Raises Unreachable when it cannot be run or fails. What it prints is no data of ours and is dropped; what it leaves
    in the background is not waited for.
    """
    import json
    import tempfile

    environment = {
        **session.environment,
        "TRAINCTL_JOB": str(message["name"]),
        "TRAINCTL_JOB_NAME": str(message["displayName"]),
        "TRAINCTL_JOB_STATE": str(message["state"]),
    }
    try:
        with tempfile.TemporaryFile() as said:  # a pipe would end only with the last process that holds it
            done = subprocess.run(
                words,
                input=json.dumps(message).encode(),
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=said,
                timeout=PATIENCE,
                check=False,
            )
            said.seek(0)
            last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
    except (OSError, ValueError) as error:
        raise Unreachable(f"`{words[0]}` cannot be run: {getattr(error, 'strerror', None) or error}") from error
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"`{words[0]}` did not end in {PATIENCE:g} s") from error
    if done.returncode:
        raise Unreachable(f"`{words[0]}` ended with {done.returncode}{f': {last}' if last else ''}")
