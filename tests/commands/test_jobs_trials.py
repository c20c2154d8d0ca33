"""`jobs trials`, and what other commands about jobs say of trials."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands.test_jobs_logs import filters
from trainctl.render.trials import live_table
from trainctl.trials import study

if TYPE_CHECKING:
    from tests.commands.cloud import Cloud
    from tests.conftest import Expected
    from tests.running import Runner

STUDY = {
    "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
    "parameters": [
        {"parameterId": "lr", "doubleValueSpec": {"minValue": 0.001, "maxValue": 1}, "scaleType": "UNIT_LOG_SCALE"},
        {"parameterId": "kind", "categoricalValueSpec": {"values": ["deep", "flat"]}},
    ],
}
JOB_SPEC = {"workerPoolSpecs": [{"containerSpec": {"imageUri": "a", "args": ["--epochs", "5"]}}]}


def trial(number: int, state: str, accuracy: float | None = None, **fields: Any) -> dict[str, Any]:
    measurement = {"stepCount": "15", "metrics": [{"metricId": "accuracy", "value": accuracy}]}
    return {
        "id": str(number),
        "state": state,
        "parameters": [
            {"parameterId": "lr", "value": number / 100},
            {"parameterId": "kind", "value": "deep" if number % 2 else "flat"},
        ],
        "startTime": "2026-11-21T11:10:00Z",
        "customJob": f"projects/123/locations/us-central1/customJobs/90{number}",
        **({"endTime": "2026-11-21T11:11:30Z"} if state in ("SUCCEEDED", "INFEASIBLE") else {}),
        **({"finalMeasurement": measurement} if accuracy is not None else {}),
        **fields,
    }


TRIALS = [
    trial(1, "SUCCEEDED", 0.5),
    trial(2, "SUCCEEDED", 0.9375),
    trial(3, "INFEASIBLE", infeasibleReason="No\nmemory"),
    trial(4, "ACTIVE"),
    trial(5, "SUCCEEDED", 0.75),
]


@pytest.fixture
def search(cloud: Cloud) -> str:
    fields: dict[str, Any] = {"studySpec": STUDY, "maxTrialCount": 8, "trials": TRIALS, "trialJobSpec": JOB_SPEC}
    return cloud.add("7", "RUNNING", collection="hyperparameterTuningJobs", **fields)


def test_the_best_trial_comes_first_and_failed_ones_say_why(run: Runner, search: str) -> None:
    outcome = run("jobs", "trials", search)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "TRIAL  BEST  STATE       ACCURACY            LR            KIND          STEP  RUN_TIME  REASON\n"
        "2      *     SUCCEEDED   0.9375              0.02          flat          15    90        -\n"
        "5      -     SUCCEEDED   0.75                0.05          deep          15    90        -\n"
        "1      -     SUCCEEDED   0.5                 0.01          deep          15    90        -\n"
        "4      -     ACTIVE      -                   0.04          flat          -     -         -\n"
        "3      -     INFEASIBLE  -                   0.03          deep          -     90        No\\nmemory\n"
    )


def test_a_metric_to_minimize_turns_the_order_around(run: Runner, cloud: Cloud) -> None:
    study = {**STUDY, "metrics": [{"metricId": "accuracy", "goal": "MINIMIZE"}]}
    name = cloud.add("8", "SUCCEEDED", collection="hyperparameterTuningJobs", studySpec=study, trials=TRIALS)
    ids = [row["id"] for row in json.loads(run("jobs", "trials", name, "-o", "json").out)]
    assert ids == ["1", "5", "2", "4", "3"]


@pytest.mark.parametrize("astray", ["NaN", "-Infinity", -(10**400)], ids=["NaN", "infinite", "beyond"])
def test_a_value_that_is_no_number_is_none_and_never_the_best(run: Runner, cloud: Cloud, astray: Any) -> None:
    trials = [trial(1, "SUCCEEDED", 0.5), trial(2, "SUCCEEDED", astray), trial(3, "SUCCEEDED", 0)]
    spec = {**STUDY, "metrics": [{"metricId": "accuracy", "goal": "MINIMIZE"}]}
    cloud.add("8", "SUCCEEDED", collection="hyperparameterTuningJobs", studySpec=spec, trials=trials)
    rows = [line.split(",")[:4] for line in run("jobs", "trials", "8", "-o", "csv").out.splitlines()]
    assert rows[1:] == [["3", "*", "SUCCEEDED", "0"], ["1", "", "SUCCEEDED", "0.5"], ["2", "", "SUCCEEDED", ""]]
    assert run("jobs", "trials", "8", "--plot").code == 0


def test_a_literal_that_is_no_json_is_no_value_either() -> None:
    shown = study({"studySpec": STUDY, "maxTrialCount": float("inf"), "trials": [trial(1, "SUCCEEDED", float("nan"))]})
    assert (shown.best, shown.total, dict(shown.trials[0].metrics)) == (None, None, {})


def test_the_best_trial_is_a_part_of_a_spec_in_yaml_and_a_resource_in_json(run: Runner, search: str) -> None:
    assert run("jobs", "trials", search, "--best", "-o", "yaml").out == (
        "args:\n- --epochs\n- '5'\n- --lr=0.02\n- --kind=flat\n"
    )
    assert json.loads(run("jobs", "trials", search, "--best", "-o", "json").out) == TRIALS[1]
    assert run("jobs", "trials", search, "--best").err == (
        "to train once with it, where SPEC is a `kind: custom` spec of the same code:\n"
        "  trainctl custom submit SPEC --set 'args=[--epochs, \"5\", --lr=0.02, --kind=flat]'\n"
    )


def test_without_a_trial_that_succeeded_there_is_no_best(run: Runner, cloud: Cloud) -> None:
    name = cloud.add("8", "RUNNING", collection="hyperparameterTuningJobs", studySpec=STUDY, trials=TRIALS[3:4])
    outcome = run("jobs", "trials", name, "--best")
    assert (outcome.code, outcome.err.splitlines()[0]) == (2, "error: no trial has succeeded yet")


def test_a_job_of_another_sort_has_no_trials(run: Runner, cloud: Cloud) -> None:
    outcome = run("jobs", "trials", cloud.add("1", "RUNNING"))
    assert (outcome.code, outcome.err.splitlines()[0]) == (2, "error: custom job 1 has no trials")


def test_a_pipeline_shows_the_trials_of_the_job_behind_it(run: Runner, cloud: Cloud, search: str) -> None:
    backing = {"backingHyperparameterTuningJob": search}
    name = cloud.add("9", "RUNNING", collection="trainingPipelines", trainingTaskMetadata=backing)
    assert run("jobs", "trials", name, "-o", "name").out == run("jobs", "trials", search, "-o", "name").out


def test_watching_ends_with_the_trials(run: Runner, cloud: Cloud) -> None:
    fields: dict[str, Any] = {"studySpec": STUDY, "maxTrialCount": 2, "trials": TRIALS[:2]}
    name = cloud.add("8", "RUNNING", "SUCCEEDED", collection="hyperparameterTuningJobs", **fields)
    outcome = run("jobs", "trials", name, "--watch", "-o", "csv")
    assert "SUCCEEDED, 2 of 2 trials, best accuracy 0.9375 in trial 2" in outcome.err
    assert outcome.out.splitlines()[1].startswith("2,*,SUCCEEDED,0.9375,0.02,flat,15,90,")


def test_details_say_how_far_the_trials_are(run: Runner, search: str) -> None:
    told = run("jobs", "get", search).out
    assert "progress:      4 of 8 trials, 1 running, 1 failed, best accuracy 0.9375 in trial 2\n" in told


def test_the_logs_of_one_trial_are_those_that_name_it_or_come_from_its_job(
    run: Runner, cloud: Cloud, search: str
) -> None:
    assert run("jobs", "logs", search, "--trial", "4").code == 0
    [asked] = filters(cloud)
    assert '(labels."ml.googleapis.com/trial_id"="4" OR resource.labels.job_id="904")' in asked
    assert 'resource.labels.job_id=("7" OR "904")' in asked


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--trial", "7"), "there are 1, 2, 3, 4, 5; `-f` waits for others"),
        (("--trial", "99"), "there are 1, 2, 3, 4, 5"),
        (("--trial", "99", "-f"), "there are 1, 2, 3, 4, 5"),
    ],
)
def test_a_trial_that_is_missing_is_no_empty_log(run: Runner, search: str, options: tuple[str, ...], hint: str) -> None:
    outcome = run("jobs", "logs", search, *options)
    assert (outcome.code, outcome.out) == (5, "")
    assert outcome.err == f"error: hyperparameter tuning job 7 has no trial {options[1]}\nhint: {hint}\n"


def test_a_trial_of_a_job_without_trials_is_missing(run: Runner, cloud: Cloud) -> None:
    outcome = run("jobs", "logs", cloud.add("1", "RUNNING"), "--trial", "1")
    assert (outcome.code, outcome.err.splitlines()[0]) == (5, "error: custom job 1 has no trial 1")


def test_a_trial_that_may_come_is_waited_for(run: Runner, cloud: Cloud) -> None:
    fields: dict[str, Any] = {"studySpec": STUDY, "maxTrialCount": 8, "trials": TRIALS}
    name = cloud.add("8", "RUNNING", "SUCCEEDED", collection="hyperparameterTuningJobs", **fields)
    outcome = run("jobs", "logs", name, "--trial", "7", "-f")
    assert (outcome.code, "no trial" in outcome.err) == (0, False), outcome


def test_a_trial_of_one_of_several_jobs_is_enough(run: Runner, cloud: Cloud, search: str) -> None:
    assert run("jobs", "logs", search, cloud.add("1", "RUNNING"), "--trial", "4").code == 0
    outcome = run("jobs", "logs", search, cloud.add("1", "RUNNING"), "--trial", "99")
    assert outcome.err.startswith("error: these jobs have no trial 99\n"), outcome


def test_a_pipeline_shows_the_lines_of_the_trials_behind_it(run: Runner, cloud: Cloud, search: str) -> None:
    backing = {"backingHyperparameterTuningJob": search}
    name = cloud.add("9", "RUNNING", collection="trainingPipelines", trainingTaskMetadata=backing)
    cloud.write("7", "the study's")
    cloud.write("902", "the second trial's")
    lines = run("jobs", "logs", name).out.splitlines()
    assert [line.rpartition("  ")[2] for line in lines] == ["the study's", "the second trial's"]
    assert run("jobs", "logs", name, "--trial", "4").code == 0
    assert 'resource.labels.job_id=("7" OR "904")' in filters(cloud)[-1]


def test_a_pipeline_whose_tuning_job_is_gone_shows_the_lines_that_there_are(run: Runner, cloud: Cloud) -> None:
    backing = {"backingHyperparameterTuningJob": "projects/123/locations/us-central1/hyperparameterTuningJobs/77"}
    name = cloud.add("9", "RUNNING", collection="trainingPipelines", trainingTaskMetadata=backing)
    cloud.write("77", "the study's")
    assert run("jobs", "logs", name).out.endswith("  the study's\n")


def test_the_live_table_has_the_best_trials_and_those_that_run() -> None:
    shown = study({"studySpec": STUDY, "trials": TRIALS})

    def first_words(most: int) -> list[str]:
        lines = live_table(shown, width=80, most=most, now=datetime(2026, 11, 21, 11, 12, tzinfo=UTC), colour=False)
        return [" ".join(line.split()[:3]) for line in lines]

    assert first_words(9) == [
        "TRIAL BEST STATE",
        "2 * SUCCEEDED",
        "5 - SUCCEEDED",
        "1 - SUCCEEDED",
        "3 - INFEASIBLE",
        "4 - ACTIVE",
    ]
    assert first_words(3) == [
        "TRIAL BEST STATE",
        "2 * SUCCEEDED",
        "5 - SUCCEEDED",
        "4 - ACTIVE",
        "and 2 more,",
    ]


def test_a_study_is_drawn_in_characters(run: Runner, expected: Expected, search: str) -> None:
    expected(run("jobs", "trials", search, "--plot").out, Path(__file__).with_name("trials.txt"))


@pytest.mark.parametrize(("suffix", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("html", b"<!doctype html>")])
def test_a_study_is_drawn_into_a_file(run: Runner, search: str, tmp_path: Path, suffix: str, begins: bytes) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / f"study.{suffix}"
    outcome = run("jobs", "trials", search, "--plot-to", str(file))
    assert (outcome.code, outcome.err) == (0, f"wrote {file}\n")
    assert file.read_bytes().startswith(begins)


def test_a_picture_of_an_unknown_form_is_refused_before_anything_is_asked(run: Runner, cloud: Cloud) -> None:
    outcome = run("jobs", "trials", "7", "--plot-to", "study.gif")
    assert (outcome.code, outcome.err) == (
        2,
        "error: `--plot-to study.gif` has no known form\nhint: end it in .png, .svg, .html\n",
    )
    assert cloud.requests == []
