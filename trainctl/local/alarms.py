"""Things to do at a time of day, on one thread."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0


class Alarms:
    """Calls back at set times, and again a second later as long as that fails for a reason that `passes` by.

    The thread begins with the first of them; what is due after `close` is not done.
    """

    def __init__(self, passes: Callable[[Exception], bool]) -> None:
        self._passes = passes
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._closed = False
        self._thread: threading.Thread | None = None

    def set(self, at: float, action: Callable[[], object]) -> None:
        """Has something done at a time, in seconds since the epoch; at once when that is past."""
        with self._changed:
            heapq.heappush(self._heap, (at, next(self._numbers), action))
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="alarms", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Ends the thread, after what it is doing now."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while (action := self._await_next()) is not None:
            try:
                action()
            except Exception as problem:  # noqa: BLE001  the thread has to stay for the others
                if self._passes(problem):
                    self.set(time.time() + _PAUSE, action)
                else:
                    _LOG.exception("something that was due failed")

    def _await_next(self) -> Callable[[], object] | None:
        with self._changed:
            while not self._closed:
                pause = self._heap[0][0] - time.time() if self._heap else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(None if pause is None else min(pause, threading.TIMEOUT_MAX))
            return None
