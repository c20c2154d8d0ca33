"""Jobs of AI Platform in the words of every other job: states, outcomes, trials, counts, their place in the queue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainctl.catalog import ML_JOBS
from trainctl.jobs import Phase, Progress, study_of, view

STATES = [
    # every value of Job.State in ml.v1, with its number
    ("STATE_UNSPECIFIED", 0, Phase.UNKNOWN),
    ("QUEUED", 1, Phase.QUEUED),
    ("PREPARING", 2, Phase.PENDING),
    ("RUNNING", 3, Phase.RUNNING),
    ("SUCCEEDED", 4, Phase.SUCCEEDED),
    ("FAILED", 5, Phase.FAILED),
    ("CANCELLING", 6, Phase.CANCELLING),
    ("CANCELLED", 7, Phase.CANCELLED),
    ("INVENTED_LATER", 8, Phase.UNKNOWN),
]
NAMED = {"name": "projects/p/jobs/census_1", "jobId": "census_1"}
HYPERPARAMETERS = {
    "goal": "MINIMIZE",
    "hyperparameterMetricTag": "loss",
    "maxTrials": 8,
    "params": [
        {"parameterName": "rate", "type": "DOUBLE", "scaleType": "UNIT_LOG_SCALE"},
        {"parameterName": "solver", "type": "CATEGORICAL"},
    ],
}


def trial(number: int, state: str | None, loss: float | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "trialId": str(number),
        "hyperparameters": {"rate": f"0.{number}", "solver": "7"},
        **({"state": state} if state else {}),
        **({} if loss is None else {"finalMetric": {"trainingStep": "90", "objectiveValue": loss}}),
        **fields,
    }


def training(*trials: dict[str, Any], **fields: Any) -> dict[str, Any]:
    output = {"isHyperparameterTuningJob": True, "hyperparameterMetricTag": "loss", "trials": list(trials)}
    return {
        **NAMED,
        "trainingInput": {"region": "us-central1", "hyperparameters": HYPERPARAMETERS},
        "trainingOutput": {**output, **fields},
    }


@pytest.mark.parametrize(("word", "number", "phase"), STATES)
def test_every_state_has_its_phase_by_word_and_by_number(word: str, number: int, phase: Phase) -> None:
    assert [view({**NAMED, "state": state}, ML_JOBS).phase for state in (word, number)] == [phase, phase]


def test_a_job_has_its_name_its_kind_its_error_and_where_it_writes() -> None:
    job = view(
        {
            **NAMED,
            "state": "FAILED",
            "errorMessage": "The replica master 0 exited with a non-zero status of 1.",
            "labels": {"team": "plants"},
            "trainingInput": {"region": "europe-west1", "scaleTier": "BASIC_GPU", "jobDir": "gs://b/out"},
            "trainingOutput": {"consumedMLUnits": 1.75, "webAccessUris": {"master-replica-0": "https://shell"}},
        },
        ML_JOBS,
    )
    assert (job.kind, job.display_name, job.title, job.id) == ("ml-training", "census_1", "", "census_1")
    assert job.error is not None
    assert job.error.message == "The replica master 0 exited with a non-zero status of 1."
    assert (job.outputs.directory, job.outputs.artifacts) == ("gs://b/out", "")
    assert job.outputs.web_access == {"master-replica-0": "https://shell"}
    assert job.facts == {"region": "europe-west1", "scale tier": "BASIC_GPU", "ML units": "1.75"}
    assert (job.log_ids, job.labels) == (("census_1",), {"team": "plants"})


def test_a_built_in_algorithm_says_where_its_model_is() -> None:
    output = {"builtInAlgorithmOutput": {"framework": "XGBOOST", "modelPath": "gs://b/out/model/"}}
    job = view({**NAMED, "trainingInput": {}, "trainingOutput": output}, ML_JOBS)
    assert (job.outputs.artifacts, job.facts) == ("gs://b/out/model/", {"algorithm": "XGBOOST"})


@pytest.mark.parametrize(
    ("state", "position", "facts"),
    [("QUEUED", "3", {"queue": "3. in line"}), ("QUEUED", "0", {}), ("RUNNING", "3", {}), ("QUEUED", None, {})],
)
def test_a_place_in_the_queue_is_told_while_it_means_something(
    state: str, position: str | None, facts: dict[str, str]
) -> None:
    job = view({**NAMED, "state": state, "trainingInput": {}, "jobPosition": position}, ML_JOBS)
    assert job.facts == facts


def test_predictions_are_counted_with_those_that_failed() -> None:
    output = {"outputPath": "gs://b/scores", "predictionCount": "360", "errorCount": "2", "nodeHours": 0.25}
    job = view({**NAMED, "predictionInput": {"region": "us-east1"}, "predictionOutput": output}, ML_JOBS)
    assert job.kind == "ml-prediction"
    assert job.progress == Progress(360, None, "predictions", failed=2)
    assert (job.outputs.directory, job.facts) == ("gs://b/scores", {"region": "us-east1", "node hours": "0.25"})


def test_machines_of_a_custom_tier_are_counted() -> None:
    given = {"scaleTier": "CUSTOM", "workerCount": "9", "parameterServerCount": "3", "evaluatorCount": 1}
    assert view({**NAMED, "trainingInput": given}, ML_JOBS).progress == Progress(None, 14, "replicas")
    assert view({**NAMED, "trainingInput": {"scaleTier": "BASIC"}}, ML_JOBS).progress is None


def test_trials_are_those_of_every_tuning_job() -> None:
    shells = {"master-replica-0": "https://shell"}
    job = view(
        training(
            trial(1, "SUCCEEDED", 0.5, isTrialStoppedEarly=True),
            trial(2, "SUCCEEDED", 0.25, startTime="2026-11-21T11:00:00Z", endTime="2026-11-21T11:01:30Z"),
            trial(3, "FAILED"),
            trial(4, "RUNNING", webAccessUris=shells),
            trial(5, "CANCELLED"),
        ),
        ML_JOBS,
    )
    assert job.progress == Progress(4, 8, "trials", running=1, failed=2, best=("loss", 0.25, "2"))
    study = study_of(job)
    assert (study.parameters, study.log_scaled, study.total) == (("rate", "solver"), frozenset({"rate"}), 8)
    shown = [(each.id, each.state, each.is_best, each.metrics, each.step, each.reason) for each in study.trials]
    assert shown == [
        ("2", "SUCCEEDED", True, {"loss": 0.25}, 90, ""),
        ("1", "SUCCEEDED", False, {"loss": 0.5}, 90, "stopped early"),
        ("4", "ACTIVE", False, {}, None, ""),
        ("3", "INFEASIBLE", False, {}, None, ""),
        ("5", "INFEASIBLE", False, {}, None, "was cancelled"),
    ]
    assert study.trials[0].parameters == {"rate": 0.2, "solver": "7"}
    assert study.trials[2].web_access == shells
    assert study.trials[0].raw["finalMetric"] == {"trainingStep": "90", "objectiveValue": 0.25}


def test_trials_without_a_state_are_those_that_succeeded() -> None:
    """So do earlier documents list them."""
    [found] = study_of(view(training(trial(1, None, 0.5), hyperparameterMetricTag=None), ML_JOBS)).trials
    assert (found.state, found.metrics) == ("SUCCEEDED", {"loss": 0.5})


def test_a_metric_without_a_name_has_googles_default() -> None:
    resource = {**NAMED, "trainingInput": {"hyperparameters": {}}, "trainingOutput": {"trials": [trial(1, None, 2.0)]}}
    assert study_of(view(resource, ML_JOBS)).trials[0].metrics == {"training/hptuning/metric": 2.0}


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
)
PLACES = ("hyperparameters", "params", "trials", "finalMetric", "predictionCount", "webAccessUris", "workerCount")


@given(
    st.dictionaries(
        st.sampled_from(["trainingInput", "trainingOutput", "predictionOutput", "jobPosition"]),
        junk
        | st.dictionaries(
            st.sampled_from(PLACES),
            junk | st.lists(st.dictionaries(st.sampled_from(PLACES), junk, max_size=3), max_size=2),
            max_size=4,
        ),
    )
)
def test_no_answer_breaks_a_view(resource: dict[str, Any]) -> None:
    study_of(view({**NAMED, **resource}, ML_JOBS))
