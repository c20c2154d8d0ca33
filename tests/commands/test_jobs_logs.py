"""`jobs logs`."""

from __future__ import annotations

import json
from itertools import chain, repeat
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.commands.cloud import refusal

if TYPE_CHECKING:
    from tests.commands.cloud import Cloud
    from tests.running import Runner


def filters(cloud: Cloud) -> list[str]:
    """What Cloud Logging was asked for."""
    return [json.loads(each.content)["filter"] for each in cloud.requests if each.url.path == "/v2/entries:list"]


@pytest.fixture
def written(cloud: Cloud) -> str:
    """A job that failed, and its lines."""
    name = cloud.add("1", "FAILED")
    cloud.write("1", "Job is running.", "INFO", "service")
    cloud.write("1", "epoch 1 loss=0.5")
    cloud.write("1", "Traceback:\n  File\tx\n\x1b[31mboom", "ERROR")
    return name


@pytest.mark.usefixtures("written")
def test_lines_have_time_severity_and_replica_each(run: Runner) -> None:
    outcome = run("jobs", "logs", "1")
    assert outcome.out == (
        "2026-11-21T11:20:00Z  INFO      service        Job is running.\n"
        "2026-11-21T11:20:01Z            workerpool0-0  epoch 1 loss=0.5\n"
        "2026-11-21T11:20:02Z  ERROR     workerpool0-0  Traceback:\n"
        "2026-11-21T11:20:02Z  ERROR     workerpool0-0    File  x\n"
        "2026-11-21T11:20:02Z  ERROR     workerpool0-0  \\x1b[31mboom\n"
    )
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("arguments", "count", "asked"),
    [
        ((), 3, 'timestamp>="2026-11-21T11:00:00'),
        (("--since", "30m"), 0, 'timestamp>="2026-11-21T11:30:00'),
        (("--tail", "1"), 1, None),
        (("--tail", "0"), 0, None),
        (("--grep", "loss"), 1, 'textPayload:"loss"'),
        (("--grep", r"loss=\d"), 1, None),
        (("--severity", "error"), 1, "severity>=ERROR"),
        (("--replica", "service"), 1, 'task_name="service"'),
    ],
)
def test_options_choose_lines(
    cloud: Cloud, run: Runner, arguments: tuple[str, ...], count: int, asked: str | None
) -> None:
    outcome = run("jobs", "logs", "1", "-o", "jsonl", *arguments)
    assert (outcome.code, len(outcome.out.splitlines())) == (0, count), outcome
    assert asked is None or asked in filters(cloud)[0]


