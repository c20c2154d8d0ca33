"""Many submissions over a network that fails: every job is there once, and the journal knows each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.schedule import CUTS, EVERYTHING, Fault, Schedule
from tests.faults.server import serve
from tests.faults.service import Service
from tests.faults.submitting import SPECS, make_machine, submit_until_done
from tests.faults.transport import Faulty, WanderingClock
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.running import Runner

TOP = Path(__file__).parents[2]
PROCESSES = 8


@pytest.fixture
def count(request: pytest.FixtureRequest) -> int:
    """How many jobs are submitted."""
    return 1000 if request.config.getoption("--long") else 100


def journalled(run: Runner) -> Counter[tuple[str, str | None]]:
    """States and names in the journal, those of submissions without a job left out."""
    rows = json.loads(run("history", "list", "--limit", "0", "-o", "json").out)
    return Counter((row["state"], row["name"]) for row in rows if row["state"] not in ("refused", "abandoned"))


def check(service: Service, run: Runner, count: int) -> None:
    """Exactly so many jobs, each with a name of its own, each in the journal, none twice."""
    named = Counter(job.get("displayName") or job["jobId"].replace("_", "-") for job in service.jobs.values())
    assert named == {f"digits-{n}": 1 for n in range(count)}
    assert set(service.made_by().values()) == {1}
    assert journalled(run) == {("created", name): 1 for name in service.jobs}


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("chances", [CUTS, EVERYTHING], ids=["cuts", "everything"])
def test_one_process_makes_every_job_once(
    tmp_path: Path, count: int, seed: int, chances: Mapping[Fault, float], kind: str
) -> None:
    service, run = Service(), make_machine(tmp_path / "home")
    assert isinstance(run.clock, WanderingClock)
    run.transport = Faulty(service, Schedule(seed, chances), run.clock)
    codes: Counter[ExitCode] = Counter()
    for number in range(count):
        codes += submit_until_done(run, number, kind)
    check(service, run, count)
    assert codes[ExitCode.OK] == count
    assert codes[ExitCode.UNREACHABLE] > 0


@pytest.mark.parametrize("kind", SPECS)
def test_eight_processes_on_one_journal_make_every_job_once(tmp_path: Path, count: int, kind: str) -> None:
    share = count // PROCESSES
    with serve(Schedule(3, CUTS)) as serving:
        command = [sys.executable, "-m", "tests.faults.submitting", serving.url, str(tmp_path / "home")]
        workers = [
            subprocess.Popen([*command, str(at * share), str(share), kind], cwd=TOP, stdout=subprocess.PIPE)
            for at in range(PROCESSES)
        ]
        said = [worker.communicate(timeout=600)[0] for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * PROCESSES
        check(serving.service, make_machine(tmp_path / "home", url=serving.url), share * PROCESSES)
    assert sum(json.loads(each)[str(int(ExitCode.OK))] for each in said) == share * PROCESSES


OTHERS = {"jobId": "digits_1", "state": "RUNNING", "createTime": "2026-11-20T07:00:00Z", "labels": {"team": "others"}}


def test_the_id_of_another_job_is_refused_and_the_other_job_left_alone(tmp_path: Path) -> None:
    service, run = Service(), make_machine(tmp_path / "home")
    assert isinstance(run.clock, WanderingClock)
    run.transport = Faulty(service, Schedule(1, {}), run.clock)
    service.jobs["projects/my-project/jobs/digits_1"] = dict(OTHERS)
    outcome = run("submit", "-", "--quiet", stdin=SPECS["ml-training"].format(number=1))
    assert outcome.code == ExitCode.REFUSED
    assert outcome.err == (
        "error: the job id `digits_1` is taken: another job of project my-project has it, since 2026-11-20T07:00:00Z\n"
        "hint: ids are never free again: choose another `job_id`, or leave it out and trainctl makes one\n"
    )
    assert service.jobs == {"projects/my-project/jobs/digits_1": OTHERS}
    assert json.loads(run("history", "list", "-o", "json").out)[0]["state"] == "refused"


class FirstCut(Faulty):
    """Cuts the connection of the first create, which the service carries out never, first, or just before the next."""

    fault = Fault.NONE

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.service.requests[f"{request.method} seen"] += 1
        seen = self.service.requests["POST seen"] if request.method == "POST" else 0
        if (seen == 1 and self.fault is Fault.RESET_AFTER) or (seen == 2 and self.fault is Fault.DELAY):
            self.service.answer("POST", request.url.path, {}, request.read())
        if seen == 1:
            raise httpx.ReadError("connection reset by peer", request=request)
        return super().handle_request(request)


@pytest.mark.parametrize(("fault", "creates"), [(Fault.RESET_BEFORE, 1), (Fault.RESET_AFTER, 1), (Fault.DELAY, 2)])
def test_a_job_whose_id_the_spec_chose_is_sent_again_once_it_is_known_that_there_is_none(
    tmp_path: Path, fault: Fault, creates: int
) -> None:
    service, run = Service(), make_machine(tmp_path / "home")
    assert isinstance(run.clock, WanderingClock)
    run.transport = FirstCut(service, Schedule(1, {}), run.clock)
    run.transport.fault = fault
    outcome = run("submit", "-", "-o", "name", stdin=SPECS["ml-training"].format(number=1))
    assert (outcome.code, outcome.out) == (0, "projects/my-project/jobs/digits_1\n"), outcome
    assert ("sending it once more" in outcome.err) == (fault is not Fault.RESET_AFTER)
    assert (service.requests["create"], len(service.jobs)) == (creates, 1)
    assert journalled(run) == {("created", "projects/my-project/jobs/digits_1"): 1}


@pytest.mark.parametrize(
    ("chances", "state"),
    [({Fault.RESET_AFTER: 1.0}, "created"), ({Fault.RESET_BEFORE: 1.0}, "abandoned")],
    ids=["after the commit", "before it"],
)
def test_a_lost_answer_is_resolved_by_the_id_that_the_spec_chose(
    tmp_path: Path, chances: Mapping[Fault, float], state: str
) -> None:
    service, run = Service(), make_machine(tmp_path / "home")
    assert isinstance(run.clock, WanderingClock)
    run.transport = Faulty(service, Schedule(1, chances), run.clock)
    assert run("submit", "-", "--quiet", stdin=SPECS["ml-training"].format(number=1)).code == ExitCode.UNREACHABLE
    run.transport = Faulty(service, Schedule(1, {}), run.clock)
    run.clock.sleep(300)
    run("history", "resolve", "-o", "json")
    [row] = json.loads(run("history", "list", "-o", "json").out)
    assert (row["state"], row["display_name"], service.requests["create"]) == (state, "digits_1", len(service.jobs))
    assert service.requests["list"] == 0
