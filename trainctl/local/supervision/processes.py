"""Processes known by id and start mark, so that a number that was given to another program is never mistaken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

JOB_VARIABLE = "TRAINCTL_LOCAL_JOB"
"""Set in every process of a job to the job's folder; it finds those whose supervisor is gone."""

_PATIENCE, _PAUSE = 5.0, 0.002
_PROC = Path("/proc")
_ON_LINUX = sys.platform == "linux"


def start_mark(pid: int) -> str | None:
    """What tells this process from a later one with the same id; None when it does not live (a zombie does not)."""
    return _linux_mark(pid) if _ON_LINUX else _ps_mark(pid)


def is_alive(pid: int, mark: str) -> bool:
    """Whether the very process that had this mark still lives."""
    return start_mark(pid) == mark


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Sends the signal; a process that has ended meanwhile is no error."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def find_descendants(root: int) -> list[int]:
    """The ids of all living processes below `root`, parents first. Linux: from /proc; elsewhere: from ps."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def find_job_processes(folder: str) -> list[int]:
    """Processes that carry the job's mark in their environment, wherever they now hang. Linux only, else empty."""
    needle = f"{JOB_VARIABLE}={folder}\0".encode()
    return [pid for pid in _linux_pids() if needle in _read_environment(pid)] if _ON_LINUX else []


def kill_job(folder: str, known: Iterable[int] = ()) -> None:
    """Kills at once whatever is left of a job, with `known`, and returns when it is gone.

    On a busy machine that takes its time. What the system cannot end, as in a call to a disk that hangs, is left alone
    after some seconds.
    """
    marks = {pid: mark for pid in known if (mark := start_mark(pid))}
    deadline = time.monotonic() + _PATIENCE
    while pids := {*(pid for pid, mark in marks.items() if is_alive(pid, mark)), *find_job_processes(folder)}:
        for pid in {*pids, *(child for parent in pids for child in find_descendants(parent))}:
            kill(pid)
        if time.monotonic() >= deadline:
            return
        time.sleep(_PAUSE)


def _linux_mark(pid: int) -> str | None:
    fields = _read_stat(pid)
    return None if fields is None or fields[0] in "ZX" else fields[19]


def _read_stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the program's name, which may itself hold spaces and parentheses."""
    try:
        text = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    return text.rpartition(b")")[2].decode("ascii", "replace").split()


def _ps_mark(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, started = answer.partition(" ")
    return started.strip() if state and not state.startswith("Z") else None


def _parents() -> Iterator[tuple[int, int]]:
    if not _ON_LINUX:
        yield from _ps_parents()
        return
    for pid in _linux_pids():
        if (fields := _read_stat(pid)) is not None and fields[0] not in "ZX":
            yield pid, int(fields[1])


def _ps_parents() -> Iterator[tuple[int, int]]:
    """Pairs of process and parent; without `ps` itself, which would be a child that never goes away, and zombies."""
    with subprocess.Popen(["ps", "-axo", "pid=,ppid=,stat="], stdout=subprocess.PIPE, text=True) as ps:
        answer = ps.communicate()[0]
    for line in answer.splitlines():
        pid, parent, state = line.split()[:3]
        if int(pid) != ps.pid and not state.startswith("Z"):
            yield int(pid), int(parent)


def _linux_pids() -> Iterator[int]:
    return (int(name) for name in os.listdir(_PROC) if name.isdigit())  # noqa: PTH208  ten times quicker than Path


def _read_environment(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return b""
