"""Google's guide to training pipelines around custom and tuning jobs, step by step, on the local engine.

https://cloud.google.com/vertex-ai/docs/training/create-training-pipeline: a request.json is sent, the pipeline watched
in its states and logs, the model looked at, a version added under a parent model, and a study searched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.packages import MODULE, build_package
from tests.scenarios.test_automl_vision import Reader

if TYPE_CHECKING:
    from tests.running import Runner

pytestmark = pytest.mark.slow
USER = {"TRAINCTL_LOCAL": "1", "TRAINCTL_PROJECT": "lines", "TRAINCTL_LOCATION": "us-central1"}
DEFINITION = "gs://google-cloud-aiplatform/schema/trainingjob/definition/{}_1.0.0.yaml"
SERVING = {"imageUri": "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"}
TRAIN = """\
import pathlib, sys
folder = pathlib.Path(sys.argv[-1])
folder.mkdir(parents=True, exist_ok=True)
(folder / 'model.txt').write_text('trained')
print('model in', folder.name)
"""
TRIAL = f"""\
import json, os, pathlib, sys, time
rate = next(float(each.partition('=')[2]) for each in sys.argv if each.startswith('--learning_rate='))
path = pathlib.Path(os.environ['CLOUD_ML_HP_METRIC_FILE'])
path.parent.mkdir(parents=True, exist_ok=True)
entry = {{'timestamp': time.time(), 'trial': os.environ['CLOUD_ML_TRIAL_ID'], 'accuracy': str(1 - rate)}}
path.write_text(json.dumps({{**entry, 'global_step': '1', 'checkpoint_path': ''}}) + '\\n')
{TRAIN.replace("sys.argv[-1]", "os.environ['AIP_MODEL_DIR']")}"""


@pytest.fixture(scope="session")
def reader(machine: Runner, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader whose training package is in Cloud Storage."""
    found = Reader(machine, tmp_path_factory.mktemp("pipelines"), environment=USER)
    found("local", "start")
    bucket = Path(found.read("local", "status")["folders"]["buckets"]) / "lines"
    bucket.mkdir(parents=True)
    build_package(bucket / "trainer.tar")
    return found


def job_spec(code: str, *arguments: str, folder: str) -> dict[str, Any]:
    """A CustomJobSpec of one Python package, as the guide writes it."""
    package = {
        "executorImageUri": "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest",
        "packageUris": ["gs://lines/trainer.tar"],
        "pythonModule": MODULE,
        "args": [code, *arguments],
    }
    pool = {"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1, "pythonPackageSpec": package}
    return {"workerPoolSpecs": [pool], "baseOutputDirectory": {"outputUriPrefix": f"gs://lines/{folder}"}}


def pipeline(task: str, inputs: dict[str, Any], **fields: Any) -> str:
    """The guide's request.json."""
    body = {
        "displayName": "flowers",
        "trainingTaskDefinition": DEFINITION.format(task),
        "trainingTaskInputs": inputs,
        "modelToUpload": {"displayName": "flowers", "containerSpec": SERVING},
        "labels": {"team": "plants"},
        **fields,
    }
    return json.dumps(body)


@pytest.fixture(scope="session")
def trained(reader: Reader) -> str:
    """The full name of a pipeline that has ended."""
    inputs = job_spec(TRAIN, "--folder", "$(AIP_MODEL_DIR)", folder="out")
    name = reader("submit", reader.write(pipeline("custom_task", inputs))).out.strip()
    assert "/trainingPipelines/" in name
    reader("jobs", "wait", name)
    return name


def test_a_pipeline_trains_and_registers_the_model_that_its_code_left(reader: Reader, trained: str) -> None:
    job = reader.read("jobs", "get", trained)
    assert (job["state"], job["labels"]["team"]) == ("PIPELINE_STATE_SUCCEEDED", "plants")
    assert "model in model" in reader("jobs", "logs", trained).out
    backing = job["trainingTaskMetadata"]["backingCustomJob"]
    assert reader("jobs", "status", backing).out == "SUCCEEDED\n"
    model = reader("jobs", "model", trained).out.strip()
    assert model == f"{job['modelToUpload']['name']}@1"
    shown = reader.read("models", "get", model)
    assert (shown["displayName"], shown["artifactUri"].rstrip("/")) == ("flowers", "gs://lines/out/model")
    assert shown["trainingPipeline"] == trained
    assert f"runs as:       {backing}\n" in reader("jobs", "get", trained).out


def test_a_pipeline_adds_a_version_under_a_parent_model(reader: Reader, trained: str) -> None:
    parent = reader.read("jobs", "get", trained)["modelToUpload"]["name"]
    inputs = job_spec(TRAIN, "$(AIP_MODEL_DIR)", folder="again")
    name = reader("submit", reader.write(pipeline("custom_task", inputs, parentModel=parent))).out.strip()
    assert reader("jobs", "wait", name, "--model").out == f"{parent}@2\n"
    assert reader.names("models", "versions", parent) == [f"{parent}@2", f"{parent}@1"]


def test_a_study_in_a_pipeline_is_searched_and_its_best_model_registered(reader: Reader) -> None:
    parameter = {"parameterId": "learning_rate", "doubleValueSpec": {"minValue": 0.1, "maxValue": 0.9}}
    study = {
        "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
        "parameters": [{**parameter, "scaleType": "UNIT_LOG_SCALE"}],
        "algorithm": "RANDOM_SEARCH",
    }
    inputs = {
        "studySpec": study,
        "maxTrialCount": 3,
        "parallelTrialCount": 2,
        "maxFailedTrialCount": 1,
        "trialJobSpec": job_spec(TRIAL, folder="study"),
    }
    name = reader("submit", reader.write(pipeline("hyperparameter_tuning_task", inputs))).out.strip()
    reader("jobs", "wait", name)
    trials = reader.read("jobs", "trials", name)
    assert [trial["state"] for trial in trials] == ["SUCCEEDED"] * 3
    best = reader.read("jobs", "trials", name, "--best")
    model = reader.read("models", "get", reader("jobs", "model", name).out.strip())
    assert model["artifactUri"].rstrip("/") == f"gs://lines/study/{best['id']}/model"
