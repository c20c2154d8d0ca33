"""Jobs that behave badly, disks that are full, engines that come and go."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.crowd import run_crowd
from tests.local.engine import Bench, make_job, read
from tests.local.test_tuning import make_study, score
from trainctl.local.disk.reserve import Reserve
from trainctl.local.jobs.states import advance
from trainctl.local.logs.reading import read_forward
from trainctl.local.logs.writing import LogWriter
from trainctl.local.recovery import LOST, recover
from trainctl.local.supervision.processes import find_job_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_a_hundred_megabytes_of_output_are_kept_in_part_and_that_is_said(bench: Bench) -> None:
    job = bench.run(make_job("for n in range(100_000): print(f'{n:06} ' + 'x' * 1000)"))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    log = bench.core.folder(job["name"]).log_file
    assert log.stat().st_size <= 64 * 1024 * 1024
    lines = list(read_forward(log))
    (gap,) = [n for n, line in enumerate(lines) if (line.text or "").endswith("left out here: the log is too long")]
    numbers = [int((line.text or "")[:6]) for line in lines if line.task == "workerpool0-0"]
    missing = int((lines[gap].text or "").split()[0])
    assert (numbers[0], numbers[-1]) == (0, 99_999)
    assert len(numbers) + missing == 100_000
    assert numbers == sorted(numbers)
    times = [line.time for line in lines]
    assert times == sorted(set(times))


def test_a_log_that_is_cut_often_counts_all_that_is_missing(tmp_path: Path) -> None:
    log = LogWriter(tmp_path / "log", largest=4000)
    for n in range(1000):
        log.write("workerpool0-0", "INFO", [f"{n} {'y' * 50}"])
    log.close()
    assert (tmp_path / "log").stat().st_size <= 4000
    texts = [line.text or "" for line in read_forward(tmp_path / "log")]
    (gap,) = [n for n, text in enumerate(texts) if "left out" in text]
    numbers = [int(text.split()[0]) for n, text in enumerate(texts) if n != gap]
    assert numbers[:gap] == list(range(gap))
    assert numbers[gap:] == list(range(numbers[gap], 1000))
    assert int(texts[gap].split()[0]) == numbers[gap] - gap


SWARM = """
import os, signal, sys, time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.close(1), os.close(2)
        time.sleep(600)
os.environ.clear()
print("done")
"""


def test_daemons_that_ignore_everything_end_with_their_job(bench: Bench) -> None:
    job = bench.run(make_job(SWARM))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert find_job_processes(str(bench.core.folder(job["name"]).path)) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The engine's home on a file system of 24 MB; skipped where none can be mounted."""
    home = tmp_path / "home"
    home.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(home)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield home
    subprocess.run(["umount", "--lazy", str(home)], check=True)


FILL = """
import os
try:
    with open("big", "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 65536)
except OSError as problem:
    print(problem.strerror, flush=True)
    {then}
"""


