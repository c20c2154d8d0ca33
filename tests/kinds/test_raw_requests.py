"""REST bodies and gcloud configurations without `kind`: submitted as they are, or told what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.running import Runner

GUIDES = sorted((Path(__file__).parents[1] / "spec" / "bodies").glob("*.json"))
URL = "https://us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1"

CONFIG = """\
workerPoolSpecs:
- machineSpec:
    machineType: n1-highmem-2
  replicaCount: 1
  containerSpec:
    imageUri: gcr.io/my-project/trainer
    args: [--steps, "7"]
    env:
    - {name: LEVEL, value: debug}
- {}
- machineSpec: {machineType: n1-highcpu-16}
  replicaCount: "2"
  containerSpec: {imageUri: gcr.io/my-project/servers}
scheduling:
  timeout: 3600s
  restartJobOnWorkerRestart: true
baseOutputDirectory:
  outputUriPrefix: gs://my-bucket/out
serviceAccount: trainer@my-project.iam.gserviceaccount.com
"""
JOB_SPEC = {
    "workerPoolSpecs": [
        {
            "machineSpec": {"machineType": "n1-highmem-2"},
            "replicaCount": 1,
            "containerSpec": {
                "imageUri": "gcr.io/my-project/trainer",
                "args": ["--steps", "7"],
                "env": [{"name": "LEVEL", "value": "debug"}],
            },
        },
        {},
        {
            "machineSpec": {"machineType": "n1-highcpu-16"},
            "replicaCount": "2",
            "containerSpec": {"imageUri": "gcr.io/my-project/servers"},
        },
    ],
    "scheduling": {"timeout": "3600s", "restartJobOnWorkerRestart": True},
    "baseOutputDirectory": {"outputUriPrefix": "gs://my-bucket/out"},
    "serviceAccount": "trainer@my-project.iam.gserviceaccount.com",
}
SNAKE_CASE = {
    "workerPoolSpecs": "worker_pool_specs",
    "machineSpec": "machine_spec",
    "machineType": "machine_type",
    "replicaCount": "replica_count",
    "containerSpec": "container_spec",
    "imageUri": "image_uri",
    "restartJobOnWorkerRestart": "restart_job_on_worker_restart",
    "baseOutputDirectory": "base_output_directory",
    "outputUriPrefix": "output_uri_prefix",
    "serviceAccount": "service_account",
}
MAPPING = """\
workerPoolSpecs:
  machineSpec: {machineType: n1-highmem-2}
  replicaCount: 1
  containerSpec: {imageUri: gcr.io/my-project/trainer}
"""
TUNING = """\
maxTrialCount: 4
parallelTrialCount: 2
studySpec:
  metrics: [{metricId: accuracy, goal: MAXIMIZE}]
  parameters: [{parameterId: units, integerValueSpec: {minValue: 8, maxValue: "64"}}]
trialJobSpec:
  workerPoolSpecs:
  - machineSpec: {machineType: n1-highmem-2}
    replicaCount: 1
    containerSpec: {imageUri: gcr.io/my-project/trainer}
