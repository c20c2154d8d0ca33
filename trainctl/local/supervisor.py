"""`python -m trainctl.local.supervisor JOBFOLDER`: runs a job's plan and leaves none of its processes behind.

It speaks with the engine over its standard input (`cancel`; its end means that the engine is gone) and output (one
JSON object per step that begins). On Linux it is the subreaper of everything the job starts, so even a program that
forks twice hangs below it; elsewhere a program that leaves its process group can escape.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from trainctl.local.joblog import SERVICE, LineSplitter, LogWriter
from trainctl.local.plan import JobFolder, Outcome, Plan, Process, Result, Step
from trainctl.local.processes import find_descendants, kill

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 256 * 1024
_PAUSE = 0.005
_DRAIN = 5.0
_PR_SET_CHILD_SUBREAPER = 36


class Supervisor:
    """One job's plan in the making."""

    def __init__(self, plan: Plan, log: LogWriter, *, control: int, report: Callable[[str], None]) -> None:
        self._plan = plan
        self._log = log
        self._report = report
        self._selector = selectors.DefaultSelector()
        self._pipes = 0
        self._statuses: dict[int, int] = {}
        self._stop: Outcome | None = None
        self._kill_at = float("inf")
        self._control = control
        self._selector.register(control, selectors.EVENT_READ, self._hear_engine)
        self._listen_to_signals()

    def run(self) -> Result:
        """Runs the steps until one does not succeed; afterwards no process of the job lives."""
        result = Result("cancelled", "")
        for step in self._plan.steps:
            result = self._run_step(step)
            if result.outcome != "succeeded":
                break
        return result

    def _run_step(self, step: Step) -> Result:
        self._log.write(SERVICE, "INFO", [step.announcement])
        self._report(step.name)
        tasks: dict[int, str] = {}
        try:
            for process in step.processes:
                tasks[self._start(process)] = process.task
        except OSError as problem:
            self._kill_all()
            return Result("unstartable", step.name, message=str(problem))
        deadline = time.monotonic() + step.timeout if step.timeout else float("inf")
        ended = self._await_end(list(tasks), deadline)
        self._kill_all()
        self._drain()
        if self._stop is not None:
            return Result(self._stop, step.name)
        status = self._statuses[ended]
        return Result("failed" if status else "succeeded", step.name, task=tasks[ended], status=status)

    def _start(self, process: Process) -> int:
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
        for stream, severity in ((started.stdout, "INFO"), (started.stderr, process.loud)):
            if stream is not None:
                self._follow(os.dup(stream.fileno()), process.task, severity)
                stream.close()
        return started.pid

    def _await_end(self, pids: list[int], deadline: float) -> int:
        """Waits for the first process, or the first that fails; the one that ended."""
        while True:
            self._tend(min(deadline, self._kill_at))
            now = time.monotonic()
            if now >= deadline and self._stop is None:
                self._begin_stop("timeout")
            if now >= self._kill_at:
                self._kill_all()
            for pid in pids:
                if pid in self._statuses and (pid == pids[0] or self._statuses[pid]):
                    return pid

    def _tend(self, until: float) -> None:
        """Handles what happens next: output, a word of the engine, a child's end, or the time that is up."""
        self._reap()
        pause = max(0.0, until - time.monotonic()) if until != float("inf") else None
        for key, _ in self._selector.select(pause):
            key.data()
        self._reap()

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                code = os.waitstatus_to_exitcode(status)
                self._statuses[pid] = code if code >= 0 else 128 - code

    def _begin_stop(self, outcome: Outcome) -> None:
        if self._stop is None:
            self._stop = outcome
            self._kill_at = time.monotonic() + self._plan.grace
            for pid in find_descendants(os.getpid()):
                kill(pid, signal.SIGTERM)

    def _kill_all(self) -> None:
        """Kills everything below, again and again until nothing is left that could have forked meanwhile."""
        self._reap()
        while pids := find_descendants(os.getpid()):
            for pid in pids:
                kill(pid)
            time.sleep(_PAUSE)
            self._reap()
        self._reap()

    def _drain(self) -> None:
        """Reads what the dead have written; a descriptor that was passed outside the tree ends the wait by time."""
        deadline = time.monotonic() + _DRAIN
        while self._pipes and time.monotonic() < deadline:
            for key, _ in self._selector.select(max(0.0, deadline - time.monotonic())):
                key.data()

    def _follow(self, descriptor: int, task: str, severity: str) -> None:
        splitter = LineSplitter()

        def pump() -> None:
            data = os.read(descriptor, _CHUNK)
            self._log.write(task, severity, splitter.feed(data) if data else splitter.finish())
            if not data:
                self._selector.unregister(descriptor)
                os.close(descriptor)
                self._pipes -= 1

        self._pipes += 1
        self._selector.register(descriptor, selectors.EVENT_READ, pump)

    def _hear_engine(self) -> None:
        word = os.read(self._control, 64)
        if not word:
            self._selector.unregister(self._control)
        self._begin_stop("cancelled" if word else "abandoned")

    def _listen_to_signals(self) -> None:
        """SIGCHLD and SIGTERM wake the selector; a handler itself does nothing."""
        receiver, sender = os.pipe()
        os.set_blocking(receiver, False)
        os.set_blocking(sender, False)
        signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

        def wake() -> None:
            if signal.SIGTERM in os.read(receiver, 4096):
                self._begin_stop("cancelled")

        self._selector.register(receiver, selectors.EVENT_READ, wake)


def _become_subreaper() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _report(step: str) -> None:
    with suppress(OSError):
        os.write(1, json.dumps({"step": step}).encode() + b"\n")


def main(arguments: list[str]) -> int:
    """Runs the plan in the job folder named and leaves the result there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = JobFolder(Path(arguments[0]))
    _become_subreaper()
    log = LogWriter(folder.log_file)
    result = Supervisor(folder.read_plan(), log, control=0, report=_report).run()
    log.close()
    folder.write_result(result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
