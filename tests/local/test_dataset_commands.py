"""`datasets` and `models` against the engine: what is made, imported, shown and deleted."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.local.engine import PARENT, PORT, TOKEN
from tests.running import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.engine import Bench

SCRIPT = Path(__file__).parents[2] / "configs" / "automl" / "make_shapes.py"
EVALUATION = {"displayName": "held out", "metricsSchemaUri": "gs://m/s.yaml", "metrics": {"auPrc": 0.75}}


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(running=False)


@pytest.fixture
def run(bench: Bench, tmp_path: Path) -> Runner:
    """A user whose endpoints are an engine in this process."""
    url = f"http://127.0.0.1:{PORT}"
    environment = {
        "TRAINCTL_ENDPOINT_VERTEX": url,
        "TRAINCTL_ENDPOINT_STORAGE": url,
        "TRAINCTL_ACCESS_TOKEN": TOKEN,
        "TRAINCTL_PROJECT": "my-project",
        "TRAINCTL_STAGING_BUCKET": "gs://stage",
    }
    return Runner(tmp_path / "user", environment, httpx.WSGITransport(app=bench.app))


def records(run: Runner, *arguments: str) -> Any:
    outcome = run(*arguments, "-o", "json")
    assert outcome.code == 0, outcome
    return json.loads(outcome.out)


def test_a_dataset_is_made_of_local_images_shown_and_deleted(run: Runner, tmp_path: Path) -> None:
    runpy.run_path(str(SCRIPT))["main"](tmp_path / "shapes")
    file = str(tmp_path / "shapes" / "shapes.csv")
    made = run("datasets", "create", "shapes", "--kind", "image", "--import", file, "--label", "team=drawing")
    name = f"projects/my-project/locations/us-central1/datasets/{made.out.strip()}"
    assert made.code == 0, made
    assert made.err == (
        "90 items: 90 unassigned\n  circle  30 unassigned\n  cross   30 unassigned\n  square  30 unassigned\n"
        f"created dataset {name}\nuploading 90 files to gs://stage/trainctl/data\nimported {file}\n"
    )
    [listed] = records(run, "datasets", "list")
    assert (listed["name"], listed["dataItemCount"], listed["labels"]) == (name, "90", {"team": "drawing"})
    again = run("datasets", "import", "shapes", file)
    assert again.code == 0, again
    assert records(run, "datasets", "get", "shapes")["dataItemCount"] == "90"
    assert run("datasets", "get", "nothing").err == (
        "error: there is no dataset `nothing` in my-project, us-central1\n"
        "hint: `trainctl datasets list` shows what is there; `--location` and `--project` say where to look\n"
    )
    gone = run("datasets", "delete", "shapes", "--yes")
    assert (gone.code, gone.err) == (0, f"dataset {name} deleted\n")
    assert records(run, "datasets", "list") == []


def test_local_images_in_either_spelling_of_their_field_are_uploaded(run: Runner, bench: Bench, tmp_path: Path) -> None:
    """Whatever else stands in their lines, which the service judges."""
    odd = {"dataItemResourceLabels": {"note": "\ud800"}}  # which no UTF-8 can hold
    rows = [{"image_gcs_uri": "1.png"}, {"imageGcsUri": "2.png", **odd}]
    for number in (1, 2):
        (tmp_path / f"{number}.png").write_bytes(bytes([number]))
    file = tmp_path / "import.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made = run("datasets", "create", "images", "--kind", "image", "--import", str(file))
    assert made.code == 0, made
    assert sorted(file.read_bytes() for file in bench.core.home.buckets.rglob("*.png")) == [b"\x01", b"\x02"]
    assert "half of a surrogate pair" in made.err
    assert records(run, "datasets", "get", "images")["dataItemCount"] == "1"


def test_a_tabular_dataset_is_its_files_which_are_uploaded_once(run: Runner, bench: Bench, tmp_path: Path) -> None:
    tables = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for table, row in zip(tables, ("1,daisy", "2,rose"), strict=True):
        table.write_text(f"width,species\n{row}\n", encoding="utf-8")
    files = [part for table in tables for part in ("--import", str(table))]
    made = run("datasets", "create", "flowers", "--kind", "tabular", *files, "--import", "gs://other/c.csv")
    assert made.code == 0, made
    first, *told = made.err.splitlines()
    assert first == "2 rows: width, species"
    dataset = records(run, "datasets", "get", "flowers")
    uris = dataset["metadata"]["inputConfig"]["gcsSource"]["uri"]
    assert uris[2:] == ["gs://other/c.csv"]
    assert told == [
        *(f"uploaded {table} to {uri}" for table, uri in zip(tables, uris, strict=False)),
        f"created dataset {dataset['name']}",
    ]
    assert [bench.core.buckets.match(uri)[0].read_bytes() for uri in uris[:2]] == [t.read_bytes() for t in tables]
    again = run("datasets", "create", "more", "--kind", "tabular", *files)
    assert "uploaded" not in again.err


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ((), 2, "error: a tabular dataset is made of files\nhint: name them with `--import FILE.csv`\n"),
        (("--import", "none.csv"), 2, "error: `none.csv` cannot be read: No such file or directory\n"),
        (
            ("--import", "bq://p.d.t", "--import", "gs://b/c.csv"),
            2,
            "error: a tabular dataset is one table in BigQuery, or CSV files\nhint: leave `gs://b/c.csv` out\n",
        ),
        (
            ("--objective", "single-label", "--import", "gs://b/c.csv"),
            2,
            "error: `--objective` is of images and videos; a table has none\n",
        ),
        (
            ("--import", "bq://p.d.t"),
            5,
            "error: The local engine has no BigQuery; use CSV files in `gcsSource`.\n",
        ),
    ],
)
def test_a_tabular_dataset_that_cannot_be_made_is_told(
    run: Runner, options: tuple[str, ...], code: int, told: str
) -> None:
    outcome = run("datasets", "create", "flowers", "--kind", "tabular", *options)
    assert (outcome.code, outcome.err) == (code, told)
    assert records(run, "datasets", "list") == []


def test_an_import_that_fails_is_told(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "flowers.csv"
    file.write_text("gs://nowhere/1.jpg,daisy\n", encoding="utf-8")
    outcome = run("datasets", "create", "flowers", "--kind", "image", "--import", str(file))
    assert outcome.code == 5
    assert "error: the import failed: Nothing could be imported" in outcome.err


def test_models_and_their_evaluations_are_shown(run: Runner, bench: Bench) -> None:
    parent = PARENT.replace("projects/p/", "projects/my-project/")
    bench.client.post(f"/v1/{parent}/models:upload", json={"model": {"displayName": "shapes"}, "modelId": "shapes"})
    bench.client.post(f"/v1/{parent}/models/shapes/evaluations:import", json={"modelEvaluation": EVALUATION})
    [model] = records(run, "models", "list")
    assert (model["displayName"], model["versionAliases"]) == ("shapes", ["default"])
    assert records(run, "models", "get", "shapes@1")["versionId"] == "1"
    [evaluation] = records(run, "models", "evaluations", "shapes")
    assert (evaluation["metrics"], evaluation["slices"]) == ({"auPrc": 0.75}, [])
    shown = run("models", "evaluations", "shapes")
    assert shown.out == f"evaluation {evaluation['name'].rpartition('/')[2]}\n\nauPrc:  0.7500\n"
    drawn = run("models", "evaluations", "shapes", "--plot")
    assert drawn.out == "this evaluation has no curve of precision and recall\n"
    for file, message in (
        ("curve.gif", "`--plot-to curve.gif` has no known form"),
        ("curve.svg", "this evaluation has no curve of precision and recall"),
    ):
        refused = run("models", "evaluations", "shapes", "--plot-to", file)
        assert (refused.code, refused.err.splitlines()[0]) == (2, f"error: {message}")
