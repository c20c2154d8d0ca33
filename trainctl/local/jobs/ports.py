"""Free ports for the replicas of jobs, kept free until they start."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST, _LAST = 20_000, 32_767
"""Below what Linux and macOS give to outgoing connections, one of which could take a port before its replica does."""

_TRIES = 2_000


class NoPort(OSError):
    """No free port was found."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Port numbers, and bound sockets that keep everybody else from them."""

    numbers: tuple[int, ...]
    sockets: tuple[socket.socket, ...]

    @property
    def descriptors(self) -> list[int]:
        """The sockets' file descriptors."""
        return [each.fileno() for each in self.sockets]

    def hand_over(self) -> None:
        """Closes this process's sockets, when another holds copies of them."""
        for each in self.sockets:
            each.close()


class Ports:
    """The ports of all running jobs. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[int] = set()

    @contextmanager
    def reserve(self, count: int) -> Iterator[Reservation]:
        """So many ports that no other job has for as long as this one runs. Raises NoPort."""
        with self._lock:
            sockets = self._bind(count)
            numbers = tuple(each.getsockname()[1] for each in sockets)
            self._taken.update(numbers)
        reservation = Reservation(numbers, tuple(sockets))
        try:
            yield reservation
        finally:
            reservation.hand_over()
            with self._lock:
                self._taken.difference_update(numbers)

    def _bind(self, count: int) -> list[socket.socket]:
        sockets: list[socket.socket] = []
        for _ in range(_TRIES):
            if len(sockets) == count:
                return sockets
            port = random.randint(_FIRST, _LAST)  # noqa: S311  no secret
            if port not in self._taken and (bound := _try(port)):
                sockets.append(bound)
        for each in sockets:
            each.close()
        raise NoPort(f"{count} free ports could not be found between {_FIRST} and {_LAST}")


def _try(port: int) -> socket.socket | None:
    """A socket bound to the port on every address, since that is where training servers listen; it does not listen."""
    bound = socket.socket()
    try:
        bound.bind(("", port))
    except OSError:
        bound.close()
        return None
    return bound
