"""`python -m tests.benchmarks.journal`: what its record costs a submission, beside one fsync of the same disk."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from trainctl.clock import SystemClock
from trainctl.journal import Entry, Journal, body_digest, new_id

TARGET = 0.005
"""Seconds that the record may cost a submission, in the median."""


def submit(journal: Journal, clock: SystemClock) -> float:
    """Seconds of all that one submission writes down: before the request, when it leaves, when the job is there."""
    entry = Entry(
        id=new_id(clock),
        file="train.yaml",
        document=0,
        kind="custom",
        display_name="digits",
        service="vertex",
        collection="customJobs",
        endpoint="https://us-central1-aiplatform.googleapis.com",
        parent="projects/my-project/locations/us-central1",
        digest=body_digest({"displayName": "digits"}),
    )
    began = time.perf_counter()
    journal.prepare(entry)
    journal.mark_sent(entry.id)
    journal.mark_created(entry.id, f"{entry.parent}/customJobs/1")
    return time.perf_counter() - began


def sync(file: Path) -> float:
    """Seconds of one small write that is on the disk when it is over."""
    began = time.perf_counter()
    with file.open("ab") as stream:
        stream.write(b"x" * 200)
        stream.flush()
        os.fsync(stream.fileno())
    return time.perf_counter() - began


def main() -> int:
    """Measure, print medians in milliseconds; exit code 1 when the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.journal", description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainctl-bench-") as folder:
        clock = SystemClock()
        journal = Journal.open(Path(folder) / "journal.sqlite3", clock)
        submit(journal, clock)  # makes the file
        seconds = statistics.median(submit(journal, clock) for _ in range(options.runs))
        journal.close()
        synced = statistics.median(sync(Path(folder) / "file") for _ in range(options.runs))
    print(f"a submission's record: {seconds * 1000:.2f} ms   one fsync: {synced * 1000:.2f} ms")
    return 0 if seconds < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
