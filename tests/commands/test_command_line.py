"""What happens before a command runs: wrong command lines, the version, half of a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from trainctl import __version__
from trainctl.journal import Journal

if TYPE_CHECKING:
    from tests.running import Runner

ROOT, BEHIND, LIST = (
    "hint: `trainctl --help` shows how it is used\n",
    "hint: options stand behind the command; `trainctl --help` shows how it is used\n",
    "hint: `trainctl jobs list --help` shows how it is used\n",
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sumbit a.yaml", f"error: no such command 'sumbit'. Did you mean 'submit'?\n{ROOT}"),
        ("--local submit a.yaml", f"error: no such option: --local\n{BEHIND}"),
        ("jobs list --limt 3", f"error: no such option: --limt (Possible options: --limit, --quiet)\n{LIST}"),
        ("jobs list --limit 0", f"error: invalid value for '--limit' / '-n': 0 is not in the range x>=1\n{LIST}"),
        ("jobs list --limit x", f"error: invalid value for '--limit' / '-n': 'x' is not a whole number\n{LIST}"),
        (
            "jobs list --color sometimes",
            f"error: invalid value for '--color': 'sometimes' is not one of 'auto', 'always', 'never'\n{LIST}",
        ),
        (
            "custom submit",
            "error: missing argument 'SPEC...'\nhint: `trainctl custom submit --help` shows how it is used\n",
        ),
    ],
)
def test_a_wrong_command_line_is_answered_with_one_sentence_and_the_way_to_help(
    line: str, message: str, run: Runner
) -> None:
    outcome = run(*line.split())
    assert (outcome.code, outcome.out, outcome.err) == (2, "", message)


@pytest.mark.parametrize(
    ("line", "word", "here"),
    [
        ("jobs describe 1", "describe", "jobs get"),
        ("models describe 1", "describe", "models get"),
        ("jobs create a.yaml", "create", "submit"),
        ("custom create a.yaml", "create", "custom submit"),
        ("automl image train a.yaml", "train", "automl image submit"),
        ("run a.yaml", "run", "submit"),
        ("watch 1", "watch", "jobs watch"),
        ("list", "list", "jobs list"),
        ("login", "login", "auth login-hint"),
    ],
)
def test_a_command_of_another_tool_is_answered_with_ours(line: str, word: str, here: str, run: Runner) -> None:
    outcome = run(*line.split())
    hint = f"`trainctl {here}` does that here; `trainctl {here} --help` shows how it is used"
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"error: no such command '{word}'\nhint: {hint}\n"
    assert run(*here.split(), "--help").code == 0


@pytest.mark.parametrize("line", ["catalog list", "local list", "config create", "models watch", "completed"])
def test_a_word_that_means_nothing_where_it_stands_is_not_taken_for_a_job_command(line: str, run: Runner) -> None:
    assert "here" not in run(*line.split()).err


@pytest.mark.parametrize(
    ("line", "option", "words"),
    [
        ("jobs list --json", "--json", "`-o json` does that here"),
        ("jobs list --format json", "--format", "`-o table|wide|json|jsonl|yaml|csv|name` does that here"),
        ("submit --config a.yaml", "--config", "files are named without an option"),
        ("submit a.yaml --wait", "--wait", "`--watch` waits"),
        ("submit a.yaml --key 7", "--key", "`--idempotency-key` does that here"),
    ],
)
def test_an_option_of_another_tool_is_answered_with_ours(line: str, option: str, words: str, run: Runner) -> None:
    command = line.partition(" --")[0].removesuffix(" a.yaml")
    outcome = run(*line.split())
    assert (outcome.code, outcome.out, outcome.err) == (
        2,
        "",
        f"error: no such option: {option}\nhint: {words}; `trainctl {command} --help` shows how it is used\n",
    )


def test_an_option_of_another_tool_says_nothing_where_there_is_no_counterpart(run: Runner) -> None:
    assert "--watch" not in run("jobs", "get", "1", "--wait").err


def test_a_choice_that_is_missing_is_told_in_one_line(run: Runner) -> None:
    assert run("completion").err.startswith("error: missing argument 'SHELL'. Choose from: bash, zsh, fish, power")


@pytest.mark.parametrize("words", ["", "jobs", "custom"])
def test_a_group_alone_shows_its_commands_as_the_error_that_it_is(words: str, run: Runner) -> None:
    outcome = run(*words.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == run(*words.split(), "--help").out


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_shown(option: str, run: Runner) -> None:
    outcome = run(option)
    assert (outcome.code, outcome.out, outcome.err) == (0, f"trainctl {__version__}\n", "")


def test_a_group_with_a_usual_command_runs_it_when_none_is_named(run: Runner) -> None:
    assert run("config", "-o", "json").out == run("config", "list", "-o", "json").out


def test_a_mistake_of_ours_is_told_in_one_sentence_with_the_code_of_an_unknown_outcome(run: Runner) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError("no such thing")

    run.transport = httpx.MockTransport(answer)
    line = ("jobs", "get", "7", "--project", "p1234567")
    run.environment = {"TRAINCTL_ACCESS_TOKEN": "t"}
    outcome = run(*line)
    assert (outcome.code, outcome.out) == (6, "")
    assert outcome.err == (
        "error: trainctl itself failed: ZeroDivisionError: no such thing\n"
        "hint: `--debug` shows where, for a report of it; `trainctl history` has what was submitted\n"
    )
    assert "Traceback (most recent call last)" in run(*line, "--debug").err


def test_what_the_machine_does_not_allow_is_told_in_one_sentence(run: Runner) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise OSError(28, "No space left on device", "/tmp/x")

    run.transport = httpx.MockTransport(answer)
    run.environment = {"TRAINCTL_ACCESS_TOKEN": "t"}
    outcome = run("jobs", "get", "7", "--project", "p1234567")
    assert (outcome.code, outcome.err.splitlines()[0]) == (6, "error: `/tmp/x` cannot be used: no space left on device")


@pytest.mark.parametrize("line", ["init custom --file {}", "schema export {}"])
def test_a_place_that_cannot_be_written_is_named(line: str, run: Runner, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "x"
    outcome = run(*line.format(place).split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.splitlines()[0] == f"error: `{place}` cannot be written: not a directory"


@pytest.mark.parametrize(("line", "code"), [("validate -", 3), ("config get location", 1), ("jobs get a/b", 2)])
def test_a_command_whose_messages_nobody_reads_ends_as_it_would_have(line: str, code: int, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = {"PATH": os.environ["PATH"], "TRAINCTL_HOME": str(tmp_path), "TRAINCTL_PROJECT": "p1234567"}
    command = [sys.executable, "-m", "trainctl", *line.split(), "--debug"]
    done = subprocess.run(command, env=environment, input=b"", stdout=subprocess.DEVNULL, stderr=writer, check=False)
    os.close(writer)
    assert done.returncode == code


@pytest.mark.parametrize(("line", "code"), [("validate - -o json", 3), ("config get location", 1), ("schema list", 0)])
def test_a_command_whose_data_nobody_reads_ends_as_it_would_have(line: str, code: int, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = {"PATH": os.environ["PATH"], "TRAINCTL_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "trainctl", *line.split()]
    done = subprocess.run(
        command, env=environment, input=b"kind: x\n", stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, b"Exception" in done.stderr) == (code, False), done


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_streams_that_the_parent_has_closed_end_no_command(closed: str, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TRAINCTL_HOME": str(tmp_path), "TRAINCTL_PROJECT": "p1234567"}
    for line, code in (("config get project", 0), ("jobs get a/b", 2), ("--version", 0)):
        command = f"{sys.executable} -m trainctl {line} {closed}"
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_messages_that_a_full_disk_does_not_take_change_nothing(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TRAINCTL_HOME": str(tmp_path), "TRAINCTL_PROJECT": "p1234567"}
    for line, code in (("validate -", 3), ("jobs get a/b", 2), ("config set location us-central1", 0)):
        with Path("/dev/full").open("wb") as full:
            command = [sys.executable, "-m", "trainctl", *line.split()]
            done = subprocess.run(command, env=environment, input=b"", stdout=subprocess.PIPE, stderr=full, check=False)
        assert done.returncode == code


def test_a_change_at_a_path_without_end_is_refused_in_no_time(run: Runner) -> None:
    outcome = run("validate", "-", "--set", f"args{'[0]' * 20_000}=1", stdin="kind: custom\n")
    assert outcome.code == 3
    assert "a path of more than 64 steps" in outcome.out + outcome.err


def test_a_timeout_of_no_time_is_refused_and_not_passed_over(run: Runner) -> None:
    outcome = run("config", "get", "request_timeout", "--request-timeout", "0")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "error: `0.0` for `request_timeout` from flag --request-timeout is not a number above zero\n"


@pytest.mark.parametrize(
    ("name", "options", "value"),
    [
        ("local", ("--local",), "true"),
        ("journal", (), "true"),
        ("request_timeout", ("--request-timeout", "90"), "90.0"),
        ("staging_bucket", ("--staging-bucket", "gs://my-bucket"), "gs://my-bucket"),
    ],
)
def test_one_setting_is_written_as_the_list_of_all_writes_it(
    name: str, options: tuple[str, ...], value: str, run: Runner
) -> None:
    assert run("config", "get", name, *options).out == f"{value}\n"
    assert f"\n{name:<24}  {value} " in run("config", "list", *options).out


def test_facts_are_one_row_of_a_csv_and_yes_or_no_is_written_as_in_json(run: Runner) -> None:
    head, row = run("local", "status", "-o", "csv").out.splitlines()
    facts = dict(zip(head.split(","), row.split(","), strict=True))
    assert (facts["running"], facts["url"], facts["folders.home"]) == ("false", "", str(run.home / "state" / "local"))
    assert run("local", "status").out.startswith("running                   false\n")
    assert run("local", "status", "-o", "name").out == "false\n"
    assert run("config", "list", "--columns", "name,value").out.splitlines()[4].split() == ["local", "false"]


def test_profiles_are_listed_for_people_and_as_data(run: Runner) -> None:
    run("config", "set", "project", "p1234567", "--profile", "ci")
    assert run("config", "profiles").out == "  ci\n* default\n"
    assert run("config", "profiles", "-o", "name").out == "ci\ndefault\n"
    assert json.loads(run("config", "profiles", "-o", "json").out)[1] == {"name": "default", "in_use": True}


FAR = "9" * 30


@pytest.mark.parametrize(
    ("line", "code"),
    [(f"history list --limit {FAR}", 0), (f"history show @{FAR}", 2), (f"jobs get @{FAR} --project p1234567", 2)],
)
def test_a_number_beyond_all_submissions_is_only_that(line: str, code: int, run: Runner) -> None:
    journal = Journal(run.home / "state" / "journal.sqlite3", run.clock)
    journal.prune()  # an empty record, which has a file
    journal.close()
    assert run(*line.split()).code == code