def test_a_job_that_fills_the_disk_fails_and_the_engine_goes_on(
    small_disk: Path, make_bench: Callable[..., Bench]
) -> None:
    bench = make_bench()
    failed = bench.run(make_job(FILL.format(then="raise")))
    assert failed["state"] == "JOB_STATE_FAILED"
    assert "non-zero status of 1" in failed["error"]["message"]
    assert bench.get(failed["name"]) == failed
    _make_room(bench, failed)
    assert bench.run(make_job("print('again')"))["state"] == "JOB_STATE_SUCCEEDED"
    deadline = time.monotonic() + 60
    while not (small_disk / "reserve").exists():  # taken again once the end of the job is written down
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_job_that_ends_well_on_a_full_disk_has_succeeded(small_disk: Path, make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    noise = "print('z' * 1000, *range(20000), sep='\\\\n', flush=True)"
    job = bench.run(make_job(FILL.format(then=noise)))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    refused = bench.client.post("/upload/storage/v1/b/data/o?uploadType=media&name=more", content=b"x" * 9_000_000)
    assert refused.json()["error"]["message"] == (
        "No space is left on the disk where the engine keeps its jobs; make room there."
    )
    assert list((small_disk / "uploads").iterdir()) == []
    assert bench.get(job["name"]) == job
    _make_room(bench, job)
    assert bench.run(make_job("print('again')"))["state"] == "JOB_STATE_SUCCEEDED"
    assert small_disk.exists()


GREEDY = """
import time
print("up", flush=True)
with open("big", "ab", buffering=0) as file:
    while True:
        try:
            file.write(b"x" * 4096)
        except OSError:
            time.sleep(0.001)
"""


def test_a_job_that_keeps_the_disk_full_can_be_cancelled(small_disk: Path, make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.stage()
    name = bench.create(make_job(GREEDY))["name"]
    bench.await_output(name)
    while shutil.disk_usage(small_disk).free:
        pass
    assert read(bench.client.post(f"/v1/{name}:cancel", json={})) == {}
    while find_job_processes(str(bench.core.folder(name).path)):
        pass
    (bench.core.folder(name).work / "big").unlink()
    assert bench.await_end(name)["state"] == "JOB_STATE_CANCELLED"


def test_the_reserve_is_whole_or_not_there(small_disk: Path) -> None:
    """Half of it would be the last room that anybody else could have."""
    (small_disk / "filler").write_bytes(b"x" * 22_000_000)
    Reserve(small_disk / "reserve").fill()
    assert not (small_disk / "reserve").exists()


PATIENT = """
file, step = open(path, "wb+", buffering=0), 0
def tell(score):  # in place, which takes no more room
    file.seek(0)
    file.write(json.dumps({"timestamp": time.time(), "score": score, "global_step": step}).ljust(200).encode() + b"\\n")
tell(0.5)
print("up", flush=True)
while not os.path.exists(values["path"]):
    step += 1
    tell(0.5)
    time.sleep(0.02)
tell(1)
"""


def test_a_study_waits_for_room_on_a_full_disk(
    small_disk: Path, make_bench: Callable[..., Bench], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What its trials report cannot be written down meanwhile; the trials go on, and so does the study afterwards."""
    bench = make_bench()
    bench.stage()
    path = {"parameterId": "path", "categoricalValueSpec": {"values": [str(tmp_path / "go")]}}
    name = bench.create(make_study(PATIENT, path, trials=2, parallel=1), "hyperparameterTuningJobs")["name"]
    while not (trials := bench.get(name).get("trials")):
        pass
    bench.await_output(trials[0]["customJob"])
    bench.await_state(name, "RUNNING")
    filler = small_disk / "filler"
    while "waits for room on the disk" not in caplog.text:
        with suppress(OSError), filler.open("ab", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        assert bench.get(name)["state"] == "JOB_STATE_RUNNING"
    filler.unlink()
    (tmp_path / "go").touch()
    job = bench.await_end(name)
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert [(trial["state"], score(trial)) for trial in job["trials"]] == [("SUCCEEDED", 1.0)] * 2
    assert job["trials"][0]["customJob"] == trials[0]["customJob"]


def test_a_study_that_waits_for_room_is_taken_up_by_the_next_engine(
    small_disk: Path, make_bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture
) -> None:
    first = make_bench(running=False)
    first.stage()
    name = first.create(make_study("report(1)", trials=1), "hyperparameterTuningJobs")["name"]
    while not (trials := first.get(name).get("trials")):
        pass
    first.core.store.change(trials[0]["customJob"], lambda job: advance(job, "FAILED", LOST))
    first.close()
    (small_disk / "reserve").write_bytes(b"")  # there is none to be given up
    second = make_bench(running=False)
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    recover(second.core)
    while "waits for room on the disk" not in caplog.text:
        pass
    second.close()
    assert "cannot be conducted" not in caplog.text
    filler.unlink()
    assert make_bench().await_end(name)["state"] == "JOB_STATE_SUCCEEDED"


def _make_room(bench: Bench, job: dict[str, Any]) -> None:
    (bench.core.folder(job["name"]).work / "big").unlink()


def test_no_job_of_a_crowd_is_lost_over_two_restarts(tmp_path: Path, environments: Path) -> None:
    crowd = run_crowd(tmp_path, environments, jobs=200, slots=3, restarts=2)
    assert crowd.states.keys() <= {"JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED"}
    assert sum(crowd.states.values()) == 200
    # Only those that ran when an engine was stopped may have failed.
    assert crowd.states.get("JOB_STATE_FAILED", 0) <= 2 * 3
    assert set(crowd.reasons) <= {"The engine was stopped while the job ran."}
    assert crowd.most_at_a_time <= 3
    assert crowd.growth < 2 * 1024 * 1024


def test_a_flexible_job_does_not_wait_longer_than_it_says(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(slots=1)
    bench.stage()
    first = bench.create(make_job("import time; print('up', flush=True); time.sleep(600)"))["name"]
    bench.await_output(first)
    scheduling = {"strategy": "FLEX_START", "maxWaitDuration": "0.2s"}
    hasty = bench.create(make_job("pass", scheduling=scheduling))["name"]
    patient = bench.create(make_job("pass", scheduling={**scheduling, "strategy": "STANDARD"}))["name"]
    for_ever = bench.create(make_job("pass", scheduling={**scheduling, "maxWaitDuration": "0s"}))["name"]
    job = bench.await_end(hasty)
    assert (job["state"], job["error"]) == (
        "JOB_STATE_FAILED",
        {"code": 4, "message": "The job waited longer than `scheduling.maxWaitDuration` allows."},
    )
    assert bench.list_log(hasty)[-1]["textPayload"] == "Job failed."
    bench.client.post(f"/v1/{first}:cancel")
    assert bench.await_end(patient)["state"] == "JOB_STATE_SUCCEEDED"
    assert bench.await_end(for_ever)["state"] == "JOB_STATE_SUCCEEDED"


def test_a_job_whose_patience_ended_while_no_engine_ran_fails_at_a_start(
    make_bench: Callable[..., Bench],
) -> None:
    first = make_bench(running=False)
    scheduling = {"strategy": "FLEX_START", "maxWaitDuration": "0.3s"}
    name = first.create(make_job("pass", scheduling=scheduling))["name"]
    first.close()
    time.sleep(0.3)
    second = make_bench(slots=0)
    assert second.await_end(name)["error"]["code"] == 4


def test_an_engine_without_its_nursery_gets_a_new_one(bench: Bench) -> None:
    assert bench.run(make_job("pass"))["state"] == "JOB_STATE_SUCCEEDED"
    process = bench.core.nursery._process
    assert process is not None
    process.kill()
    assert bench.run(make_job("pass"))["state"] == "JOB_STATE_SUCCEEDED"
