"""Reads jobs' logs: from a time on, in either direction, without reading what is not asked for."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 128 * 1024
_STAMP = b'{"t": '


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry: nanoseconds since the epoch, task, severity, and either text or an object."""

    time: int
    task: str
    severity: str
    text: str | None
    payload: dict[str, Any] | None


def read_forward(path: Path, *, start: int = 0) -> Iterator[LogLine]:
    """Entries from `start` (nanoseconds, inclusive) on, oldest first. A missing file has none."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        stream.seek(_narrow(stream.fileno(), start)[0])
        for line in stream:
            entry = _parse(line)
            if entry is not None and entry.time >= start:
                yield entry


def read_backward(path: Path, *, end: int | None = None) -> Iterator[LogLine]:
    """Entries up to `end` (nanoseconds, inclusive; None: all), newest first. A missing file has none."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        descriptor = stream.fileno()
        place = os.fstat(descriptor).st_size if end is None else _narrow(descriptor, end + 1)[1]
        for line in _lines_backward(descriptor, place):
            if (entry := _parse(line)) is not None and (end is None or entry.time <= end):
                yield entry


def read_tail(path: Path, *, task: str, severity: str, count: int) -> list[str]:
    """The last `count` texts that a task logged with a severity, oldest first."""
    texts: list[str] = []
    for entry in read_backward(path):
        if entry.task == task and entry.severity == severity and (entry.text or "").strip():
            texts.insert(0, entry.text or "")
            if len(texts) == count:
                break
    return texts


def _narrow(descriptor: int, time: int) -> tuple[int, int]:
    """Two offsets around the place where a time belongs, for times rise in a file.

    No line from that time on begins before the first; all lines before that time end before the second.
    """
    low, high = 0, os.fstat(descriptor).st_size
    after = high
    while high - low > _BLOCK:
        middle = (low + high) // 2
        begin, found = _next_line(descriptor, middle)
        if found is None or found >= time:
            high, after = middle, begin
        else:
            low = begin
    return low, after


def _next_line(descriptor: int, offset: int) -> tuple[int, int | None]:
    """Where the next line after an offset begins, and its time; None at the end of the file."""
    buffer = b""
    place = offset
    while block := os.pread(descriptor, _BLOCK, place):
        buffer += block
        place += len(block)
        head, found, rest = buffer.partition(b"\n")
        if found and len(rest) >= 64:
            return offset + len(head) + 1, _stamp_of(rest)
    return place, None


def _stamp_of(line: bytes) -> int | None:
    digits = line.removeprefix(_STAMP).partition(b",")[0]
    return int(digits) if digits.isdigit() else None


def _lines_backward(descriptor: int, place: int) -> Iterator[bytes]:
    rest = b""
    while place:
        size = min(_BLOCK, place)
        place -= size
        first, *lines = (os.pread(descriptor, size, place) + rest).split(b"\n")
        yield from reversed(lines)
        rest = first
    yield rest


def _parse(line: bytes) -> LogLine | None:
    """An entry; None for a line that is still being written or was cut off by a full disk."""
    try:
        data = json.loads(line)
        return LogLine(data["t"], data["k"], data["s"], data.get("m"), data.get("p"))
    except (ValueError, KeyError, TypeError):
        return None
