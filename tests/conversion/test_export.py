"""Exports are the inverse of submissions: what a spec made, its export makes again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kinds.test_custom_requests import rows
from trainctl.catalog import COLLECTIONS, JOB_COLLECTIONS, ML_JOBS, OWN_LABELS, VISION_TRAININGS, Target
from trainctl.conversion.equality import comparable
from trainctl.conversion.export import export
from trainctl.conversion.messages import request_of
from trainctl.preparation import Defaults, prepare
from trainctl.spec.load import load, load_text
from trainctl.spec.writing import spec_text

if TYPE_CHECKING:
    from trainctl.catalog import Collection
    from trainctl.conversion.export import Export
    from trainctl.preparation import Prepared

CONFIGS = Path(__file__).parents[2] / "configs"
GOLDEN = Path(__file__).parents[1] / "examples" / "golden"
ADDED = {
    "createTime": "2026-11-21T11:00:00.123456Z",
    "startTime": "2026-11-21T11:10:00Z",
    "endTime": "2026-11-21T11:40:00Z",
    "updateTime": "2026-11-21T11:40:00Z",
    "error": {"code": 3, "message": "The replica workerpool0-0 exited with a non-zero status of 1."},
}
STATES = {"trainingPipelines": "PIPELINE_STATE_FAILED"}
BY_COLLECTION: dict[str, dict[str, Any]] = {
    "customJobs": {"webAccessUris": {"workerpool0-0": "https://example.com"}, "satisfiesPzs": True},
    "hyperparameterTuningJobs": {"trials": [{"id": "1", "state": "SUCCEEDED", "parameters": []}]},
    "trainingPipelines": {"trainingTaskMetadata": {"backingCustomJob": "projects/1/locations/l/customJobs/9"}},
}
"""What services add to each sort of job."""
NOT_STRUCTURED = {"image/base-model", "image/base-model-no-labels", "random/image-1197", "random/image-2096"}
"""Google's SDK gives a new model the description and the labels of its base model, and no spec makes that request."""
CASES = rows("automl_sent", "custom_sent", "hptune_sent", "custom_own", "hptune_own")


def answered(body: dict[str, Any], collection: Collection, place: str) -> dict[str, Any]:
    """The job that a request makes, as the service answers it."""
    labels = {**body.get("labels", {}), **dict.fromkeys(OWN_LABELS, "01m7yk4v59r153q60bjqa9ydpw")}
    model = body.get("modelToUpload")
    named = (
        {"modelToUpload": {**model, "name": f"projects/718281828/{place}/models/7", "versionId": "1"}} if model else {}
    )
    state = STATES.get(collection.id, "JOB_STATE_FAILED")
    added = {
        "name": f"projects/718281828/{place}/{collection.id}/5",
        "state": state,
        **ADDED,
        **BY_COLLECTION.get(collection.id, {}),
    }
    return {**body, **named, "labels": labels, **added}


def collection_of(url: str) -> Collection:
    """The collection of jobs that a create is sent to."""
    word = url.rpartition("/")[2]
    return next(each for each in JOB_COLLECTIONS if word in (each.id, each.created_as))


def submitted_again(found: Export, target: Target) -> Prepared:
    """The job of a spec that went through a file."""
    text = spec_text(found.fields)
    [document] = load_text(text, file="spec.yaml", folder=Path.cwd())
    return prepare(document, Defaults(target.project, target.location), found.stamp)


@pytest.mark.parametrize("row", CASES)
def test_an_export_makes_the_same_request_in_the_friendliest_kind(row: dict[str, Any]) -> None:
    project, place, name = row["url"].split("/v1/projects/")[1].replace("locations/", "").split("/")
    target, collection = Target(project, place), COLLECTIONS[name]
    found = export(answered(row["body"], collection, f"locations/{place}"), collection, target)
    again = submitted_again(found, target).call
    assert again.url == row["url"]
    assert comparable(again.body, collection) == comparable(row["body"], collection)
    assert found.kind == ("training-pipeline" if row["case"] in NOT_STRUCTURED else row["spec"]["kind"])
    assert (found.problems, found.unknown) == ((), ())


