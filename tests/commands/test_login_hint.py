"""`auth login-hint`: the commands that lead to credentials under the settings that there are, offline."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api.test_credential_types import FEDERATED, WORKFORCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.running import Runner

ROBOT = "robot@p.iam.gserviceaccount.com"


@pytest.fixture
def run(trainctl: Runner) -> Runner:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    trainctl.transport = httpx.MockTransport(refuse)
    return trainctl


def ways(run: Runner, *options: str, env: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    outcome = run("auth", "login-hint", "-o", "json", *options, env=env)
    assert (outcome.code, outcome.err) == (0, ""), outcome
    found: list[dict[str, Any]] = json.loads(outcome.out)
    return found


FILES: dict[str, tuple[object, str]] = {
    "a user's": ({"type": "authorized_user", "refresh_token": "r"}, "user"),
    "a key": ({"type": "service_account", "client_email": ROBOT}, "key file"),
    "a federated identity": (FEDERATED, "workload identity"),
    "a workforce": (WORKFORCE, "workforce"),
    "an impersonation": ({"type": "impersonated_service_account"}, "impersonation"),
    "of an unknown type": ({"type": "other"}, "key file"),
    "no object": ([], "key file"),
}


@pytest.mark.parametrize(("content", "name"), FILES.values(), ids=FILES)
def test_the_way_of_the_credentials_file_comes_first(run: Runner, tmp_path: Path, content: object, name: str) -> None:
    file = tmp_path / "my credentials.json"
    file.write_text(json.dumps(content), "utf-8")
    found = ways(run, env={"GOOGLE_APPLICATION_CREDENTIALS": str(file)})
    assert [way["name"] for way in found if way["current"]] == [found[0]["name"]] == [name]
    assert found[0]["commands"]


@pytest.mark.parametrize(
    ("env", "options", "name", "command"),
    [
        ({"TRAINCTL_ACCESS_TOKEN": "ya29.test"}, (), "access token", 'TRAINCTL_ACCESS_TOKEN="$(gcloud auth print-'),
        ({"TRAINCTL_ACCESS_TOKEN_FILE": "/run/a b"}, (), "access token", "TRAINCTL_ACCESS_TOKEN_FILE='/run/a b'"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "/none"}, (), "key file", "GOOGLE_APPLICATION_CREDENTIALS=/none"),
        ({}, ("--impersonate-service-account", f"a@b.c,{ROBOT}"), "impersonation", f"config set impersonate {ROBOT}"),
        ({"K_SERVICE": "run"}, (), "machine", ""),
        ({}, ("--local",), "local", "trainctl submit SPEC --local"),
    ],
)
def test_the_way_of_the_settings_comes_first_with_their_values(
    run: Runner, env: Mapping[str, str], options: tuple[str, ...], name: str, command: str
) -> None:
    first = ways(run, *options, env=env)[0]
    assert (first["name"], first["current"]) == (name, True)
    assert command in "\n".join(first["commands"])


def test_people_read_what_is_in_use_and_what_to_run(run: Runner) -> None:
    env = {"GOOGLE_APPLICATION_CREDENTIALS": "/none/key.json", "PATH": ""}
    outcome = run("auth", "login-hint", "--project", "my-project", env=env)
    assert outcome.code == 0
    assert outcome.out.startswith(
        "not usable: `/none/key.json`, named by environment GOOGLE_APPLICATION_CREDENTIALS, cannot be read: "
        "No such file or directory\n\nkey file (in use): a service account where nothing else is possible: "
        "keys do not end by themselves\n  (umask 077; gcloud iam service-accounts keys create /none/key.json "
        "--iam-account=ROBOT@my-project.iam.gserviceaccount.com)\n"
        "  export GOOGLE_APPLICATION_CREDENTIALS=/none/key.json\n\nlocal: the local engine needs none\n"
    )
    assert "set-quota-project my-project\n" in outcome.out
    assert outcome.err == "hint: gcloud is not installed here: https://cloud.google.com/sdk/docs/install\n"


def test_what_settings_hold_is_quoted_for_the_shell(run: Runner) -> None:
    hostile = "p; rm -rf ~"
    for way in ways(run, "--impersonate-service-account", hostile):
        for command in way["commands"]:
            assert "rm" not in shlex.split(command.strip("()")), command
