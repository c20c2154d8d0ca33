"""Jobs in containers, by podman and by docker; on a machine where neither can run, only what is asked of them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.local import ml
from tests.local.containers import IMAGE, PYTHON, Runtime
from tests.local.engine import PARENT, Bench, make_pool
from tests.local.test_tuning import REPORT, make_study, values
from trainctl.local import control
from trainctl.local.control import EngineHome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

BASE = {"baseOutputDirectory": {"outputUriPrefix": "gs://results/run"}}


@pytest.fixture
def bench(runtime: Runtime, make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(variables={**runtime.variables, "HOME": "/root", "MY_SECRET": "s3cret"})


def make_container(code: str, *arguments: str, **fields: Any) -> dict[str, Any]:
    """A worker pool that runs Python code in a container; `fields` go into the container spec."""
    return {"containerSpec": {"imageUri": IMAGE, "command": [PYTHON, "-c"], "args": [code, *arguments], **fields}}


def make_body(*pools: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"displayName": "boxed", "jobSpec": {"workerPoolSpecs": list(pools), **fields}}


def _list_containers(runtime: Runtime, home: EngineHome) -> list[str]:
    """Those of one engine: the runtime may have others."""
    return runtime("ps", "--all", "--filter", f"label=trainctl.engine={home.root}", "--format", "{{.Names}}").split()


def test_the_code_in_a_container_sees_what_it_sees_on_vertex(bench: Bench) -> None:
    code = "import os, sys, json; print(json.dumps({'env': dict(os.environ), 'args': sys.argv[1:]}))"
    variables = [
        {"name": "FIRST", "value": "a b\nc"},
        {"name": "SECOND", "value": "$(FIRST)!"},
        {"name": "HOME", "value": "/tmp"},
        {"name": "CONTAINERS_CONF", "value": "/nowhere"},
    ]
    arguments = ["--out=$(AIP_MODEL_DIR)", "/gcs/data/x.csv", "$$(AIP_MODEL_DIR)"]
    job = bench.run(make_body(make_container("import sys\n" + code, *arguments, env=variables), **BASE))
    assert job["state"] == "JOB_STATE_SUCCEEDED", bench.list_log(job["name"])
    (entry,) = bench.list_log(job["name"], ' AND resource.labels.task_name="workerpool0-0"')
    seen = entry["jsonPayload"]
    environment = seen["env"]
    assert seen["args"] == ["--out=gs://results/run/model/", "/gcs/data/x.csv", "$(AIP_MODEL_DIR)"]
    assert environment["AIP_MODEL_DIR"] == "gs://results/run/model/"
    assert environment["AIP_CHECKPOINT_DIR"] == "gs://results/run/checkpoints/"
    assert (environment["FIRST"], environment["SECOND"]) == ("a b\nc", "a b\nc!")
    assert (environment["HOME"], environment["CONTAINERS_CONF"]) == ("/tmp", "/nowhere")
    assert environment["CLOUD_ML_JOB_ID"] == job["name"].rpartition("/")[2]
    assert json.loads(environment["CLUSTER_SPEC"])["job"] == job["jobSpec"]
    assert not {"TF_CONFIG", "MY_SECRET", "GOOGLE_APPLICATION_CREDENTIALS", "TRAINCTL_LOCAL_JOB"} & set(environment)


def test_the_code_in_a_container_sees_what_it_saw_on_ai_platform(bench: Bench) -> None:
    code = "import os, sys, json; print(json.dumps({'env': dict(os.environ), 'args': sys.argv[1:]}))"
    master = {"imageUri": IMAGE, "containerCommand": [PYTHON, "-c"], "containerArgs": [code, "--rate=1"]}
    given = {"region": "r", "masterConfig": master, "useChiefInTfConfig": True, "jobDir": "gs://results/run"}
    job = ml.run(bench, {"jobId": "boxed", "trainingInput": given})
    assert job["state"] == "SUCCEEDED", job
    (entry,) = bench.list_log("projects/p/jobs/boxed", ' AND resource.labels.task_name="master-replica-0"')
    seen = entry["jsonPayload"]
    assert seen["args"] == ["--rate=1", "--job-dir", "gs://results/run"]
    told = json.loads(seen["env"]["TF_CONFIG"])
    assert (list(told["cluster"]), told["task"]["type"]) == (["chief"], "chief")
    assert told["job"]["master_config"]["image_uri"] == IMAGE
    everyone = json.loads(seen["env"]["CLUSTER_SPEC"])
    assert (list(everyone["cluster"]), everyone["task"]["type"]) == (["master"], "master")
    assert seen["env"]["CLOUD_ML_JOB_ID"] == "boxed"
    assert not [name for name in seen["env"] if name.startswith("AIP_")]


def test_the_entry_point_of_the_image_is_used_where_the_spec_names_none(bench: Bench) -> None:
    job = bench.run(make_body({"containerSpec": {"imageUri": IMAGE, "args": ["-c", "print('by itself')"]}}))
    assert bench.list_output(job["name"]) == ["by itself"]


def test_buckets_are_mounted_as_on_vertex(bench: Bench) -> None:
    bench.bucket("data").mkdir()
    bench.bucket("data/x").write_text("from outside")
    code = "import os; f = os.environ['AIP_MODEL_DIR'].replace('gs://', '/gcs/') + 'm'"
    code += "; open(f, 'w').write(open('/gcs/data/x').read())"
    job = bench.run(make_body(make_container(code), **BASE))
    assert job["state"] == "JOB_STATE_SUCCEEDED", bench.list_log(job["name"])
    assert bench.bucket("results/run/model/m").read_text() == "from outside"


WRITE = """
import os
folder = os.environ["AIP_MODEL_DIR"].replace("gs://", "/gcs/", 1)
for n in range(3):
    open(f"{folder}weights-{n}", "w").write("x" * n)
