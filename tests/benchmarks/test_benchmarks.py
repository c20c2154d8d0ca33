"""The benchmarks run; what they find is no matter of a test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import imports
from tests.benchmarks.cases import GET, POST, START, Case
from tests.benchmarks.lists import SDK, compare
from tests.benchmarks.measure import Sample, Series
from tests.benchmarks.place import TOP
from tests.benchmarks.report import describe, write_table


@pytest.mark.slow
def test_every_case_can_be_measured() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--runs", "1", "--specs", "2", "--json"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert {START, POST, GET, "trainctl custom submit", "trainctl local start"} <= rows.keys()
    assert [name for name, row in rows.items() if row["floor"] not in rows or row["mebibytes"] <= 1] == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells a program's peak there")
def test_the_check_of_import_files_is_measured_and_takes_no_more_memory_for_more_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert imports.main(["--lines", "20000"]) == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]] == list(imports.FORMATS)


@pytest.mark.slow
def test_a_long_list_asks_for_every_page_once_and_needs_no_more_memory_than_it_may() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.lists",
        "--alone",
        "--jobs",
        "1000",
        "--long",
        "10000",
        "--runs",
        "1",
    ]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "requests: 12, pages: 12 " in done.stdout
    assert done.stdout.count("80 MiB: met") == 7


@pytest.mark.slow
def test_batches_are_measured_and_a_watch_asks_for_pages_and_not_for_jobs() -> None:
    options = ["--submissions", "20", "--watched", "120", "--runs", "1"]
    command = [sys.executable, "-m", "tests.benchmarks.batches", *options]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert [line for line in done.stdout.splitlines() if line.endswith(" requests")] == [
        "http.client, watch 120: 10 requests",
        "trainctl jobs watch, 120: 12 requests",
    ]
    assert done.stdout.count("80 MiB: met") + done.stdout.count("80 MiB: MISSED") == 5


def test_peers_are_compared_with_our_list_of_names() -> None:
    times = {SDK: (4.0, 5.0, 30.0), "ours": (1.0, 0.5, 0.8)}
    series = [Series(Case(name, ()), [Sample(each, 1.0, each / 2) for each in row]) for name, row in times.items()]
    assert compare(series, "ours") == {SDK: (5.0 / 0.8, 5.0 / 0.8)}


def test_the_table_sets_medians_beside_their_floor_and_their_target(capsys: pytest.CaptureFixture[str]) -> None:
    floor = Case("floor", (), "floor", mebibytes=None)
    quick = Case("quick", (), "floor", ratio=3)
    hungry = Case("hungry", (), "floor", seconds=0.25, mebibytes=10)
    runs = [(floor, (0.010, 0.012, 0.099)), (quick, (0.020, 0.030, 0.024)), (hungry, (0.1, 0.2, 0.3))]
    write_table(describe([Series(case, [Sample(each, 12.0) for each in times]) for case, times in runs]))
    assert capsys.readouterr().out.partition("\n\n")[2] == (
        "              ms   fastest   ratio    MiB  runs  target\n"
        "floor       12.0      10.0           12.0     3\n"
        "quick       24.0      20.0    2.0x   12.0     3  3x, 60 MiB: met\n"
        "hungry     200.0     100.0   16.7x   12.0     3  250 ms, 10 MiB: MISSED\n"
    )
