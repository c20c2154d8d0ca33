"""Every AutoML Vision spec in `configs/vision/` is valid, asks for the recorded request, and runs on the engine."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kinds.test_bodies_match_discovery import judge

if TYPE_CHECKING:
    from tests.conftest import Expected
    from tests.running import Outcome, Runner

TOP = Path(__file__).parents[2]
FOLDER = TOP / "configs" / "vision"
GOLDEN = Path(__file__).with_name("golden") / "vision"
SPECS = sorted(path.name for path in FOLDER.iterdir())
CLOUD = ("--project", "my-project", "--location", "us-central1")


@pytest.mark.parametrize("name", SPECS)
def test_an_example_is_valid_but_for_the_service_that_is_closed_and_the_words_of_the_guide(
    trainctl: Runner, name: str
) -> None:
    outcome = trainctl("validate", "-o", "jsonl", str(FOLDER / name))
    report = json.loads(outcome.out)
    translated = ["vision-guide"] if name == "request.json" else []
    assert (outcome.code, sorted(problem["code"] for problem in report["warnings"])) == (
        0,
        ["service-closed", *translated],
    )


@pytest.mark.parametrize("name", SPECS)
def test_an_example_asks_for_the_recorded_request_which_google_knows(
    trainctl: Runner, expected: Expected, name: str
) -> None:
    outcome = trainctl("submit", "--dry-run", "-o", "json", str(FOLDER / name), *CLOUD)
    [request] = json.loads(outcome.out)[0]["requests"]
    assert request["url"].startswith("https://automl.googleapis.com/v1/")
    assert judge(f"/automl{request['url'].partition('.com')[2]}", request["body"]) == []
    expected(json.dumps(request, indent=2) + "\n", GOLDEN / f"{Path(name).stem}.json")


def test_the_request_of_the_guide_and_the_spec_ask_for_the_same(trainctl: Runner) -> None:
    def body(name: str) -> dict[str, Any]:
        [request] = json.loads(trainctl("submit", "--dry-run", "-o", "json", str(FOLDER / name), *CLOUD).out)[0][
            "requests"
        ]
        found: dict[str, Any] = request["body"]
        return {key: value for key, value in found.items() if key != "labels"}

    assert body("request.json") == body("edge.yaml")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    runpy.run_path(str(TOP / "configs" / "automl" / "make_shapes.py"))["main"](folder)
    (folder / "boxes.csv").write_text("TRAIN,images/circle-00.png,bolt,0.1,0.1,,,0.6,0.6,,\n", encoding="utf-8")
    return folder


def submit(machine: Runner, name: str, file: Path, objective: str) -> Outcome:
    """What comes of an example with a dataset of such a file."""
    options = ("--kind", "image", "--vision", "--objective", objective, "--import", str(file), "--local")
    made = machine("datasets", "create", "shapes", *options)
    assert made.code == 0, made
    changes = ("--set", f"dataset={made.out.strip()}", "--set", "train_budget_milli_node_hours=1000")
    return machine("submit", str(FOLDER / name), "--local", "--watch", *changes, "-o", "json")


@pytest.mark.slow
def test_an_edge_model_trains_on_the_local_engine(machine: Runner, shapes: Path) -> None:
    outcome = submit(machine, "edge.yaml", shapes / "shapes.csv", "single-label")
    assert outcome.code == 0, outcome
    model = json.loads(machine("models", "get", json.loads(outcome.out)["response"]["name"], "-o", "json").out)
    metadata = model["imageClassificationModelMetadata"]
    assert 0 < int(metadata["trainCostMilliNodeHours"]) <= int(metadata["trainBudgetMilliNodeHours"]) == 1000


@pytest.mark.slow
def test_object_detection_is_refused_or_simulated(machine: Runner, shapes: Path) -> None:
    assert machine("local", "start", "--no-simulate").code == 0
    refused = submit(machine, "detection.yaml", shapes / "boxes.csv", "object-detection")
    assert (refused.code, refused.out) == (5, "")
    assert "`trainctl local start --simulate` lets such jobs go through their states" in refused.err
    assert machine("local", "start", "--simulate").code == 0
    outcome = submit(machine, "detection.yaml", shapes / "boxes.csv", "object-detection")
    machine("local", "start", "--no-simulate")
    assert outcome.code == 0, outcome
    assert json.loads(outcome.out)["done"] is True
