"""Jobs as real processes; each test waits for what it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import CUSTOM_TASK, Bench, make_job, make_pipeline, make_pool, make_spec, read
from tests.local.packages import BACKEND, build_package
from tests.local.test_tuning import make_study
from trainctl.local.supervision.processes import find_job_processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = {"baseOutputDirectory": {"outputUriPrefix": "gs://results/run"}}


def _processes(bench: Bench, name: str) -> list[int]:
    return find_job_processes(str(bench.core.folder(name).path))


def test_a_job_that_ends_well_has_succeeded_with_its_times(bench: Bench) -> None:
    job = bench.run(make_job("print('hello', *sys.argv[1:])", "a b", "--flag"))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert job["createTime"] < job["startTime"] < job["endTime"] == job["updateTime"]
    assert "error" not in job
    assert bench.list_output(job["name"]) == ["hello a b --flag"]
    assert [entry["textPayload"] for entry in bench.list_log(job["name"], ' AND textPayload=~"^Job "')][-2:] == [
        "Job is running.",
        "Job completed successfully.",
    ]


def test_a_job_that_fails_names_its_replica_and_status(bench: Bench) -> None:
    job = bench.run(make_job("print('before'); print('wrong', file=sys.stderr); sys.exit(7)"))
    assert job["state"] == "JOB_STATE_FAILED"
    assert job["error"] == {
        "code": 3,
        "message": "The replica workerpool0-0 exited with a non-zero status of 7. To find out more about why your job "
        f"exited please check the logs: trainctl jobs logs {job['name'].rpartition('/')[2]} --local",
    }
    severities = [
        (entry["severity"], entry["textPayload"]) for entry in bench.list_log(job["name"], " AND NOT service")
    ]
    assert ("INFO", "before") in severities
    assert ("ERROR", "wrong") in severities


def test_a_job_killed_by_a_signal_has_the_status_a_shell_would_show(bench: Bench) -> None:
    job = bench.run(make_job("import os; os.kill(os.getpid(), 9)"))
    assert "non-zero status of 137" in job["error"]["message"]


def test_the_training_code_sees_what_it_sees_on_vertex(bench: Bench) -> None:
    code = "import os, json; print(json.dumps({'env': dict(os.environ), 'args': sys.argv[1:], 'cwd': os.getcwd()}))"
    arguments = [
        "--out=$(AIP_MODEL_DIR)",
        "/gcs/data/x.csv",
        "--in=/gcs/data/y",
        "$$(AIP_MODEL_DIR) $(NOPE)",
        "gs://data/x",
    ]
    body = make_job(code, *arguments, **BASE)
    body["jobSpec"]["workerPoolSpecs"][0]["pythonPackageSpec"]["env"] = [
        {"name": "FIRST", "value": "1"},
        {"name": "SECOND", "value": "$(FIRST)2"},
        {"name": "EMPTY", "value": ""},
    ]
    job = bench.run(body)
    (entry,) = bench.list_log(job["name"], ' AND resource.labels.task_name="workerpool0-0"')
    seen: dict[str, Any] = entry["jsonPayload"]
    environment = seen["env"]
    results = str(bench.bucket("results/run"))
    assert environment["AIP_MODEL_DIR"] == f"{results}/model/"
    assert environment["AIP_CHECKPOINT_DIR"] == f"{results}/checkpoints/"
    assert environment["AIP_TENSORBOARD_LOG_DIR"] == f"{results}/logs/"
    assert environment["CLOUD_ML_PROJECT_ID"] == "p"
    assert environment["CLOUD_ML_JOB_ID"] == job["name"].rpartition("/")[2]
    assert (environment["FIRST"], environment["SECOND"], environment["EMPTY"]) == ("1", "12", "")
    cluster = json.loads(environment["CLUSTER_SPEC"])
    assert cluster["task"] == {"type": "workerpool0", "index": 0}
    assert cluster["job"] == job["jobSpec"]
    assert "TF_CONFIG" not in environment
    assert seen["args"] == [
        f"--out={results}/model/",
        str(bench.bucket("data/x.csv")),
        f"--in={bench.bucket('data/y')}",
        "$(AIP_MODEL_DIR) $(NOPE)",
        "gs://data/x",
    ]


def test_a_job_inherits_no_credentials(bench: Bench) -> None:
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    job = bench.run(make_job(code))
    (entry,) = bench.list_log(job["name"], ' AND resource.labels.task_name="workerpool0-0"')
    environment = entry["jsonPayload"]
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in environment
    assert environment["HOME"] == str(bench.core.folder(job["name"]).work)
    assert environment["CLOUDSDK_CONFIG"].startswith(environment["HOME"])


def test_outputs_are_objects_of_the_bucket(bench: Bench) -> None:
    bench.run(make_job("import os; open(os.environ['AIP_MODEL_DIR'] + 'weights', 'w').write('42')", **BASE))
    path = "/storage/v1/b/results/o/run%2Fmodel%2Fweights"
    assert bench.client.get(path, params={"alt": "media"}).content == b"42"


@pytest.mark.parametrize("taken", ["run", "run/model"])
def test_outputs_below_an_object_fail_the_job_with_the_place_that_is_taken(bench: Bench, taken: str) -> None:
    file = bench.bucket("results") / taken
    file.parent.mkdir(parents=True)
    file.write_text("an object")
    job = bench.run(make_job("pass", **BASE))
    assert job["state"] == "JOB_STATE_FAILED"
    assert job["error"]["message"] == (
        "The local engine cannot write below `gs://results/run/model/`: "
        "an object has this name, or a folder above it has."
    )
    assert file.read_text() == "an object"


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if child := os.fork():
    os.waitpid(child, 0)
else:
    os.setsid()
    if os.fork():
        os._exit(0)
    print("grandchild", flush=True)
    time.sleep(600)
print("parent", flush=True)
time.sleep(600)
"""


