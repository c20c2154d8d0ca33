"""A program of somebody who knows nothing of trainctl: Google's own SDK and storage client, pointed at the engine.

    python sdk.py URL TOKEN FOLDER [STEP...]

It runs in an environment of its own, prints the name of each step that went well, and ends at the first that did not.
`FOLDER` is a scratch folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest"
SERVING = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
CONTAINER = os.environ.get("PRACTICE_IMAGE", "")
CLASSIFICATION = "gs://google-cloud-aiplatform/schema/dataset/annotation/image_classification_1.0.0.yaml"
SINGLE_LABEL = (
    "gs://google-cloud-aiplatform/schema/dataset/ioformat/image_classification_single_label_io_format_1.0.0.yaml"
)

COUNT_LINES = """
import glob, os, pathlib
lines = sum(len(pathlib.Path(file).read_text().splitlines()) for file in glob.glob(os.environ["AIP_TRAINING_DATA_URI"]))
pathlib.Path(os.environ["AIP_MODEL_DIR"], "lines.txt").write_text(f"{os.environ['AIP_DATA_FORMAT']} {lines}")
"""
WRITE_ARGUMENTS = """
import os, pathlib, sys
folder = os.environ["AIP_MODEL_DIR"].replace("gs://", "/gcs/")
pathlib.Path(folder, "arguments.txt").write_text(" ".join(sys.argv[1:]))
"""
REPORT_DEPTH = """
import hypertune, os, pathlib, sys
values = dict(word.removeprefix("--").split("=") for word in sys.argv[1:])
depth = values.get("depth", "0")
hypertune.HyperTune().report_hyperparameter_tuning_metric("score", float(depth), 1)
pathlib.Path(os.environ["AIP_MODEL_DIR"], "score.txt").write_text(depth)
"""


def connect(url: str, token: str) -> Any:
    """Points both clients at the engine: the SDK by its REST transport, the storage client as at any emulator."""
    os.environ["STORAGE_EMULATOR_HOST"] = f"{url}/{token}"

    from google.cloud import aiplatform
    from google.oauth2.credentials import Credentials

    aiplatform.init(
        project="p",
        location="us-central1",
        api_endpoint=url,
        api_transport="rest",
        credentials=Credentials(token),  # type: ignore[no-untyped-call]
        staging_bucket="gs://stage",
    )
    return aiplatform


def read_object(bucket: str, name: str) -> str:
    """The text of an object."""
    from google.cloud import storage

    return str(storage.Client(project="p").bucket(bucket).blob(name).download_as_text())


def write_object(bucket: str, name: str, text: str) -> None:
    """Makes an object."""
    from google.cloud import storage

    storage.Client(project="p").bucket(bucket).blob(name).upload_from_string(text)


def store_objects(_: Any, folder: Path) -> None:
    """Objects are made, listed, read, copied to files in parts and deleted."""
    from google.cloud import storage

    bucket = storage.Client(project="p").bucket("objects")
    big = folder / "big.bin"
    big.write_bytes(b"0123456789abcdef" * 65536)
    bucket.blob("a/big.bin", chunk_size=262144).upload_from_filename(str(big))
    write_object("objects", "a/small.txt", "small")
    assert [blob.name for blob in bucket.list_blobs(prefix="a/")] == ["a/big.bin", "a/small.txt"]
    bucket.blob("a/big.bin").download_to_filename(str(folder / "back.bin"))
    assert (folder / "back.bin").read_bytes() == big.read_bytes()
    bucket.blob("a/small.txt").delete()
    assert not bucket.blob("a/small.txt").exists()


def run_a_custom_job(ai: Any, folder: Path) -> None:
    """A local script runs as a custom job to its end."""
    script = folder / "arguments.py"
    script.write_text(WRITE_ARGUMENTS)
    job = ai.CustomJob.from_local_script(
        display_name="job",
        script_path=str(script),
        container_uri=IMAGE,
        args=["--rate", "0.1"],
        base_output_dir="gs://stage/job",
        labels={"team": "plants"},
    )
    job.run()
    assert job.state.name == "JOB_STATE_SUCCEEDED"
    assert read_object("stage", "job/model/arguments.txt") == "--rate 0.1"
    listed = ai.CustomJob.list(filter="labels.team=plants", order_by="create_time desc")
    assert [found.resource_name for found in listed] == [job.resource_name]
    job.delete()
    assert ai.CustomJob.list() == []


def cancel_a_custom_job(ai: Any, folder: Path) -> None:
    """A running job is cancelled."""
    script = folder / "sleep.py"
    script.write_text("import time\ntime.sleep(600)\n")
    job = ai.CustomJob.from_local_script(display_name="long", script_path=str(script), container_uri=IMAGE)
    job.submit()
    job.cancel()
    try:
        job.wait_for_completion()
    except RuntimeError:  # so it tells of every job that did not succeed
        assert job.state.name == "JOB_STATE_CANCELLED"
    else:
        raise AssertionError(job.state)


def import_a_dataset(ai: Any, _: Path) -> None:
    """A dataset of images is made, filled, changed and exported."""
    for number in range(10):
        write_object("data", f"{number}.png", "not really")
    rows = [f"training,gs://data/{number}.png,{'ab'[number % 2]}\n" for number in range(10)]
    write_object("data", "list.csv", "".join(rows))
    dataset = ai.ImageDataset.create(
        display_name="images", gcs_source="gs://data/list.csv", import_schema_uri=SINGLE_LABEL
    )
    assert ai.ImageDataset(dataset.resource_name).gca_resource.data_item_count == 10
    dataset.update(display_name="pictures", labels={"a": "b"})
    assert [found.display_name for found in ai.ImageDataset.list(filter="labels.a=b")] == ["pictures"]
    assert len(dataset.export_data("gs://data/export")) == 1


def train_from_a_script(ai: Any, folder: Path) -> None:
    """A pipeline gets the dataset's data, and ends with a model."""
    script = folder / "count.py"
    script.write_text(COUNT_LINES)
    job = ai.CustomTrainingJob(
        display_name="line",
        script_path=str(script),
        container_uri=IMAGE,
        model_serving_container_image_uri=SERVING,
    )
    model = job.run(
        dataset=ai.ImageDataset.list()[0],
        annotation_schema_uri=CLASSIFICATION,
        base_output_dir="gs://stage/line",
        model_display_name="digits",
        model_id="digits",
    )
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert model.resource_name.endswith("/models/digits")
    assert (model.version_id, model.uri) == ("1", "gs://stage/line/model")
    assert read_object("stage", "line/model/lines.txt") == "jsonl 8"


