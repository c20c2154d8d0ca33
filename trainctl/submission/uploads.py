"""Packed code on its way to Cloud Storage: the same code once, however many jobs of a batch run it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Uploads:
    """What one batch of submissions has uploaded. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._ends: dict[str, BaseException | None] = {}

    def once(self, uri: str, put: Callable[[], None]) -> None:
        """What `put` brings to `uri` is there; whoever comes while it is on its way waits, and fails as it fails."""
        with self._lock:
            turn = self._turns.setdefault(uri, threading.Lock())
        with turn:
            if uri not in self._ends:
                self._ends[uri] = _end(put)
        if error := self._ends[uri]:
            raise error


def _end(put: Callable[[], None]) -> BaseException | None:
    try:
        put()
    except BaseException as error:  # noqa: BLE001 - raised to everyone who needs the code
        return error
    return None
