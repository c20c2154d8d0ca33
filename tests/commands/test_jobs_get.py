"""`jobs get` and the ways to name a job."""

from __future__ import annotations

import json
from itertools import repeat
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.commands.cloud import refusal
from trainctl.clock import SystemClock
from trainctl.journal import Entry, Journal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.cloud import Cloud
    from tests.running import Runner

LONG = "4867921325790003200"


def record(home: Path, submission: str, name: str | None, *, local: bool = False) -> None:
    """A submission in the journal of whoever has that home."""
    journal = Journal.open(home / "state" / "journal.sqlite3", SystemClock())
    entry = Entry(
        submission, "a.yaml", 0, "custom", "digits", "vertex", "customJobs", "https://x", "p", "d", local=local
    )
    journal.prepare(entry)
    if name:
        journal.mark_created(submission, name)
    journal.close()


def test_a_full_name_takes_one_request_and_needs_no_settings(cloud: Cloud, run: Runner) -> None:
    name = cloud.add(LONG, "RUNNING", location="europe-west4")
    outcome = run("jobs", "get", name, env={"TRAINCTL_PROJECT": "", "TRAINCTL_LOCATION": ""})
    assert outcome.out == (
        f"name:          {name}\n"
        f"display name:  job-{LONG}\n"
        "kind:          custom (custom job)\n"
        "state:         RUNNING\n"
        "created:       2026-11-21 11:00:00Z (1h ago)\n"
        "started:       2026-11-21 11:10:00Z (50m ago)\n"
        "ran:           50m 0s\n"
        f"console:       https://console.cloud.google.com/ai/platform/locations/europe-west4/training/{LONG}?project=123\n"
        f"logs:          trainctl jobs logs {name}\n"
    ), outcome
    assert (outcome.code, cloud.lines) == (0, [f"GET europe-west4/customJobs/{LONG}"])


def test_a_bare_id_is_looked_up_in_every_collection_and_location_at_once(cloud: Cloud, run: Runner) -> None:
    name = cloud.add(LONG, "RUNNING", collection="trainingPipelines", location="europe-west4")
    outcome = run("jobs", "get", LONG, "-o", "name", "--location", "us-central1,europe-west4")
    assert outcome.out == f"{name}\n", outcome
    assert sorted(cloud.lines) == [
        f"GET {place}/{collection}/{LONG}"
        for place in ("europe-west4", "us-central1")
        for collection in ("customJobs", "hyperparameterTuningJobs", "trainingPipelines")
    ]


