"""Jobs of several replicas; each test waits for what it starts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import Bench, make_pool
from tests.local.packages import build_package
from trainctl.local.supervision.processes import find_job_processes

if TYPE_CHECKING:
    from collections.abc import Callable

TELL = """
import os, json
print(json.dumps({name: os.environ.get(name) for name in ("CLUSTER_SPEC", "TF_CONFIG", "HOME")}))
"""
SLEEP = "import time; print('up', flush=True); time.sleep(600)"


def raise_flag(bench: Bench) -> str:
    """Code that leaves a file of the replica's own."""
    folder = bench.bucket("flags")
    folder.mkdir(parents=True, exist_ok=True)
    return f"\nimport os, json\nopen('{folder}/' + str(os.getpid()), 'w').close()\n"


def await_flags(bench: Bench, count: int) -> str:
    """Code that waits until so many replicas have left one: a primary replica ends the job."""
    raise_flag(bench)
    return f"\nimport os, time\nwhile len(os.listdir('{bench.bucket('flags')}')) < {count}: time.sleep(0.01)\n"


def make_cluster(*pools: Any, **fields: Any) -> dict[str, Any]:
    return {"displayName": "cluster", "jobSpec": {"workerPoolSpecs": list(pools), **fields}}


def _read_task(bench: Bench, name: str, task: str) -> list[dict[str, Any]]:
    return bench.list_log(name, f' AND resource.labels.task_name="{task}"')


def _texts(bench: Bench, name: str, task: str) -> list[str]:
    return [entry["textPayload"] for entry in _read_task(bench, name, task)]


def _describe(bench: Bench, name: str, task: str) -> tuple[dict[str, Any], dict[str, Any]]:
    (entry,) = _read_task(bench, name, task)
    return json.loads(entry["jsonPayload"]["CLUSTER_SPEC"]), json.loads(entry["jsonPayload"]["TF_CONFIG"])


def test_every_replica_is_told_of_all_and_of_itself(bench: Bench) -> None:
    tell = make_pool(TELL + raise_flag(bench))
    job = bench.run(make_cluster(make_pool(TELL + await_flags(bench, 4)), tell | {"replicaCount": "2"}, tell, tell))
    assert job["state"] == "JOB_STATE_SUCCEEDED", job
    tasks = ["workerpool0-0", "workerpool1-0", "workerpool1-1", "workerpool2-0", "workerpool3-0"]
    described = {task: _describe(bench, job["name"], task) for task in tasks}
    (cluster,) = {json.dumps(spec["cluster"]) for spec, _ in described.values()}
    addresses = json.loads(cluster)
    assert {pool: len(names) for pool, names in addresses.items()} == {
        "workerpool0": 1,
        "workerpool1": 2,
        "workerpool2": 1,
        "workerpool3": 1,
    }
    assert all(address.startswith("127.0.0.1:") for names in addresses.values() for address in names)
    assert len({address for names in addresses.values() for address in names}) == 5
    specs, configs = zip(*described.values(), strict=True)
    assert [spec["task"] for spec in specs] == [
        {"type": "workerpool0", "index": 0},
        {"type": "workerpool1", "index": 0},
        {"type": "workerpool1", "index": 1},
        {"type": "workerpool2", "index": 0},
        {"type": "workerpool3", "index": 0},
    ]
    for spec in specs:
        assert {key: spec[key] for key in spec if key not in ("cluster", "task")} == {
            "environment": "cloud",
            "job": job["jobSpec"],
        }
    identifier = job["name"].rpartition("/")[2]
    assert configs[2] == {
        "cluster": {
            "chief": addresses["workerpool0"],
            "worker": addresses["workerpool1"],
            "ps": addresses["workerpool2"],
        },
        "environment": "cloud",
        "job": job["jobSpec"],
        "task": {"type": "worker", "index": 1, "cloud": identifier},
    }
    assert [config["task"]["type"] for config in configs] == ["chief", "worker", "worker", "ps", "evaluator"]


