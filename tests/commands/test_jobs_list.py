"""`jobs list`: sources side by side, conditions, order, forms, failures."""

from __future__ import annotations

import json
from itertools import repeat
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.commands.cloud import refusal

if TYPE_CHECKING:
    from tests.commands.cloud import Cloud
    from tests.running import Runner


def ids(text: str) -> list[str]:
    """The ids in a table, in their order."""
    return [line.split()[0] for line in text.splitlines()[1:]]


def filters(cloud: Cloud) -> dict[str, str]:
    """The filter that each collection was asked with."""
    return {each.url.path.rpartition("/")[2]: each.url.params.get("filter", "") for each in cloud.requests}


def test_jobs_of_all_collections_are_listed_with_the_fields_of_the_table_only(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.add("2", "SUCCEEDED", collection="trainingPipelines")
    outcome = run("jobs", "list", "--sort", "id")
    assert outcome.out == (
        "ID                    KIND               STATE       CREATE_TIME           RUN_TIME  DISPLAY_NAME\n"
        "1                     custom             RUNNING     2026-11-21T11:00:00Z  -         job-1\n"
        "2                     custom             SUCCEEDED   2026-11-21T11:00:00Z  1800      job-2\n"
    ), outcome
    assert (outcome.code, outcome.err) == (0, "")
    masks = {each.url.params["readMask"] for each in cloud.requests}
    mask = "name,displayName,state,createTime,startTime,endTime,updateTime,labels"
    assert masks == {mask, f"{mask},trainingTaskDefinition"}


def test_a_limit_makes_no_small_pages_of_what_is_chosen_here(cloud: Cloud, run: Runner) -> None:
    for number in range(10, 60):
        cloud.add(str(number), "RUNNING")
    outcome = run("jobs", "list", "--kind", "custom-job", "--name", "job-5?", "--limit", "1", "-o", "name")
    assert (outcome.out.endswith("/50\n"), cloud.lines) == (True, ["GET us-central1/customJobs"])


def test_a_place_that_is_named_twice_is_looked_into_once(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    outcome = run("jobs", "list", "--location", "us-central1, us-central1", "-o", "name")
    assert (outcome.code, outcome.out) == (0, f"{name}\n")


def test_every_location_asked_for_is_listed_and_named(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.add("2", "RUNNING", location="europe-west4")
    outcome = run("jobs", "list", "--location", "us-central1,europe-west4", "--sort", "location")
    assert ids(outcome.out) == ["2", "1"]
    assert "europe-west4" in outcome.out
    assert len(cloud.requests) == 6


def test_a_location_that_fails_is_reported_once_and_the_others_are_shown_with_exit_code_6(
    cloud: Cloud, run: Runner
) -> None:
    cloud.add("1", "RUNNING")
    cloud.faults["asia-east1"] = repeat(refusal(400, "INVALID_ARGUMENT", "no such region"))
    outcome = run("jobs", "list", "--location", "us-central1,asia-east1")
    assert (outcome.code, ids(outcome.out)) == (6, ["1"])
    names = sorted(outcome.err.splitlines()[0].removeprefix("error: ").partition(": no")[0].split(", "))
    assert names == [
        "custom jobs in asia-east1",
        "hyperparameter tuning jobs in asia-east1",
        "training pipelines in asia-east1",
    ]
    assert outcome.err.count("no such region") == 1


def test_when_every_source_fails_the_exit_code_is_that_of_the_failure(cloud: Cloud, run: Runner) -> None:
    cloud.faults["us-central1"] = repeat(refusal(403, "PERMISSION_DENIED", "you may not"))
    outcome = run("jobs", "list")
    assert (outcome.code, outcome.out, outcome.err) == (5, "", "error: you may not\n")


def test_a_location_out_of_reach_gives_6(cloud: Cloud, run: Runner) -> None:
    cloud.faults["us-central1"] = repeat(httpx.ConnectError("no route to host"))
    assert run("jobs", "list").code == 6


@pytest.mark.parametrize(
    ("arguments", "custom", "pipelines"),
    [
        ((), "", ""),
        (
            ("--state", "running"),
            '(state="JOB_STATE_RUNNING" OR state="JOB_STATE_UPDATING")',
            'state="PIPELINE_STATE_RUNNING"',
        ),
        (("--state", "PIPELINE_STATE_FAILED"), 'state="JOB_STATE_FAILED"', 'state="PIPELINE_STATE_FAILED"'),
        (("--name", "dig*", "--name", "exact"), '(display_name:"dig*" OR display_name="exact")', None),
        (("--name", "dig?"), "", ""),
        (("--label", "team=plants,stage"), 'labels.team="plants" AND labels.stage:*', None),
        (("--since", "2h"), 'create_time>="2026-11-21T10:00:00Z"', None),
        (("--since", "2026-11-20"), 'create_time>="2026-11-20T00:00:00Z"', None),
        (("--filter", 'state!="x" OR labels.a:*'), 'state!="x" OR labels.a:*', None),
        (("--filter", "a OR b", "--label", "k=v"), 'labels.k="v" AND (a OR b)', None),
        (("--label", "k="), 'labels.k=""', None),
        (("--kind", "custom"), "", 'training_task_definition:"*custom_task*"'),
    ],
)
def test_conditions_are_said_to_the_service_where_it_understands_them(
    cloud: Cloud, run: Runner, arguments: tuple[str, ...], custom: str, pipelines: str | None
) -> None:
    assert run("jobs", "list", *arguments).code == 0
    assert filters(cloud) == {
        "customJobs": custom,
        **({} if "--kind" in arguments else {"hyperparameterTuningJobs": custom}),
        "trainingPipelines": custom if pipelines is None else pipelines,
    }


def test_a_collection_that_knows_no_such_state_or_kind_is_not_asked(cloud: Cloud, run: Runner) -> None:
    assert run("jobs", "list", "--state", "expired").code == 0
    assert run("jobs", "list", "--kind", "automl-image").code == 0
    assert sorted(cloud.lines) == [
        "GET us-central1/customJobs",
        "GET us-central1/hyperparameterTuningJobs",
        "GET us-central1/trainingPipelines",
    ]


def test_active_leaves_unknown_states_in(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.add("2", "SUCCEEDED")
    cloud.add("3", "INVENTED_LATER")
    assert ids(run("jobs", "list", "--state", "active").out) == ["1", "3"]
    assert filters(cloud)["trainingPipelines"] == (
        'state!="PIPELINE_STATE_SUCCEEDED" AND state!="PIPELINE_STATE_FAILED" AND state!="PIPELINE_STATE_CANCELLED"'
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--state", "ended"), ["2", "3"]),
        (("--name", "job-[12]"), ["1", "2"]),
        (("--label", "team"), ["3"]),
        (("--label", "team=animals"), []),
        (("--since", "2026-11-21T11:30:00Z"), ["3"]),
        (("--kind", "custom-job"), ["1", "2"]),
        (("--kind", "training-pipeline"), ["3"]),
        (("--kind", "automl-image"), ["3"]),
        (("--kind", "automl"), ["3"]),
        (("--kind", "automl-video"), []),
    ],
)
def test_conditions_are_checked_here_too(
    cloud: Cloud, run: Runner, arguments: tuple[str, ...], expected: list[str]
) -> None:
    cloud.add("1", "RUNNING")
    cloud.add("2", "FAILED")
    image = "gs://x/automl_image_classification_1.0.0.yaml"
    cloud.add(
        "3",
        "SUCCEEDED",
        collection="trainingPipelines",
        createTime="2026-11-21T11:45:00Z",
        labels={"team": "plants"},
        trainingTaskDefinition=image,
    )
    assert ids(run("jobs", "list", "--sort", "id", *arguments).out) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("create_time", ["2", "1", "3"]),
        ("-create_time", ["3", "1", "2"]),
        ("createTime desc", ["3", "1", "2"]),
        ("state,-id", ["3", "2", "1"]),
    ],
)
def test_lists_are_sorted_by_columns_and_by_googles_names_for_them(
    cloud: Cloud, run: Runner, order: str, expected: list[str]
) -> None:
    for number, hour in (("1", "09"), ("2", "08"), ("3", "10")):
        cloud.add(number, "FAILED", createTime=f"2026-11-21T{hour}:00:00Z")
    assert ids(run("jobs", "list", "--sort", order).out) == expected


def test_a_limit_asks_for_no_more_than_it_shows(cloud: Cloud, run: Runner) -> None:
    for number in range(9):
        cloud.add(str(number), "RUNNING")
    outcome = run("jobs", "list", "--limit", "2", "--kind", "custom-job")
    assert ids(outcome.out) == ["0", "1"]
    assert [each.url.params["pageSize"] for each in cloud.requests] == ["2"]


def test_pages_are_followed_to_the_end(cloud: Cloud, run: Runner) -> None:
    cloud.page_size = 2
    names = [cloud.add(str(number), "RUNNING") for number in range(5)]
    outcome = run("jobs", "list", "-o", "name", "--kind", "custom-job")
    assert outcome.out.split() == names
    assert len(cloud.requests) == 3


def test_whole_resources_are_asked_for_where_they_are_shown(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING", jobSpec={"scheduling": {"timeout": "60s"}})
    assert json.loads(run("jobs", "list", "-o", "jsonl").out)["name"] == name
    assert run("jobs", "list", "--columns", "id,jobSpec.scheduling.timeout").out.splitlines()[1].split() == ["1", "60s"]
    assert run("jobs", "list", "--query", "[].jobSpec.scheduling.timeout").out == "60s\n"
    assert not any("readMask" in each.url.params for each in cloud.requests)


@pytest.mark.parametrize(("more", "words"), [((), "no jobs in"), (("--state", "failed"), "no jobs that match in")])
def test_an_empty_list_says_so_on_standard_error(run: Runner, more: tuple[str, ...], words: str) -> None:
    outcome = run("jobs", "list", *more)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"{words} garden, us-central1\n")
    assert run("jobs", "list", "-o", "json", "-q", *more).out == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [("--state", "lost"), ("--kind", "wasm"), ("--since", "soon"), ("--sort", "size"), ("--query", "["), ("-n", "0")],
)
def test_an_option_that_cannot_be_used_stops_before_any_request(
    cloud: Cloud, run: Runner, arguments: tuple[str, ...]
) -> None:
    outcome = run("jobs", "list", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert cloud.requests == [] or arguments[0] == "--query"


def test_all_looks_in_every_region(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", location="me-west1")
    assert ids(run("jobs", "list", "--location", "all").out) == ["1"]
    assert len({each.url.host for each in cloud.requests}) > 25


def test_jobs_of_ai_platform_are_where_their_input_says(cloud: Cloud, run: Runner) -> None:
    for name, region in (("census", "us-west1"), ("digits", "europe-west4")):
        given = {"jobId": name, "state": "QUEUED", "trainingInput": {"region": region}}
        cloud.add_other(f"projects/123/jobs/{name}", given)
    outcome = run("jobs", "list", "--kind", "ml", "--columns", "id,location", "--sort", "location", "-o", "csv")
    assert (outcome.code, outcome.out) == (0, "id,location\ndigits,europe-west4\ncensus,us-west1\n")