os.mkdir(folder + "more")
open(folder + "more/notes", "w").write(os.environ["CLOUD_ML_PROJECT_ID"])
"""


def test_a_container_and_a_package_leave_the_same_files(bench: Bench) -> None:
    left = []
    for name, pool in (("package", make_pool(WRITE)), ("container", make_container(WRITE))):
        base = {"baseOutputDirectory": {"outputUriPrefix": f"gs://results/{name}"}}
        assert bench.run(make_body(pool, **base))["state"] == "JOB_STATE_SUCCEEDED"
        folder = bench.bucket(f"results/{name}/model")
        left.append({str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert left[0] == left[1]
    assert sorted(left[0]) == ["more/notes", "weights-0", "weights-1", "weights-2"]


def test_trials_in_containers_report_their_metrics_by_the_file(bench: Bench) -> None:
    """Each has a file of its own, at the place where cloudml-hypertune writes; the bucket's folder of each is apart."""
    code = f"{REPORT}\nfor step in (1, 2):\n    report(step * float(values['x']), step)\n"
    code += "import pathlib\nfolder = pathlib.Path('/gcs/' + os.environ['AIP_MODEL_DIR'][5:])\n"
    code += "folder.mkdir(parents=True, exist_ok=True)\n(folder / 'path').write_text(path)\n"
    study = make_study("", trials=4, parallel=2)
    study["trialJobSpec"] = {"workerPoolSpecs": [make_container(code)], **BASE}
    job = bench.run(study, "hyperparameterTuningJobs")
    assert job["state"] == "JOB_STATE_SUCCEEDED", bench.list_log(job["name"])
    trials = job["trials"]
    assert [trial["state"] for trial in trials] == ["SUCCEEDED"] * 4
    for trial in trials:
        assert trial["finalMeasurement"]["stepCount"] == "2"
        assert trial["finalMeasurement"]["metrics"][0]["value"] == pytest.approx(2 * values(trial)["x"])
        told = bench.core.home.buckets / "results" / "run" / trial["id"] / "model" / "path"
        assert told.read_text() == "/tmp/hypertune/output.metrics"


def test_a_trial_in_a_container_that_reports_nothing_is_infeasible(bench: Bench) -> None:
    study = make_study("", trials=1, parallel=1)
    study["trialJobSpec"] = {"workerPoolSpecs": [make_container("pass")]}
    [trial] = bench.run(study, "hyperparameterTuningJobs")["trials"]
    assert (trial["state"], "score" in trial["infeasibleReason"]) == ("INFEASIBLE", True)


def test_a_container_that_fails_fails_the_job_with_its_status(bench: Bench, runtime: Runtime) -> None:
    job = bench.run(make_body(make_container("import sys; print('wrong', file=sys.stderr); sys.exit(7)")))
    assert job["error"]["message"].startswith("The replica workerpool0-0 exited with a non-zero status of 7.")
    assert ("ERROR", "wrong") in [(entry["severity"], entry["textPayload"]) for entry in bench.list_log(job["name"])]
    assert _list_containers(runtime, bench.core.home) == []


