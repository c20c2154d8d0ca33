"""Every spec in `configs/` is valid, asks for exactly the recorded request, and trains on the local engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Expected
    from tests.running import Runner

TOP = Path(__file__).parents[2]
SPECS = sorted(str(path.relative_to(TOP)) for path in (TOP / "configs").rglob("*.yaml"))
GOLDEN = Path(__file__).with_name("golden")
CLOUD = ("--project", "my-project", "--location", "us-central1", "--staging-bucket", "gs://my-bucket")


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP)


@pytest.mark.parametrize("spec", SPECS)
def test_an_example_is_valid_even_strictly(trainctl: Runner, spec: str) -> None:
    outcome = trainctl("validate", "--strict", spec)
    assert (outcome.code, outcome.out) == (0, f"{spec}: valid (custom)\n"), outcome


@pytest.mark.parametrize("spec", SPECS)
def test_an_example_asks_for_the_recorded_request(trainctl: Runner, expected: Expected, spec: str) -> None:
    outcome = trainctl("submit", "--dry-run", "-o", "json", spec, *CLOUD)
    assert outcome.code == 0, outcome
    [record] = json.loads(outcome.out)
    for upload in record["uploads"]:
        upload["files"] = [str(Path(file).relative_to(TOP)) for file in upload["files"]]
    expected(json.dumps(record, indent=2) + "\n", GOLDEN / Path(spec).relative_to("configs").with_suffix(".json"))


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_an_example_trains_on_the_local_engine(machine: Runner, spec: str) -> None:
    outcome = machine("submit", spec, "--local", "--watch", "-o", "json")
    assert outcome.code == 0, outcome
    shown = machine("jobs", "get", "@last", "--local", "-o", "json")
    assert json.loads(shown.out)["state"].endswith("_STATE_SUCCEEDED"), shown
    logs = machine("jobs", "logs", "@last", "--local")
    assert "accuracy 0.9" in logs.out, logs
