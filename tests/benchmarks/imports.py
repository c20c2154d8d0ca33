"""`python -m tests.benchmarks.imports`: how fast import files of datasets are checked, and in how much memory.

Each file is checked in a process of its own, a short one and one of so many lines. Exit code 1 when the memory grows
with the file by more than the slack.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SLACK = 4.0
"""Mebibytes by which a large file may take more than a small one: allocators do not give everything back."""
SHORT = 1000
FORMATS: dict[str, tuple[str, Callable[[int], str]]] = {
    "single-label": ("csv", lambda n: f"training,gs://bucket/images/{n:07}.jpg,label-{n % 100}\n"),
    "object-detection": ("csv", lambda n: f"gs://bucket/{n:07}.jpg,label-{n % 100},0.1,0.1,,,0.5,0.{n % 9 + 1}9,,\n"),
    "multi-label": ("jsonl", lambda n: json.dumps(_item("image", n, "classificationAnnotations")) + "\n"),
    "classification": (
        "jsonl",
        lambda n: json.dumps(_item("video", n, "timeSegmentAnnotations", startTime="1.5s", endTime="Infinity")) + "\n",
    ),
}
"""Objectives with the suffix of their files and the lines in them."""

_CODE = """
import sys
from pathlib import Path
from trainctl.datafiles.census import Census
from trainctl.datafiles.checking import check_file
from trainctl.datafiles.formats import FORMATS
census = Census()
check_file(Path(sys.argv[2]), FORMATS[sys.argv[1]], census)
assert (census.wrong, census.items) == (0, int(sys.argv[3])), census.flaws[:3]
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""Ends by saying its peak in kibibytes: Linux's own count, which begins with the program and not with its parent."""


def _item(kind: str, number: int, field: str, **times: str) -> dict[str, object]:
    return {f"{kind}GcsUri": f"gs://bucket/{number:07}", field: [{"displayName": f"label-{number % 100}", **times}]}


def run(objective: str, file: Path, lines: int) -> tuple[float, float]:
    """Seconds and peak mebibytes of one check."""
    command = [sys.executable, "-c", _CODE, objective, str(file), str(lines)]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - began, int(done.stdout) / 1024


def main(arguments: list[str]) -> int:
    """Check a file of each form and write a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.imports", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    lines = parser.parse_args(arguments).lines
    print(f"{'':21} {'lines':>9} {'seconds':>8} {'lines/s':>9} {'MiB':>6}  MiB of {SHORT} lines")
    flat = True
    for objective, (suffix, write) in FORMATS.items():
        with tempfile.TemporaryDirectory(prefix="trainctl-bench-") as scratch:
            short, long = (Path(scratch, f"{count}.{suffix}") for count in (SHORT, lines))
            for file, count in ((short, SHORT), (long, lines)):
                with file.open("w", encoding="utf-8") as stream:
                    stream.writelines(map(write, range(count)))
            _, least = run(objective, short, SHORT)
            seconds, peak = run(objective, long, lines)
        flat = flat and peak - least <= SLACK
        name = f"{objective}, {suffix}"
        print(f"{name:21} {lines:9} {seconds:8.2f} {lines / seconds:9.0f} {peak:6.1f}  {least:.1f}")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
