"""`python -m tests.benchmarks.batches`: 500 submissions and 200 watched jobs, beside http.client and Google's SDK."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.cases import JOBS, Case
from tests.benchmarks.measure import measure
from tests.benchmarks.place import Place
from tests.benchmarks.report import describe, write_table
from tests.benchmarks.specs import write_specs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.measure import Series

HERE = Path(__file__).parent
WIDTH, LATENCY = 8, 100
"""Submissions at once, and the milliseconds that a slow service takes for each."""


def main() -> int:
    """Measure and report; exit code 1 when a target is missed."""
    options = parse()
    if not options.sdk:
        print("Google's SDK is left out: `--sdk PYTHON` names an interpreter that has it", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="trainctl-bench-") as scratch, Place.open(Path(scratch)) as place:
        submissions = list(submitting(place, options.submissions, options.sdk))
        watches = list(watching(place, options.watched, options.sdk))
        series = measure([*submissions, *watches], place, options.runs, say=lambda text: print(text, file=sys.stderr))
        asked = {case.name: count_requests(place, case) for case in watches}
    rows = describe(series)
    write_table(rows)
    print()
    tell(series)
    for name, count in asked.items():
        print(f"{name}: {count} requests")
    return 0 if all(row.met is not False for row in rows) else 1


def parse() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.batches", description=__doc__)
    parser.add_argument("--submissions", type=int, default=500, help="jobs that are submitted [default: 500]")
    parser.add_argument("--watched", type=int, default=200, help="jobs that are watched [default: 200]")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program; the median counts [default: 5]")
    parser.add_argument("--sdk", metavar="PYTHON", help="an interpreter that has google-cloud-aiplatform")
    return parser.parse_args()


def submitting(place: Place, count: int, sdk: str | None) -> Iterator[Case]:
    """The same submissions at once and one after the other, to a service that answers at once and to a slow one."""
    specs = write_specs(place.scratch / "batch", count)
    floor, slow_floor = f"http.client, {count} POSTs", f"http.client, {count // 5} POSTs of {LATENCY} ms"
    submit, script = (place.trainctl, "submit", "-q", "-o", "name"), str(HERE / "floor_submit.py")
    yield Case(floor, (place.python, script, str(place.port), f"/v1/{JOBS}", str(count)), floor, mebibytes=None)
    if sdk:
        command = (sdk, str(HERE / "sdk_submit.py"), f"http://127.0.0.1:{place.port}", "bench-project", str(count))
        yield Case(f"Google's SDK, {count} submissions", command, floor, mebibytes=None, runs=3)
    yield Case(f"trainctl submit, {count}", (*submit, *specs), floor, mebibytes=80)
    yield Case(f"  --parallel {WIDTH}", (*submit, *specs, "--parallel", str(WIDTH)), floor, mebibytes=80)
    project, few = f"slow-{LATENCY}", specs[: count // 5]
    path = f"/v1/{JOBS.replace('bench-project', project)}"
    posts = (place.python, script, str(place.port), path, str(len(few)))
    yield Case(slow_floor, posts, slow_floor, mebibytes=None, runs=1)
    slow = (*submit, *few, "--project", project)
    yield Case(f"trainctl submit, {len(few)} of {LATENCY} ms", slow, slow_floor, mebibytes=80, runs=1)
    wide = (*slow, "--parallel", str(WIDTH))
    yield Case(f"  --parallel {WIDTH}, of {LATENCY} ms", wide, slow_floor, ratio=0.5, mebibytes=80, runs=3)


def watching(place: Place, count: int, sdk: str | None) -> Iterator[Case]:
    """So many jobs that have ended when they were looked at four times, a second apart."""
    project, floor, url = f"watching-{count}", f"http.client, watch {count}", f"http://127.0.0.1:{place.port}"
    parent = f"projects/{project}/locations/us-central1"
    begin_anew = (place.python, "-c", f"import urllib.request as r; r.urlopen('{url}/asked')")
    pages = (place.python, str(HERE / "floor_watch.py"), str(place.port), parent)
    yield Case(floor, pages, floor, mebibytes=None, after=begin_anew, runs=3)
    if sdk:
        command = (sdk, str(HERE / "sdk_watch.py"), url, project, str(count))
        yield Case(f"Google's SDK, watch {count}", command, floor, mebibytes=None, after=begin_anew, runs=3)
    watch = (place.trainctl, "jobs", "watch", "--name", "ranking*", "--project", project, "-o", "name")
    ours = (*watch, "--poll-interval", "1s")
    yield Case(f"trainctl jobs watch, {count}", ours, floor, mebibytes=80, after=begin_anew, runs=3)


def count_requests(place: Place, case: Case) -> int:
    """How many requests one watch sends."""
    import subprocess

    url = f"http://127.0.0.1:{place.port}/asked"
    with urllib.request.urlopen(url):
        pass
    subprocess.run(case.command, env=dict(place.environment), check=True, capture_output=True)
    with urllib.request.urlopen(url) as answer:
        return int(answer.read())


def tell(series: Sequence[Series]) -> None:
    """The processor's time of each program beside that of its floor."""
    medians = {each.case.name: statistics.median(sample.processor for sample in each.samples) for each in series}
    for each in series:
        if not each.case.is_floor:
            ratio = medians[each.case.name] / medians[each.case.floor]
            print(f"{each.case.name.strip()}: {ratio:.1f} times the processor's time of {each.case.floor}")


if __name__ == "__main__":
    sys.exit(main())
