"""Training jobs of ml.v1 on the engine, from the create call to the last state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import refused
from tests.local.ml import JOBS, create, list_output, make_job, name_of, run

if TYPE_CHECKING:
    from tests.local.engine import Bench


def show(variable: str) -> str:
    """Code that writes a variable that holds JSON."""
    return f"import json, os; print(' ' + os.environ['{variable}'], flush=True)"


def test_a_package_runs_to_the_end_with_its_arguments_and_the_job_directory(bench: Bench) -> None:
    code = "import os, sys; open(sys.argv[-1] + '/m', 'w').write(' '.join(sys.argv[1:])); print('done')"
    job = run(bench, make_job(code, "--rate=0.1", jobDir="gs://out/job"))
    assert (job["state"], list_output(bench, job)) == ("SUCCEEDED", ["done"])
    place = bench.bucket("out/job")
    assert (place / "m").read_text() == f"--rate=0.1 --job-dir {place}"
    assert job["createTime"] <= job["startTime"] <= job["endTime"]
    assert "name" not in job


def test_every_replica_of_a_single_job_is_told_its_cluster_by_tf_config(bench: Bench) -> None:
    code = "import os; print(*sorted(n for n in os.environ if n.startswith(('CLOUD_ML_', 'TF_', 'CLUSTER', 'AIP_'))))"
    job = run(bench, make_job(f"{show('TF_CONFIG')}\n{code}\nprint(os.environ['CLOUD_ML_JOB_ID'])"))
    config, names, job_id = list_output(bench, job)
    assert names == "CLOUD_ML_JOB_ID CLOUD_ML_PROJECT_ID TF_CONFIG"
    assert job_id == "census_1"
    told = json.loads(config)
    assert list(told["cluster"]) == ["chief"]
    assert told["environment"] == "cloud"
    assert (told["task"]["type"], told["task"]["index"]) == ("chief", 0)
    assert told["job"]["python_module"] == "practice.task"
    assert told["job"]["package_uris"] == ["gs://stage/practice-1.0.tar.gz"]


def test_a_custom_cluster_has_replicas_of_every_type_under_their_names(bench: Bench) -> None:
    flags = bench.bucket("flags")
    flags.mkdir(parents=True)
    code = f"""
import json, os, time
c = json.loads(os.environ["TF_CONFIG"])
print(c["task"]["type"], c["task"]["index"], {{n: len(a) for n, a in c["cluster"].items()}}, flush=True)
open("{flags}/" + str(os.getpid()), "w").close()
while c["task"]["type"] != "master" or len(os.listdir("{flags}")) < 5:  # the master's end is the job's
    time.sleep(0.01)
"""
    types = {"masterType": "standard", "workerType": "standard", "workerCount": "2", "evaluatorType": "standard"}
    servers = {"parameterServerType": "standard", "parameterServerCount": 1, "evaluatorCount": "1"}
    cluster: dict[str, Any] = {"scaleTier": "CUSTOM", "runtimeVersion": "1.15", **types, **servers}
    job = run(bench, make_job(code, **cluster))
    assert job["state"] == "SUCCEEDED"
    everyone = "{'master': 1, 'worker': 2, 'ps': 1}"
    for task in ("master", "worker", "ps", "evaluator"):
        assert list_output(bench, job, f"{task}-replica-0") == [f"{task} 0 {everyone}"]
    assert list_output(bench, job, "worker-replica-1") == [f"worker 1 {everyone}"]


TPU = {"scaleTier": "CUSTOM", "masterType": "n1-standard-4", "workerType": "cloud_tpu", "workerCount": "1"}
TIERS: list[tuple[dict[str, Any], dict[str, int]]] = [
    ({"scaleTier": "STANDARD_1"}, {"chief": 1, "worker": 4, "ps": 3}),
    ({"scaleTier": "BASIC_GPU"}, {"chief": 1}),
    ({"scaleTier": "BASIC_TPU"}, {"chief": 1}),
    (TPU, {"chief": 1}),
    ({"scaleTier": "CUSTOM", "masterType": "cloud_tpu"}, {"chief": 1}),
    ({**TPU, "masterType": "cloud_tpu", "workerType": "n1-standard-4"}, {"chief": 1, "worker": 1}),
]


@pytest.mark.parametrize(("tier", "replicas"), TIERS, ids=["-".join(tier.values()) for tier, _ in TIERS])
def test_a_scale_tier_stands_for_as_many_replicas(bench: Bench, tier: dict[str, Any], replicas: dict[str, int]) -> None:
    job = run(bench, make_job(show("TF_CONFIG"), **tier))
    [config] = list_output(bench, job)
    assert {name: len(found) for name, found in json.loads(config)["cluster"].items()} == replicas


def test_more_replicas_than_a_machine_bears_are_refused(idle: Bench) -> None:
    many = {"scaleTier": "CUSTOM", "masterType": "standard", "workerType": "standard", "workerCount": "64"}
    answer = refused(idle.client.post(JOBS, json=make_job(**many)))
    message = "The local engine runs at most 64 replicas in one job (training_input.worker_count)."
    assert answer == (400, "FAILED_PRECONDITION", message)


def test_a_job_directory_outside_of_buckets_is_refused(idle: Bench) -> None:
    for place in ("/tmp/x", "gs://b/../../x"):
        assert refused(idle.client.post(JOBS, json=make_job(jobDir=place)))[:2] == (400, "INVALID_ARGUMENT")


def test_a_job_that_fails_says_which_replica_did_and_where_its_log_is(bench: Bench) -> None:
    job = run(bench, make_job("import sys; sys.exit(3)"))
    assert job["state"] == "FAILED"
    assert job["errorMessage"] == (
        "The replica master-replica-0 exited with a non-zero status of 3. To find out more about why your job exited "
        "please check the logs: trainctl jobs logs census_1 --local"
    )
    assert "backing" not in job


def test_a_job_that_runs_longer_than_it_may_is_cancelled_for_that(bench: Bench) -> None:
    job = run(bench, make_job("import time; time.sleep(60)", scheduling={"maxRunningTime": "0.5s"}))
    assert job["state"] == "CANCELLED"
    assert job["errorMessage"] == "The job ran longer than `maxRunningTime` allows."


def test_a_running_job_is_cancelled(bench: Bench) -> None:
    name = name_of(create(bench, make_job("import time; time.sleep(60)")))
    bench.await_state(name, "RUNNING")
    assert bench.client.post(f"/v1/{name}:cancel", json={}).json() == {}
    job = bench.await_end(name)
    assert (job["state"], job["errorMessage"]) == ("CANCELLED", "The job was cancelled by the user.")


def test_a_job_whose_package_is_not_there_fails_before_it_runs(bench: Bench) -> None:
    job = run(bench, make_job(packageUris=["gs://stage/none.tar.gz"]))
    assert (job["state"], "startTime" in job) == ("FAILED", False)
    assert "`gs://stage/none.tar.gz` is not in the engine's storage" in job["errorMessage"]


def test_units_are_those_of_the_tier_by_the_hour(bench: Bench) -> None:
    job = run(bench, make_job("import time; time.sleep(0.6)", scaleTier="PREMIUM_1", job_id="big"))
    assert job["trainingOutput"]["consumedMLUnits"] > 0.005


def test_what_runs_behind_a_job_is_not_among_vertex_ais_jobs(bench: Bench) -> None:
    run(bench, make_job())
    assert bench.client.get("/v1/projects/p/locations/us-central1/customJobs").json() == {}
    assert len(bench.client.get(JOBS).json()["jobs"]) == 1