"""


def dry_run(trainctl: Runner, *arguments: str) -> dict[str, Any]:
    """The one result of a dry run; what trainctl adds itself is left out of its body."""
    outcome = trainctl("submit", "--dry-run", "-o", "jsonl", "--project", "my-project", *arguments)
    result: dict[str, Any] = json.loads(outcome.out)
    for request in result.get("requests", ()):
        labels = request["body"]["labels"]
        del labels["trainctl-submission"]
        if not labels:
            del request["body"]["labels"]
    return result


def snake_case(text: str) -> str:
    for name, spelt in SNAKE_CASE.items():
        text = text.replace(f"{name}:", f"{spelt}:")
    return text


def written(folder: Path, text: str, name: str = "train.yaml") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_request_of_googles_guides_is_sent_as_it_is(guide: Path, trainctl: Runner) -> None:
    """The bodies of the guide to training pipelines, whose comments name the unions, with the placeholders filled."""
    text = guide.read_text(encoding="utf-8")
    body = json.loads("\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//")))
    result = dry_run(trainctl, str(guide))
    assert result["kind"] == "training-pipeline"
    assert result["requests"] == [{"method": "POST", "url": f"{URL}/trainingPipelines", "body": body}]
    assert result["uploads"] == []


@pytest.mark.parametrize(
    ("guide", "right", "printed"),
    [("custom-job-and-model", "timeout", "TIMEOUT"), ("tuning-job-and-model", "algorithm", "ALGORITHM")],
)
def test_keys_that_the_guide_prints_wrong_are_told_with_the_right_ones(
    guide: str, right: str, printed: str, trainctl: Runner, tmp_path: Path
) -> None:
    [file] = [each for each in GUIDES if each.stem == guide]
    text = file.read_text(encoding="utf-8").replace(f'"{right}"', f'"{printed}"')
    [problem] = dry_run(trainctl, written(tmp_path, text, "request.json"))["problems"]
    assert (problem["code"], problem["hint"]) == ("unknown-field", f"did you mean `{right}`?")


@pytest.mark.parametrize("text", [CONFIG, snake_case(CONFIG)], ids=["camelCase", "snake_case"])
def test_a_gcloud_configuration_is_a_custom_job_called_as_its_file(text: str, trainctl: Runner, tmp_path: Path) -> None:
    result = dry_run(trainctl, written(tmp_path, text))
    body = {"displayName": "train", "jobSpec": JOB_SPEC}
    assert result["kind"] == "custom-job"
    assert result["requests"] == [{"method": "POST", "url": f"{URL}/customJobs", "body": body}]
    assert result["warnings"] == []


def test_the_command_line_names_the_job_of_a_configuration(trainctl: Runner, tmp_path: Path) -> None:
    result = dry_run(trainctl, "--display-name", "digits", written(tmp_path, CONFIG))
    assert result["requests"][0]["body"]["displayName"] == "digits"


def test_numbers_of_enums_as_googles_sdk_sends_them_are_read_as_their_names(trainctl: Runner, tmp_path: Path) -> None:
    pool = {"machineSpec": {"machineType": "g2-standard-4", "acceleratorType": 11, "acceleratorCount": 1}}
    spec = {"workerPoolSpecs": [{**pool, "containerSpec": {"imageUri": "a/b"}}], "scheduling": {"strategy": 4.0}}
    study = {"metrics": [{"metricId": "accuracy", "goal": 1}], "parameters": [{"parameterId": "units", "scaleType": 2}]}
    study["parameters"][0] |= {"integerValueSpec": {"minValue": "1", "maxValue": "64"}}
    tuning = {"displayName": "a", "maxTrialCount": 4, "parallelTrialCount": 2, "trialJobSpec": spec}
    file = written(tmp_path, json.dumps({**tuning, "studySpec": {**study, "algorithm": 3}}), "request.json")
    body = dry_run(trainctl, file)["requests"][0]["body"]
    assert body["trialJobSpec"]["workerPoolSpecs"][0]["machineSpec"]["acceleratorType"] == "NVIDIA_L4"
    assert body["trialJobSpec"]["scheduling"] == {"strategy": "SPOT"}
    assert (body["studySpec"]["algorithm"], body["studySpec"]["metrics"][0]["goal"]) == ("RANDOM_SEARCH", "MAXIMIZE")
    assert body["studySpec"]["parameters"][0]["scaleType"] == "UNIT_LOG_SCALE"


@pytest.mark.parametrize("number", ["5", "4.5", "true"])
def test_what_is_no_number_of_an_enum_is_told_with_its_names(number: str, trainctl: Runner, tmp_path: Path) -> None:
    text = CONFIG.replace("scheduling:\n", f"scheduling:\n  strategy: {number}\n")
    [problem] = dry_run(trainctl, written(tmp_path, text))["problems"]
    assert problem["message"] == f"`scheduling.strategy` must be a string, not `{number}`"
    assert problem["hint"] == "write `ON_DEMAND`, `LOW_COST`, `STANDARD`, `SPOT` or `FLEX_START`"


@pytest.mark.parametrize("text", [MAPPING, snake_case(MAPPING)], ids=["camelCase", "snake_case"])
def test_one_worker_pool_may_be_a_mapping_as_gcloud_takes_it(text: str, trainctl: Runner, tmp_path: Path) -> None:
    result = dry_run(trainctl, written(tmp_path, text))
    [request], [warning] = result["requests"], result["warnings"]
    assert request["body"]["jobSpec"] == {
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "n1-highmem-2"},
                "replicaCount": 1,
                "containerSpec": {"imageUri": "gcr.io/my-project/trainer"},
            }
        ]
    }
    assert (warning["code"], warning["line"]) == ("single-item", 2)


def test_a_gcloud_tuning_configuration_is_a_whole_job(trainctl: Runner, tmp_path: Path) -> None:
    [request] = dry_run(trainctl, written(tmp_path, TUNING))["requests"]
    assert request["url"] == f"{URL}/hyperparameterTuningJobs"
    assert request["body"]["displayName"] == "train"
    assert request["body"]["studySpec"]["parameters"][0]["integerValueSpec"] == {"minValue": 8, "maxValue": "64"}


def test_a_configuration_with_a_field_that_gcloud_would_send_unseen_is_refused(
    trainctl: Runner, tmp_path: Path
) -> None:
    result = dry_run(trainctl, written(tmp_path, f"{CONFIG}netwrk: projects/1/global/networks/my-vpc\n"))
    [problem] = result["problems"]
    assert (problem["path"], problem["code"], problem["hint"]) == (
        "netwrk",
        "unknown-field",
        "did you mean `network`?",
    )


ML_TRAINING = """\
labels: {team: plants}
trainingInput:
  scaleTier: CUSTOM
  masterType: n1-highmem-8
  workerType: n1-highmem-8
  workerCount: "9"
  masterConfig: {imageUri: gcr.io/my-project/trainer}
  args: [--steps, "7"]
  scheduling: {maxRunningTime: 7200s}
