"""`doctor`: every check, in order and out of it, as people and as programs see it."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.running import Runner, StillClock
from trainctl import __version__
from trainctl.journal import Entry, Journal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MACHINE = f"version {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
BUCKET = {"name": "stage", "location": "US-CENTRAL1", "locationType": "region"}
SETTINGS = {
    "TRAINCTL_ACCESS_TOKEN": "ya29.test",
    "TRAINCTL_PROJECT": "my-project",
    "TRAINCTL_LOCATION": "us-central1",
    "TRAINCTL_STAGING_BUCKET": "gs://stage/folder",
}


def answer(status: int, body: Any) -> httpx.Response:
    if status == 200:
        return httpx.Response(200, json=body)
    return httpx.Response(status, json={"error": {"code": status, "message": body, "status": "SAID_SO"}})


def make_user(
    folder: Path, *, settings: Mapping[str, str] = SETTINGS, jobs: Any = (200, {}), bucket: Any = (200, BUCKET)
) -> Runner:
    """A user with a shell, a runtime for containers, and a cloud that answers as told."""

    def handle(request: httpx.Request) -> httpx.Response:
        told = bucket if "/storage/" in request.url.path else jobs
        if isinstance(told, Exception):
            raise told
        return answer(*told)

    home, programs = folder / "home", folder / "bin"
    home.mkdir(mode=0o700)
    programs.mkdir()
    docker = programs / "docker"
    docker.write_text("#!/bin/sh\n[ -z \"$BROKEN\" ] || { echo 'no daemon runs' >&2; exit 1; }\n")
    docker.chmod(0o755)
    (home / ".bashrc").write_text('eval "$(trainctl completion bash)"\n')
    own = {"SHELL": "/bin/bash", "PATH": f"{programs}", "TRAINCTL_CONTAINER_RUNTIME": "docker"}
    return Runner(home, {**own, **settings}, httpx.MockTransport(handle))


def states(run: Runner, *options: str, **env: str) -> tuple[int, dict[str, str]]:
    outcome = run("doctor", "-o", "json", *options, env=env)
    return outcome.code, {row["check"]: row["state"] for row in json.loads(outcome.out)}


def told(run: Runner, check: str, **env: str) -> tuple[int, str, str, str]:
    """Exit code, state, message and hint of one check."""
    outcome = run("doctor", "-o", "json", env=env)
    [row] = [row for row in json.loads(outcome.out) if row["check"] == check]
    return outcome.code, row["state"], row["message"], row["hint"]


def test_where_all_is_in_order_every_row_says_how_it_is(tmp_path: Path) -> None:
    run = make_user(tmp_path)
    outcome = run("doctor", "-o", "json")
    rows = [(row["check"], row["state"], row["message"]) for row in json.loads(outcome.out)]
    assert (outcome.code, outcome.err) == (0, "")
    assert rows == [
        ("trainctl", "ok", MACHINE),
        ("record", "ok", f"submissions are recorded in {run.home}/state/journal.sqlite3"),
        ("completion", "ok", f"bash loads it in {run.home}/.bashrc"),
        ("engine", "ok", "installed; `--local` starts it"),
        ("containers", "ok", f"the engine runs them with {tmp_path}/bin/docker"),
        ("region", "ok", "us-central1 (environment TRAINCTL_LOCATION)"),
        ("credentials", "ok", "an account, from access token (environment TRAINCTL_ACCESS_TOKEN)"),
        ("project", "ok", "my-project (environment TRAINCTL_PROJECT)"),
        ("API", "ok", "Vertex AI lists the custom jobs of my-project in us-central1"),
        ("bucket", "ok", "gs://stage in us-central1"),
    ]


def test_where_nothing_is_there_people_read_what_to_do(tmp_path: Path) -> None:
    run = make_user(tmp_path, settings={"SHELL": "/usr/bin/zsh"})
    outcome = run("doctor", env={"BROKEN": "1", "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"})
    head, *lines = outcome.out.splitlines()
    assert head == f"ok    trainctl     {MACHINE}"
    assert "\n".join(lines[lines.index(next(line for line in lines if "completion" in line)) :]) == (
        "warn  completion   zsh does not seem to load it\n"
        "                   hint: add `source <(trainctl completion zsh)` to ~/.zshrc\n"
        "ok    engine       installed; `--local` starts it\n"
        "warn  containers   docker cannot be used: no daemon runs\n"
        "                   hint: the engine runs container specs with it; `docker version` must work\n"
        "warn  region       none is set: specs that name none go to us-central1\n"
        "                   hint: add `--location`, or `trainctl config set location us-central1`\n"
        "fail  credentials  `/nowhere/key.json`, named by environment\n"
        "                   GOOGLE_APPLICATION_CREDENTIALS, cannot be read: No such file\n"
        "                   or directory\n"
        "fail  project      no project is given\n"
        "                   hint: add `--project`, set TRAINCTL_PROJECT, or `trainctl config set project ID`\n"
        "skip  API          needs credentials and a project\n"
        "skip  bucket       needs credentials and a project"
    )
    assert outcome.code == 4


ANSWERS = [
    ({"jobs": (403, "Permission denied")}, "API", 5, "fail", "Permission denied"),
    ({"jobs": (401, "Invalid")}, "API", 4, "fail", ""),
    ({"jobs": httpx.ConnectError("no route")}, "API", 6, "fail", "us-central1-aiplatform.googleapis.com"),
    ({"bucket": (404, "The specified bucket does not exist.")}, "bucket", 5, "fail", "there is no bucket gs://stage"),
    ({"bucket": (403, "no storage.buckets.get")}, "bucket", 0, "warn", "gs://stage cannot be looked at: "),
    (
        {"bucket": (200, {**BUCKET, "location": "EUROPE-WEST4"})},
        "bucket",
        0,
        "warn",
        "gs://stage is in europe-west4, and jobs run in us-central1",
    ),
]


@pytest.mark.parametrize(("cloud", "check", "code", "state", "words"), ANSWERS, ids=[str(case[0]) for case in ANSWERS])
def test_what_the_cloud_says_decides_the_exit_code(
    tmp_path: Path, cloud: dict[str, Any], check: str, code: int, state: str, words: str
) -> None:
    found = told(make_user(tmp_path, **cloud), check)
    assert found[:2] == (code, state)
    assert words in found[2]


@pytest.mark.parametrize(
    ("settings", "check", "code", "state", "message"),
    [
        ({**SETTINGS, "TRAINCTL_LOCATION": "us-central9"}, "region", 0, "warn", "`us-central9` (environment "),
        ({**SETTINGS, "TRAINCTL_STAGING_BUCKET": ""}, "bucket", 0, "warn", "no staging bucket is set"),
        ({**SETTINGS, "TRAINCTL_JOURNAL": "false"}, "record", 0, "warn", "submissions are not recorded"),
        ({**SETTINGS, "SHELL": ""}, "completion", 0, "skip", "no shell is known"),
        ({**SETTINGS, "CI": "true"}, "completion", 0, "skip", "no shell is known"),
        (
            {**SETTINGS, "TRAINCTL_CONTAINER_RUNTIME": "kontainer"},
            "containers",
            0,
            "skip",
            "the engine runs containers",
        ),
    ],
)
def test_a_setting_that_is_missing_or_odd_is_told(
    tmp_path: Path, settings: dict[str, str], check: str, code: int, state: str, message: str
) -> None:
    found = told(make_user(tmp_path, settings=settings), check)
    assert found[:2] == (code, state)
    assert found[2].startswith(message)


def test_submissions_that_are_open_and_a_record_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    run = make_user(tmp_path)
    path = run.home / "state" / "journal.sqlite3"
    journal = Journal.open(path, StillClock())
    entry = Entry("one", "a.yaml", 0, "custom", "x", "vertex", "customJobs", "https://x", "p", "d")
    journal.prepare(entry)
    journal.mark_sent(entry.id)
    journal.mark_uncertain(entry.id, "lost")
    journal.close()
    hint = "`trainctl history resolve` finds out"
    assert told(run, "record")[1:] == ("warn", "of 1 submissions nobody knows whether they made a job", hint)
    path.write_text("this is no database, and it is long enough for the first page of one" * 80)
    code, state, message, _ = told(run, "record")
    assert (code, state) == (6, "fail")
    assert "journal.sqlite3" in message


@pytest.mark.slow
def test_with_local_only_the_engine_is_started_and_asked(tmp_path: Path) -> None:
    run = make_user(tmp_path, settings={})
    run.transport = None
    try:
        code, found = states(run, "--local")
        assert (code, list(found)) == (0, ["trainctl", "record", "completion", "engine", "containers"])
        assert found["engine"] == "ok"
        url = json.loads(run("local", "status", "-o", "json").out)["url"]
        assert told(run, "engine")[2].startswith(f"runs at {url}, process ")
    finally:
        run("local", "stop")
