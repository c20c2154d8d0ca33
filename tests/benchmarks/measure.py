"""Runs the cases in turn and notes wall time and peak memory of each process."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.cases import Case
    from tests.benchmarks.place import Place


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. The kernel counts a child's memory from the fork on: nothing below this process's own is seen.

    `processor` is in seconds too: other work on the machine lengthens it less than the time on the clock.
    """

    seconds: float
    mebibytes: float
    processor: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """All runs of a case."""

    case: Case
    samples: list[Sample] = field(default_factory=list)


def measure(cases: Sequence[Case], place: Place, runs: int, *, say: Callable[[str], None]) -> list[Series]:
    """The samples of every case; one run of each goes before, so that files are read and bytecode is written."""
    series = [Series(case) for case in cases]
    for turn in range(runs + 1):
        say(f"run {turn} of {runs}" if turn else "warming up")
        for each in series:
            if turn <= (each.case.runs or runs):
                sample = run(each.case, place)
                each.samples.extend([sample] if turn else [])
    return series


def run(case: Case, place: Place) -> Sample:
    """One run of a case. Raises RuntimeError with what the command said when it fails."""
    environment = {**place.environment, **case.environment}
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(case.command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise RuntimeError(f"{case.name} ended with {process.returncode}: {errors.read().decode()[-2000:]}")
    if case.after:
        subprocess.run(case.after, env=environment, check=True, capture_output=True)
    return Sample(seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime)
