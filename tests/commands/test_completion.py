"""Completion: the scripts in the tree are current, and bash really completes with its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import StillClock
from trainctl.cli import COMMANDS
from trainctl.commands.shells import FILES, Shell
from trainctl.journal import Entry, Journal
from trainctl.settings import NAMES
from trainctl.spec.schema import kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.running import Runner

SCRIPTS = Path(__file__).parents[2] / "completions"
# Splits the line as readline does, asks for the completions of its last word, and prints each in quotes of bash.
ASK = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
word=${2##*[[:space:]@=:]}
_trainctl "$3" "$word" previous
printf '%s\n' "${COMPREPLY[@]}"
"""
BASH = shutil.which("bash")
TRAINCTL = str(Path(sys.executable).with_name("trainctl"))


@pytest.mark.parametrize("shell", Shell)
def test_the_scripts_in_the_tree_are_what_the_command_prints(shell: Shell, run: Runner) -> None:
    assert run("completion", shell).out == (SCRIPTS / FILES[shell]).read_text(encoding="utf-8")


@pytest.fixture
def complete(tmp_path: Path) -> Callable[[str], list[str]]:
    """What bash offers at the end of a line, in a folder with specs, for a user who has submitted two jobs."""
    if BASH is None or subprocess.run([BASH, "-c", "complete -o nosort -F nothing nothing"], check=False).returncode:
        pytest.skip("bash 4.4 or later is not installed")
    for name in ("train.yaml", "tune.json", "notes.txt", ".hidden.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "a b.yaml").touch()
    script = str(SCRIPTS / FILES[Shell.BASH])
    record_jobs(tmp_path / "home")
    environment = {"PATH": os.environ["PATH"], "TRAINCTL_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}

    def ask(line: str) -> list[str]:
        command = [str(BASH), "--norc", "-c", ASK, "bash", script, line, TRAINCTL]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout.split("\n")[:-1]

    return ask


def record_training(home: Path) -> None:
    """The submission of a training of AutoML Vision, which is an operation."""
    journal = Journal.open(home / "state" / "journal.sqlite3", StillClock())
    place = "projects/p/locations/us-central1"
    entry = Entry(
        id="s4",
        file="flowers.yaml",
        document=0,
        kind="automl-vision",
        display_name="flowers",
        service="automl",
        collection="operations",
        endpoint="https://automl.googleapis.com",
        parent=place,
        digest="",
    )
    journal.prepare(entry)
    journal.mark_created(entry.id, f"{place}/operations/ICN14")
    journal.close()


def record_jobs(home: Path) -> None:
    """Submissions of two jobs, and of one that was refused."""
    journal = Journal.open(home / "state" / "journal.sqlite3", StillClock())
    for number in (1, 2, 3):
        entry = Entry(
            id=f"s{number}",
            file="train.yaml",
            document=0,
            kind="custom",
            display_name="digits $(false)",
            service="vertex",
            collection="customJobs",
            endpoint="https://us-central1-aiplatform.googleapis.com",
            parent="projects/p/locations/us-central1",
            digest="",
        )
        journal.prepare(entry)
        if number < 3:
            journal.mark_created(entry.id, f"projects/p/locations/us-central1/customJobs/101{number}")
    journal.mark_refused("s3", "no")
    journal.close()


def test_bash_completes_commands(complete: Callable[[str], list[str]]) -> None:
    assert {node.name for node in COMMANDS} <= {*complete("trainctl ")}
    assert complete("trainctl jo") == ["jobs"]
    assert complete("trainctl config ") == ["list", "get", "set", "profiles"]
    assert complete("trainctl custom ") == ["submit", "validate", "get", "schema"]


def test_bash_completes_options_and_what_they_take(complete: Callable[[str], list[str]]) -> None:
    assert {"--state", "--limit", "--output", "--project", "--help"} <= {*complete("trainctl jobs list --")}
    assert complete("trainctl jobs list --out") == ["--output"]
    assert complete("trainctl jobs list --output js") == ["json", "jsonl"]
    assert complete("trainctl jobs list --output=js") == ["json", "jsonl"]
    assert complete("trainctl jobs list --location europe-north") == ["europe-north1", "europe-north2"]


def test_bash_completes_kinds_settings_and_specs(complete: Callable[[str], list[str]]) -> None:
    assert complete("trainctl init ") == list(kinds())
    assert complete("trainctl config get ") == list(NAMES)
    assert complete("trainctl submit ") == ["configs/", "home/", "train.yaml", "tune.json"]
    assert complete("trainctl submit train.yaml configs/") == ["configs/a b.yaml"]


def test_bash_completes_jobs_that_were_submitted_from_here(complete: Callable[[str], list[str]]) -> None:
    assert complete("trainctl jobs get ") == ["@last", "1012", "1011"]
    assert complete("trainctl jobs get @la") == ["last"]  # bash has split the word at the @ and replaces the rest
    assert complete("trainctl jobs logs 1011 10") == ["1012", "1011"]


def test_bash_completes_operations_that_were_started_from_here(
    complete: Callable[[str], list[str]], tmp_path: Path
) -> None:
    assert complete("trainctl operations wait ") == [""]
    record_training(tmp_path / "home")
    assert complete("trainctl operations wait ") == ["@last", "ICN14"]
    assert complete("trainctl jobs get ") == ["@last", "ICN14", "1012", "1011"]


def test_fish_and_zsh_see_whose_id_it_is_and_nothing_that_a_shell_could_run(tmp_path: Path) -> None:
    record_jobs(tmp_path)
    asked = {
        "TRAINCTL_HOME": str(tmp_path),
        "_TRAINCTL_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": "trainctl jobs get @",
    }
    done = subprocess.run([TRAINCTL], env=asked, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("@last\tdigits  (false), 2026-11-21 12:00\n", "")


def test_bash_is_left_to_complete_what_trainctl_does_not_know(complete: Callable[[str], list[str]]) -> None:
    assert complete("trainctl jobs list --credentials-file ") == [""]
    assert complete("trainctl submit nothing/") == [""]