def train_from_a_package(ai: Any, folder: Path) -> None:
    """A Python package trains on a table, and makes the model's second version."""
    write_object("data", "table.csv", "x,y\n" + "".join(f"{number},{number}\n" for number in range(20)))
    dataset = ai.TabularDataset.create(display_name="table", gcs_source="gs://data/table.csv")
    write_package(folder / "trainer.tar.gz")
    upload_file("stage", "trainer.tar.gz", folder / "trainer.tar.gz")
    job = ai.CustomPythonPackageTrainingJob(
        display_name="package",
        python_package_gcs_uri="gs://stage/trainer.tar.gz",
        python_module_name="trainer.task",
        container_uri=IMAGE,
        model_serving_container_image_uri=SERVING,
    )
    model = job.run(
        dataset=dataset,
        base_output_dir="gs://stage/package",
        model_display_name="digits",
        parent_model="digits",
        model_version_aliases=["golden"],
        is_default_version=False,
        training_fraction_split=0.5,
        validation_fraction_split=0.25,
        test_fraction_split=0.25,
    )
    assert model.version_id == "2"
    assert read_object("stage", "package/model/lines.txt") == "csv 11"  # ten rows below a header
    job.delete()


def train_in_a_container(ai: Any, _: Path) -> None:
    """A container trains, and leaves its model by the mounted bucket."""
    job = ai.CustomContainerTrainingJob(
        display_name="boxed",
        container_uri=CONTAINER,
        command=["/usr/bin/python3", "-c", WRITE_ARGUMENTS],
        model_serving_container_image_uri=SERVING,
    )
    model = job.run(base_output_dir="gs://stage/boxed", args=["--rate", "0.1"], model_display_name="boxed")
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert read_object("stage", "boxed/model/arguments.txt") == "--rate 0.1"
    model.delete()


