"""Every spec in `configs/ml/` is valid, asks for the recorded request, and runs on the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kinds.test_bodies_match_discovery import judge

if TYPE_CHECKING:
    from tests.conftest import Expected
    from tests.running import Runner

TOP = Path(__file__).parents[2]
FOLDER = TOP / "configs" / "ml"
GOLDEN = Path(__file__).with_name("golden") / "ml"
SPECS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
CLOUD = ("--project", "my-project", "--location", "us-central1", "--staging-bucket", "gs://my-bucket")


@pytest.mark.parametrize("name", SPECS)
def test_an_example_is_valid_but_for_the_service_that_google_closed(trainctl: Runner, name: str) -> None:
    outcome = trainctl("validate", "-o", "jsonl", str(FOLDER / f"{name}.yaml"))
    report = json.loads(outcome.out)
    assert (outcome.code, [problem["code"] for problem in report["warnings"]]) == (0, ["service-closed"])


@pytest.mark.parametrize("name", SPECS)
def test_the_warning_names_convert_only_where_it_has_a_counterpart(trainctl: Runner, name: str) -> None:
    [warning] = json.loads(trainctl("validate", "-o", "jsonl", str(FOLDER / f"{name}.yaml")).out)["warnings"]
    converts = trainctl("convert", str(FOLDER / f"{name}.yaml")).code == 0
    assert ("`trainctl convert`" in warning["hint"]) is converts


@pytest.mark.parametrize("name", SPECS)
def test_an_example_asks_for_the_recorded_request_which_google_knows(
    trainctl: Runner, expected: Expected, name: str
) -> None:
    spec = str(FOLDER / f"{name}.yaml")
    outcome = trainctl("submit", "--dry-run", "-o", "json", spec, *CLOUD, "--var", "BUCKET=my-bucket")
    [request] = json.loads(outcome.out)[0]["requests"]
    assert judge(request["url"].partition(".com")[2], request["body"]) == []
    expected(json.dumps(request, indent=2) + "\n", GOLDEN / f"{name}.json")


@pytest.mark.slow
def test_a_package_is_trained_tuned_and_used_for_predictions_on_the_engine(machine: Runner) -> None:
    for name in ("digits", "scoring"):
        outcome = machine("submit", str(FOLDER / f"{name}.yaml"), "--local", "--watch", "-o", "json")
        assert outcome.code == 0, outcome
    job = json.loads(machine("jobs", "get", "@last", "-o", "json").out)
    assert job["predictionOutput"]["predictionCount"] == "360"
    logs = machine("jobs", "logs", "@2")
    assert "accuracy 0.9" in logs.out, logs
    folders = json.loads(machine("local", "status", "-o", "json").out)["folders"]
    results = Path(folders["buckets"], "local", "ml", "scores", "prediction.results-00000-of-00001")
    assert set(results.read_text().split()) == set("0123456789")


@pytest.mark.slow
def test_an_example_is_tuned_on_the_engine(machine: Runner) -> None:
    outcome = machine("submit", str(FOLDER / "tuning.yaml"), "--local", "--watch", "-o", "json")
    assert outcome.code == 0, outcome
    trials = machine("jobs", "trials", "@last", "-o", "json")
    found = json.loads(trials.out)
    assert sorted(trial["trialId"] for trial in found) == ["1", "2", "3", "4", "5", "6"]
    assert found[0]["hyperparameters"].keys() == {"strength", "iterations", "solver"}
    assert found[0]["finalMetric"]["objectiveValue"] > 0.9
    lines = machine("jobs", "logs", "@last", "--trial", "3", "--grep", "accuracy", "-o", "json")
    assert [each["labels"]["ml.googleapis.com/trial_id"] for each in json.loads(lines.out)] == ["3"]