def test_letters_beyond_ascii_leave_room_for_all_arguments_that_google_takes(bench: Bench) -> None:
    """Escaped, they would make a variable of more than 128 KiB, with which no program starts."""
    bench.stage()
    spec = {"workerPoolSpecs": [make_pool("import sys; print(len(sys.argv[1]))", "ä" * 30_000)]}
    job = bench.run({"displayName": "long", "jobSpec": spec})
    assert (job["state"], bench.list_output(job["name"])) == ("JOB_STATE_SUCCEEDED", ["30000"])


def test_replicas_have_folders_of_their_own(bench: Bench) -> None:
    job = bench.run(make_cluster(make_pool(TELL + await_flags(bench, 1)), make_pool(TELL + raise_flag(bench))))
    homes = {
        _read_task(bench, job["name"], task)[0]["jsonPayload"]["HOME"] for task in ("workerpool0-0", "workerpool1-0")
    }
    work = bench.core.folder(job["name"]).work
    assert homes == {str(work / "workerpool0-0"), str(work / "workerpool1-0")}


SERVE = """
import json, os, socket
spec = json.loads(os.environ["CLUSTER_SPEC"])
task = spec["task"]
host, port = spec["cluster"][task["type"]][task["index"]].split(":")
listener = socket.create_server((host, int(port)))
"""

ADD = (
    SERVE
    + """
total = 0
for _ in spec["cluster"]["workerpool1"]:
    connection, _ = listener.accept()
    total += int(connection.recv(100))
    connection.close()
print("total", total)
"""
)

SEND = (
    SERVE
    + """
import time
host, port = spec["cluster"]["workerpool0"][0].split(":")
for _ in range(500):
    try:
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(str(10 ** task["index"]).encode())
        break
    except ConnectionRefusedError:
        time.sleep(0.02)
"""
)


def test_replicas_listen_on_their_addresses_and_reach_one_another(bench: Bench) -> None:
    job = bench.run(make_cluster(make_pool(ADD), make_pool(SEND) | {"replicaCount": 3}))
    assert job["state"] == "JOB_STATE_SUCCEEDED", bench.list_log(job["name"])
    assert _texts(bench, job["name"], "workerpool0-0") == ["total 111"]


