"""A job's log as it is written: one JSON object a line, in the order of time.

    {"t": nanoseconds since the epoch, "k": task, "s": severity, "m": text}    or "p": object instead of "m"

Nanoseconds rise strictly within a file, so a time is enough to find one's place again.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from trainctl.local.logs.cutting import cut_middle
from trainctl.local.protocol.payloads import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LONGEST_LINE = 64 * 1024
"""Longer lines are cut into several entries; Cloud Logging takes at most 256 KiB an entry."""

SERVICE = "service"
"""The task under which the service itself, not a replica, speaks."""

_SEVERITIES = frozenset({"DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"})


class LogWriter:
    """Appends to a job's log. A full disk loses lines, which are counted in `lost`, and raises nothing.

    Beyond `largest` bytes the middle of the log is cut out; only who alone writes to a log may ask for that.
    """

    def __init__(self, path: Path, *, largest: int | None = None) -> None:
        self._path = path
        self._descriptor = _open(path)
        self._largest = largest
        self._size = os.fstat(self._descriptor).st_size
        self._dropped = 0
        self._last = 0
        self.lost = 0

    def close(self) -> None:
        """Ends the use of the file, after saying how many lines were lost on the way, if there is room for that."""
        if self.lost:
            self.write(SERVICE, "ERROR", [f"{self.lost} lines of the log could not be written: the disk was full"])
        os.close(self._descriptor)

    def write(self, task: str, severity: str, lines: Iterable[str]) -> None:
        """Adds one entry per line, all or none of them."""
        now = max(time.time_ns(), self._last + 1)
        entries = [_format_entry(stamp, task, severity, line) for stamp, line in enumerate(lines, now)]
        if not entries:
            return
        self._last = now + len(entries) - 1
        data = "".join(entries).encode()
        try:
            _write_all(self._descriptor, data)
        except OSError:
            self.lost += len(entries)
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._size)  # no half a line, which would spoil the next one
            return
        self._size += len(data)
        if self._largest is not None and self._size > self._largest:
            self._cut(self._largest)

    def _cut(self, largest: int) -> None:
        try:
            self._dropped = cut_middle(self._path, _describe_gap, largest=largest, dropped=self._dropped)
        except (OSError, ValueError, KeyError):
            self._largest = largest + self._size  # no room for a second file: another time
            return
        os.close(self._descriptor)
        self._descriptor = _open(self._path)
        self._size = os.fstat(self._descriptor).st_size


class LineSplitter:
    """Makes text lines of the bytes of a program's output, whatever they are."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > LONGEST_LINE:
            lines.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        return [piece for line in lines for piece in _decode(line)]

    def finish(self) -> list[str]:
        """The last line, when the output did not end with a line break."""
        rest, self._rest = self._rest, b""
        return _decode(rest) if rest else []


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _describe_gap(last: bytes, count: int) -> bytes:
    stamp = json.loads(last)["t"]
    return _format_entry(stamp, SERVICE, "WARNING", f"{count} lines were left out here: the log is too long").encode()


def _decode(line: bytes) -> list[str]:
    """A line as text in pieces; of what carriage returns have overwritten only the last state stays."""
    visible = line.rstrip(b"\r").rpartition(b"\r")[2]
    text = visible.decode("utf-8", "backslashreplace")
    return [text[start : start + LONGEST_LINE] for start in range(0, len(text), LONGEST_LINE)] or [""]


def _format_entry(stamp: int, task: str, severity: str, line: str) -> str:
    if line.startswith("{") and line.rstrip().endswith("}") and (payload := _parse_object(line)) is not None:
        named = str(payload.pop("severity", severity)).upper()
        entry = {"t": stamp, "k": task, "s": named if named in _SEVERITIES else severity, "p": payload}
        return json.dumps(entry) + "\n"
    return f'{{"t": {stamp}, "k": "{task}", "s": "{severity}", "m": {json.dumps(line)}}}\n'


def _parse_object(line: str) -> dict[str, Any] | None:
    """The object in a line; none in one with NaN or the like, which is text for Cloud Logging, too."""
    try:
        value = parse(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
