"""Jobs of ml.v1 that tune hyperparameters: their trials run as those of tuning jobs do, and are shown as ml.v1's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import read
from tests.local.ml import JOBS, create, list_output, make_job, name_of, run
from tests.local.test_tuning import REPORT as SHARED

if TYPE_CHECKING:
    from tests.local.engine import Bench

REPORT = SHARED.replace("in sys.argv[1:])", "in sys.argv[1:] if '=' in word)")
X = {"parameterName": "x", "type": "DOUBLE", "minValue": 0, "maxValue": 1}
DISCRETE = {"parameterName": "d", "type": "DISCRETE", "discreteValues": [0.5, 1, 2.5]}
N = {"parameterName": "n", "type": "INTEGER", "minValue": 1, "maxValue": 3}


def make_search(code: str, *params: dict[str, Any], job_id: str = "search", job: Any = None, **fields: Any) -> Any:
    """A job whose trials run `code`; `fields` go into the HyperparameterSpec, `job` into the TrainingInput."""
    spec = {"goal": "MAXIMIZE", "hyperparameterMetricTag": "score", "maxTrials": 3, "params": list(params or (X,))}
    return make_job(REPORT + code, job_id=job_id, hyperparameters={**spec, **fields}, **(job or {}))


def test_trials_are_shown_with_their_values_and_metrics(bench: Bench) -> None:
    job = run(bench, make_search("report(float(values['x']) * 2, 7)", maxParallelTrials=2))
    assert job["state"] == "SUCCEEDED"
    output = job["trainingOutput"]
    trials = output.pop("trials")
    assert output.pop("consumedMLUnits", 0.0001) > 0
    assert output == {
        "isHyperparameterTuningJob": True,
        "hyperparameterMetricTag": "score",
        "completedTrialCount": "3",
    }
    assert [trial["trialId"] for trial in trials] == ["1", "2", "3"]
    for trial in trials:
        assert trial["state"] == "SUCCEEDED"
        assert trial["finalMetric"] == {
            "trainingStep": "7",
            "objectiveValue": pytest.approx(float(trial["hyperparameters"]["x"]) * 2),
        }
        assert trial["allMetrics"] == [trial["finalMetric"]]
        assert trial["startTime"] <= trial["endTime"] <= job["endTime"]


def test_a_list_shows_trials_too(bench: Bench) -> None:
    job = run(bench, make_search("report(1)", maxTrials=1))
    assert bench.client.get(JOBS).json() == {"jobs": [job]}


SEARCHES = [
    ([N], [{"n": "1"}, {"n": "2"}, {"n": "3"}]),
    ([{"parameterName": "k", "type": "CATEGORICAL", "categoricalValues": ["a", "b"]}], [{"k": "a"}, {"k": "b"}]),
    (
        [{"parameterName": "d", "type": "DISCRETE", "discreteValues": [0.5, 1, 2.5]}],
        [{"d": v} for v in ["0.5", "1", "2.5"]],
    ),
]


@pytest.mark.parametrize(("params", "tried"), SEARCHES, ids=["integer", "categorical", "discrete"])
def test_a_grid_goes_through_the_values_of_every_type(bench: Bench, params: Any, tried: Any) -> None:
    job = run(bench, make_search("report(1)", *params, algorithm="GRID_SEARCH", maxTrials=9))
    assert [trial["hyperparameters"] for trial in job["trainingOutput"]["trials"]] == tried


def test_a_trial_knows_what_it_is_and_has_a_directory_of_its_own(bench: Bench) -> None:
    code = """
