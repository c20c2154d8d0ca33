"""`python -m tests.benchmarks.lists`: a long list of jobs, beside Google's SDK and gcloud where they are installed."""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.cases import Case
from tests.benchmarks.measure import measure
from tests.benchmarks.place import Place
from tests.benchmarks.report import describe, write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.measure import Series

SDK, GCLOUD, FLOOR = "Google's SDK", "gcloud", "http.client and json"
TIMES_FASTER = {SDK: 5.0, GCLOUD: 8.0}
"""How many times as fast as each peer our list is to be."""
MEBIBYTES = 80.0
FORMS = ("table", "jsonl", "csv", "name")
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Peers:
    """The other programs, where they are: an interpreter with the SDK, and gcloud."""

    sdk: str | None
    gcloud: str | None

    def missing(self) -> Iterator[str]:
        """Why a comparison is left out."""
        if not self.sdk:
            yield f"{SDK} is left out: `--sdk PYTHON` names an interpreter that has google-cloud-aiplatform"
        if not self.gcloud:
            yield "gcloud is left out: it is not on PATH"


def main() -> int:
    """Measure and report; exit code 1 when a list is slower, larger or asks more often than it may."""
    options = parse()
    peers = Peers(None, None) if options.alone else Peers(options.sdk, shutil.which("gcloud"))
    for reason in peers.missing():
        print(reason, file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="trainctl-bench-") as scratch, Place.open(Path(scratch)) as place:
        cases = list(make_cases(place, peers, options.jobs))
        series = measure(cases, place, options.runs, say=lambda text: print(text, file=sys.stderr))
        long = list(make_long(place, options.long))
        series += measure(long, place, 1, say=lambda text: print(text, file=sys.stderr))
        asked = count_requests(place, options.jobs)
    rows = describe(series)
    write_table(rows)
    found = compare(series, name_of("name", options.jobs))
    print()
    for peer, (clock, processor) in found.items():
        least = TIMES_FASTER[peer]
        print(f"{options.jobs} names: {peer} takes {clock:.1f} times as long (at least {least:g}),")
        print(f"  and {processor:.1f} times as much of the processor")
    pages = -(-options.jobs // 100) + 2
    print(f"requests: {asked}, pages: {pages} (two other collections have one each)")
    fast = all(clock >= TIMES_FASTER[peer] for peer, (clock, _) in found.items())
    return 0 if fast and asked == pages and all(row.met is not False for row in rows) else 1


def compare(series: Sequence[Series], ours: str) -> dict[str, tuple[float, float]]:
    """How many times as long each peer takes as our list of names: on the clock, and of the processor."""

    def medians(name: str) -> tuple[float, float]:
        samples = next(each.samples for each in series if each.case.name == name)
        return statistics.median(each.seconds for each in samples), statistics.median(
            each.processor for each in samples
        )

    clock, processor = medians(ours)
    peers = [each.case.name for each in series if each.case.name in TIMES_FASTER]
    return {peer: (medians(peer)[0] / clock, medians(peer)[1] / processor) for peer in peers}


def parse() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lists", description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000, help="jobs of the list [default: 10000]")
    parser.add_argument("--long", type=int, default=100_000, help="jobs of the long list [default: 100000]")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program; the median counts [default: 5]")
    parser.add_argument("--sdk", metavar="PYTHON", help="an interpreter that has google-cloud-aiplatform")
    parser.add_argument("--alone", action="store_true", help="leave the other programs out")
    return parser.parse_args()


def name_of(form: str, jobs: int) -> str:
    """What a case of ours is called."""
    return f"trainctl jobs list -o {form}, {jobs}"


def ours(place: Place, form: str, jobs: int) -> tuple[str, ...]:
    """Our list in that form, of a project that has so many jobs."""
    return (place.trainctl, "jobs", "list", "--project", f"listing-{jobs}", "-o", form)


def make_cases(place: Place, peers: Peers, jobs: int) -> Iterator[Case]:
    """The floor, the peers that there are, and our list in every form."""
    project, url = f"listing-{jobs}", f"http://127.0.0.1:{place.port}"
    parent = f"projects/{project}/locations/us-central1"
    floor = (place.python, str(HERE / "floor_list.py"), str(place.port), parent)
    yield Case(FLOOR, floor, FLOOR, mebibytes=None)
    if peers.sdk:
        yield Case(SDK, (peers.sdk, str(HERE / "sdk_list.py"), url, project), FLOOR, mebibytes=None, runs=3)
    if peers.gcloud:
        token = place.scratch / "token"
        token.write_text("token-of-the-benchmark", encoding="utf-8")
        environment = {
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM": f"{url}/",
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        }
        command = (peers.gcloud, "ai", "custom-jobs", "list", "--region=us-central1", f"--project={project}")
        yield Case(GCLOUD, (*command, "--format=value(name)"), FLOOR, mebibytes=None, environment=environment, runs=3)
    for form in FORMS:
        yield Case(name_of(form, jobs), ours(place, form, jobs), FLOOR, mebibytes=MEBIBYTES)


def make_long(place: Place, jobs: int) -> Iterator[Case]:
    """The long list, whose memory is to be that of the shorter one."""
    parent = f"projects/listing-{jobs}/locations/us-central1"
    floor = f"{FLOOR}, {jobs}"
    yield Case(floor, (place.python, str(HERE / "floor_list.py"), str(place.port), parent), floor, mebibytes=None)
    for form in ("jsonl", "csv", "name"):
        yield Case(name_of(form, jobs), ours(place, form, jobs), floor, mebibytes=MEBIBYTES)


def count_requests(place: Place, jobs: int) -> int:
    """How many pages one list asks for."""
    import subprocess

    url = f"http://127.0.0.1:{place.port}/asked"
    with urllib.request.urlopen(url):
        pass
    command = ours(place, "name", jobs)
    subprocess.run(command, env=dict(place.environment), check=True, stdout=subprocess.DEVNULL)
    with urllib.request.urlopen(url) as answer:
        return int(answer.read())


if __name__ == "__main__":
    sys.exit(main())
