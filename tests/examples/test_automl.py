"""Every AutoML spec in `configs/automl/` is valid, asks for the recorded request, and runs on the engine."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kinds.test_bodies_match_discovery import judge

if TYPE_CHECKING:
    from tests.conftest import Expected
    from tests.running import Outcome, Runner

TOP = Path(__file__).parents[2]
FOLDER = TOP / "configs" / "automl"
GOLDEN = Path(__file__).with_name("golden") / "automl"
SPECS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
CLOUD = ("--project", "my-project", "--location", "us-central1")
SHAPES, CLIPS = {"circle", "cross", "square"}, {"falling", "passing", "rising"}
TRAINED = {
    "shapes-edge": ("shapes.csv", "single-label", SHAPES),
    "shapes": ("shapes.csv", "single-label", SHAPES),
    "shapes-and-colours": ("shapes-and-colours.csv", "multi-label", SHAPES | {"red", "green", "blue"}),
    "clips": ("clips.jsonl", "classification", CLIPS),
}
"""What the engine trains, the quickest first, with the import file, the objective and the labels of its dataset."""

SIMULATED = {
    "parts-detection": ("boxes.csv", "object-detection"),
    "flowers-garden": ("shapes.csv", "single-label"),
    "traffic-tracking": ("tracks.csv", "object-tracking"),
}
"""What the engine only lets go through its states, when it is asked to."""

VIDEOS = ("clips", "traffic-tracking")


def test_every_example_is_trained_or_simulated() -> None:
    assert sorted([*TRAINED, *SIMULATED]) == SPECS


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
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images and videos, with import files for every objective."""
    folder = tmp_path_factory.mktemp("data")
    for script in ("make_shapes", "make_clips"):
        runpy.run_path(str(FOLDER / f"{script}.py"))["main"](folder)
    uses = ("training", "validation", "test")
    boxes = [f"{use},images/circle-0{n}.png,bolt,0.1,0.1,,,0.6,0.6,," for n, use in enumerate(uses)]
    tracks = [f"{use},clips/0{n}.mp4,car,1,0.5,0.1,0.1,,,0.6,0.6,," for n, use in enumerate(uses)]
    for name, lines in (("boxes.csv", boxes), ("tracks.csv", tracks)):
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def submit(machine: Runner, name: str, file: Path, objective: str) -> Outcome:
    """What comes of an example with a dataset of such a file."""
    kind = "video" if name in VIDEOS else "image"
    options = ("--kind", kind, "--objective", objective, "--import", str(file), "--local")
    made = machine("datasets", "create", name, *options)
    assert made.code == 0, made
    spec = str(FOLDER / f"{name}.yaml")
    return machine("submit", spec, "--local", "--watch", "--set", f"dataset={made.out.strip()}", "-o", "json")


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINED)
def test_an_example_trains_on_the_local_engine(
    machine: Runner, data: Path, name: str, request: pytest.FixtureRequest
) -> None:
    if name != next(iter(TRAINED)) and not request.config.getoption("--examples"):
        pytest.skip("trained with --examples only: it takes half a minute")
    file, objective, labels = TRAINED[name]
    outcome = submit(machine, name, data / file, objective)
    assert outcome.code == 0, outcome
    job = json.loads(outcome.out)
    if name not in VIDEOS:
        spent = int(job["trainingTaskMetadata"]["costMilliNodeHours"])
        assert 0 < spent <= job["trainingTaskInputs"]["budgetMilliNodeHours"]
    shown = machine("models", "evaluations", job["modelToUpload"]["name"], "-o", "json")
    [evaluation] = json.loads(shown.out)
    assert {part["slice"]["value"] for part in evaluation["slices"]} == labels
    assert evaluation["metrics"]["auPrc"] > 0.6, evaluation["metrics"]
    dataset = f'dataset="{job["inputDataConfig"]["datasetId"]}"'
    compared = machine("jobs", "diff", "@last", str(FOLDER / f"{name}.yaml"), "--local", "--set", dataset)
    assert (compared.code, compared.out) == (0, ""), compared


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATED)
def test_an_example_that_the_engine_does_not_train_is_refused_or_simulated(
    machine: Runner, data: Path, name: str
) -> None:
    file, objective = SIMULATED[name]
    assert machine("local", "start", "--no-simulate").code == 0
    refused = submit(machine, name, data / file, objective)
    assert (refused.code, refused.out) == (5, "")
    assert "`trainctl local start --simulate` lets such jobs go through their states" in refused.err
    assert machine("local", "start", "--simulate").code == 0
    outcome = submit(machine, name, data / file, objective)
    machine("local", "start", "--no-simulate")
    assert outcome.code == 0, outcome
    assert "SUCCEEDED" in outcome.err
    assert "simulated: nothing was trained" in outcome.err
    job = json.loads(outcome.out)
    assert job["trainingTaskMetadata"]["simulated"] == "nothing was trained"
    assert "name" not in job["modelToUpload"]
