"""Runs a job's plan and leaves none of its processes behind.

A supervisor speaks with the engine over two pipes: on `control` it hears `cancel`, and that pipe's end means that the
engine is gone; on `reports` it says which step begins and, last, how it all ended, one JSON object a line. On Linux it
is the subreaper of everything the job starts, so even a program that forks twice hangs below it; elsewhere a program
that leaves its process group can escape.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from trainctl.local.logs.cutting import LARGEST_LOG
from trainctl.local.logs.writing import SERVICE, LineSplitter, LogWriter
from trainctl.local.supervision.children import Children, remove
from trainctl.local.supervision.plan import JobFolder, Outcome, Plan, Process, Result, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHUNK = 256 * 1024
_DRAIN = 5.0
_NEVER = float("inf")
_LONGEST_PAUSE = 86_400.0
"""Seconds; epoll knows no pause of more than 24 days, and a job may run for longer."""

_PR_SET_CHILD_SUBREAPER = 36
_ENDING = (signal.SIGTERM, signal.SIGINT)

_FIRST_TRANSIENT = 129
"""Exit statuses from here on are signals, 128 + N: something outside has ended the program, as when a machine is lost.

Source: https://cloud.google.com/ai-platform/training/docs/troubleshooting, "1 to 128 permanent, 129 to 255 transient".
"""


class Supervisor:
    """One job's plan in the making. `ports` are sockets that keep the replicas' ports free until they start."""

    def __init__(
        self, plan: Plan, log: LogWriter, *, control: int, report: Callable[[str], None], ports: Sequence[int] = ()
    ) -> None:
        self._plan = plan
        self._log = log
        self._report = report
        self._ports = ports
        self._selector = selectors.DefaultSelector()
        self._pipes = 0
        self._children = Children(self._follow)
        self._stop: Outcome | None = None
        self._kill_at = _NEVER
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
        if step.name == "run":
            for port in self._ports:
                os.close(port)
        try:
            for process in step.processes:
                self._children.start(process)
            process, status = self._await_end(step)
        except (OSError, ValueError) as problem:  # a null byte in an argument or a variable is a ValueError
            self._clear()
            return Result("unstartable", step.name, message=str(problem))
        stop = self._stop
        if stop is None:
            self._dismiss()
        self._clear()
        if stop is not None:
            return Result(stop, step.name)
        outcome: Outcome = "failed" if status else "succeeded"
        return Result(outcome, step.name, task=process.task, status=status, message=step.failure if status else "")

    def _await_end(self, step: Step) -> tuple[Process, int]:
        """Waits for the end of the primary program, or of one that fails for good; when stopped, for that of all."""
        deadline = time.monotonic() + step.timeout if step.timeout else _NEVER
        retries = step.retries
        while True:
            for process, status in self._tend(min(deadline, self._kill_at)):
                if self._stop is not None:
                    if not self._children.live:
                        return process, status
                elif status >= _FIRST_TRANSIENT and retries:
                    retries -= 1
                    self._restart(step, process, status)
                elif status or process == step.processes[0]:
                    return process, status
            if time.monotonic() >= deadline and self._stop is None:
                self._begin_stop("timeout")
                deadline = _NEVER

    def _restart(self, step: Step, process: Process, status: int) -> None:
        others = " with all others" if step.together and len(step.processes) > 1 else ""
        words = f"The replica {process.task} exited with status {status}; it is started again{others}."
        self._log.write(SERVICE, "WARNING", [words])
        if step.together:
            self._clear()
        for each in step.processes if step.together else (process,):
            remove(each)
            self._children.start(each)

    def _tend(self, until: float) -> list[tuple[Process, int]]:
        """Handles what happens next: output, a word of the engine, a child's end, or the time that is up."""
        if ended := self._children.reap():
            return ended
        pause = min(max(0.0, until - time.monotonic()), _LONGEST_PAUSE) if until != _NEVER else None
        for key, _ in self._selector.select(pause):
            key.data()
        if time.monotonic() >= self._kill_at:
            return self._children.kill()
        return self._children.reap()

    def _begin_stop(self, outcome: Outcome) -> None:
        if self._stop is None:
            self._stop = outcome
            self._kill_at = time.monotonic() + self._plan.grace
            self._children.terminate()

    def _dismiss(self) -> None:
        """Lets the other replicas end by themselves when one has brought the job to its end."""
        if self._children.live:
            self._children.terminate()
        deadline = time.monotonic() + self._plan.grace
        while self._children.live and time.monotonic() < min(deadline, self._kill_at):
            self._tend(min(deadline, self._kill_at))

    def _clear(self) -> None:
        """Ends what is left, and reads what the dead have written.

        A descriptor that was passed outside the tree ends that by time.
        """
        self._children.kill()
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
        """SIGCHLD and what asks for an end wake the selector; a handler itself does nothing.

        A signal that is handled here has its own effect again in the programs; one that is ignored would stay ignored.
        """
        receiver, sender = os.pipe()
        os.set_blocking(receiver, False)
        os.set_blocking(sender, False)
        signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, *_ENDING):
            signal.signal(number, lambda *_: None)

        def wake() -> None:
            if not set(_ENDING).isdisjoint(os.read(receiver, 4096)):
                self._begin_stop("cancelled")

        self._selector.register(receiver, selectors.EVENT_READ, wake)


def supervise(folder: JobFolder, *, control: int, reports: int, ports: Sequence[int]) -> None:
    """Runs the plan in a job's folder in this process, and says on `reports` how it ended."""
    _become_subreaper()
    log = LogWriter(folder.log_file, largest=LARGEST_LOG)

    def say(**words: object) -> None:
        with suppress(OSError):
            os.write(reports, json.dumps(words).encode() + b"\n")

    plan = folder.read_plan()
    if plan is not None:
        supervisor = Supervisor(plan, log, control=control, report=lambda step: say(step=step), ports=ports)
        say(result=asdict(supervisor.run()))
    log.close()


def _become_subreaper() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
