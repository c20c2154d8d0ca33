"""Commands about datasets of AutoML Vision against the engine: what is made, filled and refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.local.engine import PORT, TOKEN, Bench
from tests.running import Runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = "train,a.png,rose\nvalidation,b.png,rose\ntest,c.png,tulip\nd.png,tulip\n"
HEAD = ("datasets", "create", "flowers", "--kind", "image", "--vision")


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(running=False)


@pytest.fixture
def run(bench: Bench, tmp_path: Path) -> Runner:
    """A user whose endpoints are an engine in this process."""
    url = f"http://127.0.0.1:{PORT}"
    environment = {
        "TRAINCTL_ENDPOINT_AUTOML": f"{url}/automl",
        "TRAINCTL_ENDPOINT_STORAGE": url,
        "TRAINCTL_ACCESS_TOKEN": TOKEN,
        "TRAINCTL_PROJECT": "p",
        "TRAINCTL_STAGING_BUCKET": "gs://stage",
    }
    return Runner(tmp_path / "user", environment, httpx.WSGITransport(app=bench.app))


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """Four images, and an import file that leaves the set of one open."""
    for name in "abcd":
        (tmp_path / f"{name}.png").write_bytes(name.encode())
    path = tmp_path / "flowers.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def get(run: Runner, dataset: str) -> Any:
    found = run("datasets", "get", dataset, "-o", "json")
    assert found.code == 0, found
    return json.loads(found.out)


def test_an_import_file_is_sent_with_a_set_on_every_line(run: Runner, bench: Bench, flowers: Path) -> None:
    made = run(*HEAD, "--import", str(flowers), "--label", "team=plants")
    assert made.code == 0, made
    dataset = get(run, made.out.strip())
    assert (dataset["displayName"], dataset["exampleCount"], dataset["labels"]) == ("flowers", 4, {"team": "plants"})
    assert dataset["imageClassificationDatasetMetadata"] == {"classificationType": "MULTICLASS"}
    [sent] = bench.core.home.buckets.glob("stage/trainctl/data/*/flowers.csv")
    words = [line.split(",")[0] for line in sent.read_text(encoding="utf-8").splitlines()]
    assert words == ["TRAIN", "VALIDATION", "TEST", "UNASSIGNED"]


@pytest.mark.parametrize(
    ("objective", "metadata"),
    [
        ("multi-label", {"imageClassificationDatasetMetadata": {"classificationType": "MULTILABEL"}}),
        ("object-detection", {"imageObjectDetectionDatasetMetadata": {}}),
    ],
)
def test_the_objective_decides_what_a_dataset_is_for_and_more_is_imported_by_it(
    run: Runner, flowers: Path, objective: str, metadata: dict[str, Any]
) -> None:
    made = run(*HEAD, "--objective", objective).out.strip()
    dataset = get(run, made)
    assert {key: value for key, value in dataset.items() if key.endswith("Metadata")} == metadata
    row = "a.png,rose,0.1,0.1,,,0.9,0.9,,\n" if objective == "object-detection" else "a.png,rose,red\n"
    flowers.write_text(row, encoding="utf-8")
    imported = run("datasets", "import", made, str(flowers))
    assert imported.code == 0, imported
    assert get(run, made)["exampleCount"] == 1


def test_what_automl_vision_cannot_take_is_refused_before_anything_is_made(run: Runner, flowers: Path) -> None:
    lines = flowers.with_suffix(".jsonl")
    lines.write_text("{}\n", encoding="utf-8")
    of_json = run(*HEAD, "--import", str(lines))
    assert (of_json.code, "no CSV file, and AutoML Vision imports no others" in of_json.err) == (2, True)
    for kind in ("video", "tabular"):
        other = run("datasets", "create", "others", "--kind", kind, "--vision")
        assert (other.code, "AutoML Vision has datasets of images only" in other.err) == (2, True)
    assert run("datasets", "list", "-o", "name").out == ""
