"""Every spec in `configs/` is valid, asks for exactly the recorded request, and trains on the local engine."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import Runner
from trainctl.spec.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Expected
    from tests.local.containers import Runtime

TOP = Path(__file__).parents[2]
FILES = sorted(path.relative_to(TOP) for path in (TOP / "configs").rglob("*.yaml"))
OWN_TESTS = ("automl", "ml", "vision")
SPECS = [str(file) for file in FILES if file.parent.name not in OWN_TESTS]
CONTAINERS = ["configs/custom/container.yaml"]
"""They need podman or docker; where podman cannot run, the tests say so and skip them."""
DATASETS = ["configs/custom/table.yaml"]
"""They need a dataset, which is made first."""
GOLDEN = Path(__file__).with_name("golden")
CLOUD = ("--project", "my-project", "--location", "us-central1", "--staging-bucket", "gs://my-bucket")


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP)


@pytest.mark.parametrize("spec", SPECS)
def test_an_example_is_valid_even_strictly(trainctl: Runner, spec: str) -> None:
    outcome = trainctl("validate", "--strict", spec)
    kind = load(spec)[0].value["kind"]
    assert (outcome.code, outcome.out) == (0, f"{spec}: valid ({kind})\n"), outcome


@pytest.mark.parametrize("spec", SPECS)
def test_an_example_asks_for_the_recorded_request(trainctl: Runner, expected: Expected, spec: str) -> None:
    outcome = trainctl("submit", "--dry-run", "-o", "json", spec, *CLOUD)
    assert outcome.code == 0, outcome
    [record] = json.loads(outcome.out)
    for upload in record["uploads"]:
        upload["files"] = [str(Path(file).relative_to(TOP)) for file in upload["files"]]
    expected(json.dumps(record, indent=2) + "\n", GOLDEN / Path(spec).relative_to("configs").with_suffix(".json"))


@pytest.mark.slow
@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec not in CONTAINERS + DATASETS])
def test_an_example_trains_on_the_local_engine(machine: Runner, spec: str) -> None:
    train(machine, spec)


@pytest.mark.slow
@pytest.mark.parametrize("spec", CONTAINERS)
def test_an_example_of_a_container_trains_on_the_local_engine(boxes: Runner, spec: str) -> None:
    train(boxes, spec)


@pytest.mark.slow
def test_an_example_trains_on_the_sets_of_a_managed_dataset_and_registers_its_model(
    machine: Runner, tmp_path: Path
) -> None:
    table = tmp_path / "flowers.csv"
    runpy.run_path("configs/custom/make_table.py")["main"](table)
    made = machine("datasets", "create", "flowers", "--kind", "tabular", "--import", str(table), "--local")
    assert made.code == 0, made
    job = train(machine, DATASETS[0], "--set", f"dataset={made.out.strip()}")
    logs = machine("jobs", "logs", "@last", "--local")
    assert "210 flowers to train on, 30 to choose with, 60 held out" in logs.out, logs
    shown = machine("models", "get", job["modelToUpload"]["name"], "-o", "json")
    model = json.loads(shown.out)
    assert (model["displayName"], model["versionAliases"]) == ("flowers", ["candidate", "default"]), shown
    assert model["trainingPipeline"] == job["name"]
    files = read_folder(machine, model["artifactUri"])
    assert files.keys() == {"model.joblib", "metrics.json"}
    assert json.loads(files["metrics.json"])["held_out"] == 60


@pytest.mark.slow
def test_the_same_code_as_script_package_and_container_leaves_the_same_files(boxes: Runner, tmp_path: Path) -> None:
    image = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest"
    script = {"script_path": str(TOP / "configs/custom/container/train.py"), "container_uri": image}
    job = train(boxes, write_spec(tmp_path / "script.json", script))
    [pool] = job["jobSpec"]["workerPoolSpecs"]
    package = {
        "python_package_gcs_uri": pool["pythonPackageSpec"]["packageUris"],
        "python_module_name": pool["pythonPackageSpec"]["pythonModule"],
        "container_uri": image,
    }
    jobs = [job, train(boxes, write_spec(tmp_path / "package.json", package)), train(boxes, CONTAINERS[0])]
    left = [read_model(boxes, job) for job in jobs]
    assert left[0] == left[1] == left[2]
    assert left[0].keys() == {"model.json"}


@pytest.fixture
def boxes(podman: Runtime, machine: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """A machine whose engine finds a podman that can run containers here, and the other machine's environments."""
    engine, other = (home / "state" / "local" for home in (tmp_path / "boxes", machine.home))
    for folder in (engine, other / "environments"):
        make_private_folder(folder)
    (engine / "environments").symlink_to(other / "environments")
    for name, value in podman.variables.items():
        monkeypatch.setenv(name, value)  # the engine inherits this process's environment
    runner = Runner(tmp_path / "boxes")
    yield runner
    runner("local", "stop")


def make_private_folder(path: Path) -> None:
    """A folder with its parents, closed to others as trainctl makes them."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700)


def train(machine: Runner, spec: str, *options: str) -> dict[str, Any]:
    """Trains to a good end; the job."""
    outcome = machine("submit", spec, "--local", "--watch", "-o", "json", *options)
    assert outcome.code == 0, outcome
    shown = machine("jobs", "get", "@last", "--local", "-o", "json")
    job: dict[str, Any] = json.loads(shown.out)
    assert job["state"].endswith("_STATE_SUCCEEDED"), shown
    logs = machine("jobs", "logs", "@last", "--local")
    assert "accuracy 0.9" in logs.out, logs
    hold_to_its_spec(machine, spec, *options)
    return job


def hold_to_its_spec(machine: Runner, spec: str, *options: str) -> None:
    """The job that the engine answers is the one that the spec asks for, and its export asks for it too."""
    sets = [word for at, word in enumerate(options) if "--set" in options[max(at - 1, 0) : at + 1]]
    outcome = machine("jobs", "diff", "@last", spec, "--local", *sets)
    assert (outcome.code, outcome.out) == (0, ""), outcome
    exported = machine("jobs", "export", "@last", "--local")
    outcome = machine("jobs", "diff", "@last", "-", "--local", stdin=exported.out)
    assert (exported.code, outcome.code, outcome.out) == (0, 0, ""), (exported, outcome)


def write_spec(path: Path, fields: dict[str, Any]) -> str:
    path.write_text(json.dumps({"kind": "custom", "display_name": path.stem, **fields}), encoding="utf-8")
    return str(path)


def read_model(machine: Runner, job: dict[str, Any]) -> dict[str, bytes]:
    """The files that a job left in AIP_MODEL_DIR."""
    return read_folder(machine, f"{job['jobSpec']['baseOutputDirectory']['outputUriPrefix']}/model")


def read_folder(machine: Runner, uri: str) -> dict[str, bytes]:
    """The files of a `gs://` folder of the engine, by their names in it."""
    folders = json.loads(machine("local", "status", "-o", "json").out)["folders"]
    folder = Path(folders["buckets"]) / uri.removeprefix("gs://")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
