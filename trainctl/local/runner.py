"""The queue: at most so many jobs at a time, each on a thread that follows its supervisor."""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_CANCEL = b"cancel\n"


class Ward:
    """The string by which a running job is held: `stop` works before, while and after it has a supervisor."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: IO[bytes] | None = None
        self.stopped = False

    def attach(self, control: IO[bytes]) -> None:
        """Names the supervisor's standard input; a stop that came earlier is passed on at once."""
        with self._lock:
            self._control = control
            if self.stopped:
                self._send()

    def stop(self) -> None:
        """Asks the supervisor to end the job. Harmless when there is none any more."""
        with self._lock:
            self.stopped = True
            self._send()

    def _send(self) -> None:
        if self._control is not None:
            with suppress(OSError, ValueError):
                self._control.write(_CANCEL)
                self._control.flush()


class Runner:
    """Worker threads over a queue of job names."""

    def __init__(self, slots: int, work: Callable[[str, Ward], None]) -> None:
        self._work = work
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._wards: dict[str, Ward] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._serve, name=f"job-{n}", daemon=True) for n in range(slots)]

    def open(self) -> None:
        """Begins to run what is in the queue."""
        for thread in self._threads:
            thread.start()

    def enqueue(self, name: str) -> None:
        """Puts a job at the end of the queue."""
        self._queue.put(name)

    def stop(self, name: str) -> None:
        """Ends a job when it is being run; one that still waits is for the caller to mark."""
        with self._lock:
            ward = self._wards.get(name)
        if ward is not None:
            ward.stop()

    def close(self) -> None:
        """Ends all running jobs, and returns when their processes are gone. What waits is not begun."""
        self._closing.set()
        with self._lock:
            wards = list(self._wards.values())
        for ward in wards:
            ward.stop()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _serve(self) -> None:
        while (name := self._queue.get()) is not None:
            if self._closing.is_set():
                return
            ward = Ward()
            with self._lock:
                self._wards[name] = ward
            if self._closing.is_set():
                ward.stop()
            try:
                self._work(name, ward)
            except Exception:  # noqa: BLE001  the thread has to stay for the next job
                _LOG.exception("running %s failed", name)
            finally:
                with self._lock:
                    del self._wards[name]