config = json.loads(os.environ["TF_CONFIG"])
names = sorted(n for n in os.environ if n.startswith(("CLOUD_ML_", "CLUSTER_SPEC", "AIP_")))
print(config["task"]["trial"], config["task"]["type"], sys.argv[-2:], os.environ["CLOUD_ML_HP_METRIC_TAG"], *names)
report(1)
"""
    job = run(bench, make_search(code, maxTrials=1, job={"jobDir": "gs://out/search"}))
    place = bench.bucket("out/search/1")
    names = "CLOUD_ML_HP_METRIC_FILE CLOUD_ML_HP_METRIC_TAG CLOUD_ML_JOB_ID CLOUD_ML_PROJECT_ID CLOUD_ML_TRIAL_ID"
    assert list_output(bench, job) == [f"1 chief ['--job-dir', '{place}'] score {names}"]
    assert place.is_dir()


def test_logs_of_all_trials_are_the_jobs_and_tell_the_trial(bench: Bench) -> None:
    job = run(bench, make_search("print('n', values['n']); report(1)", N, algorithm="GRID_SEARCH"))
    name = name_of(job)
    entries = bench.list_log(name, ' AND resource.labels.task_name="master-replica-0"')
    assert sorted((entry["labels"]["ml.googleapis.com/trial_id"], entry["textPayload"]) for entry in entries) == [
        ("1", "n 1"),
        ("2", "n 2"),
        ("3", "n 3"),
    ]
    assert {entry["resource"]["labels"]["job_id"] for entry in entries} == {"search"}
    second = bench.list_log(name, ' AND labels."ml.googleapis.com/trial_id"="2" AND severity>=INFO')
    assert "n 2" in [entry["textPayload"] for entry in second]
    own = [entry["textPayload"] for entry in bench.list_log(name, ' AND NOT labels."ml.googleapis.com/trial_id":*')]
    assert own[0] == "Waiting for trials to be provisioned."
    assert own[-1] == "Job completed successfully."


def test_a_trial_that_fails_is_failed_and_too_many_fail_the_job(bench: Bench) -> None:
    job = run(bench, make_search("sys.exit(1)", maxTrials=9, maxFailedTrials=2))
    assert job["state"] == "FAILED"
    assert job["errorMessage"] == "Too many trials failed: 2 of 2."
    assert [trial["state"] for trial in job["trainingOutput"]["trials"]] == ["FAILED", "FAILED"]
    assert job["trainingOutput"]["completedTrialCount"] == "0"


def test_a_hopeless_trial_is_stopped_early_and_says_so(bench: Bench) -> None:
    code = """
best = int(values["n"]) < 4
for step in range(1, 5):
    report(10 + step if best else 1, step)
if not best: time.sleep(60)
"""
    n = {**N, "maxValue": 4}
    job = run(bench, make_search(code, n, algorithm="GRID_SEARCH", maxTrials=4, enableTrialEarlyStopping=True))
    trials = job["trainingOutput"]["trials"]
    assert [trial.get("isTrialStoppedEarly", False) for trial in trials] == [False, False, False, True]
    assert trials[3]["state"] == "SUCCEEDED"


def test_a_cancelled_search_ends_its_trials(bench: Bench) -> None:
    name = name_of(create(bench, make_search("report(1); time.sleep(60)")))
    bench.await_state(name, "RUNNING")
    read(bench.client.post(f"/v1/{name}:cancel", json={}))
    job = bench.await_end(name)
    assert job["state"] == "CANCELLED"
    assert [trial["state"] for trial in job["trainingOutput"]["trials"]] == ["CANCELLED"]


def test_a_search_that_runs_longer_than_it_may_is_cancelled_with_its_trials(bench: Bench) -> None:
    job = run(bench, make_search("report(1); time.sleep(60)", job={"scheduling": {"maxRunningTime": "0.5s"}}))
    assert (job["state"], job["errorMessage"]) == ("CANCELLED", "The job ran longer than `maxRunningTime` allows.")
    assert [trial["state"] for trial in job["trainingOutput"]["trials"]] == ["CANCELLED"]


def test_a_search_that_resumes_another_learns_from_its_trials(bench: Bench) -> None:
    first = run(bench, make_search("report(1)", N, algorithm="GRID_SEARCH", maxTrials=2, job_id="first"))
    more = make_search("report(1)", N, algorithm="GRID_SEARCH", job_id="second", resumePreviousJobId="first")
    second = run(bench, more)
    tried = [[trial["hyperparameters"]["n"] for trial in job["trainingOutput"]["trials"]] for job in (first, second)]
    assert tried == [["1", "2"], ["3"]]


def test_a_search_that_resumes_one_that_resumed_learns_from_both_and_tries_again_what_failed(bench: Bench) -> None:
    """Google: "resume the study"; a grid shows what is known of it."""
    code = "if values['n'] == '2' and '{}' == 'first': sys.exit(1)\nreport(1)"
    tried: list[list[str]] = []
    previous: dict[str, str] = {}
    for job_id, most in (("first", 3), ("second", 1), ("third", 9)):
        fields: dict[str, Any] = {"algorithm": "GRID_SEARCH", "maxTrials": most, "maxFailedTrials": 9, **previous}
        job = run(bench, make_search(code.format(job_id), {**N, "maxValue": 5}, job_id=job_id, **fields))
        tried.append([trial["hyperparameters"]["n"] for trial in job["trainingOutput"]["trials"]])
        previous = {"resumePreviousJobId": job_id}
    assert tried == [["1", "2", "3"], ["2"], ["4", "5"]]


def test_the_default_metric_needs_no_tag(bench: Bench) -> None:
    body = make_search("report(3, 1, 'training/hptuning/metric')", maxTrials=1, goal="MINIMIZE")
    del body["trainingInput"]["hyperparameters"]["hyperparameterMetricTag"]
    output = run(bench, body)["trainingOutput"]
    assert output["hyperparameterMetricTag"] == "training/hptuning/metric"
    assert output["trials"][0]["finalMetric"]["objectiveValue"] == 3
