"""The queue: at most so many jobs at a time, each on a thread that follows its supervisor."""

from __future__ import annotations

import logging
import threading
from collections import deque
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from trainctl.local.jobs.room import Share

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainctl.local.jobs.machine_sizes import Size
    from trainctl.local.jobs.room import Room

_LOG = logging.getLogger(__name__)
_CANCEL = b"cancel\n"


class Ward:
    """The string by which a running job is held: `stop` works before, while and after it has a supervisor."""

    def __init__(self, share: Share | None = None) -> None:
        self.share = share or Share()
        self._lock = threading.Lock()
        self._control: IO[bytes] | None = None
        self.stopped = False

    def attach(self, control: IO[bytes]) -> None:
        """Names the supervisor's control pipe; a stop that came earlier is passed on at once."""
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
    """Worker threads over a queue of job names, which are taken in order.

    With `room`, the first one waits until there is a share of the size that `weigh` says, and nothing overtakes it.
    """

    def __init__(
        self,
        slots: int,
        work: Callable[[str, Ward], None],
        *,
        room: Room | None = None,
        weigh: Callable[[str], Size] | None = None,
    ) -> None:
        self._work = work
        self._room = room
        self._weigh = weigh
        self._queue: deque[str] = deque()
        self._wards: dict[str, Ward] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._threads = [threading.Thread(target=self._serve, name=f"job-{n}", daemon=True) for n in range(slots)]

    def open(self) -> None:
        """Begins to run what is in the queue."""
        for thread in self._threads:
            thread.start()

    def enqueue(self, name: str) -> None:
        """Puts a job at the end of the queue."""
        with self._changed:
            self._queue.append(name)
            self._changed.notify()

    def find_position(self, name: str) -> int:
        """The place of a job in the queue, from 1 on; 0 for one that is not in it."""
        with self._changed:
            return self._queue.index(name) + 1 if name in self._queue else 0

    def stop(self, name: str) -> bool:
        """Ends a job when it is being run; whether it is: one that still waits is for the caller to mark."""
        with self._changed:
            ward = self._wards.get(name)
        if ward is not None:
            ward.stop()
        return ward is not None

    def close(self) -> None:
        """Ends all running jobs, and returns when their processes are gone. What waits is not begun."""
        with self._changed:
            self._closing = True
            wards = list(self._wards.values())
            self._changed.notify_all()
        for ward in wards:
            ward.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    @property
    def is_closing(self) -> bool:
        """Whether the engine is about to end."""
        return self._closing

    def _serve(self) -> None:
        while (taken := self._take()) is not None:
            name, ward = taken
            try:
                self._work(name, ward)
            except Exception:  # noqa: BLE001  the thread has to stay for the next job
                _LOG.exception("running %s failed", name)
            finally:
                self._finish(name, ward)

    def _take(self) -> tuple[str, Ward] | None:
        """The next job with its share; None when the engine is about to end."""
        with self._changed:
            while not self._closing:
                if self._queue and (share := self._find_share(self._queue[0])) is not None:
                    name = self._queue.popleft()
                    self._wards[name] = ward = Ward(share)
                    self._changed.notify()
                    return name, ward
                self._changed.wait()
            return None

    def _find_share(self, name: str) -> Share | None:
        return Share() if self._room is None or self._weigh is None else self._room.take(self._weigh(name))

    def _finish(self, name: str, ward: Ward) -> None:
        with self._changed:
            del self._wards[name]
            if self._room is not None:
                self._room.give_back(ward.share)
            self._changed.notify()
