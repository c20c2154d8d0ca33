"""References that lead to the local engine by themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands.test_jobs_get import record
from tests.running import Runner
from trainctl import __version__
from trainctl.commands.placing import for_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "projects/local/locations/us-central1/customJobs/7"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Runner]:
    """Someone without a cloud account, whose engine is stopped at the end."""
    runner = Runner(tmp_path)
    yield runner
    runner("local", "stop")


@pytest.mark.slow
def test_a_job_of_the_engine_is_looked_for_there_without_the_option(run: Runner) -> None:
    record(run.home, "s1", NAME, local=True)
    for reference in ("@last", NAME, NAME.rpartition("/")[2]):
        outcome = run("jobs", "get", reference)
        assert outcome.code == 5, outcome
        assert outcome.err.startswith("error: "), outcome
    assert "running" in run("local", "status").out


def test_an_option_that_says_otherwise_is_not_overridden(run: Runner) -> None:
    record(run.home, "s1", NAME, local=True)
    outcome = run("jobs", "get", "@last", "--no-local")
    assert (outcome.code, outcome.err.splitlines()[0]) == (2, "error: `@last` is a job of the local engine")


@pytest.mark.slow
def test_what_is_not_there_is_said_with_commands_that_ask_the_engine_too(run: Runner, tmp_path: Path) -> None:
    outcome = run("jobs", "get", "7", "--local")
    assert (outcome.code, outcome.err.splitlines()[1]) == (
        5,
        "hint: `trainctl jobs list --local` shows what is there; `--location` and `--project` say where to look",
    )
    spec = tmp_path / "flowers.yaml"
    spec.write_text("kind: automl-image\ndisplay_name: flowers\ndataset: '7'\nbudget_milli_node_hours: 8000\n")
    outcome = run("submit", str(spec), "--local")
    assert outcome.code == 5
    assert outcome.err == (
        "error: The resource `projects/local/locations/us-central1/datasets/7` does not exist.\n"
        f"hint: {spec}:3:10: there is no dataset `7` in local, us-central1: `trainctl datasets list --location all "
        "--local` shows what is there, `trainctl datasets create --local` makes one\n"
    )
    outcome = run("submit", str(spec), "--local", "--check-remote")
    assert outcome.code == 3
    assert "hint: `trainctl datasets list --location all --local` shows what is there, " in outcome.err


@pytest.mark.slow
def test_an_engine_of_another_version_is_used_with_a_warning(run: Runner) -> None:
    assert "warning" not in run("jobs", "list", "--local").err
    state = next(path for path in run.home.rglob("*.json") if "version" in json.loads(path.read_text()))
    state.write_text(json.dumps({**json.loads(state.read_text()), "version": "0.0.1"}))
    assert run("jobs", "list", "--local").err == (
        f"warning: the engine that runs is of trainctl 0.0.1, and this is {__version__}\n"
        "hint: `trainctl local stop`; the next `--local` starts this version\n"
        "no jobs in local, us-central1\n"
    )


@pytest.mark.parametrize(
    ("hint", "placed"),
    [
        (None, None),
        ("`trainctl jobs get REF -o yaml` shows it", "`trainctl jobs get REF -o yaml --local` shows it"),
        ("`trainctl jobs logs 7 --local`", "`trainctl jobs logs 7 --local`"),
        ("`trainctl jobs --help`; `trainctl catalog regions`", "`trainctl jobs --help`; `trainctl catalog regions`"),
    ],
)
def test_only_commands_that_ask_a_service_get_the_option(hint: str | None, placed: str | None) -> None:
    assert for_engine(hint) == placed
