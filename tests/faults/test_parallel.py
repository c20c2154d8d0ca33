"""Submissions side by side: every job once and in the journal, whatever fails, interrupts or kills them."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.schedule import CUTS, EVERYTHING, Fault, Schedule
from tests.faults.server import serve
from tests.faults.service import Service, refusal
from tests.faults.submitting import REST, batch, make_machine, rows
from tests.faults.transport import Faulty, WanderingClock
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.running import Outcome, Runner

BATCH = 20
NAMES = "projects/my-project/locations/us-central1/customJobs/"
IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest"
PATIENCE = 60.0
TIMES = 200


@dataclass
class Scripted(httpx.BaseTransport):
    """A service whose creates meet `before`, by the number of the display name; notes how many were there at once."""

    before: Callable[[int], httpx.Response | None] = lambda _: None
    service: Service = field(default_factory=Service)
    lock: threading.Lock = field(default_factory=threading.Lock)
    inside: int = 0
    most: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        headers = {}
        if request.method == "POST" and request.url.path.endswith("customJobs"):
            self._enter()
            try:
                number = int(json.loads(content)["displayName"].rpartition("-")[2])
                if (answer := self.before(number)) is not None:
                    return answer
            finally:
                self._leave()
        if "uploadType" in request.url.params:
            headers = {"location": "https://storage.googleapis.com/upload/session"}
        status, body = self.service.answer(request.method, request.url.path, dict(request.url.params), content)
        return httpx.Response(status, json=body, headers=headers)

    def _enter(self) -> None:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def _leave(self) -> None:
        with self.lock:
            self.inside -= 1


def kept_refusal(home: Path) -> bool:
    with closing(sqlite3.connect(home / "state" / "journal.sqlite3")) as journal:
        return bool(journal.execute("SELECT 1 FROM submissions WHERE state = 'refused'").fetchall())


@pytest.fixture
def network() -> Scripted:
    return Scripted()


@pytest.fixture
def run(tmp_path: Path, network: Scripted) -> Runner:
    return make_machine(tmp_path / "home", transport=network)


def submit(run: Runner, count: int, *options: str, width: int = 4) -> Outcome:
    return run("submit", "-", "--parallel", str(width), *options, stdin=batch(0, count))


def refused(message: str = "Machine type is not supported.") -> httpx.Response:
    status, body = refusal(400, "INVALID_ARGUMENT", message)
    return httpx.Response(status, json=body)


def test_so_many_are_on_their_way_at_once_and_the_list_has_the_order_of_the_specs(
    run: Runner, network: Scripted
) -> None:
    together = threading.Barrier(4)

    def meet(_: int) -> None:
        together.wait(PATIENCE)

    network.before = meet
    outcome = submit(run, 12, "-o", "json")
    assert outcome.code == 0, outcome
    assert network.most == 4
    assert [job["displayName"] for job in json.loads(outcome.out)] == [f"digits-{n}" for n in range(12)]
    assert [(row["state"], row["display_name"]) for row in rows(run)] == [("created", f"digits-{n}") for n in range(12)]
    assert outcome.err.count("created custom job ") == 12


def test_after_a_failure_no_other_job_is_begun_and_those_on_their_way_are_brought_to_their_end(
    run: Runner, network: Scripted
) -> None:
    begun, failed = threading.Barrier(4), threading.Event()

    def fail_the_second(number: int) -> httpx.Response | None:
        begun.wait(PATIENCE)
        if number == 1:
            failed.set()
            return refused()
        assert failed.wait(PATIENCE)
        while not kept_refusal(run.home):  # what the others do must not come before
            pass
        return None

    network.before = fail_the_second
    outcome = submit(run, 9)
    assert (outcome.code, len(outcome.out.splitlines())) == (5, 3), outcome
    assert [row["state"] for row in rows(run)] == ["created", "refused", "created", "created"]
    assert outcome.err.endswith(
        "3 of 9 jobs were submitted; `digits-1` failed, and the other 5 were not sent\n"
        "error: Machine type is not supported.\n"
    )


def test_the_exit_code_is_the_largest_and_every_failure_is_told(run: Runner, network: Scripted) -> None:
    begun = threading.Barrier(3)

    def fail(number: int) -> httpx.Response | None:
        begun.wait(PATIENCE)
        if number == 1:
            raise httpx.ConnectError("no route to host")
        return refused() if number == 2 else None

    network.before = fail
    outcome = submit(run, 3, "-o", "name")
    assert (outcome.code, outcome.out) == (6, f"{NAMES}1\n"), outcome
    assert "error: Machine type is not supported.\n" in outcome.err
    assert outcome.err.splitlines()[-3] == "1 of 3 jobs were submitted; `digits-1` and `digits-2` failed"
    assert outcome.err.splitlines()[-2].endswith("cannot be reached: no route to host")
    assert Counter(row["state"] for row in rows(run)) == {"created": 1, "refused": 2}


def test_with_watch_jobs_that_were_created_before_a_failure_are_named_all_the_same(
    run: Runner, network: Scripted
) -> None:
    network.before = lambda number: refused() if number == 1 else None
    for width in (1, 2):
        outcome = submit(run, 2, "--watch", "-o", "name", width=width)
        assert (outcome.code, outcome.out.startswith(NAMES)) == (5, True), outcome


@pytest.mark.parametrize("width", [1, 2])
def test_one_job_of_several_is_a_list_for_programs(run: Runner, network: Scripted, width: int) -> None:
    network.before = lambda number: refused() if number == 1 else None
    outcome = submit(run, 2, "-o", "json", width=width)
    assert (outcome.code, [job["displayName"] for job in json.loads(outcome.out)]) == (5, ["digits-0"]), outcome


def test_the_same_code_is_packed_and_uploaded_once(run: Runner, network: Scripted, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('hello')\n", "utf-8")
    spec = tmp_path / "sweep.yaml"
    matrix = "matrix: {rate: [1, 2, 3], depth: [1, 2, 3]}"
    script = "script_path: train.py\nargs: ['${matrix.rate}', '${matrix.depth}']"
    spec.write_text(f"kind: custom\n{matrix}\ndisplay_name: digits-0\ncontainer_uri: {IMAGE}\n{script}\n", "utf-8")
    outcome = run("submit", str(spec), "--parallel", "8", "--staging-bucket", "gs://my-bucket")
    assert (outcome.code, len(network.service.jobs)) == (0, 9), outcome
    assert (outcome.err.count("packing 1 file\n"), outcome.err.count("uploading ")) == (1, 1)
    assert {name: times for name, times in network.service.requests.items() if name.endswith("object")} == {
        "GET object": 1,
        "POST object": 1,
        "PUT object": 1,
    }


def test_code_that_cannot_be_packed_is_told_once(run: Runner, network: Scripted, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "setup.py").write_text("raise SystemExit('no such thing')\n", "utf-8")
    spec = tmp_path / "sweep.yaml"
    script = "script_path: project\npython_module_name: a.b"
    spec.write_text(
        f"kind: custom\nmatrix: {{n: [1, 2, 3]}}\ndisplay_name: d-${{matrix.n}}\ncontainer_uri: {IMAGE}\n{script}\n",
        "utf-8",
    )
    outcome = run("submit", str(spec), "--parallel", "3", "--staging-bucket", "gs://my-bucket")
    assert (outcome.code, network.service.jobs) == (3, {}), outcome
    assert outcome.err.count("the code cannot be packed") == 1, outcome


def submit_batch(run: Runner, first: int, kind: str) -> None:
    """Submit a batch again and again with the same key until it is there."""
    for _ in range(TIMES):
        text = batch(first, BATCH, kind)
        outcome = run("submit", "-", "--parallel", "8", "--idempotency-key", f"b{first}", "-o", "name", stdin=text)
        if outcome.code == ExitCode.OK:
            assert len(set(outcome.out.splitlines())) == BATCH
            return
        assert "error: " in outcome.err, outcome
        run.clock.sleep(REST)
    raise AssertionError(f"batch {first} was never there")


def check(service: Service, run: Runner, count: int) -> None:
    """Exactly so many jobs, each in the journal, none twice."""
    named = Counter(job.get("displayName") or job["jobId"].replace("_", "-") for job in service.jobs.values())
    assert named == {f"digits-{n}": 1 for n in range(count)}
    assert set(service.made_by().values()) == {1}
    kept = Counter((row["state"], row["name"]) for row in rows(run) if row["state"] not in ("refused", "abandoned"))
    assert kept == {("created", name): 1 for name in service.jobs}


@pytest.mark.parametrize("kind", ["custom", "ml-training"])
@pytest.mark.parametrize("chances", [CUTS, EVERYTHING], ids=["cuts", "everything"])
def test_over_a_failing_network_every_job_of_every_batch_is_made_once(
    tmp_path: Path, request: pytest.FixtureRequest, chances: Mapping[Fault, float], kind: str
) -> None:
    count = 1000 if request.config.getoption("--long") else 100
    service, run = Service(), make_machine(tmp_path / "home")
    assert isinstance(run.clock, WanderingClock)
    schedule = Schedule(5, chances)
    run.transport = Faulty(service, schedule, run.clock)
    for first in range(0, count, BATCH):
        submit_batch(run, first, kind)
    assert schedule.drawn.total() - schedule.drawn[Fault.NONE] > count / 10
    check(service, run, count)


def test_over_sockets_that_are_cut_every_job_of_every_batch_is_made_once(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    count = 1000 if request.config.getoption("--long") else 100
    with serve(Schedule(6, CUTS)) as serving:
        run = make_machine(tmp_path / "home", url=serving.url)
        for first in range(0, count, BATCH):
            submit_batch(run, first, "custom")
        check(serving.service, run, count)
