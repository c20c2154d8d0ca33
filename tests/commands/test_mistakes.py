"""What people mistype on a command line, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.test_jobs_get import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.cloud import Cloud
    from tests.running import Runner

SPEC = (
    "kind: custom\ndisplay_name: digits-${var.RUN:-1}\ncontainer_uri: us-docker.pkg.dev/my-project/images/trainer:1\n"
)


@pytest.fixture
def spec(tmp_path: Path) -> str:
    file = tmp_path / "train.yaml"
    file.write_text(SPEC)
    return str(file)


def test_a_state_that_no_submission_has_is_refused_with_those_there_are(trainctl: Runner) -> None:
    outcome = trainctl("history", "list", "--state", "creatd")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: `--state creatd` is no state of a submission\n"
        "hint: states are `prepared`, `sent`, `uncertain`, `created`, `refused` and `abandoned`\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "no submissions from this machine\n"), (("--state", "refused"), "no submissions that match\n")],
)
def test_a_history_of_nothing_says_so(trainctl: Runner, words: tuple[str, ...], said: str) -> None:
    outcome = trainctl("history", "list", *words, "-o", "name")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", said)


@pytest.mark.parametrize(
    ("word", "meant"), [("stat", "did you mean `state`? "), ("run_tim", ""), ("no_such_thing", "")]
)
def test_a_column_that_there_is_not_is_refused_with_those_there_are(
    run: Runner, cloud: Cloud, word: str, meant: str
) -> None:
    cloud.add("1", "RUNNING")
    outcome = run("jobs", "list", "--columns", f"id,{word}")
    assert (outcome.code, outcome.out) == (2, "")
    first, second = outcome.err.splitlines()
    assert first == f"error: there is no column `{word}`"
    assert second.startswith(f"hint: {meant}columns are ") if meant else "columns are " in second


@pytest.mark.parametrize("path", ["displayName", "labels", "jobSpec.workerPoolSpecs[0]", "error.message"])
def test_a_path_into_the_resource_is_a_column(run: Runner, cloud: Cloud, path: str) -> None:
    cloud.add("1", "RUNNING")
    assert run("jobs", "list", "--columns", path).code == 0


@pytest.mark.parametrize("field", ["endpoint", "changed", "digest"])
def test_a_field_of_a_record_is_a_column(trainctl: Runner, field: str) -> None:
    assert trainctl("history", "--columns", field).code == 0


@pytest.mark.parametrize("command", [("validate",), ("submit", "--dry-run", "--project", "my-project")])
def test_a_variable_that_no_spec_refers_to_is_noticed(trainctl: Runner, spec: str, command: tuple[str, ...]) -> None:
    warning = "warning: no spec refers to `${var.RUNN}`, which `--var` gives a value\n"
    assert warning in trainctl(*command, "--var", "RUNN=7", spec).err
    assert "warning" not in trainctl(*command, "--var", "RUN=7", spec).err


def test_a_variable_of_one_file_of_several_is_used(trainctl: Runner, spec: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(SPEC.replace("RUN", "OTHER"))
    assert "warning" not in trainctl("validate", "--var", "RUN=7", "--var", "OTHER=8", spec, str(other)).err


def test_a_document_that_is_no_yaml_does_not_hide_what_is_wrong_before_it(trainctl: Runner, tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(f"{SPEC}zone: a\n---\nkind: custom\nargs: [a\n")
    outcome = trainctl("validate", str(file), "-o", "jsonl")
    assert outcome.code == 3
    assert [line.count("unknown-field") + 2 * line.count('"yaml"') for line in outcome.out.splitlines()] == [1, 2]


@pytest.mark.parametrize("command", ["show", "resolve"])
def test_a_submission_without_a_name_is_none_even_where_there_is_one_alone(trainctl: Runner, command: str) -> None:
    record(trainctl.home, "s1", None)
    outcome = trainctl("history", command, "")
    assert (outcome.code, outcome.err.splitlines()[0]) == (2, "error: no submission is called ``")


def test_a_home_that_cannot_be_made_is_named_with_the_way_out(trainctl: Runner, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = trainctl("config", "set", "project", "abc", env={"TRAINCTL_HOME": str(tmp_path / "file" / "x")})
    assert outcome.code == 2
    assert outcome.err.endswith("hint: set TRAINCTL_HOME to a folder that can be written\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--timeout", "2h"),
        ("--timeout", "0"),
        ("--poll-interval", "5s"),
        ("--max-silence", "1m"),
        ("--cancel-on-interrupt",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("words", [("submit", "-"), ("jobs", "rerun", "@last")], ids=" ".join)
def test_options_of_a_watch_are_refused_where_there_is_none(
    trainctl: Runner, words: tuple[str, ...], options: tuple[str, ...]
) -> None:
    outcome = trainctl(*words, *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"error: `{options[0]}` is about following jobs\nhint: add `--watch`\n"
