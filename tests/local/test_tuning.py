"""Tuning jobs on the engine, from the create call to the last trial."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, make_spec, read, refused
from tests.local.packages import BACKEND, build_package
from trainctl.local.jobs.execution import DISMISSED
from trainctl.local.jobs.lifecycle import move_job
from trainctl.local.tuning.telling import metric_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.engine import Bench

TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/hyperparameter_tuning_task_1.0.0.yaml"
REPORT = """
import json, os, sys, time
values = dict(word.removeprefix("--").split("=") for word in sys.argv[1:])
path = os.environ["CLOUD_ML_HP_METRIC_FILE"]
lines = []
def report(value, step=1, name="score"):
    lines.append(json.dumps({"timestamp": time.time(), "trial": os.environ["CLOUD_ML_TRIAL_ID"], name: str(value),
                             "global_step": str(step), "checkpoint_path": ""}))
    open(path, "w").write("\\n".join(lines[-100:]) + "\\n")
"""
"""The beginning of training code that reports as cloudml-hypertune does, without that package."""

X = {"parameterId": "x", "doubleValueSpec": {"minValue": 0, "maxValue": 1}}
N = {"parameterId": "n", "integerValueSpec": {"minValue": "1", "maxValue": "3"}}
KIND = {"parameterId": "kind", "categoricalValueSpec": {"values": ["flat", "deep"]}}
DEPTH: dict[str, Any] = {
    **KIND,
    "conditionalParameterSpecs": [{"parentCategoricalValues": {"values": ["deep"]}, "parameterSpec": N}],
}


def depend(name: str, **condition: list[Any]) -> dict[str, Any]:
    """A parameter `kind` on which another one of this name depends."""
    [(field, chosen)] = condition.items()
    return {
        **KIND,
        "conditionalParameterSpecs": [{field: {"values": chosen}, "parameterSpec": {**N, "parameterId": name}}],
    }


def make_study(code: str, *parameters: dict[str, Any], trials: int = 3, parallel: int = 2, **fields: Any) -> Any:
    """A tuning job whose trials run `code`; `fields` go into the study, those of the job itself beside it."""
    own = {name: fields.pop(name) for name in ("maxFailedTrialCount", "displayName") if name in fields}
    job = fields.pop("job", {})
    study = {
        "metrics": [{"metricId": "score", "goal": "MAXIMIZE"}],
        "parameters": list(parameters or (X,)),
        "measurementSelectionType": "BEST_MEASUREMENT",
        **fields,
    }
    spec = make_spec(REPORT + code, **job)
    counts = {"maxTrialCount": trials, "parallelTrialCount": parallel}
    return {"displayName": "search", "studySpec": study, "trialJobSpec": spec, **counts, **own}


def run(bench: Bench, study: Any) -> dict[str, Any]:
    return bench.run(study, "hyperparameterTuningJobs")


def values(trial: dict[str, Any]) -> dict[str, Any]:
    return {each["parameterId"]: each["value"] for each in trial["parameters"]}


def score(trial: dict[str, Any]) -> float:
    return float(trial["finalMeasurement"]["metrics"][0]["value"])


def test_trials_get_their_values_as_arguments_and_report_by_the_file(bench: Bench) -> None:
    job = run(bench, make_study("report(float(values['x']) * 2, 7)"))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert [trial["id"] for trial in job["trials"]] == ["1", "2", "3"]
    for trial in job["trials"]:
        assert trial["state"] == "SUCCEEDED"
        assert score(trial) == pytest.approx(values(trial)["x"] * 2)
        assert trial["finalMeasurement"]["stepCount"] == "7"
        assert trial["startTime"] <= trial["endTime"]
        arguments = bench.get(trial["customJob"])["jobSpec"]["workerPoolSpecs"][0]["pythonPackageSpec"]["args"]
        assert arguments[1:] == [f"--x={values(trial)['x']}"]


def test_lists_leave_the_trials_out(bench: Bench) -> None:
    job = run(bench, make_study("report(1)"))
    [listed] = bench.client.get(f"/v1/{PARENT}/hyperparameterTuningJobs").json()["hyperparameterTuningJobs"]
    assert listed == {name: value for name, value in job.items() if name != "trials"}


def test_a_grid_is_covered_exactly_once_and_ends_the_job(bench: Bench) -> None:
    job = run(bench, make_study("report(1)", DEPTH, trials=50, parallel=3, algorithm="GRID_SEARCH"))
    tried = [values(trial) for trial in job["trials"]]
    assert tried == [{"kind": "flat"}, *({"kind": "deep", "n": n} for n in (1, 2, 3))]


def test_conditional_parameters_exist_only_with_their_parents_values(bench: Bench) -> None:
    job = run(bench, make_study("report(len(values))", DEPTH, trials=8))
    assert {("n" in values(trial)) == (values(trial)["kind"] == "deep") for trial in job["trials"]} == {True}
    assert {score(trial) for trial in job["trials"]} <= {1.0, 2.0}


@pytest.mark.parametrize(("selection", "reached"), [("BEST_MEASUREMENT", 0.9), ("LAST_MEASUREMENT", 0.5)])
def test_the_measurement_that_counts_is_the_best_or_the_last(bench: Bench, selection: str, reached: float) -> None:
    code = "report(0.1, 1); report(0.9, 2); report(0.5, 3)"
    job = run(bench, make_study(code, trials=1, parallel=1, measurementSelectionType=selection))
    [trial] = job["trials"]
    assert score(trial) == reached
    assert [each["stepCount"] for each in trial["measurements"]] == ["1", "2", "3"]


def test_measurements_are_listed_by_step_and_the_last_is_the_one_reported_last(bench: Bench) -> None:
    code = "report(1, 5); report(2, 3); report(3, 3); report(4, 9); report(7, 1)"
    study = make_study(code, trials=1, parallel=1, measurementSelectionType="LAST_MEASUREMENT")
    [trial] = run(bench, study)["trials"]
    listed = [(each["stepCount"], each["metrics"][0]["value"]) for each in trial["measurements"]]
    assert listed == [("1", 7), ("3", 2), ("3", 3), ("5", 1), ("9", 4)]
    assert score(trial) == 7


def test_a_trial_that_fails_or_reports_nothing_is_infeasible_and_says_why(bench: Bench) -> None:
    code = "n = int(values['n'])\nif n == 1: sys.exit(3)\nif n == 3: report(1)"
    job = run(bench, make_study(code, N, algorithm="GRID_SEARCH"))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert [trial["state"] for trial in job["trials"]] == ["INFEASIBLE", "INFEASIBLE", "SUCCEEDED"]
    failed, silent, _ = job["trials"]
    assert "exited with a non-zero status of 3" in failed["infeasibleReason"]
    assert "measurements" not in silent
    assert silent["infeasibleReason"].startswith("The trial ended without a report of `score`")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pass", "; report it with the package cloudml-hypertune."),
        ("report(1, name='Score'); report(2, name='loss')", "; it reported `Score`, `loss`."),
        ("report(1, name='\\ud800')", "; it reported `?`."),
        ("report('nan')", " that is a number."),
        ("for i in range(9): report(i, name=f'n{i}')", "; it reported `n0`, `n1`, `n2`."),
    ],
)
def test_a_trial_without_its_metric_is_told_what_it_reported_instead(bench: Bench, code: str, reason: str) -> None:
    [trial] = run(bench, make_study(code, trials=1, parallel=1))["trials"]
    assert trial["infeasibleReason"] == f"The trial ended without a report of `score`{reason}"


def test_a_trial_whose_supervisor_is_ended_from_outside_does_not_hold_up_its_study(bench: Bench) -> None:
    job = run(bench, make_study("os.kill(os.getppid(), 15)\ntime.sleep(60)", trials=1, parallel=1))
    [trial] = job["trials"]
    assert (job["state"], trial["state"]) == ("JOB_STATE_FAILED", "INFEASIBLE")
    assert trial["infeasibleReason"] == "The job's supervisor was ended from outside, and the job with it."


def test_a_trial_that_was_ended_by_a_clock_ahead_of_ours_does_not_hold_up_its_study(idle: Bench) -> None:
    name = idle.create(make_study("", trials=1, parallel=1), "hyperparameterTuningJobs")["name"]
    while not (trials := idle.get(name).get("trials")):
        pass
    job = trials[0]["customJob"]
    for state in ("PENDING", "RUNNING"):
        move_job(idle.core, job, state)
    ended = {"state": "JOB_STATE_FAILED", "error": asdict(DISMISSED), "endTime": "2999-01-01T00:00:00Z"}
    idle.core.store.change(job, lambda kept: {**kept, **ended})
    assert idle.await_end(name)["trials"][0]["state"] == "INFEASIBLE"


def test_so_many_failures_as_are_allowed_end_the_job(bench: Bench) -> None:
    job = run(bench, make_study("sys.exit(1)", trials=9, parallel=1, maxFailedTrialCount=2))
    assert (job["state"], len(job["trials"])) == ("JOB_STATE_FAILED", 2)
    assert job["error"] == {"code": 3, "message": "Too many trials failed: 2 of 2."}


def test_a_job_of_which_the_first_trials_all_fail_ends_by_itself(bench: Bench) -> None:
    job = run(bench, make_study("sys.exit(1)", trials=30, parallel=2))
    assert job["state"] == "JOB_STATE_FAILED"
    assert len(job["trials"]) <= 4


def test_every_trial_writes_to_a_folder_of_its_own(bench: Bench) -> None:
    code = "open(os.environ['AIP_MODEL_DIR'] + 'm', 'w').write(os.environ['CLOUD_ML_TRIAL_ID']); report(1)"
    job = run(bench, make_study(code, job={"baseOutputDirectory": {"outputUriPrefix": "gs://out/study"}}))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert [bench.bucket(f"out/study/{n}/model/m").read_text() for n in (1, 2, 3)] == ["1", "2", "3"]


def test_the_cluster_that_a_trial_sees_names_the_trial(bench: Bench) -> None:
    code = "print(json.loads(os.environ['CLUSTER_SPEC'])['task']); report(1)"
    [trial] = run(bench, make_study(code, trials=1, parallel=1))["trials"]
    assert bench.list_output(trial["customJob"]) == ["{'type': 'workerpool0', 'index': 0, 'trial': '1'}"]


def test_cancelling_ends_the_trials_that_run_and_keeps_those_that_are_over(bench: Bench) -> None:
    code = "n = int(values['n'])\nif n == 1: report(1)\nelse: print('up'); time.sleep(60)"
    bench.stage()
    name = bench.create(make_study(code, N, parallel=1, algorithm="GRID_SEARCH"), "hyperparameterTuningJobs")["name"]
    while len(trials := bench.get(name).get("trials", [])) < 2:
        pass
    bench.await_output(trials[1]["customJob"])
    assert bench.client.post(f"/v1/{name}:cancel").json() == {}
    job = bench.await_end(name)
    assert (job["state"], job["error"]["code"]) == ("JOB_STATE_CANCELLED", 1)
    assert [trial["state"] for trial in job["trials"]] == ["SUCCEEDED", "INFEASIBLE"]
    assert bench.get(trials[1]["customJob"])["state"] == "JOB_STATE_CANCELLED"


def test_a_hopeless_trial_is_ended_early_by_the_median_rule(bench: Bench) -> None:
    """Of four trials the last reports less than the others did, and would go on for a minute."""
    four = {"parameterId": "n", "discreteValueSpec": {"values": [1, 2, 3, 4]}}
    code = "n = int(values['n'])\nreport(10 if n < 4 else 1, 1)\nif n == 4: time.sleep(60)\nreport(11, 2)"
    rule: dict[str, Any] = {"medianAutomatedStoppingSpec": {}}
    job = run(bench, make_study(code, four, trials=4, parallel=1, algorithm="GRID_SEARCH", **rule))
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert [score(trial) for trial in job["trials"]] == [11, 11, 11, 1]
    assert [len(trial["measurements"]) for trial in job["trials"]] == [2, 2, 2, 1]


def test_a_hopeless_trial_is_ended_early_though_it_reported_before_its_start_was_noted(idle: Bench) -> None:
    """Its last report may be there before the engine has heard of its start, and no other one follows."""
    rule: dict[str, Any] = {"medianAutomatedStoppingSpec": {}}
    four = {"parameterId": "n", "integerValueSpec": {"minValue": "1", "maxValue": "4"}}
    study = make_study("", four, trials=4, parallel=4, algorithm="GRID_SEARCH", **rule)
    name = idle.create(study, "hyperparameterTuningJobs")["name"]
    while len(trials := idle.get(name).get("trials", [])) < 4:
        pass
    *good, poor = [trial["customJob"] for trial in trials]
    leave_report(idle, poor, 1)
    for number, job in enumerate(good):
        leave_report(idle, job, 10)
        for state in ("PENDING", "RUNNING", "SUCCEEDED"):
            move_job(idle.core, job, state)
        await_trial(idle, name, number, "SUCCEEDED")
    for state in ("PENDING", "RUNNING"):
        move_job(idle.core, poor, state)
    await_trial(idle, name, 3, "STOPPING")
    move_job(idle.core, poor, "CANCELLED")
    assert [score(trial) for trial in idle.await_end(name)["trials"]] == [10, 10, 10, 1]


def leave_report(bench: Bench, job: str, value: float) -> None:
    """What a trial's code writes when it reports."""
    path = metric_file(bench.core, job)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"timestamp": time.time(), "score": str(value), "global_step": "1"}) + "\n")