def test_jobs_at_the_same_time_have_different_ports(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(slots=4)
    bench.stage()
    body = make_cluster(make_pool(ADD), make_pool(SEND) | {"replicaCount": 3})
    names = [bench.create(body)["name"] for _ in range(4)]
    assert [bench.await_end(name)["state"] for name in names] == ["JOB_STATE_SUCCEEDED"] * 4


def test_the_primary_replica_ends_the_job_and_the_others_may_finish_what_they_do(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(grace=30)
    patient = "import signal; signal.signal(15, lambda *_: (print('saved', flush=True), sys.exit(1)))\n" + SLEEP
    wait = "import os, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"
    flag = bench.bucket("flags/go")
    worker = patient.replace("print('up', flush=True)", f"print('up', flush=True); open({str(flag)!r}, 'w').close()")
    flag.parent.mkdir(parents=True)
    job = bench.run(make_cluster(make_pool(wait, str(flag)), make_pool(worker)))
    assert job["state"] == "JOB_STATE_SUCCEEDED", bench.list_log(job["name"])
    assert _texts(bench, job["name"], "workerpool1-0") == ["up", "saved"]
    assert find_job_processes(str(bench.core.folder(job["name"]).path)) == []


def test_a_parameter_server_that_ends_well_ends_nothing(bench: Bench) -> None:
    chief = await_flags(bench, 1) + "time.sleep(0.2); print('done')"
    job = bench.run(make_cluster(make_pool(chief), {}, make_pool(raise_flag(bench))))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert _texts(bench, job["name"], "workerpool0-0") == ["done"]


def test_a_worker_that_fails_fails_the_job_and_ends_the_others(bench: Bench) -> None:
    job = bench.run(make_cluster(make_pool(SLEEP), make_pool("sys.exit(3)"), make_pool(SLEEP)))
    assert job["state"] == "JOB_STATE_FAILED"
    assert job["error"]["message"].startswith("The replica workerpool1-0 exited with a non-zero status of 3.")
    assert find_job_processes(str(bench.core.folder(job["name"]).path)) == []


def test_cancelling_ends_all_replicas(bench: Bench) -> None:
    bench.stage()
    name = bench.create(make_cluster(make_pool(SLEEP), make_pool(SLEEP) | {"replicaCount": 2}))["name"]
    bench.await_output(name)
    bench.client.post(f"/v1/{name}:cancel")
    assert bench.await_end(name)["state"] == "JOB_STATE_CANCELLED"
    assert find_job_processes(str(bench.core.folder(name).path)) == []


def test_pools_may_have_different_packages(bench: Bench) -> None:
    build_package(bench.bucket("stage/other-1.0.tar.gz"), name="other", task="print('the other')" + raise_flag(bench))
    pool = make_pool()
    pool["pythonPackageSpec"] |= {"packageUris": ["gs://stage/other-1.0.tar.gz"], "pythonModule": "other.task"}
    job = bench.run(make_cluster(make_pool(await_flags(bench, 1)), pool))
    assert _texts(bench, job["name"], "workerpool1-0") == ["the other"]


def test_a_reduction_server_is_left_out_and_that_is_said(bench: Bench) -> None:
    image = "us-docker.pkg.dev/vertex-ai-restricted/training/reductionserver:latest"
    servers = {"replicaCount": 2, "containerSpec": {"imageUri": image}}
    job = bench.run(make_cluster(make_pool(await_flags(bench, 1)), make_pool(TELL + raise_flag(bench)), servers))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    spec, config = _describe(bench, job["name"], "workerpool1-0")
    assert (sorted(spec["cluster"]), sorted(config["cluster"])) == (["workerpool0", "workerpool1"], ["chief", "worker"])
    said = [entry["textPayload"] for entry in bench.list_log(job["name"], " AND severity=WARNING")]
    assert "Reduction servers are not run on this machine; the other replicas reduce among themselves" in said


ONCE = """
import os, signal, sys
if not os.path.exists("tried"):
    open("tried", "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
print("second time", flush=True)
"""


@pytest.mark.parametrize(
    ("scheduling", "retries", "state", "chief"),
    [
        ({}, 1, "SUCCEEDED", ["chief"]),
        ({"restartJobOnWorkerRestart": True}, 1, "SUCCEEDED", ["chief", "chief"]),
        ({"restartJobOnWorkerRestart": True, "disableRetries": True}, 1, "FAILED", ["chief"]),
        ({}, 0, "FAILED", ["chief"]),
    ],
    ids=["one replica again", "all again", "retries disabled", "an engine without retries"],
)
def test_a_replica_that_was_killed_is_started_again_where_that_is_wanted(
    make_bench: Callable[..., Bench], scheduling: dict[str, bool], retries: int, state: str, chief: list[str]
) -> None:
    bench = make_bench(retries=retries)
    flag = bench.bucket("flags")
    flag.mkdir(parents=True)
    wait = (
        f"import os, time\nprint('chief', flush=True)\nwhile not os.path.exists({str(flag / 'go')!r}): time.sleep(0.01)"
    )
    started = f"open({str(flag / 'chief')!r}, 'w').close()"
    first = wait.replace("\nwhile", f"\n{started}\nwhile", 1)
    # The worker dies only when the chief has spoken, and lets it go when it is there for the second time.
    worker = f"import os, time\nwhile not os.path.exists({str(flag / 'chief')!r}): time.sleep(0.01)\n{ONCE}\n"
    worker += f"time.sleep(0.3); open({str(flag / 'go')!r}, 'w').close()"
    job = bench.run(make_cluster(make_pool(first), make_pool(worker), scheduling=scheduling))
    assert job["state"] == f"JOB_STATE_{state}", bench.list_log(job["name"])
    assert _texts(bench, job["name"], "workerpool0-0") == chief


def test_a_replica_that_fails_by_itself_is_not_started_again(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(retries=3)
    job = bench.run(make_cluster(make_pool("print('once'); sys.exit(1)")))
    assert job["state"] == "JOB_STATE_FAILED"
    assert bench.list_output(job["name"]) == ["once"]


def test_a_replica_is_not_started_again_for_ever(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(retries=2)
    job = bench.run(make_cluster(make_pool("import os; print('again', flush=True); os.kill(os.getpid(), 9)")))
    assert "non-zero status of 137" in job["error"]["message"]
    assert bench.list_output(job["name"]) == ["again"] * 3
