"""A process that has imported what a supervisor needs, and forks one in a millisecond whenever the engine asks.

Started as `python -m trainctl.local.supervision.nursery DESCRIPTOR` with one end of a socket pair. A request is the
path of a job's folder with descriptors: the control pipe to read, the report pipe to write, and the sockets that
reserve ports. The answer is the supervisor's process id.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from trainctl.local.supervision.plan import JobFolder
from trainctl.local.supervision.supervisor import supervise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

_LONGEST_PATH = 8192
MOST_PORTS = 240
"""The kernel passes at most 253 descriptors at a time (SCM_MAX_FD); two are the pipes."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """A supervisor that was started: process id, the pipe to tell it something, the pipe on which it reports."""

    pid: int
    control: IO[bytes]
    reports: IO[bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Without its engine a supervisor ends its job: this returns when it has."""
        with self.control, self.reports:
            self.control.close()
            self.reports.read()


class Nursery:
    """The engine's end. The process is started when it is first needed, and again should it ever be gone."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def spawn(self, folder: JobFolder, ports: Sequence[int]) -> Supervisor:
        """Starts the supervisor of a job's plan; `ports` are the descriptors of sockets. Raises OSError."""
        listen, control = os.pipe()
        reports, speak = os.pipe()
        try:
            with self._lock:
                pid = self._ask(str(folder.path).encode(), [listen, speak, *ports])
        except BaseException:
            os.close(control)
            os.close(reports)
            raise
        finally:
            os.close(listen)
            os.close(speak)
        return Supervisor(pid, os.fdopen(control, "wb", buffering=0), os.fdopen(reports, "rb"))

    def close(self) -> None:
        """Ends the process; supervisors go on."""
        with self._lock:
            self._drop()

    def _ask(self, path: bytes, descriptors: list[int]) -> int:
        for _ in range(2):
            try:
                channel = self._channel or self._start()
                socket.send_fds(channel, [path], descriptors)
                if answer := channel.recv(32):
                    break
            except (BrokenPipeError, ConnectionResetError):
                pass
            self._drop()
        else:
            raise OSError(
                "the process that starts supervisors has ended twice; if trainctl was installed anew since the engine "
                "began, `trainctl local stop` ends this engine, and the next job starts the new one"
            )
        if (pid := int(answer)) == 0:
            raise OSError("no process could be made for the job's supervisor")
        return pid

    def _start(self) -> socket.socket:
        channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "trainctl.local.supervision.nursery", str(theirs.fileno())],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._channel = channel
        return channel

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.wait()
        self._channel = self._process = None


def serve(channel: socket.socket) -> None:
    """Forks a supervisor for every request until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps the supervisors
    gc.freeze()
    while True:
        path, descriptors, _, _ = socket.recv_fds(channel, _LONGEST_PATH, MOST_PORTS + 2)
        if not path:
            return
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            channel.close()
            os._exit(_become_supervisor(path.decode(), descriptors))
        for descriptor in descriptors:
            os.close(descriptor)
        channel.sendall(b"%d" % max(pid, 0))


def _become_supervisor(path: str, descriptors: list[int]) -> int:
    try:
        os.setsid()
        control, reports, *ports = descriptors
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        supervise(JobFolder(Path(path)), control=control, reports=reports, ports=ports)
    except BaseException:  # noqa: BLE001  it must not go on as a second nursery
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
