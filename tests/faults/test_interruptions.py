"""Ctrl-C at every line of a batch in turn: it ends, and names every job that there is."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.submitting import batch, make_machine, rows
from tests.faults.test_parallel import Scripted
from trainctl.commands.sending import Sending
from trainctl.submission import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import CodeType, FrameType
    from typing import Any

PATIENCE = 60.0
CODES = frozenset(
    work.__code__ for kind in (Batch, Sending) for work in vars(kind).values() if hasattr(work, "__code__")
) - {Sending.run.__code__}


@dataclass
class Interruption:
    """Ctrl-C before one line of the main thread, counted in what waits for a batch."""

    moment: int
    codes: frozenset[CodeType] = CODES
    passed: int = 0
    stuck: list[bool] = field(default_factory=list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Press Ctrl-C at the moment, and once more when nothing ends after that."""
        timer = threading.Timer(PATIENCE, self._press_again)
        timer.start()
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)
            timer.cancel()

    def _enter(self, frame: FrameType, _event: str, _: object) -> Any:
        return self._step if frame.f_code in self.codes else None

    def _step(self, _frame: FrameType, event: str, _: object) -> Any:
        self.passed += event == "line"
        if event == "line" and self.passed == self.moment:
            raise KeyboardInterrupt
        return self._step

    def _press_again(self) -> None:
        self.stuck.append(True)
        os.kill(os.getpid(), signal.SIGINT)


def test_whenever_ctrl_c_comes_a_batch_ends_and_every_job_is_named(tmp_path: Path) -> None:
    moment, interrupted = 0, True
    while interrupted:
        moment += 1
        run = make_machine(tmp_path / str(moment), transport=Scripted())
        ctrl_c = Interruption(moment)
        with ctrl_c.watching():
            outcome = run("submit", "-", "--parallel", "2", "-o", "name", stdin=batch(0, 2))
        interrupted = ctrl_c.passed >= moment
        assert (outcome.code, ctrl_c.stuck) == (130 if interrupted else 0, []), (moment, outcome)
        assert sorted(outcome.out.splitlines()) == sorted(row["name"] for row in rows(run)), (moment, outcome)
    assert moment > 30
