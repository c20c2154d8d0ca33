"""Secrets in specs: found where their form leaves no doubt, shown nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.spec.running import check_text
from trainctl.spec.problems import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Runner

HEAD = "kind: custom\ndisplay_name: digits\ncontainer_uri: us-docker.pkg.dev/my-project/images/trainer:1\n"
PEM = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE KEY-----\\n"
KEY_FILE = json.dumps({"type": "service_account", "client_email": "robot@p.iam", "private_key": "MIIEvQ"})
TOKEN = "ya29.a0AfH6SMBx-Yz_0123456789abcdef"
API_KEY = "AIzaSyD-0123456789abcdefghijklmnopqrs_t"


@pytest.mark.parametrize(
    ("lines", "path", "what"),
    [
        (f"args: ['--token={TOKEN}']\n", "args[0]", "an access token"),
        (f"environment_variables: {{KEY: {API_KEY}}}\n", "environment_variables.KEY", "an API key"),
        (f'environment_variables: {{KEY: "{PEM}"}}\n', "environment_variables.KEY", "a private key"),
        (f'command: ["{PEM.replace("PRIVATE", "RSA PRIVATE")}"]\n', "command[0]", "a private key"),
        (f"args:\n- '{KEY_FILE}'\n", "args[0]", "the key file of a service account"),
    ],
    ids=["token", "API key", "PEM", "RSA", "key file"],
)
def test_a_secret_is_a_warning_at_its_place(lines: str, path: str, what: str) -> None:
    [problem] = check_text(HEAD + lines).problems
    assert (problem.code, problem.severity, problem.message) == (
        "secret",
        Severity.WARNING,
        f"`{path}` holds {what}",
    )
    assert problem.line == (4 if "\n-" not in lines else 5)


@pytest.mark.parametrize(
    "value",
    ["ya29.short", "AIza", "-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "sk-1234567890", "hunter2"],
)
def test_nothing_vaguer_is_taken_for_a_secret(value: str) -> None:
    assert check_text(f"{HEAD}environment_variables: {{VALUE: '{value}'}}\n").problems == ()


def test_a_secret_from_a_variable_is_found_too() -> None:
    spec = f"{HEAD}environment_variables: {{TOKEN: '${{var.token}}'}}\n"
    [problem] = check_text(spec, variables={"token": TOKEN}).problems
    assert problem.message == "`environment_variables.TOKEN` holds an access token"


@pytest.mark.parametrize("form", ["table", "json"])
def test_no_report_repeats_a_secret(trainctl: Runner, tmp_path: Path, form: str) -> None:
    spec = tmp_path / "job.yaml"
    wrong = f"machine_typ: {TOKEN}\naccelerator_type: {API_KEY}\ntimeout: {TOKEN}\n"
    spec.write_text(f'{HEAD}{wrong}args: "{PEM}"\n', "utf-8")
    outcome = trainctl("validate", str(spec), "--set", f"network={TOKEN}", "-o", form)
    assert outcome.code == 3
    assert [part for part in (TOKEN[:14], API_KEY[:10], "MIIEvQ") if part in outcome.out + outcome.err] == []
    assert "*" * len(TOKEN) in outcome.out


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_key_of_several_lines_is_hidden_to_its_end(trainctl: Runner, tmp_path: Path, form: str) -> None:
    spec = tmp_path / "job.yaml"
    spec.write_text(f'{HEAD}service_account: "{PEM} and more"\n', "utf-8")
    outcome = trainctl("validate", str(spec), "-o", form)
    assert outcome.code == 3
    assert "MIIEvQ" not in outcome.out + outcome.err
    assert "and more` is no service account" in outcome.out


def test_a_secret_with_strict_stops_a_submission(trainctl: Runner, tmp_path: Path) -> None:
    spec = tmp_path / "job.yaml"
    spec.write_text(f"{HEAD}args: ['{TOKEN}']\n", "utf-8")
    assert trainctl("validate", str(spec)).code == 0
    assert trainctl("validate", str(spec), "--strict").code == 3
