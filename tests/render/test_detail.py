"""One job in full, and how it ended."""

from __future__ import annotations

from typing import Any

import pytest

from tests.render.stage import NOW, job
from trainctl.catalog import HYPERPARAMETER_TUNING_JOBS, TRAINING_PIPELINES
from trainctl.jobs import Job, view
from trainctl.phases import Phase
from trainctl.render.detail import NOTES, STATUS_NOTES, ending_text, job_text

NAME = "projects/123/locations/us-central1/customJobs/4860000000000000001"
SPEC = {"baseOutputDirectory": {"outputUriPrefix": "gs://b/out"}}


def test_a_failed_job_shows_all_that_is_known() -> None:
    failed = job(
        1,
        "FAILED",
        endTime="2026-11-21T09:15:30Z",
        labels={"team": "plants", "stage": "test\x1b[0m"},
        jobSpec={**SPEC, "workerPoolSpecs": [{"replicaCount": "4"}]},
        webAccessUris={"workerpool0-0": "https://shell"},
        error={"code": 3, "message": "The replica workerpool0-0 exited with a non-zero status of 137.\nSee the logs."},
    )
    lines = ["last lines of workerpool0-0:", "  MemoryError"]
    page = "https://console.cloud.google.com/ai/platform/locations/us-central1/training/4860000000000000001?project=123"
    assert job_text(failed, now=NOW, colour=False, again=NAME, log_lines=lines) == (
        f"name:          {NAME}\n"
        "display name:  digits\n"
        "kind:          custom (custom job)\n"
        "state:         FAILED\n"
        "progress:      4 replicas\n"
        "created:       2026-11-21 09:00:00Z (3h ago)\n"
        "started:       2026-11-21 09:05:00Z (2h ago)\n"
        "ended:         2026-11-21 09:15:30Z (2h ago)\n"
        "ran:           10m 30s\n"
        "labels:        stage=test\\x1b[0m\n"
        "               team=plants\n"
        "model files:   gs://b/out/model/\n"
        "outputs:       gs://b/out\n"
        "shells:        workerpool0-0 https://shell\n"
        "error:         INVALID_ARGUMENT: The replica workerpool0-0 exited with a non-zero status of 137.\n"
        "               See the logs.\n"
        "               (137: killed, most often because memory ran out (SIGKILL))\n"
        f"console:       {page}\n"
        f"logs:          trainctl jobs logs {NAME}\n"
        "last lines of workerpool0-0:\n"
        "  MemoryError\n"
    )


def test_a_waiting_job_says_what_it_waits_for() -> None:
    waiting = job(1, "QUEUED", startTime=None, updateTime="2026-11-21T11:00:00Z")
    assert job_text(waiting, now=NOW, colour=False, again="1 --local", link=False) == (
        f"name:          {NAME}\n"
        "display name:  digits\n"
        "kind:          custom (custom job)\n"
        "state:         QUEUED\n"
        "               waits for quota or for earlier jobs; no code runs yet\n"
        "created:       2026-11-21 09:00:00Z (3h ago)\n"
        "updated:       2026-11-21 11:00:00Z (1h ago)\n"
        "logs:          trainctl jobs logs 1 --local\n"
    )


def test_a_pipeline_names_its_model_and_the_job_that_does_its_work() -> None:
    pipeline = view(
        {
            "name": "projects/1/locations/l/trainingPipelines/9",
            "state": "PIPELINE_STATE_SUCCEEDED",
            "trainingTaskMetadata": {"backingCustomJob": "projects/1/locations/l/customJobs/77"},
            "modelToUpload": {"name": "projects/1/locations/l/models/5", "versionId": "2"},
        },
        TRAINING_PIPELINES,
    )
    assert job_text(pipeline, now=NOW, colour=False, again="x", link=False, folder="/tmp/out") == (
        "name:          projects/1/locations/l/trainingPipelines/9\n"
        "display name:  -\n"
        "kind:          training-pipeline (training pipeline)\n"
        "state:         SUCCEEDED\n"
        "model:         projects/1/locations/l/models/5@2\n"
        "folder:        /tmp/out\n"
        "runs as:       projects/1/locations/l/customJobs/77\n"
        "logs:          trainctl jobs logs x\n"
    )


def test_the_state_is_coloured() -> None:
    assert "state:         \x1b[31mFAILED\x1b[0m\n" in job_text(job(1, "FAILED"), now=NOW, colour=True, again="x")


def test_success_ends_with_what_it_left_behind() -> None:
    done = job(1, "SUCCEEDED", endTime="2026-11-21T09:15:30Z", jobSpec=SPEC)
    assert ending_text(done, now=NOW, colour=False, again="x", folder="/home/me/out") == (
        "custom job 4860000000000000001 succeeded (ran 10m 30s)\n"
        "  model files:  gs://b/out/model/\n"
        "  outputs:      gs://b/out\n"
        "  folder:       /home/me/out\n"
    )


