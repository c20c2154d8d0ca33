"""`jobs status`, `jobs model` and `jobs wait --model`: how jobs of every service stand, and what they made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands.cloud import user

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.cloud import Cloud
    from tests.running import Runner

PLACE = "projects/123/locations/us-central1"
TRAINING = f"{PLACE}/operations/ICN2106290444865378475"
VISION_MODEL = f"{PLACE}/models/ICN4412217016962778756"
MODEL: dict[str, Any] = {"modelToUpload": {"name": f"{PLACE}/models/5", "versionId": "2"}}


@pytest.fixture
def run(cloud: Cloud, tmp_path: Path) -> Runner:
    """Someone for whom the older services still answer."""
    hosts = {
        "TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com",
        "TRAINCTL_ENDPOINT_ML": "https://ml.googleapis.com",
    }
    return user(cloud, tmp_path, **hosts)


def training(**fields: Any) -> dict[str, Any]:
    times = {"createTime": "2026-11-21T11:00:00Z", "updateTime": "2026-11-21T11:30:00Z"}
    return {"name": TRAINING, "metadata": {**times, "createModelDetails": {}}, **fields}


def add_ml(cloud: Cloud, id_: str, state: str, **fields: Any) -> str:
    name = f"projects/123/jobs/{id_}"
    return cloud.add_other(name, {"jobId": id_, "state": state, "trainingInput": {"region": "r"}, **fields})


@pytest.mark.parametrize(
    ("state", "word", "code"),
    [
        ("QUEUED", "QUEUED", 7),
        ("PENDING", "PENDING", 7),
        ("RUNNING", "RUNNING", 7),
        ("CANCELLING", "CANCELLING", 7),
        ("PAUSED", "PAUSED", 7),
        ("SUCCEEDED", "SUCCEEDED", 0),
        ("PARTIALLY_SUCCEEDED", "PARTIAL", 1),
        ("FAILED", "FAILED", 1),
        ("CANCELLED", "CANCELLED", 1),
        ("EXPIRED", "EXPIRED", 1),
        ("INVENTED_LATER", "JOB_STATE_INVENTED_LATER", 7),
    ],
)
def test_the_status_of_a_job_is_one_word_and_an_exit_code(
    cloud: Cloud, run: Runner, state: str, word: str, code: int
) -> None:
    cloud.add("1", state)
    outcome = run("jobs", "status", "1")
    assert (outcome.code, outcome.out, outcome.err) == (code, f"{word}\n", "")


def test_the_status_of_many_is_a_word_each_and_the_largest_code(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "SUCCEEDED")
    cloud.add("2", "FAILED", collection="trainingPipelines")
    ml = add_ml(cloud, "census_7", "PREPARING")
    cloud.add_other(TRAINING, training(done=True, response={"name": VISION_MODEL}))
    outcome = run("jobs", "status", "1", "2", ml, "ICN2106290444865378475", TRAINING)
    assert (outcome.code, outcome.out) == (7, "SUCCEEDED\nFAILED\nPENDING\nSUCCEEDED\nSUCCEEDED\n"), outcome


@pytest.mark.parametrize("references", [("1", "9", "job-2"), ("-",)])
def test_a_missing_job_shifts_no_other_status(cloud: Cloud, run: Runner, references: tuple[str, ...]) -> None:
    cloud.add("1", "SUCCEEDED")
    cloud.add("2", "FAILED")
    outcome = run("jobs", "status", *references, stdin="1\n9\njob-2\n")
    assert (outcome.code, outcome.out) == (5, "SUCCEEDED\n-\nFAILED\n"), outcome
    assert outcome.err.startswith("error: there is no job `9` in garden, us-central1\n")


def test_the_status_of_selected_jobs_has_their_ids(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", labels={"team": "plants"})
    outcome = run("jobs", "status", "--label", "team=plants")
    assert (outcome.code, outcome.out) == (7, "1 RUNNING\n"), outcome


def test_the_status_of_selected_jobs_is_a_record_each_for_programs(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING", labels={"team": "plants"})
    cloud.add("2", "RUNNING")
    outcome = run("jobs", "status", "--label", "team=plants", "-o", "jsonl")
    record = {"name": name, "state": "RUNNING", "raw_state": "JOB_STATE_RUNNING"}
    assert (outcome.code, json.loads(outcome.out)) == (7, record)


def test_the_model_of_a_pipeline_is_named_with_its_version(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "SUCCEEDED", collection="trainingPipelines", **MODEL)
    outcome = run("jobs", "model", "1")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{PLACE}/models/5@2\n", "")


def test_the_model_of_an_automl_vision_training_is_named(cloud: Cloud, run: Runner) -> None:
    cloud.add_other(TRAINING, training(done=True, response={"name": VISION_MODEL}))
    assert run("jobs", "model", TRAINING).out == f"{VISION_MODEL}\n"


def test_a_job_without_a_model_says_why(cloud: Cloud, run: Runner) -> None:
    failed = cloud.add(
        "1", "FAILED", collection="trainingPipelines", error={"code": 3, "message": "no labels"}, **MODEL
    )
    running = cloud.add("2", "RUNNING", collection="trainingPipelines", **MODEL)
    made_none = cloud.add("3", "SUCCEEDED", jobSpec={"baseOutputDirectory": {"outputUriPrefix": "gs://b/o"}})
    ml = add_ml(cloud, "census_7", "FAILED", errorMessage="out of memory")
    outcome = run("jobs", "model", failed)
    assert (outcome.code, outcome.out, outcome.err) == (
        1,
        "",
        f"error: training pipeline {failed} has no model, it is FAILED: no labels\n",
    )
    outcome = run("jobs", "model", running)
    assert outcome.code == 7
    assert outcome.err == (
        f"error: training pipeline {running} is not over, and has no model yet\n"
        f"hint: `trainctl jobs wait {running} --model` waits for it\n"
    )
    outcome = run("jobs", "model", made_none)
    assert outcome.code == 1
    assert outcome.err == (
        f"error: custom job {made_none} has registered no model\n"
        "hint: its files are in gs://b/o/model/; a spec with `model_display_name` has a model made of them\n"
    )
    outcome = run("jobs", "model", ml)
    assert (outcome.code, outcome.err) == (
        1,
        f"error: AI Platform job {ml} has no model, it is FAILED: out of memory\n",
    )


def test_a_wait_for_the_model_ends_with_its_name_or_the_reason(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", "SUCCEEDED", collection="trainingPipelines", **MODEL)
    outcome = run("jobs", "wait", "1", "--model", "-q")
    assert (outcome.code, outcome.out) == (0, f"{PLACE}/models/5@2\n")
    cloud.add("2", "RUNNING", "SUCCEEDED", collection="trainingPipelines")
    outcome = run("jobs", "wait", "2", "--model", "-q")
    assert (outcome.code, outcome.out) == (1, "")
    assert "has registered no model" in outcome.err


def test_a_wait_for_one_job_gives_one_object_as_get_does(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", "SUCCEEDED")
    cloud.add("2", "SUCCEEDED")
    assert run("jobs", "wait", "1", "--query", "state").out == "JOB_STATE_SUCCEEDED\n"
    assert run("jobs", "get", "1", "--query", "state").out == "JOB_STATE_SUCCEEDED\n"
    assert run("jobs", "wait", "1", "2", "--query", "[].state").out == "JOB_STATE_SUCCEEDED\n" * 2
    assert run("jobs", "wait", "-", "--query", "[].state", stdin="1\n").out == "JOB_STATE_SUCCEEDED\n"
