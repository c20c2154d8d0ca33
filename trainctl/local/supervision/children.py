"""The programs of one step as a supervisor holds them, with everything that they start."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from trainctl.local.supervision.limits import limited
from trainctl.local.supervision.processes import find_descendants, kill

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainctl.local.supervision.plan import Process

_PAUSE = 0.005
_REMOVAL_TIMEOUT = 60.0


class Children:
    """Starts, reaps and ends programs. `follow` is given a descriptor of each one's output, its task and severity."""

    def __init__(self, follow: Callable[[int, str, str], None]) -> None:
        self._follow = follow
        self._live: dict[int, Process] = {}

    @property
    def live(self) -> bool:
        """Whether one of the programs lives; what they have started does not count."""
        return bool(self._live)

    def start(self, process: Process) -> None:
        """Starts a program in a session of its own. Raises OSError."""
        with limited(process):
            started = subprocess.Popen(
                process.arguments,
                cwd=process.folder,
                env=dict(process.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        started.returncode = 0  # reaped here with everything else; Popen must not wait for it
        self._live[started.pid] = process
        for stream, severity in ((started.stdout, "INFO"), (started.stderr, process.loud)):
            if stream is not None:
                self._follow(os.dup(stream.fileno()), process.task, severity)
                stream.close()

    def reap(self) -> list[tuple[Process, int]]:
        """The programs that have ended since the last call, with their exit statuses (128 + N for signal N)."""
        ended: list[tuple[Process, int]] = []
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                process = self._live.pop(pid, None)
                if process is not None:
                    code = os.waitstatus_to_exitcode(status)
                    ended.append((process, code if code >= 0 else 128 - code))
        return ended

    def terminate(self) -> None:
        """Sends SIGTERM to everything; to a container once, by the program that stands for it and passes it on."""
        if not any(process.removal for process in self._live.values()):
            pids = find_descendants(os.getpid())
        else:
            plain = [pid for pid, process in self._live.items() if not process.removal]
            pids = [*self._live, *(child for pid in plain for child in find_descendants(pid))]
        for pid in pids:
            kill(pid, signal.SIGTERM)

    def kill(self) -> list[tuple[Process, int]]:
        """Kills everything, again and again until nothing is left that could have forked meanwhile; as `reap`."""
        for process in list(self._live.values()):
            remove(process)
        ended = self.reap()
        while _has_children() and (pids := find_descendants(os.getpid())):
            for pid in pids:
                kill(pid)
            time.sleep(_PAUSE)
            ended += self.reap()
        return ended


def remove(process: Process) -> None:
    """Ends and removes the container of a process, if it has one; nothing happens when it is gone already."""
    if process.removal:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                process.removal,
                env=dict(process.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_REMOVAL_TIMEOUT,
                check=False,
            )


def _has_children() -> bool:
    """Whether there is any child, dead or alive: a look that is far quicker than one through all processes."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
