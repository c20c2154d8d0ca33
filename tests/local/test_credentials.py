"""What jobs get of the user's credentials: nothing, or Google's where the engine was told so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.containers import IMAGE, PYTHON
from tests.local.engine import make_pool
from trainctl.local.replicas.credentials import find_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.containers import Runtime
    from tests.local.engine import Bench

CANARY = "canary-that-no-job-may-see"
OTHERS = (
    *("TRAINCTL_ACCESS_TOKEN", "TRAINCTL_ACCESS_TOKEN_FILE", "TRAINCTL_CREDENTIALS_FILE", "TRAINCTL_IMPERSONATE"),
    *("GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_API_KEY", "GEMINI_API_KEY", "GCE_METADATA_HOST"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AZURE_CLIENT_SECRET"),
    *("HF_TOKEN", "WANDB_API_KEY", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "KUBECONFIG"),
)
GOOGLE = (
    *("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT", "CLOUDSDK_CORE_PROJECT", "CLOUDSDK_AUTH_ACCESS_TOKEN"),
    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
)
FILES = ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE")

LOOK = """
import json, os
def show(path):
    try:
        return open(path).read()
    except OSError:
        return ""
def spoil(path):
    try:
        open(path, "a").write("x")
    except OSError:
        return ""
    return path
paths = {name: os.environ.get(name, "") for name in %r}
adc = os.path.join(os.environ.get("CLOUDSDK_CONFIG", "/nowhere"), "application_default_credentials.json")
print(json.dumps({
    "env": dict(os.environ), "files": {name: show(path) for name, path in paths.items()}, "adc": show(adc),
    "home": show(os.path.expanduser("~/.config/gcloud/application_default_credentials.json")),
    "written": [spoil(path) for path in [adc, *paths.values()] if path and %r],
}))
"""


@pytest.fixture
def user(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has credentials in every way there is, each with the canary in it."""
    gcloud = tmp_path / "me" / ".config" / "gcloud"
    gcloud.mkdir(parents=True)
    (gcloud / "application_default_credentials.json").write_text(f"adc {CANARY}")
    files = {name: tmp_path / "me" / f"{name}.json" for name in FILES}
    for name, file in files.items():
        file.write_text(f"{name} {CANARY}")
    plain = dict.fromkeys((*OTHERS, *GOOGLE), CANARY)
    return {**plain, **{name: str(file) for name, file in files.items()}, "HOME": str(tmp_path / "me")}


def look(bench: Bench, pool: dict[str, Any]) -> dict[str, Any]:
    """What a job's code found."""
    job = bench.run({"displayName": "look", "jobSpec": {"workerPoolSpecs": [pool]}})
    assert job["state"] == "JOB_STATE_SUCCEEDED", bench.list_log(job["name"])
    (entry,) = bench.list_log(job["name"], ' AND resource.labels.task_name="workerpool0-0"')
    found: dict[str, Any] = entry["jsonPayload"]
    return found


def make_container(code: str, **fields: Any) -> dict[str, Any]:
    return {"containerSpec": {"imageUri": IMAGE, "command": [PYTHON, "-c"], "args": [code], **fields}}


def make_code(*, spoil: bool) -> str:
    return LOOK % (FILES, spoil)


def test_a_process_gets_nothing(make_bench: Callable[..., Bench], user: dict[str, str]) -> None:
    bench = make_bench(variables=user)
    assert CANARY not in json.dumps(look(bench, make_pool(make_code(spoil=False))))


@pytest.mark.slow
def test_a_container_gets_nothing(make_bench: Callable[..., Bench], user: dict[str, str], runtime: Runtime) -> None:
    bench = make_bench(variables={**user, **runtime.variables})
    assert CANARY not in json.dumps(look(bench, make_container(make_code(spoil=False))))


def check_google_only(found: dict[str, Any]) -> None:
    assert found["adc"] == f"adc {CANARY}"
    assert found["files"] == {name: f"{name} {CANARY}" for name in FILES}
    assert {name for name, value in found["env"].items() if CANARY in value} == set(GOOGLE)
    assert "NO_GCE_CHECK" not in found["env"]


def test_a_process_gets_googles_where_the_engine_was_told_so(
    make_bench: Callable[..., Bench], user: dict[str, str]
) -> None:
    bench = make_bench(variables=user, credentials=True)
    found = look(bench, make_pool(make_code(spoil=False)))
    check_google_only(found)
    assert found["env"]["HOME"].endswith("/work")


@pytest.mark.slow
def test_a_container_gets_googles_where_the_engine_was_told_so_and_cannot_change_them(
    make_bench: Callable[..., Bench], user: dict[str, str], runtime: Runtime
) -> None:
    bench = make_bench(variables={**user, **runtime.variables}, credentials=True)
    found = look(bench, make_container(make_code(spoil=True)))
    check_google_only(found)
    assert found["written"] == [""] * 4
    assert Path(user["GOOGLE_APPLICATION_CREDENTIALS"]).read_text() == f"{FILES[0]} {CANARY}"


@pytest.mark.parametrize("told", [False, True])
def test_what_a_spec_says_of_credentials_holds(
    make_bench: Callable[..., Bench], user: dict[str, str], tmp_path: Path, *, told: bool
) -> None:
    """A spec that names a key file is how a single job gets credentials."""
    own = tmp_path / "own.json"
    own.write_text("own")
    env = [{"name": "GOOGLE_APPLICATION_CREDENTIALS", "value": str(own)}]
    bench = make_bench(variables=user, credentials=told)
    assert look(bench, make_pool(make_code(spoil=False), env=env))["files"][FILES[0]] == "own"


def test_paths_of_nothing_are_left_out_and_others_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("key.json").write_text("key")
    inherited = {
        "HOME": "/nowhere",
        "GOOGLE_APPLICATION_CREDENTIALS": "key.json",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": "no",
    }
    assert find_credentials(inherited) == {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}
    assert find_credentials({}) == {}