def test_failure_ends_with_the_error_its_last_lines_and_where_there_are_more() -> None:
    failed = job(1, "FAILED", endTime="2026-11-21T09:15:30Z", error={"code": 99, "message": "no luck"}, jobSpec=SPEC)
    assert ending_text(failed, now=NOW, colour=False, again="7 --local", log_lines=["last lines:", "  oh"]) == (
        "custom job 4860000000000000001 failed (ran 10m 30s)\n"
        "  error:  code 99: no luck\n"
        "  last lines:\n"
        "    oh\n"
        "  all of its lines: trainctl jobs logs 7 --local\n"
    )


def study(state: str, *reasons: str) -> Job:
    """A tuning job one of whose trials failed for each reason."""
    resource = {
        "name": NAME.replace("customJobs", "hyperparameterTuningJobs"),
        "state": f"JOB_STATE_{state}",
        "startTime": "2026-11-21T09:05:00Z",
        "endTime": "2026-11-21T09:15:30Z",
        "trials": [
            {"id": str(number), "state": "INFEASIBLE", "infeasibleReason": reason}
            for number, reason in enumerate(reasons, start=1)
        ],
        "error": {"code": 3, "message": "Too many trials failed."},
    }
    return view(resource, HYPERPARAMETER_TUNING_JOBS)


def test_a_tuning_job_that_failed_says_why_its_trials_did() -> None:
    failed = study("FAILED", *["no report of\n`loss`"] * 4, "b\x1b", "b\x1b", "c", "d", "e")
    assert ending_text(failed, now=NOW, colour=False, again="7") == (
        "hyperparameter tuning job 4860000000000000001 failed (ran 10m 30s)\n"
        "  error:    INVALID_ARGUMENT: Too many trials failed.\n"
        "  reasons:  trials 1, 2, 3 and 1 more: no report of\\n`loss`\n"
        "            trials 5, 6: b\\x1b\n"
        "            trial 7: c\n"
        "            and 2 other reasons\n"
        "  all of its lines: trainctl jobs logs 7\n"
        "  its trials: trainctl jobs trials 7\n"
    )
    assert "\n               trials 5, 6: b\\x1b\n" in job_text(failed, now=NOW, colour=False, again="7")


def test_a_tuning_job_leads_to_its_trials_and_names_failed_ones_only_when_it_failed_itself() -> None:
    done = study("SUCCEEDED", "no luck")
    assert ending_text(done, now=NOW, colour=False, again="7").endswith("\n  its trials: trainctl jobs trials 7\n")
    assert job_text(done, now=NOW, colour=False, again="7").endswith("\ntrials:        trainctl jobs trials 7\n")
    assert "no luck" not in job_text(done, now=NOW, colour=False, again="7")


@pytest.mark.parametrize(
    ("state", "first"),
    [
        ("CANCELLED", "custom job 4860000000000000001 was cancelled\n"),
        ("EXPIRED", "custom job 4860000000000000001 expired\n"),
        ("PARTIALLY_SUCCEEDED", "custom job 4860000000000000001 succeeded in part\n"),
        ("RUNNING", "custom job 4860000000000000001 is RUNNING\n"),
        ("NEW", "custom job 4860000000000000001 is JOB_STATE_NEW\n"),
    ],
)
def test_every_other_ending_has_its_word(state: str, first: str) -> None:
    assert ending_text(job(1, state, startTime=None), now=NOW, colour=False, again="x").startswith(first)


def test_every_note_is_shown_below_its_state() -> None:
    for phase in NOTES:
        word = {Phase.PARTIAL: "PARTIALLY_SUCCEEDED", Phase.UNKNOWN: "NEW"}.get(phase, phase.value)
        assert f"\n               {NOTES[phase]}\n" in job_text(job(1, word), now=NOW, colour=False, again="x")


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        ({"code": 3, "message": "Training failed with:\ncode: 3\n"}, "INVALID_ARGUMENT: Training failed with:|code: 3"),
        ({"code": 3}, "INVALID_ARGUMENT"),
        ({"message": "\n"}, "-"),
    ],
)
def test_an_error_ends_with_its_last_word(error: dict[str, Any], lines: str) -> None:
    shown = ending_text(job(1, "FAILED", startTime=None, error=error), now=NOW, colour=False, again="7")
    assert shown.splitlines()[1:-1] == [
        f"  {'' if number else 'error:':<6}  {line}" for number, line in enumerate(lines.split("|"))
    ]


def test_an_exit_status_that_says_nothing_special_has_no_note() -> None:
    failed = job(1, "FAILED", error={"message": "exited with a non-zero status of 1"})
    assert not any(note in job_text(failed, now=NOW, colour=False, again="x") for note in STATUS_NOTES.values())
