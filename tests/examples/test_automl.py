"""Every AutoML spec in `configs/automl/` is valid and asks for the recorded request; what the engine trains, trains."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kinds.test_bodies_match_discovery import judge

if TYPE_CHECKING:
    from tests.conftest import Expected
    from tests.running import Runner

TOP = Path(__file__).parents[2]
FOLDER = TOP / "configs" / "automl"
GOLDEN = Path(__file__).with_name("golden") / "automl"
SPECS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
CLOUD = ("--project", "my-project", "--location", "us-central1")
TRAINED = {
    "shapes": ("shapes.csv", "single-label"),
    "shapes-and-colours": ("shapes-and-colours.csv", "multi-label"),
    "shapes-edge": ("shapes.csv", "single-label"),
}
"""What the engine trains, with the import file and the objective of its dataset."""

NOT_TRAINED = {
    "parts-detection": "the engine does not train object detection",
    "flowers-garden": "the engine does not train Model Garden types",
    "traffic-classification": "the engine does not train on videos",
    "traffic-tracking": "the engine does not train on videos",
}


def test_every_example_is_trained_or_there_is_a_reason_why_not() -> None:
    assert sorted([*TRAINED, *NOT_TRAINED]) == SPECS


@pytest.mark.parametrize("name", SPECS)
def test_an_example_is_valid_but_for_what_google_deprecated(trainctl: Runner, name: str) -> None:
    outcome = trainctl("validate", "-o", "jsonl", str(FOLDER / f"{name}.yaml"))
    report = json.loads(outcome.out)
    deprecated = ["automl-video-deprecated"] if report["kind"] == "automl-video" else []
    assert (outcome.code, [problem["code"] for problem in report["warnings"]]) == (0, deprecated)


@pytest.mark.parametrize("name", SPECS)
def test_an_example_asks_for_the_recorded_request_which_google_knows(
    trainctl: Runner, expected: Expected, name: str
) -> None:
    outcome = trainctl("submit", "--dry-run", "-o", "json", str(FOLDER / f"{name}.yaml"), *CLOUD)
    [request] = json.loads(outcome.out)[0]["requests"]
    assert judge(request["url"].partition(".com")[2], request["body"]) == []
    expected(json.dumps(request, indent=2) + "\n", GOLDEN / f"{name}.json")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    runpy.run_path(str(FOLDER / "make_shapes.py"))["main"](folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
def test_an_example_trains_on_the_local_engine(machine: Runner, shapes: Path, name: str) -> None:
    if name in NOT_TRAINED:
        pytest.skip(NOT_TRAINED[name])
    file, objective = TRAINED[name]
    options = ("--kind", "image", "--objective", objective, "--import", str(shapes / file), "--local")
    made = machine("datasets", "create", name, *options)
    assert made.code == 0, made
    spec = str(FOLDER / f"{name}.yaml")
    outcome = machine("submit", spec, "--local", "--watch", "--set", f"dataset={made.out.strip()}", "-o", "json")
    assert outcome.code == 0, outcome
    job = json.loads(outcome.out)
    spent = int(job["trainingTaskMetadata"]["costMilliNodeHours"])
    assert 0 < spent <= job["trainingTaskInputs"]["budgetMilliNodeHours"]
    shown = machine("models", "evaluations", job["modelToUpload"]["name"], "-o", "json")
    [evaluation] = json.loads(shown.out)
    labels = {"circle", "cross", "square"} | ({"red", "green", "blue"} if objective == "multi-label" else set())
    assert {part["slice"]["value"] for part in evaluation["slices"]} == labels
    assert evaluation["metrics"]["auPrc"] > 0.6, evaluation["metrics"]
