"""A service that writes to the terminal of whoever asks: escapes, markup, bidi and newlines in every text it gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.commands.cloud import Cloud, at_terminal, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.running import Runner

EVIL = "\x1b]0;owned\x07\x1b[2J[bold red]x[/bold red]\u202egnp\u2066\r\n\x9b31m\x00 done"
SHOWN = ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\x00", "\u202e", "\u2066", "\r")

COMMANDS = (
    ("jobs", "list"),
    ("jobs", "list", "-o", "wide"),
    ("jobs", "list", "-o", "json"),
    ("jobs", "list", "-o", "yaml"),
    ("jobs", "get", "1"),
    ("jobs", "get", "1", "-o", "json"),
    ("jobs", "get", "1", "-o", "yaml"),
    ("jobs", "watch", "1"),
    ("jobs", "wait", "1"),
    ("jobs", "logs", "1"),
    ("jobs", "logs", "1", "-o", "jsonl"),
    ("jobs", "cancel", "1"),
    ("jobs", "status", "1"),
    ("jobs", "model", "1"),
    ("jobs", "wait", "1", "--notify", "false"),
    ("jobs", "export", "1"),
    ("jobs", "export", "1", "--raw", "-o", "json"),
    ("jobs", "diff", "1", "1"),
    ("jobs", "diff", "1", "2"),
    ("jobs", "diff", "1", "2", "-o", "json"),
    ("jobs", "rerun", "1", "--dry-run"),
    ("jobs", "trials", "1"),
    ("jobs", "trials", "3"),
    ("jobs", "trials", "3", "-o", "wide"),
    ("jobs", "list", "-o", "name"),
    ("jobs", "get", "2"),
    ("jobs", "open", "2"),
    ("jobs", "export", "2"),
    ("jobs", "cancel", "2"),
    ("jobs", "label", "2", "a=b"),
    ("jobs", "iam", "get", "2"),
    ("operations", "list"),
    ("operations", "get", "ICN7"),
    ("operations", "get", "ICN7", "-o", "yaml"),
    ("operations", "wait", "ICN7"),
    ("operations", "cancel", "ICN7"),
    ("models", "list"),
    ("models", "get", "ICN8"),
    ("models", "get", "ICN8", "-o", "json"),
    ("models", "versions", "ICN8"),
    ("models", "delete", "ICN8"),
    ("datasets", "list", "-o", "wide"),
    ("datasets", "get", "ICN9"),
)
IN_URLS = "\x9b2J\u202e"
"""What even a URL may hold, percent-encoded, and so an id that is asked for again."""
OLD = {"TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com"}
PLACE = "projects/123/locations/us-central1"


@pytest.fixture
def evil(cloud: Cloud) -> Cloud:
    pool = {
        "machineSpec": {"machineType": EVIL},
        "replicaCount": EVIL,
        "containerSpec": {"imageUri": EVIL, "args": [EVIL]},
    }
    fields: dict[str, Any] = {
        "displayName": EVIL,
        "labels": {EVIL: EVIL},
        "error": {"code": 3, "message": EVIL},
        "jobSpec": {
            "workerPoolSpecs": [pool],
            "baseOutputDirectory": {"outputUriPrefix": EVIL},
            "serviceAccount": EVIL,
        },
        "webAccessUris": {EVIL: EVIL},
    }
    cloud.add("1", f"FAILED{EVIL}", "FAILED", **fields)
    cloud.write("1", EVIL, EVIL, EVIL)
    trial = {"id": "1", "state": EVIL, "parameters": [{"parameterId": EVIL, "value": EVIL}], "infeasibleReason": EVIL}
    study = {"metrics": [{"metricId": EVIL, "goal": EVIL}], "parameters": [{"parameterId": EVIL}]}
    tuning: dict[str, Any] = {"displayName": EVIL, "studySpec": study, "trials": [trial]}
    cloud.add("3", "FAILED", collection="hyperparameterTuningJobs", **tuning)
    climbing = f"{PLACE}/customJobs/\x1b[2J\x07\u202e"
    cloud.add("2", "FAILED", name=climbing, displayName=EVIL, jobSpec={})
    kind = {"@type": f"x.{EVIL}OperationMetadata", "partialFailures": [{"message": EVIL}], "createTime": EVIL}
    made = {"name": f"{PLACE}/models/{EVIL}", "displayName": EVIL}
    operation = {"name": f"{PLACE}/operations/ICN7", "metadata": kind, "done": True}
    cloud.add_other(f"{PLACE}/operations/ICN7", {**operation, "error": {"message": EVIL}, "response": made})
    metadata = {"modelType": EVIL, "stopReason": EVIL, "baseModelId": EVIL}
    named = {"displayName": EVIL, "labels": {EVIL: EVIL}, "datasetId": EVIL, "deploymentState": EVIL}
    model = {"name": f"{PLACE}/models/ICN8", **named, "imageClassificationModelMetadata": metadata}
    cloud.add_other(f"{PLACE}/models/ICN8", model)
    cloud.add_other(f"{PLACE}/datasets/ICN9", {"name": f"{PLACE}/datasets/ICN9", **named})
    return cloud


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_passes_it_on(evil: Cloud, run: Runner, command: tuple[str, ...]) -> None:
    outcome = run(*command, env=OLD)
    assert evil.requests
    assert [each for each in SHOWN if each in outcome.out + outcome.err] == [], outcome
    if command[-1] == "json":
        data = json.loads(outcome.out)
        if command[1] in ("list", "get"):
            assert (data[0] if isinstance(data, list) else data)["displayName"] == EVIL


@pytest.mark.parametrize("wrap", [lambda metadata: metadata, lambda metadata: {"genericMetadata": metadata}])
def test_no_warning_of_an_operation_that_did_its_work_passes_it_on(
    cloud: Cloud, run: Runner, wrap: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    name = f"{PLACE}/datasets/ICN9"
    deleted = {"name": "x", "done": True, "metadata": wrap({"partialFailures": [{"message": EVIL}]})}
    cloud.add_other(name, {"name": name, "displayName": "shapes"}, deleted)
    outcome = run("datasets", "delete", name, env=OLD)
    assert outcome.code == 0
    assert outcome.err.startswith("warning: ")
    assert "owned" in outcome.err
    assert [each for each in SHOWN if each in outcome.err] == []


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_no_live_view_passes_it_on(evil: Cloud, run: Runner, term: str) -> None:
    _, shown = at_terminal(run, "jobs", "watch", "1", term=term)
    assert evil.requests
    assert [each for each in SHOWN if each in shown.replace("\r\n", "\n") and each not in ("\r", "\x1b[2J")] == []
    assert "owned" in shown


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_no_error_passes_it_on(cloud: Cloud, run: Runner, status: int) -> None:
    name = cloud.add("1", "RUNNING")
    cloud.faults["us-central1"] = iter([refusal(status, EVIL, EVIL)] * 30)
    outcome = run("jobs", "get", name)
    assert outcome.code in (5, 6)
    assert "owned" in outcome.err
    assert [each for each in SHOWN if each in outcome.err] == []


@pytest.mark.parametrize("options", [(), ("--debug",)])
@pytest.mark.parametrize("status", [400, 503])
def test_no_submission_passes_it_on(run: Runner, status: int, options: tuple[str, ...]) -> None:
    spec = "kind: custom\ndisplay_name: digits\ncontainer_uri: us-docker.pkg.dev/p/images/trainer:1\n"
    page = httpx.Response(503, text=f"<html>{EVIL}</html>")
    answer = refusal(400, EVIL, EVIL) if status == 400 else page
    run.transport = httpx.MockTransport(
        lambda asked: answer if asked.method == "POST" else httpx.Response(200, json={})
    )
    outcome = run("submit", "-", *options, stdin=spec)
    assert outcome.code in (5, 6), outcome
    assert "owned" in outcome.err
    assert [each for each in SHOWN if each in outcome.err] == []


@pytest.mark.parametrize(
    "command",
    [
        ("create", "shapes", "--kind", "image", "--import", "gs://b/a.csv"),
        ("import", f"{PLACE}/datasets/7", "gs://b/a"),
        ("delete", f"{PLACE}/datasets/7"),
    ],
    ids=lambda command: command[0],
)
def test_no_dataset_passes_its_name_on(run: Runner, command: tuple[str, ...]) -> None:
    made = {"name": f"{PLACE}/datasets/{IN_URLS}", "metadataSchemaUri": "image_1.0.0.yaml"}
    answer = {**made, "done": True, "response": made}
    run.transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    outcome = run("datasets", *command)
    assert outcome.code == 0, outcome
    assert "datasets/\\x9b2J" in outcome.err
    assert [each for each in SHOWN if each in outcome.out + outcome.err] == []


def test_no_interruption_passes_a_name_on(run: Runner) -> None:
    looks = iter([False, True])
    job = {"name": f"{PLACE}/customJobs/{IN_URLS}", "displayName": EVIL, "state": "JOB_STATE_RUNNING"}

    def look(asked: httpx.Request) -> httpx.Response:
        if "customJobs" in asked.url.path and next(looks):
            raise KeyboardInterrupt
        return httpx.Response(200, json=job)

    run.transport = httpx.MockTransport(look)
    outcome = run("jobs", "watch", f"{PLACE}/customJobs/2")
    assert outcome.code == 130
    assert "to come back: trainctl jobs watch" in outcome.err
    assert [each for each in SHOWN if each in outcome.out + outcome.err] == []