def await_trial(bench: Bench, study: str, number: int, state: str) -> None:
    deadline = time.monotonic() + 60
    while (trial := bench.get(study)["trials"][number])["state"] != state:
        assert time.monotonic() < deadline, trial
        time.sleep(0.02)


def test_deleting_a_job_deletes_its_trials_and_their_jobs(bench: Bench) -> None:
    job = run(bench, make_study("report(1)", trials=1, parallel=1))
    assert bench.client.delete(f"/v1/{job['name']}").json()["done"]
    assert refused(bench.client.get(f"/v1/{job['name']}"))[0] == 404
    assert refused(bench.client.get(f"/v1/{job['trials'][0]['customJob']}"))[0] == 404


def test_the_logs_of_a_job_tell_of_its_trials_and_those_of_trials_name_them(bench: Bench) -> None:
    job = run(bench, make_study("print('hello'); report(0.5)", trials=1, parallel=1))
    told = [entry["textPayload"] for entry in bench.list_log(job["name"])]
    assert told[0] == "Waiting for trials to be provisioned."
    assert told[1].startswith("Trial 1 begins: x=")
    assert told[2:] == ["Trial 1 is over: score 0.5", "Job completed successfully."]
    entries = bench.list_log(job["trials"][0]["customJob"])
    assert {entry["labels"]["ml.googleapis.com/trial_id"] for entry in entries} == {"1"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": []}, "study_spec.parameters: at least one parameter is needed."),
        ({"metrics": []}, "study_spec.metrics: at least one metric is needed."),
        ({"algorithm": "GRID_SEARCH"}, "study_spec.algorithm: GRID_SEARCH cannot search the double `x`."),
        (
            {"parameters": [{"parameterId": "x", "doubleValueSpec": {"minValue": 2, "maxValue": 1}}]},
            "study_spec.parameters[0]: min_value 2.0 is above max_value 1.0.",
        ),
        (
            {"parameters": [{**X, "scaleType": "UNIT_LOG_SCALE"}]},
            "study_spec.parameters[0].scale_type: `x` must be positive everywhere for a logarithmic scale.",
        ),
        (
            {"metrics": [{"metricId": "a b", "goal": "MINIMIZE"}]},
            "study_spec.metrics: the metric_id `a b` has whitespace",
        ),
        (
            {"parameters": [{"parameterId": "x", "doubleValueSpec": {"minValue": "NaN", "maxValue": 1}}]},
            "study_spec.parameters[0]: min_value and max_value must be finite numbers.",
        ),
        (
            {"parameters": [{"parameterId": "x", "doubleValueSpec": {"minValue": 1, "maxValue": "Infinity"}}]},
            "study_spec.parameters[0]: min_value and max_value must be finite numbers.",
        ),
        (
            {"parameters": [{"parameterId": "x", "doubleValueSpec": {"minValue": -1e308, "maxValue": 1e308}}]},
            "study_spec.parameters[0]: max_value must be a finite number above min_value.",
        ),
        (
            {"parameters": [{"parameterId": "x", "discreteValueSpec": {"values": [1, "NaN"]}}]},
            "study_spec.parameters[0]: its values must be finite numbers.",
        ),
        (
            {"parameters": [{"parameterId": "x", "discreteValueSpec": {"values": [2, 1]}}]},
            "study_spec.parameters[0]: its values must be in increasing order and at least 1e-10 apart.",
        ),
        (
            {"parameters": [{"parameterId": "x", "discreteValueSpec": {"values": list(range(1001))}}]},
            "study_spec.parameters[0]: it has 1001 values, at most 1000 are allowed.",
        ),
        (
            {"parameters": [{"parameterId": "x", "categoricalValueSpec": {"values": ["a", "a"]}}]},
            "study_spec.parameters[0]: a category is there twice.",
        ),
        ({"parameters": [{**X, "parameterId": "x y"}]}, "the parameter_id `x y` has whitespace in it."),
        ({"parameters": [X, X]}, "two parameters called `x` can exist in the same trial."),
        ({"parameters": [DEPTH, N]}, "two parameters called `n` can exist in the same trial."),
        (
            {"parameters": [{**DEPTH, "conditionalParameterSpecs": DEPTH["conditionalParameterSpecs"] * 2}]},
            "two parameters called `n` can exist in the same trial.",
        ),
        (
            {"parameters": [depend("kind", parentCategoricalValues=["deep"])]},
            "a parameter that depends on `kind` has the same name.",
        ),
        (
            {"parameters": [depend("n", parentCategoricalValues=["thick"])]},
            "study_spec.parameters[0].conditional_parameter_specs[0]: `thick` is no value of `kind`.",
        ),
        (
            {"parameters": [depend("n", parentIntValues=["1"])]},
            "conditional_parameter_specs[0]: its condition is one of integer values, and `kind` is categorical.",
        ),
        (
            {"parameters": [{**depend("n", parentDiscreteValues=[0.5]), **X, "categoricalValueSpec": None}]},
            "conditional_parameter_specs[0]: its condition is one of discrete values, and `x` is double.",
        ),
    ],
)
def test_a_study_that_cannot_be_searched_is_refused(idle: Bench, change: dict[str, Any], message: str) -> None:
    body = make_study("")
    body["studySpec"] |= change
    status, code, told = refused(idle.client.post(f"/v1/{PARENT}/hyperparameterTuningJobs", json=body))
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert message in told or "List of found errors" in told


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"maxTrialCount": -1}, "`maxTrialCount` must be at least 1."),
        ({"parallelTrialCount": -1}, "`parallelTrialCount` must be at least 1."),
        ({"maxFailedTrialCount": -1}, "`maxFailedTrialCount` must not be negative."),
    ],
)
def test_counts_of_trials_that_cannot_be_are_refused(idle: Bench, counts: dict[str, int], message: str) -> None:
    answer = idle.client.post(f"/v1/{PARENT}/hyperparameterTuningJobs", json={**make_study(""), **counts})
    assert refused(answer) == (400, "INVALID_ARGUMENT", message)


