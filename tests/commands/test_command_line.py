"""What happens before a command runs: wrong command lines, the version, half of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trainctl import __version__

if TYPE_CHECKING:
    from tests.running import Runner

ROOT, LIST = (
    "hint: `trainctl --help` shows how it is used\n",
    "hint: `trainctl jobs list --help` shows how it is used\n",
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sumbit a.yaml", f"error: no such command 'sumbit'. Did you mean 'submit'?\n{ROOT}"),
        ("--local submit a.yaml", f"error: no such option: --local\n{ROOT}"),
        ("jobs list --limt 3", f"error: no such option: --limt (Possible options: --limit, --quiet)\n{LIST}"),
        ("jobs list --limit 0", f"error: invalid value for '--limit' / '-n': 0 is not in the range x>=1\n{LIST}"),
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
