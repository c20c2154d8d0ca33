"""Arguments and options that commands about jobs share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from trainctl.commands.candidates import recent_jobs
from trainctl.errors import UsageError

_REFERENCES = typer.Argument(
    help="Names, ids, `@last`, `@2` (the second last), unique display names; `-` reads them from standard input",
    metavar="REF...",
    show_default=False,
    autocompletion=recent_jobs,
)
References = Annotated[list[str], _REFERENCES]
OptionalReferences = Annotated[list[str] | None, _REFERENCES]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout", help="Give up after this long (`90s`, `2h`) with exit 7; the job goes on", metavar="TIME"
    ),
]
PollInterval = Annotated[
    str | None, typer.Option("--poll-interval", help="Ask this often, instead of every 2 to 30 s", metavar="TIME")
]
MaxSilence = Annotated[
    str | None,
    typer.Option("--max-silence", help="Give up after this long without any answer (default 30m)", metavar="TIME"),
]
CancelOnInterrupt = Annotated[
    bool,
    typer.Option("--cancel-on-interrupt", help="Cancel the jobs on Ctrl-C, SIGTERM or SIGHUP", show_default=False),
]
CancelOnTimeout = Annotated[
    bool, typer.Option("--cancel-on-timeout", help="Cancel the jobs when --timeout is over", show_default=False)
]
IfRunning = Annotated[bool, typer.Option("--if-running", help="Take what is over already for done", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask", show_default=False)]


class Until(StrEnum):
    """How many of the jobs must have ended."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Limits:
    """The options that change the pace and the length of a watch, in seconds; None is what was not given."""

    timeout: float | None
    poll_interval: float | None
    max_silence: float | None


LONGEST = 10 * 365 * 86400.0
"""Seconds that no job lasts, well below what a computer can sleep."""


def read_limits(timeout: str | None, poll_interval: str | None, max_silence: str | None) -> Limits:
    """The options of a watch. Raises UsageError."""
    limits = Limits(
        seconds("--timeout", timeout),
        seconds("--poll-interval", poll_interval),
        seconds("--max-silence", max_silence),
    )
    if limits.poll_interval == 0:
        raise UsageError(f"`--poll-interval {poll_interval}` leaves no pause between polls", hint="write `1s` or more")
    return limits


def seconds(option: str, text: str | None) -> float | None:
    """The duration that an option gives, in seconds. Raises UsageError."""
    if text is None:
        return None
    from trainctl.spec.values import parse_duration

    try:
        found = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"`{option} {text}` is no duration", hint="write `90`, `90s`, `45m` or `1h30m`") from error
    if found > LONGEST:
        raise UsageError(f"`{option} {text}` is longer than ten years", hint="write `90`, `90s`, `45m` or `1h30m`")
    return found
