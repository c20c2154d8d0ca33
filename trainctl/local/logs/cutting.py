"""Keeps a job's log below a size: its beginning and its end stay, with a line between them that says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trainctl.local.disk.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST_LOG = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


def cut_middle(path: Path, say: Callable[[bytes, int], bytes], *, largest: int, dropped: int) -> int:
    """Leaves a quarter of `largest` bytes at the beginning and three eighths at the end of a log.

    Returns how many lines are missing from it now.
    `say` makes the line that stands for what is missing, from the last line that is missing and their number;
    `dropped` is how many were missing before. Raises OSError, and then nothing has changed.
    """
    with path.open("rb") as stream:
        descriptor = stream.fileno()
        begin = _find_line(descriptor, largest // 4)
        end = _find_line(descriptor, os.fstat(descriptor).st_size - largest * 3 // 8)
        lines, last = _count_lines(descriptor, begin, end)
        missing = lines + dropped - (1 if dropped else 0)  # what stood for those before is one of these

        def write(target: int) -> None:
            _copy(descriptor, target, 0, begin)
            os.write(target, say(last, missing))
            _copy(descriptor, target, end, os.fstat(descriptor).st_size)

        replace_file(path, write)
    return missing


def _find_line(descriptor: int, offset: int) -> int:
    """Where the first line begins that begins behind an offset."""
    while block := os.pread(descriptor, _CHUNK, offset):
        place = block.find(b"\n")
        if place >= 0:
            return offset + place + 1
        offset += len(block)
    return offset


def _count_lines(descriptor: int, begin: int, end: int) -> tuple[int, bytes]:
    """How many lines there are between two beginnings of lines, and the last of them."""
    count, block = 0, b""
    for offset in range(begin, end, _CHUNK):
        block = block[-_CHUNK:] + os.pread(descriptor, min(_CHUNK, end - offset), offset)
        count += block.count(b"\n", max(0, len(block) - min(_CHUNK, end - offset)))
    return count, block.removesuffix(b"\n").rpartition(b"\n")[2]


def _copy(source: int, target: int, begin: int, end: int) -> None:
    for offset in range(begin, end, _CHUNK):
        view = memoryview(os.pread(source, min(_CHUNK, end - offset), offset))
        while view:
            view = view[os.write(target, view) :]