CATCH = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("saved", flush=True), sys.exit(0)))
print("up", flush=True)
time.sleep(600)
"""


def test_cancelling_lets_a_container_end_by_itself(runtime: Runtime, make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(variables=runtime.variables, grace=30)
    name = bench.create(make_body(make_container(CATCH)))["name"]
    bench.await_output(name)
    bench.client.post(f"/v1/{name}:cancel")
    assert bench.await_end(name)["state"] == "JOB_STATE_CANCELLED"
    assert bench.list_output(name) == ["up", "saved"]
    assert _list_containers(runtime, bench.core.home) == []


def test_cancelling_ends_a_container_that_ignores_it(bench: Bench, runtime: Runtime) -> None:
    code = "import os, time; os.fork(); print('up', flush=True); time.sleep(600)"
    name = bench.create(make_body(make_container(code)))["name"]
    bench.await_output(name, 2)
    bench.client.post(f"/v1/{name}:cancel")
    assert bench.await_end(name)["state"] == "JOB_STATE_CANCELLED"
    assert _list_containers(runtime, bench.core.home) == []


def test_a_killed_supervisor_takes_its_container_with_it(bench: Bench, runtime: Runtime) -> None:
    name = bench.create(make_body(make_container("import time; print('up', flush=True); time.sleep(600)")))["name"]
    bench.await_output(name)
    (run,) = bench.core.store.runs()
    os.kill(run.pid, signal.SIGKILL)
    assert bench.await_end(name)["error"]["code"] == 13
    assert _list_containers(runtime, bench.core.home) == []


def test_what_an_engine_and_a_supervisor_left_when_both_were_killed_is_gone_at_the_next_start(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in runtime.variables.items():
        monkeypatch.setenv(name, value)  # the engine inherits this process's environment
    home = EngineHome(tmp_path / "engine")
    first = control.start(home)
    try:
        body = make_body(make_container("import time; print('up', flush=True); time.sleep(600)"))
        with _open(first) as client:
            name = client.post(f"/v1/{PARENT}/customJobs", json=body).json()["name"]
            _await_container(runtime, home)
            assert client.get(f"/v1/{name}").json()["state"] == "JOB_STATE_RUNNING"
        with closing(sqlite3.connect(home.database)) as connection:
            [[supervisor]] = connection.execute("SELECT pid FROM runs").fetchall()
        os.kill(supervisor, signal.SIGSTOP)
        os.kill(first.pid, signal.SIGKILL)
        os.kill(supervisor, signal.SIGKILL)
        while control.running(home):
            time.sleep(0.01)
        assert len(_list_containers(runtime, home)) == 1
        with _open(control.start(home)) as client:
            assert _list_containers(runtime, home) == []
            assert client.get(f"/v1/{name}").json()["error"]["message"] == "The engine stopped while the job ran."
    finally:
        control.stop(home)


def _open(engine: control.Engine) -> httpx.Client:
    return httpx.Client(base_url=engine.url, headers={"Authorization": f"Bearer {engine.read_token()}"}, timeout=60)


def _await_container(runtime: Runtime, home: EngineHome) -> None:
    """Waits until one runs."""
    running = ("--filter", f"label=trainctl.engine={home.root}", "--format", "{{.Names}}")
    deadline = time.monotonic() + 300
    while len(runtime("ps", *running).split()) != 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_image_that_cannot_be_had_fails_the_job_with_the_runtimes_words(bench: Bench) -> None:
    job = bench.run(make_body({"containerSpec": {"imageUri": "localhost:1/none/such:1"}}))
    assert job["state"] == "JOB_STATE_FAILED"
    head, *rest = job["error"]["message"].splitlines()
    assert head == "The image `localhost:1/none/such:1` of workerpool0 could not be pulled:"
    assert rest
    assert "startTime" not in job


def test_a_container_and_a_program_reach_one_another_at_their_addresses(bench: Bench) -> None:
    serve = (
        "import os, json, socket\nspec = json.loads(os.environ['CLUSTER_SPEC'])\n"
        "port = int(spec['cluster']['workerpool0'][0].split(':')[1])\n"
    )
    chief = serve + "print(socket.create_server(('127.0.0.1', port)).accept()[0].recv(9).decode())"
    worker = serve + (
        "import time\nwhile True:\n try: socket.create_connection(('127.0.0.1', port)).sendall(b'hello'); break\n"
        " except ConnectionRefusedError: time.sleep(0.02)"
    )
    job = bench.run(make_body(make_container(chief), make_pool(worker)))
    assert bench.list_output(job["name"]) == ["hello"], bench.list_log(job["name"])


FAKE = """#!/bin/sh
[ "$1" = image ] && exit 0
for part in "$@"; do
  printf '%s\\n' "$part"
  case $part in *.env) cp -p "$part" "$0.env" ;; esac