@pytest.mark.parametrize("row", CASES)
def test_a_raw_export_is_the_request_itself(row: dict[str, Any]) -> None:
    project, place, name = row["url"].split("/v1/projects/")[1].replace("locations/", "").split("/")
    target, collection = Target(project, place), COLLECTIONS[name]
    found = export(answered(row["body"], collection, f"locations/{place}"), collection, target, raw=True)
    body = {name: value for name, value in found.fields.items() if name != "kind"}
    assert body == request_of(row["body"], collection).body
    if not found.problems:  # the SDK sends some that today's checks refuse
        assert comparable(submitted_again(found, target).call.body, collection) == comparable(row["body"], collection)


@pytest.mark.parametrize("file", sorted(GOLDEN.rglob("*.json")), ids=lambda file: str(file.relative_to(GOLDEN)))
def test_the_export_of_an_example_makes_the_same_request(file: Path) -> None:
    record = json.loads(file.read_text(encoding="utf-8"))
    [request] = record.get("requests", [record])
    collection = collection_of(request["url"])
    target = Target("my-project", "us-central1")
    found = export(answered(request["body"], collection, "locations/us-central1"), collection, target)
    [source] = [path for path in (CONFIGS / file.relative_to(GOLDEN)).parent.glob(f"{file.stem}.*") if path.is_file()]
    [spec] = load(str(source), environment={"DATASET": "7"})
    assert found.kind == spec.value.get("kind", found.kind)  # a REST body has none, and becomes a kind that has one
    call = submitted_again(found, target).call
    assert call.collection is collection
    assert comparable(call.body, collection) == comparable(request["body"], collection)


CONTAINER = {"imageUri": "us-docker.pkg.dev/my-project/images/trainer:1"}
POOL = {"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": "1", "containerSpec": CONTAINER}


def of_custom_job(**spec: Any) -> Export:
    body = {"displayName": "digits", "jobSpec": {"workerPoolSpecs": [POOL], **spec}}
    return export(body, COLLECTIONS["customJobs"], Target("my-project", "us-central1"))


def test_a_folder_that_was_made_for_the_job_gives_way_to_one_for_each_submission() -> None:
    made = {"outputUriPrefix": "gs://my-bucket/team/trainctl/digits-20261121-113000-9ydpwz"}
    assert of_custom_job(baseOutputDirectory=made).fields == {
        "kind": "custom",
        "display_name": "digits",
        "container_uri": CONTAINER["imageUri"],
        "machine_type": "n1-standard-4",
        "staging_bucket": "gs://my-bucket/team",
    }


def test_a_folder_of_another_job_stays_as_it_is() -> None:
    other = {"outputUriPrefix": "gs://my-bucket/trainctl/letters-20261121-113000-9ydpwz"}
    assert of_custom_job(baseOutputDirectory=other).fields["base_output_dir"] == other["outputUriPrefix"]


def test_parameter_servers_are_a_pool_and_no_reduction_servers() -> None:
    found = of_custom_job(workerPoolSpecs=[POOL, POOL, POOL])
    assert [pool["replica_count"] for pool in found.fields["worker_pool_specs"]] == [1, 1, 1]


@pytest.mark.parametrize(
    ("spec", "name", "value"),
    [
        ({"scheduling": {"timeout": "7200s"}}, "timeout", "2h"),
        ({"scheduling": {"timeout": "5400s"}}, "timeout", "1h30m"),
        ({"scheduling": {"timeout": "90.5s"}}, "timeout", "90.5s"),
        ({"scheduling": {"strategy": 4.0}}, "scheduling_strategy", "SPOT"),
        ({"network": "projects/1/global/networks/vpc"}, "network", "projects/1/global/networks/vpc"),
    ],
)
def test_values_are_written_as_people_write_them(spec: dict[str, Any], name: str, value: Any) -> None:
    assert of_custom_job(**spec).fields[name] == value


