"""Google's guide "Training Edge models" of AutoML Vision, command by command, on the local engine.

https://cloud.google.com/vision/automl/docs/train-edge: the dataset is there; a model is created from a request.json,
its operation listed, filtered, awaited, another one cancelled, the model shown, its training resumed, and the model
deleted.
"""

from __future__ import annotations

import json
import re
import runpy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.running import Outcome, Runner

pytestmark = pytest.mark.slow
PLACE = "projects/guide/locations/us-central1"
READER = {"TRAINCTL_LOCAL": "1", "TRAINCTL_PROJECT": "guide", "TRAINCTL_LOCATION": "us-central1"}
SCRIPT = Path(__file__).parents[2] / "configs" / "automl" / "make_shapes.py"
IMAGES = 1002
"""More than a thousand, so that training can be resumed."""


@dataclass
class Reader:
    """Somebody with the guide open, who types its steps with trainctl."""

    machine: Runner
    folder: Path
    typed: list[str] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=lambda: READER)

    def __call__(self, *words: str, code: int = 0) -> Outcome:
        self.typed.append(" ".join(words))
        outcome = self.machine(*words, env=self.environment)
        assert outcome.code == code, outcome
        return outcome

    def read(self, *words: str) -> Any:
        return json.loads(self(*words, "-o", "json").out)

    def names(self, *words: str) -> list[str]:
        return self(*words, "-o", "name").out.split()

    def write(self, text: str) -> str:
        """The guide's `request.json`."""
        path = self.folder / "request.json"
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture(scope="session")
def reader(machine: Runner, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(machine, tmp_path_factory.mktemp("guide"))


@pytest.fixture(scope="session")
def dataset(reader: Reader) -> str:
    """The id of a dataset of more than a thousand images, which the guide takes for granted."""
    reader("local", "start")
    folders = reader.read("local", "status")["folders"]
    bucket = Path(folders["buckets"]) / "guide"
    runpy.run_path(str(SCRIPT))["main"](bucket)
    drawn = [line.split(",") for line in (bucket / "shapes.csv").read_text(encoding="utf-8").split()]
    lines = []
    for number in range(IMAGES):
        path, label = drawn[number % len(drawn)]
        (bucket / f"{number}.png").hardlink_to(bucket / path)
        lines.append(f"UNASSIGNED,gs://guide/{number}.png,{label}\n")
    (bucket / "all.csv").write_text("".join(lines), encoding="utf-8")
    made = reader("datasets", "create", "shapes", "--kind", "image", "--vision", "--import", "gs://guide/all.csv")
    found = made.out.strip()
    assert re.fullmatch(r"ICN\d+", found), made
    assert reader.read("datasets", "get", found)["exampleCount"] == IMAGES
    return found


def request(dataset: str, **fields: str) -> str:
    """The request body of the guide, with its own words for budget and base model."""
    metadata = {"trainBudget": "1", "modelType": "mobile-low-latency-1"}
    body = {**fields, "datasetId": dataset, "imageClassificationModelMetadata": metadata}
    return json.dumps({"displayName": "display_name", **body})


@pytest.fixture(scope="session")
def trained(reader: Reader, dataset: str) -> tuple[str, str]:
    """The operation that has created the guide's model, and that model; full names."""
    created = reader("submit", reader.write(request(dataset)))
    operation = created.out.strip()
    assert re.fullmatch(rf"{PLACE}/operations/ICN\d+", operation)
    assert "`trainBudget` is the word of a guide of Google's, and is sent as milli node hours" in created.err
    assert "Google advises 8 at least" in created.err
    done = reader.read("operations", "wait", operation)
    assert done["done"] is True
    return operation, str(done["response"]["name"])


def test_the_operation_of_a_new_model_ends_by_naming_the_model(reader: Reader, trained: tuple[str, str]) -> None:
    operation, model = trained
    assert re.fullmatch(rf"{PLACE}/models/ICN\d+", model)
    shown = reader.read("operations", "get", operation.rpartition("/")[2])
    assert shown["metadata"]["@type"] == "type.googleapis.com/google.cloud.automl.v1.OperationMetadata"
    assert shown["metadata"]["createModelDetails"] == {}
    assert shown["response"] == {"@type": "type.googleapis.com/google.cloud.automl.v1.Model", "name": model}
    assert reader("jobs", "model", operation).out == f"{model}\n"
    assert reader("jobs", "status", operation).out == "SUCCEEDED\n"
    ended = reader("jobs", "watch", operation).out
    assert f"model:    {model}" in ended
    assert "display_name, mobile-low-latency-1" in ended
    assert "package:  TensorFlow Lite" in ended


def test_operations_are_listed_and_filtered_as_in_the_guide(
    reader: Reader, dataset: str, trained: tuple[str, str]
) -> None:
    operation, _ = trained
    whole = f"{PLACE}/datasets/{dataset}"
    everything = reader.names("operations", "list")
    assert operation in everything
    finished = reader.names("operations", "list", "--filter", '"done=true"')
    assert set(finished) <= set(everything)
    assert operation in finished
    assert operation in reader.names("operations", "list", "--done")
    assert operation not in reader.names("operations", "list", "--not-done")
    assert reader.names("operations", "list", "--operation-id", operation.rpartition("/")[2]) == [operation]
    works_on = reader.names("operations", "list", "--filter", f'"worksOn={whole}"')
    assert operation in works_on
    assert works_on == reader.names("operations", "list", "--works-on", whole)
    assert operation in reader.names("jobs", "list", "--kind", "automl-vision")


def test_a_training_is_cancelled_by_its_operation(reader: Reader, dataset: str) -> None:
    operation = reader("submit", reader.write(request(dataset, displayName="cancelled"))).out.strip()
    reader("operations", "cancel", operation)
    done = json.loads(reader("operations", "wait", operation, "-o", "json", code=1).out)
    assert done["error"]["code"] == 1
    assert reader("jobs", "status", operation, code=1).out == "CANCELLED\n"
    again = reader("operations", "cancel", operation, code=5)
    assert "over already" in again.err


def test_a_model_is_shown_with_what_the_guide_says_of_it(
    reader: Reader, dataset: str, trained: tuple[str, str]
) -> None:
    _, model = trained
    shown = reader.read("models", "get", model)
    assert (shown["name"], shown["displayName"], shown["datasetId"]) == (model, "display_name", dataset)
    assert shown["deploymentState"] == "UNDEPLOYED"
    metadata = shown["imageClassificationModelMetadata"]
    assert (metadata["modelType"], metadata["nodeQps"]) == ("mobile-low-latency-1", 3.2)
    assert metadata["trainBudgetMilliNodeHours"] == "1000"
    assert model in reader.names("models", "list")
    evaluated = reader("models", "evaluations", model).out
    assert [label for label in ("circle", "cross", "square") if f"\n{label} " in evaluated] == [
        "circle",
        "cross",
        "square",
    ]
    text = reader("models", "get", model).out
    assert "package:" in text
    assert "https://cloud.google.com/vision/automl/docs/export-edge" in text


def test_training_is_resumed_from_a_base_model(reader: Reader, dataset: str, trained: tuple[str, str]) -> None:
    base = trained[1].rpartition("/")[2]
    resumed = reader("submit", reader.write(request(dataset, baseModelId=base)), "--watch", "-o", "json")
    model = reader.read("models", "get", json.loads(resumed.out)["response"]["name"])
    assert model["imageClassificationModelMetadata"]["baseModelId"] == base
    assert "stands where a guide of Google's shows it" in resumed.err


def test_what_cannot_be_resumed_is_told_before_anything_is_created(
    reader: Reader, dataset: str, trained: tuple[str, str]
) -> None:
    base = trained[1].rpartition("/")[2]
    before = reader.names("operations", "list")
    other = request(dataset, baseModelId=base).replace("mobile-low-latency-1", "mobile-versatile-1")
    refused = reader("submit", reader.write(other), code=3)
    assert f"model `{base}` is of type `mobile-low-latency-1`, and the job asks for `mobile-versatile-1`" in refused.err
    assert reader.names("operations", "list") == before


def test_a_model_that_is_no_longer_needed_is_deleted(reader: Reader, dataset: str) -> None:
    body = request(dataset, displayName="not_needed")
    operation = reader("submit", reader.write(body)).out.strip()
    model = str(reader.read("operations", "wait", operation)["response"]["name"])
    reader("models", "delete", model, "--yes")
    reader("models", "get", model, code=5)
    assert model not in reader.names("models", "list")
    reader("operations", "delete", operation, "--yes")
    reader("operations", "get", operation, code=5)