def test_the_last_lines_are_in_the_order_in_which_they_were_written(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    for number in range(9):
        cloud.write("1", f"epoch {number}")
    lines = run("jobs", "logs", "1", "-n", "3").out.splitlines()
    assert [line.rpartition("  ")[2] for line in lines] == ["epoch 6", "epoch 7", "epoch 8"]


def test_a_pipeline_shows_the_lines_of_the_job_that_does_its_work(cloud: Cloud, run: Runner) -> None:
    backing = {"backingCustomJob": "projects/123/locations/us-central1/customJobs/77"}
    cloud.add("2", "RUNNING", collection="trainingPipelines", trainingTaskMetadata=backing)
    cloud.write("77", "from below")
    assert run("jobs", "logs", "2").out.endswith("  from below\n")


def test_lines_of_many_jobs_say_whose_they_are(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.add("2", "RUNNING")
    cloud.write("1", "one")
    cloud.write("2", "two")
    assert [line.split()[1:] for line in run("jobs", "logs", "1", "2").out.splitlines()] == [
        ["1", "workerpool0-0", "one"],
        ["2", "workerpool0-0", "two"],
    ]


@pytest.mark.parametrize(("state", "code"), [("SUCCEEDED", 0), ("FAILED", 1)])
def test_following_prints_every_line_once_and_ends_with_the_job_and_its_outcome(
    cloud: Cloud, run: Runner, state: str, code: int
) -> None:
    cloud.add("1", "RUNNING", "RUNNING", "RUNNING", state)
    for number in range(3):
        cloud.write("1", f"epoch {number}")
    outcome = run("jobs", "logs", "1", "-f")
    assert [line.rpartition("  ")[2] for line in outcome.out.splitlines()] == ["epoch 0", "epoch 1", "epoch 2"]
    assert outcome.code == code
    assert outcome.err.startswith("custom job 1 succeeded" if code == 0 else "custom job 1 failed")


def test_following_with_tail_begins_with_the_last_lines(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "SUCCEEDED")
    for number in range(5):
        cloud.write("1", f"epoch {number}")
    lines = run("jobs", "logs", "1", "-f", "--tail", "2").out.splitlines()
    assert [line.rpartition("  ")[2] for line in lines] == ["epoch 3", "epoch 4"]


def test_following_with_tail_takes_up_late_lines_while_there_are_fewer(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", "RUNNING", "RUNNING", "SUCCEEDED")
    cloud.write("1", "late")
    late = cloud.entries.pop()
    cloud.write("1", "early")
    cloud.entries[0]["timestamp"] = "2026-11-21T11:20:05Z"
    cloud.faults["logs"] = iter([httpx.Response(200, json={"entries": cloud.entries[:]})])
    cloud.entries.insert(0, late)
    lines = run("jobs", "logs", "1", "-f", "--tail", "9").out.splitlines()
    assert [line.rpartition("  ")[2] for line in lines] == ["late", "early"]


def test_a_job_that_vanishes_ends_the_lines_of_no_other(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", *["RUNNING"] * 9, "SUCCEEDED")
    cloud.add("2", "RUNNING")
    cloud.faults["2"] = chain([None] * 6, repeat(refusal(404, "NOT_FOUND", "customJobs 2 does not exist")))
    cloud.write("1", "from one")
    outcome = run("jobs", "logs", "-f", "1", "2")
    assert outcome.out.endswith("from one\n")
    assert outcome.code == 5
    assert "custom job 1 succeeded" in outcome.err
    assert "customJobs 2 does not exist" in outcome.err


def test_trials_beyond_the_bound_of_a_query_have_their_lines_too(cloud: Cloud, run: Runner) -> None:
    jobs = [f"projects/123/locations/us-central1/customJobs/48600000000000{number:05}" for number in range(1000)]
    trials = [{"id": str(at + 1), "state": "SUCCEEDED", "customJob": job} for at, job in enumerate(jobs)]
    cloud.add("6", "SUCCEEDED", collection="hyperparameterTuningJobs", trials=trials)
    for at in (0, 999, 500):
        cloud.write(jobs[at].rpartition("/")[2], f"trial {at + 1}")
    lines = run("jobs", "logs", "6").out.splitlines()
    assert [line.rpartition("  ")[2] for line in lines] == ["trial 1", "trial 1000", "trial 501"]


@pytest.mark.parametrize(
    ("state", "arguments", "words"),
    [
        ("RUNNING", (), "no lines yet: "),
        ("FAILED", (), "no lines: the job wrote none, or they are older than the logs are kept"),
        ("FAILED", ("--grep", "x"), "no lines that match\n"),
    ],
)
def test_no_lines_say_why(cloud: Cloud, run: Runner, state: str, arguments: tuple[str, ...], words: str) -> None:
    cloud.add("1", state)
    outcome = run("jobs", "logs", "1", *arguments)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith(words)


@pytest.mark.parametrize("arguments", [("--grep", "("), ("--severity", "loud"), ("--since", "soon")])
def test_an_option_that_cannot_be_used_is_a_usage_error(cloud: Cloud, run: Runner, arguments: tuple[str, ...]) -> None:
    cloud.add("1", "RUNNING")
    assert run("jobs", "logs", "1", *arguments).code == 2


def test_a_missing_permission_names_the_role(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.faults["logs"] = repeat(refusal(403, "PERMISSION_DENIED", "no"))
    outcome = run("jobs", "logs", "1")
    assert outcome.code == 5
    assert "hint: the caller needs the role `roles/logging.viewer` on the project 123" in outcome.err


@pytest.mark.usefixtures("written")
def test_csv_has_the_parts_of_every_entry(run: Runner) -> None:
    assert run("jobs", "logs", "1", "-o", "csv", "-n", "2").out.splitlines()[:2] == [
        "time,severity,job,replica,trial,message",
        "2026-11-21T11:20:01.000000Z,DEFAULT,1,workerpool0-0,,epoch 1 loss=0.5",
    ]
