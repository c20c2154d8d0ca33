"""`jobs watch` and `jobs wait`: what is shown, what ends them, what they exit with."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from itertools import chain, repeat
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.commands.cloud import Cloud, Fault, at_terminal, refusal, user
from tests.running import StillClock
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.running import Runner


def heard(text: str) -> list[str]:
    """What was said of jobs on standard error, without times and names."""
    return [line.partition("): ")[2] for line in text.splitlines() if "): " in line]


def test_a_watch_tells_changes_on_standard_error_and_the_ending_on_standard_output(cloud: Cloud, run: Runner) -> None:
    spec = {"baseOutputDirectory": {"outputUriPrefix": "gs://b/out"}}
    cloud.add("1", "QUEUED", "PENDING", "PENDING", "RUNNING", "RUNNING", "SUCCEEDED", jobSpec=spec)
    outcome = run("jobs", "watch", "1", "--poll-interval", "1m")
    assert heard(outcome.err) == [
        "QUEUED after 1h 0m",
        "PENDING after 1h 1m",
        "RUNNING after 1h 3m",
        "SUCCEEDED after 40m 0s",
    ], outcome
    assert outcome.out == (
        "custom job 1 succeeded (ran 30m 0s)\n  model files:  gs://b/out/model/\n  outputs:      gs://b/out\n"
    )
    assert outcome.code == 0


@pytest.mark.parametrize(
    ("state", "code"),
    [("SUCCEEDED", 0), ("FAILED", 1), ("CANCELLED", 1), ("EXPIRED", 1), ("PARTIALLY_SUCCEEDED", 1)],
)
@pytest.mark.parametrize("command", ["watch", "wait"])
def test_the_exit_code_is_the_jobs_fate(cloud: Cloud, run: Runner, command: str, state: str, code: int) -> None:
    cloud.add("1", "RUNNING", "INVENTED_LATER", state)
    assert run("jobs", command, "1").code == code


def test_a_failed_job_ends_with_its_error_and_last_lines(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING", "FAILED", error={"code": 3, "message": "replica workerpool0-0 exited"})
    cloud.write("1", "out of luck", "ERROR")
    assert run("jobs", "watch", "1").out == (
        "custom job 1 failed (ran 30m 0s)\n"
        "  error:  INVALID_ARGUMENT: replica workerpool0-0 exited\n"
        "  last lines of workerpool0-0:\n"
        "    out of luck\n"
        f"  all of its lines: trainctl jobs logs {name}\n"
    )


def test_a_watch_survives_a_night_of_flaky_network(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING", "SUCCEEDED")
    busy = refusal(503, "UNAVAILABLE", "busy")
    faults: list[Fault] = [httpx.ConnectError("reset"), busy, httpx.ReadTimeout("slow")]
    cloud.faults["1"] = chain([None], faults * 40)
    outcome = run("jobs", "watch", name, "--poll-interval", "10s")
    assert outcome.code == 0, outcome
    assert heard(outcome.err)[:2] == ["RUNNING after 1h 0m", "no answer, last seen RUNNING"]
    assert heard(outcome.err)[-1] == "SUCCEEDED after 40m 0s"


def test_too_long_a_silence_gives_6(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    cloud.faults["1"] = chain([None], repeat(httpx.ConnectError("no route to host")))
    outcome = run("jobs", "watch", name, "--max-silence", "5m")
    assert outcome.code == 6
    assert f"error: no answer about custom job {name} for 5 minutes: " in outcome.err


def test_a_job_that_is_deleted_meanwhile_ends_the_watch_with_5(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    cloud.faults["1"] = chain([None, None], repeat(refusal(404, "NOT_FOUND", "it does not exist")))
    outcome = run("jobs", "watch", name)
    assert (outcome.code, outcome.out) == (5, "")
    assert heard(outcome.err)[-1] == "given up, last seen RUNNING: it does not exist"


def test_a_timeout_gives_7_and_leaves_the_job_alone(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    outcome = run("jobs", "watch", "1", "--timeout", "90s")
    assert outcome.code == 7
    assert outcome.err.endswith(
        f"error: custom job {name} is not over after 90 s\n"
        f"hint: the watch has ended, not the work; take it up again with `trainctl jobs watch {name}`\n"
    )
    assert not any(line.startswith("POST us") for line in cloud.lines)


class Hurried(StillClock):
    """A clock whose owner presses Ctrl-C, or sends another signal, at the second pause."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__()
        self.pauses = 0
        self.number = number

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.pauses += 1
        if self.pauses == 2:
            os.kill(os.getpid(), self.number)


