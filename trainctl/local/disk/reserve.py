"""A file that is given up when the disk is full, so that the engine can still note what happened."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = TypeVar("Result")

_SIZE = 4 * 1024 * 1024


class Reserve:
    """Some megabytes of the disk on which the engine lives."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Takes the space, unless the file is there or the disk has not as much."""
        if self._path.exists():
            return
        try:
            self._path.write_bytes(b"\xa5" * _SIZE)
        except OSError:
            self.release()  # half of it would be the last that others could have

    def release(self) -> None:
        """Gives the space back."""
        with suppress(OSError):
            self._path.unlink()

    def insist(self, action: Callable[[], Result]) -> Result:
        """What an action returns that must be possible on a full disk too: then it is done again with this space."""
        try:
            return action()
        except Exception as problem:
            if not is_full(problem):
                raise
            self.release()
            return action()


def is_full(problem: BaseException) -> bool:
    """Whether an error says that there is no space left, or that the user's part of it is used up."""
    if isinstance(problem, OSError):
        return problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return isinstance(problem, sqlite3.OperationalError) and any(
        words in str(problem) for words in ("disk is full", "disk I/O error")
    )