done
"""


def test_options_with_an_open_quote_fail_the_job_and_say_so(tmp_path: Path, make_bench: Callable[..., Bench]) -> None:
    fake = tmp_path / "docker"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    chosen = {"TRAINCTL_CONTAINER_RUNTIME": str(fake), "TRAINCTL_CONTAINER_OPTIONS": "--label='x"}
    bench = make_bench(variables={"PATH": "/usr/bin:/bin", **chosen})
    job = bench.run(make_body({"containerSpec": {"imageUri": "image:1"}}))
    reason = "The options `--label='x` of TRAINCTL_CONTAINER_OPTIONS cannot be read: No closing quotation."
    assert job["error"] == {"code": 3, "message": reason}


def test_nothing_secret_is_on_a_command_line(tmp_path: Path, make_bench: Callable[..., Bench]) -> None:
    """A runtime of our own shows what it was asked; any user of a machine can see that of the real one."""
    fake = tmp_path / "bin" / "docker"
    fake.parent.mkdir()
    fake.write_text(FAKE)
    fake.chmod(0o755)
    variables = {"PATH": f"{fake.parent}:/usr/bin:/bin", "TRAINCTL_CONTAINER_RUNTIME": "docker"}
    bench = make_bench(variables={**variables, "TRAINCTL_CONTAINER_OPTIONS": "--gpus all --shm-size='1 g'"})
    env = [{"name": "PASSWORD", "value": "hush"}, {"name": "HTTPS_PROXY", "value": "http://me:hush@proxy"}]
    spec = {"imageUri": "image:1", "command": ["python", "-m", "x"], "args": ["--job=$(CLOUD_ML_JOB_ID)"], "env": env}
    job = bench.run(make_body({"containerSpec": spec}))
    identifier = job["name"].rpartition("/")[2]
    shown = bench.list_output(job["name"])
    assert not any("hush" in part for part in shown)
    place = shown.index("--name") + 1
    assert shown[place].startswith("trainctl-")
    assert shown[place].endswith(f"-{identifier}-workerpool0-0")
    folder = bench.core.folder(job["name"]).path
    assert shown[:place] + shown[place + 1 :] == [
        *("run", "--rm", "--name", "--pull=never", "--network=host", "--log-driver=none"),
        *("--label", f"trainctl.engine={bench.core.home.root}", "--label", f"trainctl.job={job['name']}"),
        *("--security-opt", "label=disable", "--mount", f"type=bind,source={bench.core.home.buckets},target=/gcs"),
        *("--env", "NO_GCE_CHECK", "--env", "PYTHONUNBUFFERED", "--env", "CLOUD_ML_PROJECT_ID"),
        *("--env", "CLOUD_ML_JOB_ID", "--env", "CLUSTER_SPEC", "--env", "PASSWORD"),
        *("--env-file", str(folder / "workerpool0-0.env")),
        *("--gpus", "all", "--shm-size=1 g"),
        *("--entrypoint", "python", "image:1", "-m", "x", f"--job={identifier}"),
    ]
    passed = tmp_path / "bin" / "docker.env"
    assert passed.read_text() == "HTTPS_PROXY=http://me:hush@proxy\n"
    assert passed.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["log.jsonl", "work"]


def test_a_runtime_that_does_not_work_fails_the_job_with_its_words(
    tmp_path: Path, make_bench: Callable[..., Bench]
) -> None:
    fake = tmp_path / "podman"
    fake.write_text("#!/bin/sh\necho 'cannot connect to the daemon' >&2\nexit 125\n")
    fake.chmod(0o755)
    bench = make_bench(variables={"TRAINCTL_CONTAINER_RUNTIME": str(fake)})
    job = bench.run(make_body({"containerSpec": {"imageUri": "image:1"}}))
    assert job["error"]["message"].splitlines() == [
        "The image `image:1` of workerpool0 could not be pulled:",
        "cannot connect to the daemon",
    ]