def test_ctrl_c_leaves_the_job_running_and_says_how_to_come_back(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    run.clock = Hurried()
    outcome = run("jobs", "watch", "1")
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err.splitlines()[1:] == [
        "the watch has ended, and custom job 1 is still running",
        f"  to come back: trainctl jobs watch {name}",
        f"  to end it:    trainctl jobs cancel {name}",
    ]
    assert not any(line.startswith("POST") for line in cloud.lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_cancel_on_interrupt_cancels_whichever_signal_comes(cloud: Cloud, run: Runner, number: int) -> None:
    name = cloud.add("1", "RUNNING")
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)]
    run.clock = Hurried(number)
    outcome = run("jobs", "watch", "1", "--cancel-on-interrupt")
    assert outcome.code == 130
    assert f"custom job {name} asked to end" in outcome.err
    assert cloud.lines[-1] == "POST us-central1/customJobs/1:cancel"
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)] == before


def test_a_watch_under_nohup_cancels_nothing_when_its_terminal_goes(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", "RUNNING", "SUCCEEDED")
    run.clock = Hurried(signal.SIGHUP)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        outcome = run("jobs", "watch", "1", "--cancel-on-interrupt")
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert outcome.code == 0
    assert not any(line.startswith("POST") for line in cloud.lines)


def test_a_second_ctrl_c_leaves_at_once_and_says_what_may_be_running(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")

    def press_again() -> Iterator[Fault]:
        os.kill(os.getpid(), signal.SIGINT)
        yield None

    cloud.faults["1:cancel"] = press_again()
    run.clock = Hurried()
    outcome = run("jobs", "watch", "1", "--cancel-on-interrupt")
    assert (outcome.code, cloud.scripts[name]) == (130, ["JOB_STATE_RUNNING"])
    assert outcome.err.splitlines()[1:] == [
        "left before it was certain that the work ends: custom job 1 is perhaps still running",
        f"  to come back: trainctl jobs watch {name}",
        f"  to end it:    trainctl jobs cancel {name}",
    ]


def test_a_cancellation_that_fails_says_what_may_be_running(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    cloud.faults["1:cancel"] = repeat(refusal(403, "PERMISSION_DENIED", "not yours"))
    run.clock = Hurried()
    outcome = run("jobs", "watch", "1", "--cancel-on-interrupt")
    assert outcome.code == 130
    assert outcome.err.splitlines()[1:] == [
        "error: not yours",
        "not everything could be cancelled: custom job 1 is perhaps still running",
        f"  to come back: trainctl jobs watch {name}",
        f"  to end it:    trainctl jobs cancel {name}",
    ]


@pytest.mark.parametrize("command", ["watch", "wait"])
def test_cancel_on_timeout_cancels_what_is_not_over(cloud: Cloud, run: Runner, command: str) -> None:
    over, running = cloud.add("1", "SUCCEEDED"), cloud.add("2", "RUNNING")
    outcome = run("jobs", command, over, running, "--timeout", "90s", "--cancel-on-timeout")
    assert outcome.code == 7
    assert f"error: custom job {running} is not over after 90 s\ncustom job {running} asked to end\n" in outcome.err
    assert [line for line in cloud.lines if "POST us" in line] == ["POST us-central1/customJobs/2:cancel"]


def test_a_timeout_that_cancels_leaves_one_document_for_programs(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    outcome = run("jobs", "watch", name, "--timeout", "90s", "--cancel-on-timeout", "-o", "json")
    assert outcome.code == 7
    assert json.loads(outcome.out)["name"] == name
    assert f"custom job {name} asked to end\n" in outcome.err


def test_an_interruption_that_cancels_leaves_standard_output_alone(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING")
    run.clock = Hurried()
    outcome = run("jobs", "watch", name, "--cancel-on-interrupt", "-o", "json")
    assert (outcome.code, outcome.out) == (130, "")
    assert f"custom job {name} asked to end\n" in outcome.err


def test_many_jobs_exit_with_the_largest_code_of_theirs(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", "SUCCEEDED")
    cloud.add("2", "RUNNING", "RUNNING", "RUNNING", "FAILED")
    outcome = run("jobs", "watch", "1", "2")
    assert outcome.code == 1
    assert "custom job 1 succeeded (ran" in outcome.out
    assert "custom job 2 failed (ran" in outcome.out


def test_up_to_twenty_jobs_are_asked_for_one_by_one_and_more_by_listing(cloud: Cloud, run: Runner) -> None:
    few = [cloud.add(str(number), "RUNNING", "SUCCEEDED") for number in range(20)]
    assert run("jobs", "wait", *few).code == 0
    assert sum("customJobs/" in line for line in cloud.lines) == 40
    many = [cloud.add(str(number), "RUNNING", "RUNNING", "SUCCEEDED") for number in range(100, 130)]
    del cloud.requests[:]
    assert run("jobs", "wait", *many).code == 0
    lists = [each for each in cloud.requests if each.url.path.endswith("/customJobs")]
    assert [each.url.params["filter"] for each in lists] == ['create_time>="2026-11-21T11:00:00Z"'] * 2
    assert len(cloud.requests) == 30 + 2


def test_wait_for_any_ends_with_the_first_that_ends(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.add("2", "RUNNING", "RUNNING", "SUCCEEDED")
    outcome = run("jobs", "wait", "1", "2", "--for", "any", "--columns", "id,state")
    assert (outcome.code, outcome.out) == (
        0,
        "ID                    STATE\n1                     RUNNING\n2                     SUCCEEDED\n",
    )


def test_wait_writes_the_jobs_as_they_stand_when_the_time_is_over(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING")
    cloud.add("2", "FAILED")
    outcome = run("jobs", "wait", "1", "2", "--timeout", "0", "-o", "jsonl")
    assert outcome.code == 7
    assert [json.loads(line)["state"] for line in outcome.out.splitlines()] == ["JOB_STATE_RUNNING", "JOB_STATE_FAILED"]


def test_a_watch_with_json_gives_the_whole_resource_at_the_end(cloud: Cloud, run: Runner) -> None:
    cloud.add("1", "RUNNING", "SUCCEEDED")
    outcome = run("jobs", "watch", "1", "-o", "json", "-q")
    assert (json.loads(outcome.out)["state"], outcome.err, outcome.code) == ("JOB_STATE_SUCCEEDED", "", 0)


@pytest.mark.parametrize("option", ["--timeout", "--poll-interval", "--max-silence"])
def test_a_duration_that_is_none_stops_before_any_request(cloud: Cloud, run: Runner, option: str) -> None:
    outcome = run("jobs", "watch", "1", option, "soon")
    assert (outcome.code, cloud.requests) == (2, [])
    assert outcome.err.startswith(f"error: `{option} soon` is no duration\n")


@pytest.mark.parametrize("command", ["watch", "wait"])
@pytest.mark.parametrize(
    ("option", "time", "message"),
    [
        ("--poll-interval", "0s", "`--poll-interval 0s` leaves no pause between polls"),
        ("--poll-interval", "4000d", "`--poll-interval 4000d` is longer than ten years"),
        ("--timeout", "9" * 400, f"`--timeout {'9' * 400}` is longer than ten years"),
    ],
)
def test_a_duration_that_cannot_be_followed_stops_before_any_request(
    cloud: Cloud, run: Runner, command: str, option: str, time: str, message: str
) -> None:
    outcome = run("jobs", command, "1", option, time)
    assert (outcome.code, cloud.requests, outcome.err.splitlines()[0]) == (2, [], f"error: {message}")


def test_a_loopback_service_is_asked_more_often(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.add("1", *["RUNNING"] * 8, "SUCCEEDED")
    run = user(
        cloud, tmp_path, TRAINCTL_ENDPOINT_VERTEX="http://127.0.0.1:9", TRAINCTL_ENDPOINT_LOGGING="http://127.0.0.1:9"
    )
    assert run("jobs", "watch", "1").code == 0
    assert run.clock.monotonic() < 12


def test_automl_jobs_are_asked_after_at_most_once_a_minute_and_others_twice(cloud: Cloud, run: Runner) -> None:
    image = "gs://x/automl_image_classification_1.0.0.yaml"
    cloud.add("1", *["RUNNING"] * 40, "SUCCEEDED", collection="trainingPipelines", trainingTaskDefinition=image)
    cloud.add("2", *["RUNNING"] * 40, "SUCCEEDED")
    assert run("jobs", "watch", "1").code == 0
    slow = run.clock.monotonic()
    assert run("jobs", "watch", "2").code == 0
    quick = run.clock.monotonic() - slow
    assert 0.8 * 60 * 30 < slow < 60 * 40
    assert 0.8 * 30 * 30 < quick < 30 * 40


def test_a_live_view_has_the_lines_of_the_job_that_does_a_pipelines_work(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", "RUNNING", "RUNNING", "RUNNING", "SUCCEEDED", collection="trainingPipelines")
    backing = {"backingCustomJob": "projects/123/locations/us-central1/customJobs/77"}
    cloud.resources[name]["trainingTaskMetadata"] = backing
    cloud.write("77", "epoch 1 of \x1b[31m9")
    code, shown = at_terminal(run, "jobs", "watch", name, term="xterm")
    assert code == 0
    assert "│ epoch 1 of \\x1b[31m9" in shown
    assert "Ctrl-C ends the view, not the work" in shown
    asked = [json.loads(each.content)["filter"] for each in cloud.requests if each.url.path == "/v2/entries:list"]
    assert all('resource.labels.job_id="77"' in each for each in asked)


@pytest.mark.parametrize(
    "fault", [refusal(403, "PERMISSION_DENIED", "no lists"), refusal(400, "INVALID_ARGUMENT", "bad page token")]
)
def test_many_jobs_whose_list_is_refused_are_asked_after_one_by_one(
    cloud: Cloud, run: Runner, fault: httpx.Response
) -> None:
    for number in range(1, 26):
        cloud.add(str(number), "RUNNING", "RUNNING", "SUCCEEDED", collection="hyperparameterTuningJobs")
    names = list(cloud.resources)
    cloud.refused_lists = fault
    outcome = run("jobs", "wait", *names, "-o", "name")
    assert (outcome.code, outcome.out.split()) == (0, names), outcome


def test_many_jobs_are_not_asked_after_one_by_one_with_a_token_that_their_list_refuses(
    cloud: Cloud, run: Runner
) -> None:
    names = [cloud.add(str(number), "RUNNING", "RUNNING", "SUCCEEDED") for number in range(1, 26)]
    cloud.refused_lists = refusal(401, "UNAUTHENTICATED", "expired")
    outcome = run("jobs", "wait", *names)
    assert outcome.code == ExitCode.CREDENTIALS, outcome
    gets = Counter(each.url.path for each in cloud.requests if each.url.path.startswith("/v1/projects/123"))
    assert {gets[f"/v1/{name}"] for name in names} == {1}


def test_a_live_view_reads_the_last_lines_only(cloud: Cloud, run: Runner) -> None:
    name = cloud.add("1", *["RUNNING"] * 4, "SUCCEEDED")
    for number in range(50):
        cloud.write("1", f"epoch {number}")
    code, shown = at_terminal(run, "jobs", "watch", name, term="xterm")
    assert code == 0
    assert "│ epoch 42" in shown
    assert "│ epoch 49" in shown
    assert "│ epoch 41" not in shown
    asked = [json.loads(each.content)["filter"] for each in cloud.requests if each.url.path == "/v2/entries:list"]
    assert ["11:20:42" in each for each in asked] == [False, *[True] * (len(asked) - 1)]


@pytest.mark.parametrize(
    ("fault", "words", "polls"),
    [
        (refusal(403, "PERMISSION_DENIED", "no"), "the caller needs the role `roles/logging.viewer`", 1),
        (refusal(400, "INVALID_ARGUMENT", "odd"), "RUNNING", 5),
    ],
)
def test_logs_that_cannot_be_read_do_not_stop_a_watch_and_forbidden_ones_are_not_asked_for_again(
    cloud: Cloud, run: Runner, fault: httpx.Response, words: str, polls: int
) -> None:
    name = cloud.add("1", *["RUNNING"] * 4, "SUCCEEDED")
    cloud.faults["logs"] = repeat(fault)
    code, shown = at_terminal(run, "jobs", "watch", name, term="xterm")
    assert code == 0
    assert words in shown
    assert sum(each.url.path == "/v2/entries:list" for each in cloud.requests) == polls


def test_a_watch_of_nothing_is_over_at_once(run: Runner) -> None:
    assert [run("jobs", command, "-").code for command in ("watch", "wait", "logs")] == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "last"),
    [
        (("watch", "1", "--poll-interval", "10s"), "succeeded"),
        (("wait", "1"), "SUCCEEDED"),
        (("logs", "1", "--follow"), "succeeded"),
        (("cancel", "1", "--wait"), "CANCELLED"),
    ],
    ids=["watch", "wait", "logs", "cancel"],
)
def test_what_follows_a_job_outlives_the_moment_in_which_its_token_file_is_written_anew(
    cloud: Cloud, run: Runner, tmp_path: Path, arguments: tuple[str, ...], last: str
) -> None:
    file = tmp_path / "token"

    class Rotating(StillClock):
        """Leaves the file empty for one poll, the old token in it for another, and writes a new one then."""

        contents = iter(["", "ya29.test", "ya29.fresh"])

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            file.write_text(next(self.contents, "ya29.fresh"), "utf-8")

    def check(request: httpx.Request) -> httpx.Response:
        if run.clock.monotonic() > 0 and request.headers["authorization"] != "Bearer ya29.fresh":
            return refusal(401, "UNAUTHENTICATED", "expired")
        return cloud.handle_request(request)

    file.write_text("ya29.test", "utf-8")
    cloud.add("1", "RUNNING", "RUNNING", "SUCCEEDED")
    run.clock, run.transport = Rotating(), httpx.MockTransport(check)
    env = {"TRAINCTL_ACCESS_TOKEN": "", "TRAINCTL_ACCESS_TOKEN_FILE": str(file)}
    outcome = run("jobs", *arguments, env=env)
    assert outcome.code == 0, outcome
    assert last in outcome.out + outcome.err
    assert next(Rotating.contents, None) is None
