"""References that lead to the local engine by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.test_jobs_get import record
from tests.running import Runner

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