def test_a_unique_display_name_names_its_job(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", displayName="other")
    name = cloud.add("2", "RUNNING", displayName='say "hi"')
    assert run("jobs", "get", 'say "hi"', "-o", "name").out == f"{name}\n"
    assert cloud.requests[0].url.params["filter"] == 'display_name="say \\"hi\\""'


def test_a_display_name_of_digits_is_found_when_no_job_has_that_id(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("2", "RUNNING", displayName="2026")
    assert run("jobs", "get", "2026", "-o", "name").out == f"{name}\n"


def test_a_display_name_of_several_jobs_lists_them(cloud: Cloud, run: Runner) -> None:
    names = [cloud.add("1", "RUNNING", displayName="digits"), cloud.add("2", "FAILED", displayName="digits")]
    outcome = run("jobs", "get", "digits")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"error: `digits` is the name of several jobs:\n  {names[0]}\n  {names[1]}\n"
        "hint: use an id or one of these names\n"
    )


def test_the_last_submissions_from_here_have_short_names(cloud: Cloud, run: Runner) -> None:
    names = [cloud.add(number, "RUNNING") for number in ("1", "2")]
    for submission, name in zip(("s1", "s2"), names, strict=True):
        record(run.home, submission, name)
    record(run.home, "s3", None)
    assert [run("jobs", "get", each, "-o", "name").out for each in ("@last", "@1", "@2")] == [
        f"{names[1]}\n",
        f"{names[1]}\n",
        f"{names[0]}\n",
    ]
    assert run("jobs", "get", "@3").err.startswith("error: no job was submitted from here that is so far back: `@3`\n")


def test_a_job_of_the_engine_and_one_of_the_cloud_cannot_be_named_together(cloud: Cloud, run: Runner) -> None:
    record(run.home, "s1", "projects/local/locations/us-central1/customJobs/1", local=True)
    outcome = run("jobs", "get", "@last", cloud.add("2", "RUNNING"))
    assert (outcome.code, outcome.err) == (
        2,
        "error: `@last` is a job of the local engine\nhint: add `--local`, and name no other jobs\n",
    )


@pytest.mark.parametrize(
    ("reference", "code", "message"),
    [
        ("7", 5, "error: there is no job `7` in garden, us-central1\n"),
        ("nobody", 5, "error: there is no job `nobody` in garden, us-central1\n"),
        ("projects/123/locations/us-central1/customJobs/7", 5, "error: customJobs 7 does not exist\n"),
        (
            "projects/1/locations/us-central1/models/7",
            2,
            "error: `projects/1/locations/us-central1/models/7` names no job",
        ),
        ("customJobs/7", 2, "error: `customJobs/7` is no resource name\n"),
    ],
)
def test_a_reference_that_names_nothing_says_so(run: Runner, reference: str, code: int, message: str) -> None:
    outcome = run("jobs", "get", reference)
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith(message), outcome


def test_a_service_that_cannot_be_asked_is_not_the_same_as_a_job_that_is_not_there(cloud: Cloud, run: Runner) -> None:
    cloud.faults["us-central1"] = repeat(httpx.ConnectError("no route to host"))
    assert run("jobs", "get", "7").code == 6


def test_of_many_references_the_good_ones_are_shown_and_the_bad_ones_told(cloud: Cloud, run: Runner) -> None:
    names = [cloud.add("1", "RUNNING"), cloud.add("2", "FAILED")]
    outcome = run("jobs", "get", "1", "9", names[1], "1", "-o", "json")
    assert [each["name"] for each in json.loads(outcome.out)] == names
    assert (outcome.code, outcome.err.splitlines()[0]) == (5, "error: there is no job `9` in garden, us-central1")


def test_references_are_read_from_standard_input(cloud: Cloud, run: Runner) -> None:
    names = [cloud.add("1", "RUNNING"), cloud.add("2", "FAILED")]
    outcome = run("jobs", "get", "-", "-o", "name", stdin=f"\n{names[0]}\n  2 \n\n")
    assert (outcome.code, outcome.out.split()) == (0, names)


def test_nothing_on_standard_input_is_nothing_to_do(run: Runner) -> None:
    outcome = run("jobs", "get", "-", "-o", "json", stdin="")
    assert (outcome.code, outcome.out) == (0, "[]\n")


def test_one_reference_gives_one_object_and_a_query_sees_it(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    assert json.loads(run("jobs", "get", "1", "-o", "json").out)["name"] == name
    assert run("jobs", "get", "1", "--query", "state").out == "JOB_STATE_RUNNING\n"


def test_a_failed_job_shows_the_last_errors_of_the_replica_that_its_error_names(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "FAILED", error={"code": 3, "message": "replica workerpool1-0 exited with a non-zero status of 1"})
    cloud.write("1", "another's trouble", "ERROR", "workerpool0-0")
    cloud.write("1", "epoch 1", replica="workerpool1-0")
    cloud.write("1", "Traceback:", "ERROR", "workerpool1-0")
    cloud.write("1", "out \x1b[31mof luck", "ERROR", "workerpool1-0")
    assert run("jobs", "get", "1").out.endswith("last lines of workerpool1-0:\n  Traceback:\n  out \\x1b[31mof luck\n")


def test_without_a_name_in_the_error_it_is_the_replica_with_the_earliest_error(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "FAILED", error={"code": 13, "message": "internal"})
    cloud.write("1", "first to fall", "ERROR", "workerpool0-3")
    cloud.write("1", "lost my peer", "ERROR", "workerpool0-1")
    assert run("jobs", "get", "1").out.endswith("last lines of workerpool0-3:\n  first to fall\n")


def test_without_errors_in_the_log_its_last_lines_have_to_do(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "FAILED")
    cloud.write("1", "epoch 1")
    assert run("jobs", "get", "1").out.endswith("last lines of workerpool0-0:\n  epoch 1\n")


def test_logs_that_may_not_be_read_do_not_stop_it_and_the_role_is_named(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "FAILED")
    cloud.faults["logs"] = repeat(refusal(403, "PERMISSION_DENIED", "no"))
    outcome = run("jobs", "get", "1")
    assert outcome.code == 0
    assert "its log lines are not at hand: the logs of project 123 may not be read: no" in outcome.out
    assert "(the caller needs the role `roles/logging.viewer` on the project 123)" in outcome.out


def test_a_job_of_ai_platform_shows_the_errors_of_the_replica_that_its_message_names(cloud: Cloud, run: Runner) -> None:
    failure = {"jobId": "census", "state": "FAILED", "trainingInput": {}, "createTime": "2026-11-21T11:00:00Z"}
    message = "The replica ps-replica-1 exited with a non-zero status of 1."
    name = cloud.add_other("projects/123/jobs/census", {**failure, "errorMessage": message})
    cloud.write("census", "lost a peer", "ERROR", "worker-replica-0")
    cloud.write("census", "no room", "ERROR", "ps-replica-1")
    assert run("jobs", "get", name).out.endswith("last lines of ps-replica-1:\n  no room\n")


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        (
            ("get", "projects/123/jobs/census", "projects/123/jobs/digits"),
            "AI Platform Training closed on 31 January 2025",
        ),
        (("list", "--kind", "ml"), "AI Platform Training closed on 31 January 2025"),
        (("status", "projects/123/locations/us-central1/operations/ICN7"), "AutoML Vision closed on 31 March 2024"),
    ],
)
def test_who_asks_a_closed_service_hears_that_it_is(run: Runner, words: tuple[str, ...], closed: str) -> None:
    said = run("jobs", *words).err.splitlines()
    assert [line for line in said if line.startswith("warning: ")] == [said[0]]
    assert said[0].startswith(f"warning: {closed}: nothing answers at `")
    here = {f"TRAINCTL_ENDPOINT_{name}": "https://old.example.com" for name in ("ML", "AUTOML")}
    assert "warning" not in run("jobs", *words, env=here).err
