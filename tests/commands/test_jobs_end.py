"""`jobs cancel` and `jobs delete`."""

from __future__ import annotations

import json
from itertools import repeat
from typing import TYPE_CHECKING

import pytest

from tests.commands.cloud import at_terminal, refusal

if TYPE_CHECKING:
    from tests.commands.cloud import Cloud
    from tests.running import Runner


def test_cancel_asks_every_job_to_end(cloud: Cloud, run: Runner) -> None:
    names = [cloud.add("1", "RUNNING"), cloud.add("2", "QUEUED", collection="trainingPipelines")]
    outcome = run("jobs", "cancel", *names)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"custom job {names[0]} asked to end\ntraining pipeline {names[1]} asked to end\n"
    assert sorted(cloud.lines)[2:] == [
        "POST us-central1/customJobs/1:cancel",
        "POST us-central1/trainingPipelines/2:cancel",
    ]


def test_cancel_in_json_has_a_record_for_each_job(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    assert json.loads(run("jobs", "cancel", "1", "-o", "json").out) == [{"name": name, "result": "asked to end"}]


def test_a_job_that_is_over_is_refused_or_taken_for_done(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "SUCCEEDED")
    outcome = run("jobs", "cancel", "1")
    assert (outcome.code, outcome.err) == (
        5,
        f"error: custom job {name} is over already: SUCCEEDED\nhint: `--if-running` takes that for done\n",
    )
    outcome = run("jobs", "cancel", "1", "--if-running")
    assert (outcome.code, outcome.err) == (0, f"custom job {name} was over already: SUCCEEDED\n")
    assert not any(line.startswith("POST") for line in cloud.lines)


def test_a_job_that_ends_while_it_is_cancelled_counts_as_over(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.faults["1:cancel"] = repeat(refusal(400, "FAILED_PRECONDITION", "not running"))
    assert run("jobs", "cancel", "1").code == 5
    assert run("jobs", "cancel", "1", "--if-running").code == 0


def test_cancel_with_wait_returns_when_the_job_is_over_and_0_says_that_it_is(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    outcome = run("jobs", "cancel", "1", "--wait", "-o", "json")
    assert outcome.code == 0
    assert [each["state"] for each in json.loads(outcome.out)] == ["JOB_STATE_CANCELLED"]


def test_one_job_that_cannot_be_cancelled_does_not_keep_the_others(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "SUCCEEDED")
    name = cloud.add("2", "RUNNING")
    outcome = run("jobs", "cancel", "-", stdin="1\n2\n3\n")
    assert outcome.code == 5
    assert f"custom job {name} asked to end" in outcome.err
    assert outcome.err.count("error: ") == 2


def test_a_job_that_could_not_be_asked_to_end_is_not_waited_for(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", *["RUNNING"] * 500, "SUCCEEDED")
    cloud.add("2", "RUNNING")
    cloud.faults["1:cancel"] = repeat(refusal(403, "PERMISSION_DENIED", "you may not"))
    outcome = run("jobs", "cancel", "1", "2", "--wait", "-o", "name")
    assert (outcome.code, outcome.out) == (5, "projects/123/locations/us-central1/customJobs/2\n")
    assert "you may not" in outcome.err


def test_programs_hear_of_jobs_that_need_not_be_waited_for(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "SUCCEEDED")
    outcome = run("jobs", "cancel", "1", "--wait", "--if-running", "-o", "json")
    assert json.loads(outcome.out) == [{"name": name, "result": "was over already: SUCCEEDED"}]


def test_delete_waits_for_the_operation(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "FAILED")
    outcome = run("jobs", "delete", "1")
    assert (outcome.code, outcome.err, cloud.resources) == (0, f"custom job {name} deleted\n", {})


def test_without_waiting_a_deletion_is_only_begun(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "FAILED")
    outcome = run("jobs", "delete", "1", "--no-wait", "--yes")
    assert (outcome.code, outcome.err) == (0, f"custom job {name} is being deleted\n")
    assert cloud.lines[-1] == "DELETE us-central1/customJobs/1"


def test_a_person_is_asked_first_and_no_means_no(cloud: Cloud, run: Runner) -> None:
    names = [cloud.add(str(number), "FAILED") for number in range(7)]
    code, shown = at_terminal(run, "jobs", "delete", *names, answer="n\n")
    assert code == 130
    assert shown == (
        "".join(f"  custom job {name} (job-{number})\n" for number, name in enumerate(names[:5]))
        + "  and 2 more\ndelete for good 7 jobs? [y/N] nothing was done\n"
    )
    assert len(cloud.resources) == 7


@pytest.mark.parametrize(("answer", "arguments"), [("y\n", ()), ("YES\n", ()), ("", ("--yes",))])
def test_a_yes_is_an_answer_or_an_option(cloud: Cloud, run: Runner, answer: str, arguments: tuple[str, ...]) -> None:
    cloud.add("1", "FAILED")
    code, _ = at_terminal(run, "jobs", "delete", "1", *arguments, answer=answer)
    assert (code, cloud.resources) == (0, {})
