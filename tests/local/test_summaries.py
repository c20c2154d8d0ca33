"""Metrics out of TensorFlow's event files: the ones here were written by tensorboardX 2.6 and tensorboard 2.21."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.local.ml import create, name_of, run
from tests.local.test_ml_tuning import make_search
from trainctl.local.jobs.lifecycle import move_job
from trainctl.local.tuning.metrics import MetricReader
from trainctl.local.tuning.summaries import SummaryFolder
from trainctl.local.tuning.trials import list_trials

if TYPE_CHECKING:
    from tests.local.engine import Bench

FILES = Path(__file__).parent / "data" / "summaries"
FLOATS, TENSORS = "first/events.out.tfevents.1", "second/events.out.tfevents.2"
WRITE = """
import struct
def write(step, value, tag=b"score"):
    def field(number, content): return bytes([number << 3 | 2, len(content)]) + content
    scalar = field(1, tag) + b"\\x15" + struct.pack("<f", value)
    event = b"\\x09" + struct.pack("<d", time.time()) + b"\\x10" + bytes([step]) + field(5, field(1, scalar))
    folder = os.path.join(sys.argv[-1], "eval")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "events.out.tfevents.1.host"), "ab") as stream:
        stream.write(struct.pack("<Q", len(event)) + bytes(4) + event + bytes(4))
"""


@pytest.mark.parametrize(
    ("file", "values"), [(FLOATS, [0, 0.1, 0.2, 0.3, 0.4]), (TENSORS, [0, 0.25, 0.5])], ids=["floats", "tensors"]
)
def test_scalars_are_read_in_both_forms_that_tensorflow_has_written(
    tmp_path: Path, file: str, values: list[float]
) -> None:
    (tmp_path / "logs").mkdir()
    shutil.copy(FILES / file, tmp_path / "logs")
    found = list(SummaryFolder(tmp_path, "accuracy").read())
    assert [each.value for each in found] == pytest.approx(values)
    assert [each.step for each in found] == list(range(len(values)))
    assert all(each.time > 1.7e9 for each in found)


def test_a_file_is_read_on_where_it_ended_even_within_a_record(tmp_path: Path) -> None:
    data = (FILES / FLOATS).read_bytes()
    folder = SummaryFolder(tmp_path, "accuracy")
    found = []
    for end in range(0, len(data) + 1, 7):
        (tmp_path / "x.tfevents").write_bytes(data[:end])
        found += [each.step for each in folder.read()]
    (tmp_path / "x.tfevents").write_bytes(data)
    found += [each.step for each in folder.read()]
    assert found == [0, 1, 2, 3, 4]


def test_what_is_no_event_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.tfevents").write_bytes(b"\x05" + bytes(7) + b"crc!" + b"\xff\xff\xff\xff\xff" + b"crc!")
    (tmp_path / "b.tfevents").write_bytes(b"\xff" * 100)
    (tmp_path / "c.tfevents").mkdir()
    assert list(SummaryFolder(tmp_path, "accuracy").read()) == []
    assert list(SummaryFolder(tmp_path / "none", "accuracy").read()) == []


def test_what_an_earlier_run_has_left_does_not_count(tmp_path: Path) -> None:
    shutil.copy(FILES / FLOATS, tmp_path)
    times = [each.time for each in SummaryFolder(tmp_path, "accuracy").read()]
    summaries = SummaryFolder(tmp_path, "accuracy", times[3])
    reader = MetricReader(tmp_path / "none", ("accuracy",), times[3], summaries)
    assert reader.read()
    assert [each.get("stepCount") for each in reader.measurements] == ["3", "4"]
    assert not reader.read()


def test_a_trial_may_report_by_summaries_in_its_job_directory(bench: Bench) -> None:
    code = f"{WRITE}\nwrite(1, 0.25); write(2, 0.5); write(2, 9, b'loss')"
    job = run(bench, make_search(code, maxTrials=2, job={"jobDir": "gs://out/search"}))
    assert job["state"] == "SUCCEEDED"
    for trial in job["trainingOutput"]["trials"]:
        assert trial["finalMetric"] == {"trainingStep": "2", "objectiveValue": 0.5}
        assert len(trial["allMetrics"]) == 2


def test_what_a_trial_wrote_before_its_start_was_noted_counts(idle: Bench) -> None:
    """An engine that is busy hears of the start of a quick program late."""
    name = name_of(create(idle, make_search("", maxTrials=1, job={"jobDir": "gs://out/search"})))
    study = (idle.core.store.fetch(name) or {})["backing"]
    while not (trials := list_trials(idle.core, study)):
        pass
    code = f"import os, sys, time\n{WRITE}\nwrite(1, 0.25)"
    subprocess.run([sys.executable, "-c", code, str(idle.bucket("out/search/1"))], check=True)
    for state in ("PENDING", "RUNNING", "SUCCEEDED"):
        move_job(idle.core, trials[0]["customJob"], state)
    [trial] = idle.await_end(name)["trainingOutput"]["trials"]
    assert trial["finalMetric"] == {"trainingStep": "1", "objectiveValue": 0.25}


def test_folders_that_come_and_go_do_no_harm(tmp_path: Path) -> None:
    """As those do in which TensorFlow gathers a checkpoint."""
    shutil.copy(FILES / FLOATS, tmp_path / "x.tfevents")
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            folders = [tmp_path / f"temp{n}" / "inner" for n in range(20)]
            for folder in folders:
                folder.mkdir(parents=True)
            for folder in folders:
                shutil.rmtree(folder.parent)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        found = [len(list(SummaryFolder(tmp_path, "accuracy").read())) for _ in range(1000)]
    finally:
        over.set()
        thread.join()
    assert found == [5] * 1000