"""
ML_PREDICTION = """\
jobId: scoring_1
predictionInput:
  uri: gs://my-bucket/model/
  dataFormat: JSON
  inputPaths: ["gs://my-bucket/inputs/*"]
  outputPath: gs://my-bucket/predictions
  region: europe-west1
"""


@pytest.mark.parametrize(
    ("text", "kind", "body"),
    [
        (
            ML_TRAINING,
            "ml-training",
            {
                "jobId": "train_dry_run",
                "labels": {"team": "plants"},
                "trainingInput": {
                    "scaleTier": "CUSTOM",
                    "masterType": "n1-highmem-8",
                    "workerType": "n1-highmem-8",
                    "workerCount": "9",
                    "masterConfig": {"imageUri": "gcr.io/my-project/trainer"},
                    "args": ["--steps", "7"],
                    "scheduling": {"maxRunningTime": "7200s"},
                    "region": "us-central1",
                },
            },
        ),
        (
            ML_PREDICTION,
            "ml-prediction",
            {
                "jobId": "scoring_1",
                "predictionInput": {
                    "uri": "gs://my-bucket/model/",
                    "dataFormat": "JSON",
                    "inputPaths": ["gs://my-bucket/inputs/*"],
                    "outputPath": "gs://my-bucket/predictions",
                    "region": "europe-west1",
                },
            },
        ),
    ],
)
def test_configurations_of_ai_platform_are_jobs_of_their_own_kinds(
    text: str, kind: str, body: dict[str, Any], trainctl: Runner, tmp_path: Path
) -> None:
    result = dry_run(trainctl, written(tmp_path, text))
    assert result["kind"] == kind
    url = "https://ml.googleapis.com/v1/projects/my-project/jobs"
    assert result["requests"] == [{"method": "POST", "url": url, "body": body}]
    assert [warning["code"] for warning in result["warnings"]] == ["service-closed"]