def test_cancel_ends_even_a_grandchild_that_ignores_it(bench: Bench) -> None:
    bench.stage()
    name = bench.create(make_job(STUBBORN))["name"]
    bench.await_output(name, 2)
    assert len(_processes(bench, name)) == 2
    assert read(bench.client.post(f"/v1/{name}:cancel")) == {}
    job = bench.await_end(name)
    assert (job["state"], job["error"]) == ("JOB_STATE_CANCELLED", {"code": 1, "message": "CANCELED"})
    assert _processes(bench, name) == []


def test_cancel_gives_a_job_time_to_end_by_itself(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(grace=30)
    bench.stage()
    catch = "signal.signal(15, lambda *_: (print('saved', flush=True), sys.exit(0)))"
    code = f"import signal, time\n{catch}\nprint('up')\ntime.sleep(99)"
    name = bench.create(make_job(code))["name"]
    bench.await_output(name)
    bench.client.post(f"/v1/{name}:cancel")
    assert bench.await_end(name)["state"] == "JOB_STATE_CANCELLED"
    assert bench.list_output(name) == ["up", "saved"]


def test_a_daemon_does_not_outlive_a_job_that_succeeded(bench: Bench) -> None:
    code = "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(600)\nprint('done')"
    job = bench.run(make_job(code))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert _processes(bench, job["name"]) == []


def test_a_job_that_takes_too_long_is_ended(bench: Bench) -> None:
    job = bench.run(make_job("import time; time.sleep(600)", scheduling={"timeout": "0.2s"}))
    assert (job["state"], job["error"]["code"]) == ("JOB_STATE_FAILED", 4)
    assert "scheduling.timeout" in job["error"]["message"]


@pytest.mark.parametrize("timeout", ["2592000s", "315576000000s"])
def test_a_job_may_take_longer_than_any_timer_of_the_system_knows(bench: Bench, timeout: str) -> None:
    assert bench.run(make_job("pass", scheduling={"timeout": timeout}))["state"] == "JOB_STATE_SUCCEEDED"


def test_a_killed_supervisor_takes_its_job_with_it(bench: Bench) -> None:
    bench.stage()
    name = bench.create(make_job("import time; print('up'); time.sleep(600)"))["name"]
    bench.await_output(name)
    (run,) = bench.core.store.runs()
    os.kill(run.pid, signal.SIGKILL)
    job = bench.await_end(name)
    assert (job["state"], job["error"]["code"]) == ("JOB_STATE_FAILED", 13)
    assert _processes(bench, name) == []


def test_a_program_meets_signals_as_anywhere_else(bench: Bench) -> None:
    code = "import os, signal\ntry: os.kill(os.getpid(), signal.SIGINT)\nexcept KeyboardInterrupt: print('interrupted')"
    assert bench.list_output(bench.run(make_job(code))["name"]) == ["interrupted"]


@pytest.mark.parametrize(
    ("arguments", "variables"), [(["a\0b"], []), ([], [{"name": "A", "value": "a\0b"}])], ids=["argument", "variable"]
)
def test_a_program_that_no_system_can_start_says_so(
    bench: Bench, arguments: list[str], variables: list[dict[str, str]]
) -> None:
    pool = make_pool("pass", *arguments, env=variables)
    job = bench.run({"displayName": "x", "jobSpec": {"workerPoolSpecs": [pool]}})
    message = "The job's program could not be started: embedded null byte"
    assert (job["state"], job["error"]) == ("JOB_STATE_FAILED", {"code": 13, "message": message})


def test_a_missing_package_fails_the_job_with_its_name(bench: Bench) -> None:
    job = bench.await_end(bench.create(make_job())["name"])
    assert job["error"]["message"] == (
        "The package `gs://stage/practice-1.0.tar.gz` is not in the engine's storage; upload it there first."
    )


def test_a_package_that_does_not_build_fails_the_job_with_the_installers_words(bench: Bench) -> None:
    build_package(
        bench.bucket("stage/practice-1.0.tar.gz"), backend=BACKEND + "\nraise SystemExit('no compiler here')\n"
    )
    job = bench.await_end(bench.create(make_job())["name"])
    assert job["state"] == "JOB_STATE_FAILED"
    assert job["error"]["message"].startswith("The environment of replica workerpool0-0 could not be made:\n")
    assert "startTime" not in job
    assert any("no compiler here" in entry.get("textPayload", "") for entry in bench.list_log(job["name"]))


def test_a_job_that_is_cancelled_while_its_environment_is_made_ends(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(slots=1)
    begun = bench.bucket("stage/begun")
    backend = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(600)\n"
    build_package(bench.bucket("stage/practice-1.0.tar.gz"), backend=backend)
    name = bench.create(make_job())["name"]
    while not begun.exists():
        assert bench.get(name)["state"] in ("JOB_STATE_QUEUED", "JOB_STATE_PENDING")
    bench.client.post(f"/v1/{name}:cancel")
    assert bench.await_end(name)["state"] == "JOB_STATE_CANCELLED"
    assert _processes(bench, name) == []


def test_ten_megabytes_of_output_are_kept_in_order(bench: Bench) -> None:
    code = "for n in range(120_000): print(f'{n:06} ' + 'x' * 80)"
    job = bench.run(make_job(code))
    condition = (
        f'resource.labels.job_id="{job["name"].rpartition("/")[2]}" AND resource.labels.task_name="workerpool0-0"'
    )
    body = {"resourceNames": ["projects/p"], "filter": condition, "pageSize": 1000, "orderBy": "timestamp desc"}
    answer = read(bench.client.post("/v2/entries:list", json=body))
    numbers = [int(entry["textPayload"][:6]) for entry in answer["entries"]]
    assert numbers == list(range(119_999, 118_999, -1))
    log = bench.core.folder(job["name"]).log_file.read_bytes()
    assert log.count(b'"k": "workerpool0-0"') == 120_000


def test_a_structured_line_with_what_is_no_json_is_text(bench: Bench) -> None:
    """Python writes NaN, and no other program could read an answer with one."""
    deep = f'{{"a": {"[" * 980}{"]" * 980}}}'
    lines = ['{"loss": NaN}', '{"loss": -Infinity}', '{"loss": 1e999}', '{"a": "\\ud800"}', deep, '{"loss": 0.5}']
    name = bench.run(make_job(f"for line in {lines}: print(line)"))["name"]
    entries = bench.list_log(name, ' AND resource.labels.task_name="workerpool0-0"')
    assert [entry.get("textPayload", entry.get("jsonPayload")) for entry in entries] == [*lines[:-1], {"loss": 0.5}]


def test_binary_and_endless_output_is_kept_as_text(bench: Bench) -> None:
    job = bench.run(make_job("sys.stdout.buffer.write(b'\\x00\\xff\\x1b[31m\\n' + b'z' * 200_000)"))
    lines = bench.list_output(job["name"])
    assert lines[0] == "\0\\xff\x1b[31m"
    assert "".join(lines[1:]) == "z" * 200_000


def test_no_more_jobs_run_at_a_time_than_allowed(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(slots=1)
    bench.stage()
    names = [bench.create(make_job("import time; time.sleep(0.05)"))["name"] for _ in range(4)]
    jobs = [bench.await_end(name) for name in names]
    assert [job["state"] for job in jobs] == ["JOB_STATE_SUCCEEDED"] * 4
    assert all(before["endTime"] <= after["startTime"] for before, after in pairwise(jobs))


def test_a_pipeline_ends_with_a_model(bench: Bench) -> None:
    code = "import os; open(os.environ['AIP_MODEL_DIR'] + 'model.joblib', 'w').write('m')"
    container = {"imageUri": "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-0:latest"}
    model = {"displayName": "digits", "containerSpec": container, "labels": {"a": "b"}, "versionAliases": ["new"]}
    pipeline = bench.run(
        make_pipeline(make_spec(code, **BASE), modelToUpload=model, modelId="digits"), "trainingPipelines"
    )
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED"
    made = bench.get(pipeline["modelToUpload"]["name"])
    assert made == pipeline["modelToUpload"]
    assert made["name"].endswith("/models/digits")
    assert made["artifactUri"] == "gs://results/run/model"
    assert made["versionAliases"] == ["new", "default"]
    assert made["trainingPipeline"] == pipeline["name"]
    assert read(bench.client.get(f"/v1/{made['name'].rpartition('/')[0]}"))["models"] == [made]
    assert read(bench.client.delete(f"/v1/{made['name']}"))["done"] is True


@pytest.mark.parametrize(
    ("make_file", "words"), [(False, "`gs://box/m` does not exist"), (True, "`gs://box/m` is empty")]
)
def test_a_pipeline_without_a_model_fails_saying_where_it_looked(bench: Bench, make_file: bool, words: str) -> None:
    if make_file:
        bench.bucket("box/m/empty").mkdir(parents=True)
    body = make_pipeline(make_spec("pass"), modelToUpload={"displayName": "m", "artifactUri": "gs://box/m"})
    pipeline = bench.run(body, "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_FAILED"
    assert words in pipeline["error"]["message"]
    job = bench.get(pipeline["trainingTaskMetadata"]["backingCustomJob"])
    assert job["state"] == "JOB_STATE_SUCCEEDED"


@pytest.mark.parametrize(
    ("code", "place", "words"),
    [
        ("pass", f"gs://results/{'x' * 256}", "cannot be a directory"),
        # A path of more than 4096 characters, which no program can name.
        (
            "os.chdir(os.environ['AIP_MODEL_DIR'])\nfor _ in range(30): os.mkdir('x' * 200); os.chdir('x' * 200)",
            "",
            "is empty",
        ),
    ],
    ids=["a long name", "a deep folder"],
)
def test_a_place_for_models_that_the_system_refuses_fails_the_pipeline(
    bench: Bench, code: str, place: str, words: str
) -> None:
    bench.bucket("results").mkdir()
    model = {"displayName": "m", **({"artifactUri": place} if place else {})}
    pipeline = bench.run(
        make_pipeline(make_spec(f"import os\n{code}", **BASE), modelToUpload=model), "trainingPipelines"
    )
    assert pipeline["state"] == "PIPELINE_STATE_FAILED"
    assert words in pipeline["error"]["message"]


def test_a_job_whose_end_the_engine_cannot_bring_about_fails(bench: Bench) -> None:
    """Here for what has become of its pipeline: it must not be left running for ever."""
    bench.stage()
    code = "import os, time; print('up')\nwhile not os.path.exists('go'): time.sleep(0.01)"
    body = make_pipeline(make_spec(code, **BASE), modelToUpload={"displayName": "m"})
    pipeline = bench.create(body, "trainingPipelines")
    job = pipeline["trainingTaskMetadata"]["backingCustomJob"]
    bench.await_output(job)
    bench.core.store.change(pipeline["name"], lambda it: {**it, "modelToUpload": "no Model, which nobody can read"})
    assert bench.get(job)["state"] == "JOB_STATE_RUNNING"
    (bench.core.folder(job).work / "go").touch()
    ended = bench.await_end(job)
    assert ended["state"] == "JOB_STATE_FAILED"
    assert ended["error"]["message"] == "The engine could not bring the job to its end; its own log says why."
    assert [entry["textPayload"] for entry in bench.list_log(job, ' AND resource.labels.task_name="service"')][-2:] == [
        ended["error"]["message"],
        "Job failed.",
    ]


def test_a_pipeline_fails_with_its_job(bench: Bench) -> None:
    pipeline = bench.run(make_pipeline(make_spec("sys.exit(3)")), "trainingPipelines")
    assert pipeline["trainingTaskDefinition"] == CUSTOM_TASK
    assert pipeline["state"] == "PIPELINE_STATE_FAILED"
    assert pipeline["error"]["message"].startswith(
        'Training failed with:\ncode: 3\nmessage: "The replica workerpool0-0'
    )


def test_jobs_whose_files_have_no_place_fail_and_do_not_wait_for_ever(bench: Bench) -> None:
    bench.stage()
    bench.core.home.jobs.rmdir()
    bench.core.home.jobs.touch()
    job = bench.await_end(bench.create(make_job())["name"])
    assert (job["state"], job["error"]["code"]) == ("JOB_STATE_FAILED", 13)
    assert job["error"]["message"].startswith("The engine could not run the job: [Errno 20] Not a directory")
    study = bench.await_end(bench.create(make_study("report(1)", trials=1), "hyperparameterTuningJobs")["name"])
    assert study["state"] == "JOB_STATE_FAILED"
    assert study["trials"][0]["infeasibleReason"] == bench.get(study["trials"][0]["customJob"])["error"]["message"]


def test_closing_the_engine_ends_its_jobs_and_keeps_the_queue(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(slots=1)
    first.stage()
    running = first.create(make_job("import time; print('up'); time.sleep(600)"))["name"]
    waiting = first.create(make_job("print('late')"))["name"]
    first.await_output(running)
    first.close()
    assert _processes(first, running) == []
    second = make_bench(slots=1)
    assert second.get(running)["error"]["message"] == "The engine was stopped while the job ran."
    assert second.await_end(waiting)["state"] == "JOB_STATE_SUCCEEDED"
    assert second.list_output(waiting) == ["late"]


def test_a_deleted_job_leaves_nothing_behind(bench: Bench) -> None:
    job = bench.run(make_job("print('x')"))
    folder = bench.core.folder(job["name"]).path
    assert folder.exists()
    read(bench.client.delete(f"/v1/{job['name']}"))
    assert not folder.exists()
    assert bench.list_log(job["name"]) == []


def test_the_supervisor_needs_little_to_start(tmp_path: Path) -> None:
    """What a job costs beside its own program is mostly what the supervisor imports."""
    heavy = {"werkzeug", "waitress", "sqlite3", "http", "email", "asyncio", "importlib.metadata"}
    code = f"import sys, trainctl.local.supervision.supervisor; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert answer.stdout == "[]\n"