def test_a_trial_that_was_over_before_anybody_looked_has_all_its_times(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    name = first.create(make_study("", trials=1, parallel=1), "hyperparameterTuningJobs")["name"]
    while not (trials := first.get(name).get("trials")):
        pass
    first.core.studies.close()
    job = trials[0]["customJob"]
    for state in ("PENDING", "RUNNING"):
        move_job(first.core, job, state)
    report = metric_file(first.core, job)
    report.parent.mkdir(parents=True)
    began = first.get(job)["startTime"]
    stamp = datetime.fromisoformat(began).timestamp() + 2
    report.write_text(json.dumps({"timestamp": stamp, "trial": "1", "score": "0.5", "global_step": "1"}) + "\n")
    move_job(first.core, job, "SUCCEEDED")
    first.close()
    [trial] = make_bench().await_end(name)["trials"]
    assert (trial["state"], trial["startTime"]) == ("SUCCEEDED", began)
    assert trial["finalMeasurement"]["elapsedDuration"].startswith(("2.0", "1.9"))


def test_a_jobs_log_tells_what_of_its_study_has_no_effect_here(idle: Bench) -> None:
    study = make_study("", studyStoppingConfig={"maxNumTrials": 5})
    study["studySpec"]["metrics"].append(
        {"metricId": "risk", "goal": "MINIMIZE", "safetyConfig": {"safetyThreshold": 1}}
    )
    name = idle.create(study, "hyperparameterTuningJobs")["name"]
    assert [entry["textPayload"] for entry in idle.list_log(name, " AND severity=WARNING")] == [
        "`study_stopping_config` is not applied by the local engine",
        "`safety_config` of `risk` is not applied by the local engine",
    ]


def test_an_engine_that_was_killed_goes_on_with_the_study_and_keeps_what_was_over(
    make_bench: Callable[..., Bench],
) -> None:
    """The trial that died with the engine runs again, under its number and with its values."""
    code = (
        "n = int(values['n'])\nmark = os.environ['AIP_MODEL_DIR'] + 'mark'\n"
        "if n == 2 and not os.path.exists(mark): open(mark, 'w').close(); print('up'); time.sleep(60)\nreport(n)"
    )
    output = {"baseOutputDirectory": {"outputUriPrefix": "gs://out/study"}}
    first = make_bench()
    first.stage()
    body = make_study(code, N, parallel=1, algorithm="GRID_SEARCH", job=output)
    name = first.create(body, "hyperparameterTuningJobs")["name"]
    while len(trials := first.get(name).get("trials", [])) < 2:
        pass
    first.await_output(trials[1]["customJob"])
    first.core.close()
    second = make_bench()
    job = second.await_end(name)
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert [(trial["id"], values(trial)["n"], score(trial)) for trial in job["trials"]] == [
        ("1", 1, 1),
        ("2", 2, 2),
        ("3", 3, 3),
    ]
    assert job["trials"][0] == trials[0]
    assert job["trials"][1]["customJob"] != trials[1]["customJob"]


def test_trials_of_a_study_that_was_cancelled_do_not_run_again_in_the_next_engine(
    make_bench: Callable[..., Bench],
) -> None:
    first = make_bench()
    first.stage()
    name = first.create(make_study("print('up'); time.sleep(60)", parallel=2), "hyperparameterTuningJobs")["name"]
    while len(trials := first.get(name).get("trials", [])) < 2:
        pass
    for trial in trials:
        first.await_output(trial["customJob"])
    first.core.store.change(name, lambda job: {**job, "state": "JOB_STATE_CANCELLING"})  # and dies before it tells them
    first.core.close()
    job = make_bench().await_end(name)
    assert (job["state"], len(job["trials"])) == ("JOB_STATE_CANCELLED", 2)
    assert [(each["state"], each["customJob"]) for each in job["trials"]] == [
        ("INFEASIBLE", trial["customJob"]) for trial in trials
    ]


def test_trials_that_were_ended_early_count_for_no_curve_after_a_restart_either(
    make_bench: Callable[..., Bench],
) -> None:
    code = """
n = int(values['n'])
report(10 if n < 4 else 0 if n < 7 else 6)
if n >= 4: time.sleep(20)
"""
    up_to_seven = {"parameterId": "n", "integerValueSpec": {"minValue": "1", "maxValue": "7"}}
    median = {"algorithm": "GRID_SEARCH", "medianAutomatedStoppingSpec": {}}
    first = make_bench()
    first.stage()
    name = first.create(make_study(code, up_to_seven, trials=7, parallel=1, **median), "hyperparameterTuningJobs")[
        "name"
    ]
    while len(first.get(name).get("trials", [])) < 7:
        pass
    first.core.close()
    second = make_bench()
    last = second.await_end(name)["trials"][-1]
    assert (last["state"], score(last)) == ("SUCCEEDED", 6)
    assert second.get(last["customJob"])["state"] == "JOB_STATE_CANCELLED"


def test_a_random_search_that_is_taken_up_again_does_not_repeat_its_values(make_bench: Callable[..., Bench]) -> None:
    code = "print('up')\nif os.environ['CLOUD_ML_TRIAL_ID'] == '3': time.sleep(0.5)\nreport(1)"
    first = make_bench()
    first.stage()
    body = make_study(code, trials=6, parallel=1, algorithm="RANDOM_SEARCH")
    name = first.create(body, "hyperparameterTuningJobs")["name"]
    while len(first.get(name).get("trials", [])) < 3:
        pass
    first.core.close()
    job = make_bench().await_end(name)
    assert len({values(trial)["x"] for trial in job["trials"]}) == 6


def test_a_pipeline_around_a_tuning_job_uploads_the_best_trials_model(bench: Bench) -> None:
    code = "n = int(values['n'])\nopen(os.environ['AIP_MODEL_DIR'] + 'm', 'w').write(str(n)); report(n % 3)"
    inputs = make_study(
        code, N, algorithm="GRID_SEARCH", job={"baseOutputDirectory": {"outputUriPrefix": "gs://out/s"}}
    )
    del inputs["displayName"]
    model = {"displayName": "best", "containerSpec": {"imageUri": "server"}}
    body = {"displayName": "line", "trainingTaskDefinition": TASK, "trainingTaskInputs": inputs, "modelToUpload": model}
    pipeline = bench.run(body, "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED"
    study = bench.get(pipeline["trainingTaskMetadata"]["backingHyperparameterTuningJob"])
    best = study["trials"][1]
    assert values(best) == {"n": 2}
    assert pipeline["trainingTaskMetadata"]["bestTrialBackingCustomJob"] == best["customJob"]
    uploaded = bench.get(pipeline["modelToUpload"]["name"])
    assert uploaded["artifactUri"] == "gs://out/s/2/model"
    assert json.loads(bench.bucket("out/s/2/model/m").read_text()) == 2


@pytest.mark.slow
def test_the_real_cloudml_hypertune_works_unchanged(bench: Bench) -> None:
    """The package from the index, installed as a requirement of the training code."""
    needs = BACKEND.replace('Version: 1.0\\n",', 'Version: 1.0\\nRequires-Dist: cloudml-hypertune\\n",', 1)
    build_package(bench.bucket("stage/practice-1.0.tar.gz"), backend=needs)
    code = (
        "import hypertune\nfor step in (1, 2, 3):\n"
        "    hypertune.HyperTune().report_hyperparameter_tuning_metric('score', float(values['x']) * step, step)"
    )
    study = make_study(code, trials=2)
    study["trialJobSpec"]["workerPoolSpecs"][0]["pythonPackageSpec"]["args"][0] = REPORT.partition("path =")[0] + code
    for trial in run(bench, study)["trials"]:
        assert trial["state"] == "SUCCEEDED"
        assert score(trial) == pytest.approx(values(trial)["x"] * 3)
        assert trial["finalMeasurement"]["stepCount"] == "3"


def test_a_pipeline_that_is_cancelled_cancels_its_tuning_job(bench: Bench) -> None:
    bench.stage()
    inputs = make_study("print('up'); time.sleep(60)", parallel=1)
    del inputs["displayName"]
    body = {"displayName": "line", "trainingTaskDefinition": TASK, "trainingTaskInputs": inputs}
    pipeline = bench.create(body, "trainingPipelines")
    study = pipeline["trainingTaskMetadata"]["backingHyperparameterTuningJob"]
    while not bench.get(study).get("trials"):
        pass
    bench.await_output(bench.get(study)["trials"][0]["customJob"])
    bench.client.post(f"/v1/{pipeline['name']}:cancel")
    assert bench.await_end(pipeline["name"])["state"] == "PIPELINE_STATE_CANCELLED"
    assert bench.get(study)["state"] == "JOB_STATE_CANCELLED"


def test_a_study_that_cannot_be_conducted_any_more_ends_its_trials(bench: Bench) -> None:
    bench.stage()
    name = bench.create(make_study("print('up'); time.sleep(600)", parallel=2), "hyperparameterTuningJobs")["name"]
    while len(trials := bench.get(name).get("trials", [])) < 2:
        pass
    jobs = [trial["customJob"] for trial in trials]
    for number, job in enumerate(jobs):
        bench.await_output(job)
        await_trial(bench, name, number, "ACTIVE")
    bench.core.store.change(jobs[0], lambda job: {**job, "error": "no Status, which nobody can read"})
    assert bench.await_end(name)["error"]["message"] == (
        "The engine could not conduct the tuning job; its own log says why."
    )
    assert bench.await_end(jobs[1])["state"] == "JOB_STATE_CANCELLED"
    left = bench.get(name)["trials"]
    reason = "The engine could not conduct the tuning job; its own log says why."
    assert [(trial["state"], trial["infeasibleReason"]) for trial in left] == [("INFEASIBLE", reason)] * 2
    assert all(trial["endTime"] >= trial["startTime"] for trial in left)


def test_a_study_that_begins_many_trials_can_be_cancelled_meanwhile(idle: Bench) -> None:
    name = idle.create(make_study("", trials=2000, parallel=2000), "hyperparameterTuningJobs")["name"]
    while "trials" not in idle.get(name):
        pass
    read(idle.client.post(f"/v1/{name}:cancel", json={}))
    job = idle.await_end(name)
    assert job["state"] == "JOB_STATE_CANCELLED"
    assert len(job["trials"]) < 2000