def test_what_looks_like_a_variable_stays_what_it_is() -> None:
    words = ["${env.HOME}/data", "${var.NAME:-x}", "$(AIP_MODEL_DIR)", "${HOME}"]
    pool = {**POOL, "containerSpec": {**CONTAINER, "args": words, "env": [{"name": "A", "value": "${env.HOME}"}]}}
    found = of_custom_job(workerPoolSpecs=[pool])
    call = submitted_again(found, Target("my-project", "us-central1")).call
    task = call.body["jobSpec"]["workerPoolSpecs"][0]["containerSpec"]
    assert (task["args"], task["env"]) == (words, [{"name": "A", "value": "${env.HOME}"}])


@pytest.mark.parametrize(
    "word",
    [
        "",
        "a\nb",
        "- x",
        "a: b",
        "yes",
        "1e5",
        "null",
        "#",
        "\u202etxt",
        "\x07",
        "😀",
        "é",
        "---",
        "<<",
        "0x1f",
        "a\u2028b",
    ],
)
def test_any_word_survives_the_way_through_a_file(word: str) -> None:
    fields = {"display_name": word, "labels": {word or "k": word}, "args": [word, {"inner": [word]}]}
    text = spec_text(fields)
    assert text.replace("\n", "").isprintable()
    [document] = load_text(text, file="spec.yaml", folder=Path.cwd())
    assert document.value == fields


def test_fields_that_nobody_knows_yet_are_named_and_left_out() -> None:
    pool = {**POOL, "quantumSpec": {"qubits": 8}}
    found = of_custom_job(workerPoolSpecs=[pool])
    assert found.unknown == ("jobSpec.workerPoolSpecs[0].quantumSpec",)
    assert "quantum" not in json.dumps(found.fields)


def test_a_job_that_todays_checks_refuse_is_exported_as_its_request_with_what_they_say() -> None:
    twice = {**POOL, "replicaCount": "2"}
    found = of_custom_job(workerPoolSpecs=[twice])
    assert found.kind == "custom-job"
    assert [problem.code for problem in found.problems] == ["pool-primary"]


LEGACY = [
    (
        ML_JOBS,
        "ml-training",
        {
            "jobId": "census_7",
            "labels": {"team": "plants"},
            "trainingInput": {
                "scaleTier": "CUSTOM",
                "masterType": "complex_model_m",
                "workerType": "standard",
                "workerCount": "2",
                "packageUris": ["gs://my-bucket/census.tar.gz"],
                "pythonModule": "trainer.task",
                "region": "us-central1",
                "runtimeVersion": "2.5",
                "pythonVersion": "3.7",
            },
        },
        {"state": "FAILED", "errorMessage": "no", "trainingOutput": {"consumedMLUnits": 1.5}, "etag": "AAAA"},
    ),
    (
        ML_JOBS,
        "ml-prediction",
        {
            "jobId": "census_8",
            "predictionInput": {
                "dataFormat": "JSON",
                "inputPaths": ["gs://my-bucket/in/*"],
                "outputPath": "gs://my-bucket/out",
                "region": "us-central1",
                "uri": "gs://my-bucket/model",
                "runtimeVersion": "2.5",
            },
        },
        {"state": "SUCCEEDED", "predictionOutput": {"predictionCount": "5"}, "etag": "AAAA"},
    ),
    (
        VISION_TRAININGS,
        "automl-vision",
        {
            "displayName": "flowers",
            "datasetId": "ICN7",
            "imageClassificationModelMetadata": {
                "modelType": "mobile-versatile-1",
                "trainBudgetMilliNodeHours": "8000",
            },
        },
        {"name": "projects/1/locations/us-central1/models/ICN9", "deploymentState": "UNDEPLOYED", "etag": "A"},
    ),
]


@pytest.mark.parametrize(("collection", "kind", "body", "added"), LEGACY, ids=[kind for _, kind, *_ in LEGACY])
def test_jobs_of_the_older_services_are_exported_too(
    collection: Collection, kind: str, body: dict[str, Any], added: dict[str, Any]
) -> None:
    target = Target("my-project", "us-central1")
    times = {"createTime": "2026-11-21T11:00:00Z"}
    found = export({**body, **times, **added}, collection, target)
    assert (found.kind, found.problems, found.unknown) == (kind, (), ())
    assert comparable(submitted_again(found, target).call.body, collection) == comparable(body, collection)