def version_models(ai: Any, _: Path) -> None:
    """Versions and aliases of a model are read, moved and deleted; a model is uploaded and deleted."""
    model = ai.Model("digits")
    registry = model.versioning_registry
    assert [version.version_id for version in registry.list_versions()] == ["2", "1"]
    registry.add_version_aliases(["default"], "2")
    assert ai.Model("digits").version_id == "2"
    assert ai.Model("digits@golden").version_aliases == ["golden", "default"]
    model.update(display_name="numbers", labels={"k": "v"})
    assert [found.display_name for found in ai.Model.list(filter="labels.k=v", order_by="create_time desc")] == [
        "numbers"
    ]
    assert model.list_model_evaluations() == []
    registry.delete_version("1")
    assert [version.version_id for version in registry.list_versions()] == ["2"]
    uploaded = ai.Model.upload(
        display_name="other", artifact_uri="gs://stage/line/model", serving_container_image_uri=SERVING
    )
    uploaded.delete()
    model.delete()
    assert ai.Model.list() == []


def tune_a_script(ai: Any, folder: Path) -> None:
    """A script is tuned that reports with cloudml-hypertune; its trials, one parameter a condition, are read back."""
    from google.cloud.aiplatform import hyperparameter_tuning as hpt

    script = folder / "tuned.py"
    script.write_text(REPORT_DEPTH, encoding="utf-8")
    trial = ai.CustomJob.from_local_script(
        display_name="trial",
        script_path=str(script),
        container_uri=IMAGE,
        requirements=["cloudml-hypertune"],
        base_output_dir="gs://stage/tuned",
    )
    depth = hpt.IntegerParameterSpec(min=1, max=2, scale="linear", parent_values=["deep"])
    kind = hpt.CategoricalParameterSpec(values=["flat", "deep"], conditional_parameter_spec={"depth": depth})
    job = ai.HyperparameterTuningJob(
        display_name="search",
        custom_job=trial,
        metric_spec={"score": "maximize"},
        parameter_spec={"kind": kind},
        max_trial_count=9,
        parallel_trial_count=2,
        search_algorithm="grid",
    )
    job.run()
    trials = [([each.value for each in one.parameters], one.final_measurement.metrics[0].value) for one in job.trials]
    assert trials == [(["flat"], 0.0), (["deep", 1.0], 1.0), (["deep", 2.0], 2.0)]
    assert read_object("stage", "tuned/3/model/score.txt") == "2"
    assert [found.resource_name for found in ai.HyperparameterTuningJob.list(filter='display_name="search"')] == [
        job.resource_name
    ]
    job.delete()


def write_package(path: Path) -> None:
    """A source distribution, as a user's `python -m build --sdist` makes it."""
    import io
    import tarfile

    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: trainer\nVersion: 1.0\n",
        "setup.py": "from setuptools import setup\nsetup(name='trainer', version='1.0', packages=['trainer'])\n",
        "trainer/__init__.py": "",
        "trainer/task.py": COUNT_LINES,
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"trainer-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))


def upload_file(bucket: str, name: str, path: Path) -> None:
    """Makes an object of a file."""
    from google.cloud import storage

    storage.Client(project="p").bucket(bucket).blob(name).upload_from_filename(str(path))


STEPS: tuple[Callable[[Any, Path], None], ...] = (
    store_objects,
    run_a_custom_job,
    cancel_a_custom_job,
    import_a_dataset,
    train_from_a_script,
    train_from_a_package,
    version_models,
    tune_a_script,
    train_in_a_container,
)


def main(url: str, token: str, folder: str, *names: str) -> None:
    """Goes through the steps named, or through all."""
    sdk = connect(url, token)
    for step in (step for step in STEPS if step.__name__ in names or not names):
        step(sdk, Path(folder))
        print(f"done: {step.__name__}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
