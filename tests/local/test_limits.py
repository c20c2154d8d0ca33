"""Machine types as limits, the queue that heeds them, and ports."""

from __future__ import annotations

import os
import socket
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import Bench, make_pool
from trainctl.local.control import Options
from trainctl.local.jobs.machine_sizes import Size, find_size
from trainctl.local.jobs.ports import Ports
from trainctl.local.jobs.room import Room, find_total
from trainctl.reference.machines import load_machines

if TYPE_CHECKING:
    from collections.abc import Callable

GIB = 1 << 30
TPU = ("cloud-tpu", "ct", "tpu")

SIZES = [
    ("n1-standard-4", Size(4, 15 * GIB)),
    ("n1-highcpu-16", Size(16, int(14.4 * GIB))),
    ("n2-highmem-8", Size(8, 64 * GIB)),
    ("e2-standard-4", Size(4, 16 * GIB)),
    ("a2-highgpu-2g", Size(24, 170 * GIB)),
    ("a3-highgpu-8g", Size(208, 1872 * GIB)),
    ("g2-standard-12", Size(12, 48 * GIB)),
    ("cloud-tpu", None),
    ("", None),
]


@pytest.mark.parametrize(("name", "size"), SIZES)
def test_a_machine_type_tells_its_size(name: str, size: Size | None) -> None:
    assert find_size(name) == size


def test_all_machine_types_of_the_catalogue_but_tpus_have_a_size() -> None:
    unknown = [name for name in load_machines().machine_types if find_size(name) is None]
    assert sorted(name for name in unknown if not name.startswith(TPU)) == []


def test_a_job_counts_for_all_its_machines() -> None:
    machine = {"machineSpec": {"machineType": "n1-standard-4"}}
    pools = [make_pool() | machine, make_pool() | machine | {"replicaCount": "2"}, {}, make_pool()]
    assert find_total({"jobSpec": {"workerPoolSpecs": pools}}) == Size(13, 45 * GIB)


def test_a_share_is_given_while_there_is_room_and_comes_back() -> None:
    room = Room((0, 1, 2, 3), 100)
    first = room.take(Size(3, 10))
    assert first is not None
    assert (first.cores, first.memory) == ((0, 1, 2), 10)
    assert room.take(Size(2, 10)) is None
    assert room.take(Size(1, 91)) is None
    room.give_back(first)
    second = room.take(Size(64, 1000))
    assert second is not None
    assert (second.cores, second.memory) == ((0, 1, 2, 3), 100)


def _sized(code: str, machine_type: str) -> dict[str, Any]:
    pool = make_pool(code) | {"machineSpec": {"machineType": machine_type}}
    return {"displayName": "sized", "jobSpec": {"workerPoolSpecs": [pool]}}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties processes to cores")
def test_a_job_gets_the_cores_of_its_machine_and_no_more(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(limits=True)
    job = bench.run(_sized("import os; print(len(os.sched_getaffinity(0)))", "n1-standard-1"))
    assert bench.list_output(job["name"]) == ["1"]
    job = bench.run(_sized("import os; print(len(os.sched_getaffinity(0)))", "n1-standard-96"))
    assert bench.list_output(job["name"]) == [str(len(os.sched_getaffinity(0)))]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process may write to")
def test_a_job_gets_the_memory_of_its_machine_and_no_more(make_bench: Callable[..., Bench]) -> None:
    take = "import mmap; print(len(mmap.mmap(-1, 2 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)))"
    bench = make_bench(limits=True)
    job = bench.run(_sized(take, "n1-highcpu-2"))
    assert job["state"] == "JOB_STATE_FAILED"
    assert bench.list_output(job["name"])[-1] == "OSError: [Errno 12] Cannot allocate memory"
    job = bench.run(_sized(take, "n1-standard-2"))
    assert bench.list_output(job["name"]) == [str(2 << 30)]


def test_without_limits_a_machine_type_means_nothing(bench: Bench) -> None:
    job = bench.run(_sized("import os; print(len(os.sched_getaffinity(0)))", "n1-standard-1"))
    assert bench.list_output(job["name"]) == [str(len(os.sched_getaffinity(0)))]


def test_with_limits_no_more_jobs_run_than_there_is_room_for(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(slots=8, limits=True)
    bench.stage()
    names = [bench.create(_sized("import time; time.sleep(0.05)", "n1-standard-96"))["name"] for _ in range(3)]
    jobs = [bench.await_end(name) for name in names]
    assert all(before["endTime"] <= after["startTime"] for before, after in pairwise(jobs))


def test_a_reserved_port_is_nobody_elses_until_it_is_handed_over() -> None:
    ports = Ports()
    with ports.reserve(3) as first, ports.reserve(3) as second:
        assert not set(first.numbers) & set(second.numbers)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", first.numbers[0]))
        first.hand_over()
        with socket.create_server(("127.0.0.1", first.numbers[0])):
            pass


def test_options_become_arguments() -> None:
    assert Options().list_arguments() == []
    assert Options(jobs=2, grace=1.5, retries=0, limits=True, credentials=True).list_arguments() == [
        *("--jobs", "2", "--grace", "1.5", "--retries", "0", "--limits", "--pass-credentials")
    ]
