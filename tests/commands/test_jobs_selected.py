"""Conditions instead of references: what they select, what is asked first, and what scripts must say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.commands.cloud import at_terminal, refusal

if TYPE_CHECKING:
    from tests.commands.cloud import Cloud
    from tests.running import Runner


@pytest.fixture(autouse=True)
def jobs(cloud: Cloud) -> None:
    """Three jobs of a team, one of them over, and one of nobody."""
    cloud.add("1", "RUNNING", labels={"team": "plants"})
    cloud.add("2", "QUEUED", labels={"team": "plants"}, collection="trainingPipelines")
    cloud.add("3", "SUCCEEDED", labels={"team": "plants"})
    cloud.add("4", "RUNNING")


def posts(cloud: Cloud) -> list[str]:
    return sorted(line.partition(" ")[2] for line in cloud.lines if line.startswith("POST"))


def test_selected_jobs_that_run_are_cancelled(cloud: Cloud, run: Runner) -> None:
    outcome = run("jobs", "cancel", "--label", "team=plants", "--yes")
    assert (outcome.code, outcome.out) == (0, "")
    assert posts(cloud) == ["us-central1/customJobs/1:cancel", "us-central1/trainingPipelines/2:cancel"]
    assert outcome.err.count("asked to end") == 2


def test_a_script_that_selects_says_yes(cloud: Cloud, run: Runner) -> None:
    outcome = run("jobs", "cancel", "--label", "team=plants", "--state", "RUNNING")
    assert (outcome.code, outcome.err) == (
        2,
        "error: 1 job was selected to cancel, and there is nobody to ask\nhint: `--yes` goes on without a question\n",
    )
    assert run("jobs", "delete", "--label", "team=plants").code == 2
    assert posts(cloud) == []
    assert len(cloud.resources) == 4


@pytest.mark.parametrize("label", ["", " ", "=", "=plants", "team=plants,"])
@pytest.mark.parametrize("command", ["delete", "cancel"])
def test_a_label_without_a_key_which_every_job_would_have_selects_none(
    cloud: Cloud, run: Runner, command: str, label: str
) -> None:
    outcome = run("jobs", command, "--label", label, "--yes")
    assert (outcome.code, outcome.err) == (
        2,
        f"error: `--label {label}` names no label\nhint: write `--label KEY` or `--label KEY=VALUE`\n",
    )
    assert (cloud.requests, len(cloud.resources)) == ([], 4)


@pytest.mark.parametrize("option", ["--filter", "--since"])
def test_an_empty_condition_beside_another_does_not_widen_what_is_selected(
    cloud: Cloud, run: Runner, option: str
) -> None:
    assert run("jobs", "delete", "--state", "ended", option, "", "--yes").code == 2
    assert (cloud.requests, len(cloud.resources)) == ([], 4)


def test_a_person_sees_how_many_and_is_asked(cloud: Cloud, run: Runner) -> None:
    code, shown = at_terminal(run, "jobs", "cancel", "--label", "team=plants", answer="y\n")
    assert code == 0
    assert "cancel 2 jobs? [y/N] " in shown
    assert len(posts(cloud)) == 2
    code, shown = at_terminal(run, "jobs", "delete", "--state", "ended", "--kind", "custom", answer="n\n")
    assert code == 130
    assert shown == (
        "  custom job projects/123/locations/us-central1/customJobs/3 (job-3)\n"
        "delete for good 1 job? [y/N] nothing was done\n"
    )


def test_selected_jobs_are_deleted_shown_and_awaited(cloud: Cloud, run: Runner) -> None:
    assert run("jobs", "delete", "--state", "ended", "--yes").code == 0
    assert len(cloud.resources) == 3
    shown = json.loads(run("jobs", "get", "--name", "job-1", "-o", "json").out)
    assert [each["displayName"] for each in shown] == ["job-1"]
    outcome = run("jobs", "wait", "--label", "team", "--timeout", "5s", "-o", "name")
    assert (outcome.code, len(outcome.out.splitlines())) == (7, 2)
    assert run("jobs", "watch", "--label", "team", "--timeout", "5s").code == 7


def test_lines_of_selected_jobs_are_shown_and_their_time_is_not_the_jobs(cloud: Cloud, run: Runner) -> None:
    for number in ("1", "3", "4"):
        cloud.write(number, f"line of {number}")
    shown = run("jobs", "logs", "--label", "team=plants", "--kind", "custom", "--since", "50m")
    assert (shown.code, [line.rpartition("  ")[2] for line in shown.out.splitlines()]) == (
        0,
        ["line of 1", "line of 3"],
    )
    assert run("jobs", "logs", "--state", "succeeded", "-f").out.endswith("line of 3\n")
    assert run("jobs", "logs", "--name", "job-9*").err == "no jobs that match in garden, us-central1\n"


def test_lines_of_trials_are_among_those_of_selected_tuning_jobs(cloud: Cloud, run: Runner) -> None:
    trial = {"id": "1", "state": "SUCCEEDED", "customJob": "projects/123/locations/us-central1/customJobs/61"}
    cloud.add("6", "SUCCEEDED", collection="hyperparameterTuningJobs", trials=[trial])
    cloud.write("61", "from a trial")
    assert run("jobs", "logs", "--kind", "hptune", "--name", "job-6").out.endswith("from a trial\n")
    assert [line for line in cloud.lines if re.fullmatch(r"GET us-central1/\w+/\d+", line)] == [
        "GET us-central1/hyperparameterTuningJobs/6"
    ]


def test_lines_of_more_jobs_than_one_query_can_name_come_in_order(cloud: Cloud, run: Runner) -> None:
    ids = [f"48600000000000{number:05}" for number in range(1000)]
    for number in ids:
        cloud.add(number, "SUCCEEDED", labels={"team": "many"})
    for number, text in ((ids[0], "one"), (ids[999], "two"), (ids[1], "three")):
        cloud.write(number, text)
    outcome = run("jobs", "logs", "--label", "team=many")
    assert [line.rpartition("  ")[2] for line in outcome.out.splitlines()] == ["one", "two", "three"]
    queries = [json.loads(each.content)["filter"] for each in cloud.requests if each.url.path == "/v2/entries:list"]
    assert all(len(query) < 20_000 for query in queries)


def test_models_of_selected_jobs_are_named(cloud: Cloud, run: Runner) -> None:
    made = "projects/123/locations/us-central1/models/9"
    cloud.add("5", "SUCCEEDED", collection="trainingPipelines", modelToUpload={"name": made, "versionId": "2"})
    outcome = run("jobs", "model", "--state", "succeeded")
    assert (outcome.code, outcome.out) == (1, f"{made}@2\n")
    assert "customJobs/3 has registered no model" in outcome.err


def test_a_limit_bounds_what_is_selected(cloud: Cloud, run: Runner) -> None:
    assert run("jobs", "cancel", "--state", "active", "--limit", "1", "--yes").code == 0
    assert len(posts(cloud)) == 1


def test_nothing_selected_is_said_and_no_failure(run: Runner) -> None:
    for command in ("cancel", "delete", "wait", "watch", "get", "status", "logs", "model"):
        outcome = run("jobs", command, "--label", "team=animals")
        assert (outcome.code, outcome.err) == (0, "no jobs that match in garden, us-central1\n")


def test_a_place_that_fails_is_reported_and_the_others_are_worked_on(cloud: Cloud, run: Runner) -> None:
    cloud.faults["asia-east1"] = iter([refusal(403, "PERMISSION_DENIED", "you may not")] * 9)
    places = ("--location", "us-central1,asia-east1")
    outcome = run("jobs", "cancel", "--label", "team=plants", "--yes", *places)
    assert (outcome.code, len(posts(cloud))) == (6, 2)
    assert "in asia-east1: you may not" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [("1", "--state", "RUNNING"), (), ("--limit", "3"), ("--state", "lost"), ("--kind", "wasm", "--yes")],
)
def test_references_or_conditions_but_one_of_them(cloud: Cloud, run: Runner, arguments: tuple[str, ...]) -> None:
    assert run("jobs", "cancel", *arguments).code == 2
    assert cloud.requests == []
