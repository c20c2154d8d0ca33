"""File locks that the system releases when their holder dies."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAUSE = 0.01


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def hold(path: Path, *, timeout: float | None = None) -> Iterator[None]:
    """Holds an exclusive lock on `path`; waits `timeout` seconds (None: without end), then raises Busy."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, None if timeout is None else time.monotonic() + timeout)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, deadline: float | None) -> None:
    import fcntl  # not on Windows, where the client must still be able to import this

    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if deadline is None else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline is not None and time.monotonic() >= deadline:
                raise Busy from None
            time.sleep(_PAUSE)
        else:
            return
