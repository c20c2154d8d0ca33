"""Log entries as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.render.columns import Column
from trainctl.render.console import paint
from trainctl.render.words import escape, escape_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.api.logging import LogEntry

_STYLES = {
    "DEBUG": "dim",
    "WARNING": "warn",
    "ERROR": "bad",
    "CRITICAL": "bad",
    "ALERT": "bad",
    "EMERGENCY": "bad",
}

ORIGIN_WIDTH = 13
"""That of `workerpool0-0`, so that most lines begin at one column."""

LOG_COLUMNS: tuple[Column[LogEntry], ...] = (
    Column("time", lambda entry: f"{entry.timestamp:%Y-%m-%dT%H:%M:%S.%fZ}"),
    Column("severity", lambda entry: entry.severity),
    Column("job", lambda entry: entry.job_id),
    Column("replica", lambda entry: entry.replica),
    Column("trial", lambda entry: entry.trial),
    Column("message", lambda entry: entry.message),
)


def entry_lines(entry: LogEntry, *, colour: bool, terminal: bool = False, with_job: bool = False) -> Iterator[str]:
    """The lines of an entry, each with time, severity and origin before it, so that every one can be told apart.

    On a terminal the time is that of the day. Lines without a severity are plain output.
    """
    moment = f"{entry.timestamp:%H:%M:%S}" if terminal else f"{entry.timestamp:%Y-%m-%dT%H:%M:%SZ}"
    severity = "" if entry.severity == "DEFAULT" else escape(entry.severity)
    origin = [entry.job_id] if with_job else []
    origin += [entry.replica or "-"]
    if entry.trial:
        origin.append(f"trial {entry.trial}")
    style = _STYLES.get(entry.severity, "")
    parts = [
        paint(moment, "dim", colour=colour),
        paint(f"{severity:<8}", style, colour=colour),
        paint(f"{' '.join(escape_lines(' '.join(origin))):<{ORIGIN_WIDTH}}", "busy", colour=colour),
    ]
    head = "  ".join(parts)
    for line in escape_lines(entry.message) or [""]:
        yield f"{head}  {paint(line, style, colour=colour)}".rstrip()


def short_lines(entry: LogEntry, *, colour: bool) -> list[str]:
    """The lines of an entry for a view that has little room: what was written, coloured by severity."""
    style = _STYLES.get(entry.severity, "")
    return [paint(line, style, colour=colour) for line in escape_lines(entry.message)]
