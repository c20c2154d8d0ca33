"""`--notify`: commands and URLs that hear of the end of a job, and what happens when they do not."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.commands.cloud import Cloud, user

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Runner

URL = "https://hooks.example.com/T0/B0"
ENDED = {
    "name": "projects/123/locations/us-central1/customJobs/1",
    "displayName": "job-1",
    "kind": "custom",
    "state": "FAILED",
    "createTime": "2026-11-21T11:00:00Z",
    "startTime": "2026-11-21T11:10:00Z",
    "endTime": "2026-11-21T11:40:00Z",
    "error": "it broke",
}


class Hooked(Cloud):
    """A cloud beside which somebody listens."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        super().__init__()
        self.answer = answer
        self.heard: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "hooks.example.com":
            return super().handle_request(request)
        request.read()
        self.heard.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def add_failing(cloud: Cloud) -> None:
    cloud.add("1", "RUNNING", "FAILED", error={"code": 3, "message": "it broke"}, labels={"team": "plants"})


@pytest.mark.parametrize("command", ["wait", "watch"])
def test_a_url_gets_the_end_of_a_job_once_and_no_credentials(tmp_path: Path, command: str) -> None:
    cloud = Hooked(httpx.Response(204))
    add_failing(cloud)
    cloud.add("2", "RUNNING", "RUNNING", "RUNNING", "SUCCEEDED")
    outcome = user(cloud, tmp_path)("jobs", command, "1", "2", "--notify", URL)
    assert outcome.code == 1
    bodies = [json.loads(each.content) for each in cloud.heard]
    assert (bodies[0], [each["state"] for each in bodies]) == (ENDED, ["FAILED", "SUCCEEDED"])
    assert all("authorization" not in each.headers for each in cloud.heard)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(500), "hooks.example.com answered 500"),
        (httpx.Response(302, headers={"location": "https://elsewhere.example.com"}), "hooks.example.com answered 302"),
        (httpx.ConnectError("no route"), "hooks.example.com cannot be reached: no route"),
    ],
)
def test_a_message_that_is_not_taken_is_a_warning_and_changes_nothing(
    tmp_path: Path, answer: httpx.Response | Exception, reason: str
) -> None:
    cloud = Hooked(answer)
    add_failing(cloud)
    outcome = user(cloud, tmp_path)("jobs", "wait", "1", "--notify", URL, "-o", "name")
    assert (outcome.code, outcome.out) == (1, f"{ENDED['name']}\n")
    assert f"warning: nobody was notified about 1: {reason}\n" in outcome.err


def test_a_warning_does_not_show_the_password_of_the_url(tmp_path: Path) -> None:
    cloud = Hooked(httpx.ConnectError("no route"))
    add_failing(cloud)
    outcome = user(cloud, tmp_path)("jobs", "wait", "1", "--notify", "https://me:hidden@hooks.example.com/T0")
    assert outcome.code == 1
    assert "warning: nobody was notified about 1: hooks.example.com cannot be reached: no route\n" in outcome.err
    outcome = user(cloud, tmp_path)("jobs", "wait", "1", "--notify", "http://me:hidden@hooks.example.com/T0")
    assert outcome.err.startswith("error: `hooks.example.com` is asked for over plain http\n")


SPLIT = "https://me:hidden/word@hooks.example.com/x"


@pytest.mark.parametrize(
    "target", ["http://hooks.example.com/x", "ftp://a/b", "", "echo 'open", "https://[::1/x", SPLIT]
)
def test_a_target_that_cannot_be_used_stops_before_any_request(cloud: Cloud, run: Runner, target: str) -> None:
    outcome = run("jobs", "wait", "1", "--notify", target)
    assert (outcome.code, cloud.requests, "hidden" in outcome.err) == (2, [], False), outcome


def test_a_command_reads_the_message_and_finds_the_job_in_its_environment(
    cloud: Cloud, run: Runner, tmp_path: Path
) -> None:
    add_failing(cloud)
    script = tmp_path / "tell.py"
    script.write_text(
        "import json, os, sys\n"
        "told = {'in': json.load(sys.stdin), 'env': [os.environ['TRAINCTL_JOB_STATE'], os.environ['TRAINCTL_JOB']]}\n"
        f"open({str(tmp_path / 'told.json')!r}, 'w').write(json.dumps(told))\n"
        "print('not for the data')\n"
    )
    outcome = run("jobs", "wait", "1", "--notify", f"{sys.executable} {script}", "-o", "name")
    assert (outcome.code, outcome.out) == (1, f"{ENDED['name']}\n")
    told = json.loads((tmp_path / "told.json").read_text())
    assert told == {"in": ENDED, "env": ["FAILED", ENDED["name"]]}


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("cat | mail me", "|"),
        ("notify-send 'hidden: ${TRAINCTL_JOB_STATE}'", "${TRAINCTL_JOB_STATE}"),
        ("cat > told.json", ">"),
    ],
)
def test_what_only_a_shell_would_understand_is_refused_where_there_is_none(
    cloud: Cloud, run: Runner, command: str, word: str
) -> None:
    outcome = run("jobs", "wait", "1", "--notify", command)
    assert (outcome.code, cloud.requests) == (2, [])
    assert outcome.err == (
        f"error: `--notify` runs its command without a shell, and only a shell understands `{word}`\n"
        "hint: write `--notify \"sh -c '...'\"`\n"
    )


@pytest.mark.parametrize("command", ["sh -c 'cat > /dev/null'", "env A=b /bin/sh -c 'echo $TRAINCTL_JOB'", "echo a$b"])
def test_a_shell_that_is_named_takes_what_it_understands(cloud: Cloud, run: Runner, command: str) -> None:
    add_failing(cloud)
    assert "notified" not in run("jobs", "wait", "1", "--notify", command).err


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("/nowhere/at/all x", "`/nowhere/at/all` cannot be run: No such file or directory"),
        ("sh -c 'echo it is full >&2; exit 3'", "`sh` ended with 3: it is full"),
    ],
)
def test_a_command_that_fails_is_a_warning(cloud: Cloud, run: Runner, command: str, reason: str) -> None:
    add_failing(cloud)
    outcome = run("jobs", "wait", "1", "--notify", command)
    assert outcome.code == 1
    assert f"warning: nobody was notified about 1: {reason}\n" in outcome.err


def test_of_a_training_of_automl_vision_the_model_is_named(tmp_path: Path) -> None:
    cloud = Hooked(httpx.Response(204))
    place = "projects/123/locations/us-central1"
    made = cloud.add_other(f"{place}/models/ICN8", {"name": f"{place}/models/ICN8", "displayName": "flowers"})
    training = {"name": f"{place}/operations/ICN7", "metadata": {"createModelDetails": {}}, "done": True}
    name = cloud.add_other(f"{place}/operations/ICN7", {**training, "response": {"name": made}})
    assert user(cloud, tmp_path)("jobs", "wait", name, "--notify", URL).code == 0
    (heard,) = cloud.heard
    told = json.loads(heard.content)
    assert (told["displayName"], told["model"], told["state"]) == ("flowers", made, "SUCCEEDED")


def test_what_a_command_leaves_in_the_background_is_not_waited_for(run: Runner, cloud: Cloud, tmp_path: Path) -> None:
    add_failing(cloud)
    done = tmp_path / "done"
    script = f"(while [ ! -e {done} ]; do sleep 0.05; done) & echo gone >&2; exit 3"
    outcome = run("jobs", "wait", "1", "--notify", f'sh -c "{script}"')
    done.touch()
    assert outcome.err.endswith("warning: nobody was notified about 1: `sh` ended with 3: gone\n")
