"""Models: versions, aliases, uploads, patches, evaluations."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, Bench, make_pipeline, make_spec, read, refused
from trainctl.local import models
from trainctl.local.migrations import STEPS
from trainctl.local.store import Store

if TYPE_CHECKING:
    from pathlib import Path

MODELS = f"/v1/{PARENT}/models"
MODEL = f"{PARENT}/models/flowers"


def _upload(bench: Bench, *, parent: str = "", model_id: str = "", **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"model": {"displayName": "flowers", **fields}}
    body |= {"parentModel": parent} if parent else {}
    body |= {"modelId": model_id} if model_id else {}
    return read(bench.client.post(f"{MODELS}:upload", json=body))


@pytest.fixture
def three(idle: Bench) -> Bench:
    """A model with three versions, of which the first is the default and the second is golden."""
    _upload(idle, model_id="flowers", labels={"n": "1"})
    _upload(idle, parent=MODEL, versionAliases=["golden"], labels={"n": "2"}, versionDescription="better")
    _upload(idle, parent=MODEL, labels={"n": "3"})
    return idle


def _versions(bench: Bench, **asked: Any) -> list[tuple[str, list[str]]]:
    listed = read(bench.client.get(f"/v1/{MODEL}:listVersions", params=asked)).get("models", [])
    return [(model["name"].rpartition("/")[2], model.get("versionAliases", [])) for model in listed]


def test_an_upload_answers_with_a_done_operation_that_names_model_and_version(idle: Bench) -> None:
    first = _upload(idle, model_id="flowers")
    assert first["name"].startswith(f"{MODEL}/operations/")
    assert first["response"] == {
        "@type": "type.googleapis.com/google.cloud.aiplatform.v1.UploadModelResponse",
        "model": MODEL,
        "modelVersionId": "1",
    }
    second = _upload(idle, parent=f"{MODEL}@default")
    assert (second["response"]["model"], second["response"]["modelVersionId"]) == (MODEL, "2")
    model = idle.get(MODEL)
    assert (model["versionId"], model["versionAliases"]) == ("1", ["default"])
    assert read(idle.client.get(MODELS)) == {"models": [model]}


def test_versions_are_listed_newest_first_and_found_by_number_and_alias(three: Bench) -> None:
    assert _versions(three) == [("flowers@3", []), ("flowers@2", ["golden"]), ("flowers@1", ["default"])]
    for name, number in (("", "1"), ("@-", "1"), ("@default", "1"), ("@golden", "2"), ("@2", "2"), ("@3", "3")):
        found = three.get(f"{MODEL}{name}")
        assert (found["name"], found["versionId"], found["labels"]["n"]) == (MODEL, number, number)
    for name in ("@4", "@nosuch", "@default@1"):
        assert refused(three.client.get(f"/v1/{MODEL}{name}"))[:2] == (404, "NOT_FOUND")


def test_versions_are_paged_ordered_and_filtered(three: Bench) -> None:
    assert [name for name, _ in _versions(three, orderBy="create_time")] == ["flowers@1", "flowers@2", "flowers@3"]
    assert [name for name, _ in _versions(three, filter="labels.n=2")] == ["flowers@2"]
    page = read(three.client.get(f"/v1/{MODEL}:listVersions", params={"pageSize": 2}))
    assert [model["versionId"] for model in page["models"]] == ["3", "2"]
    assert [name for name, _ in _versions(three, pageSize=2, pageToken=page["nextPageToken"])] == ["flowers@1"]


def test_an_alias_moves_to_the_version_that_it_is_given_to(three: Bench) -> None:
    path = f"/v1/{MODEL}@3:mergeVersionAliases"
    answer = read(three.client.post(path, json={"versionAliases": ["golden", "default", "new"]}))
    assert (answer["versionId"], answer["versionAliases"]) == ("3", ["golden", "default", "new"])
    assert _versions(three) == [("flowers@3", ["golden", "default", "new"]), ("flowers@2", []), ("flowers@1", [])]
    assert three.get(MODEL)["versionId"] == "3"
    read(three.client.post(path, json={"version_aliases": ["-golden"]}))
    assert _versions(three)[0] == ("flowers@3", ["default", "new"])


def test_the_default_alias_cannot_be_taken_away_nor_can_an_alias_be_malformed(three: Bench) -> None:
    for alias, words in (("-default", "cannot be removed"), ("1st", "not valid"), ("x_y", "not valid")):
        answer = three.client.post(f"/v1/{MODEL}:mergeVersionAliases", json={"versionAliases": [alias]})
        status, code, message = refused(answer)
        assert (status, code) == (400, "INVALID_ARGUMENT")
        assert words in message


def test_a_version_is_deleted_by_its_number_and_the_number_is_not_used_again(three: Bench) -> None:
    operation = read(three.client.delete(f"/v1/{MODEL}@3:deleteVersion"))
    assert operation["done"] is True
    assert [name for name, _ in _versions(three)] == ["flowers@2", "flowers@1"]
    assert _upload(three, parent=MODEL)["response"]["modelVersionId"] == "4"


@pytest.mark.parametrize(
    ("version", "code"),
    [("", "INVALID_ARGUMENT"), ("@golden", "INVALID_ARGUMENT"), ("@1", "FAILED_PRECONDITION"), ("@9", "NOT_FOUND")],
)
def test_a_version_that_must_stay_or_is_not_named_by_number_is_not_deleted(
    three: Bench, version: str, code: str
) -> None:
    assert refused(three.client.delete(f"/v1/{MODEL}{version}:deleteVersion"))[1] == code


def test_the_only_version_goes_with_its_model_only(idle: Bench) -> None:
    _upload(idle, model_id="flowers")
    status, code, message = refused(idle.client.delete(f"/v1/{MODEL}@1:deleteVersion"))
    assert (status, code) == (400, "FAILED_PRECONDITION")
    assert "delete the model itself" in message
    assert refused(idle.client.delete(f"/v1/{MODEL}@1"))[:2] == (400, "INVALID_ARGUMENT")
    read(idle.client.delete(f"/v1/{MODEL}"))
    assert read(idle.client.get(MODELS)) == {}
    assert refused(idle.client.get(f"/v1/{MODEL}:listVersions"))[:2] == (404, "NOT_FOUND")


def test_a_model_is_patched_in_all_its_versions_and_a_version_alone(three: Bench) -> None:
    body: dict[str, Any] = {"displayName": "roses", "description": "red", "artifactUri": "gs://b/other"}
    changed = read(three.client.patch(f"/v1/{MODEL}", params={"updateMask": "displayName,description"}, json=body))
    assert (changed["displayName"], changed["description"]) == ("roses", "red")
    assert "artifactUri" not in changed
    assert three.get(f"{MODEL}@2")["displayName"] == "roses"
    body = {"version_description": "best", "labels": {"n": "two"}}
    mask = {"updateMask": "version_description,labels"}
    assert read(three.client.patch(f"/v1/{MODEL}@golden", params=mask, json=body))["versionDescription"] == "best"
    assert [three.get(f"{MODEL}@{n}")["labels"]["n"] for n in (1, 2, 3)] == ["1", "two", "3"]


def test_a_field_that_the_mask_names_and_the_body_lacks_is_cleared(three: Bench) -> None:
    read(three.client.patch(f"/v1/{MODEL}", params={"updateMask": "labels"}, json={}))
    assert "labels" not in three.get(MODEL)


@pytest.mark.parametrize(
    ("mask", "body", "words"),
    [
        ("", {"displayName": "x"}, "update_mask; Message: Required field is not set."),
        ("artifactUri", {"artifactUri": "gs://b/x"}, "`artifact_uri` cannot be updated"),
        ("nosuch", {}, "`nosuch` is not a field"),
        ("displayName", {"displayName": ""}, "Required field is not set."),
        ("displayName", {"displayName": 5}, "Invalid value at 'model.display_name' (TYPE_STRING), 5"),
    ],
)
def test_a_patch_that_cannot_be_is_refused(three: Bench, mask: str, body: dict[str, Any], words: str) -> None:
    status, code, message = refused(three.client.patch(f"/v1/{MODEL}", params={"updateMask": mask}, json=body))
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert words in message


def test_a_patch_with_an_etag_that_is_out_of_date_is_refused(three: Bench) -> None:
    old = three.get(MODEL)
    mask = {"updateMask": "displayName"}
    read(three.client.patch(f"/v1/{MODEL}", params=mask, json={"displayName": "b", "etag": old["etag"]}))
    again = three.client.patch(f"/v1/{MODEL}", params=mask, json={"displayName": "c", "etag": old["etag"]})
    assert refused(again)[:2] == (409, "ABORTED")


def test_models_are_ordered_and_filtered_as_documented(idle: Bench) -> None:
    for name, model_id in (("b", "one"), ("a", "two"), ("b", "three")):
        _upload(idle, model_id=model_id, displayName=name)

    def listed(**asked: Any) -> list[str]:
        found = read(idle.client.get(MODELS, params=asked)).get("models", [])
        return [model["name"].rpartition("/")[2] for model in found]

    assert listed() == ["three", "two", "one"]
    assert listed(orderBy="display_name, createTime desc") == ["two", "three", "one"]
    assert listed(orderBy="display_name desc,create_time") == ["one", "three", "two"]
    assert listed(filter="model=two") == ["two"]
    assert listed(filter='displayName!="b"') == ["two"]
    first = read(idle.client.get(MODELS, params={"orderBy": "display_name", "pageSize": 2}))
    rest = listed(orderBy="display_name", pageSize=2, pageToken=first["nextPageToken"])
    assert [model["name"].rpartition("/")[2] for model in first["models"]] + rest == ["two", "three", "one"]
    for wrong in ({"orderBy": "labels"}, {"orderBy": "display_name up"}, {"filter": "display_name:b*"}):
        assert refused(idle.client.get(MODELS, params=wrong))[:2] == (400, "INVALID_ARGUMENT")
    other = {"orderBy": "create_time", "pageToken": first["nextPageToken"]}
    assert refused(idle.client.get(MODELS, params=other))[:2] == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"model": {"displayName": "x"}, "modelId": "flowers"}, "ALREADY_EXISTS", "take another id"),
        ({"model": {"displayName": "x"}, "modelId": "1st"}, "INVALID_ARGUMENT", "`model_id` `1st` is not valid"),
        ({"model": {"displayName": "x"}, "modelId": "a" * 64}, "INVALID_ARGUMENT", "up to 63"),
        ({"model": {"displayName": "x"}, "parentModel": f"{PARENT}/models/no"}, "NOT_FOUND", "models/no"),
        ({"model": {"displayName": "x"}, "parentModel": MODEL, "modelId": "y"}, "INVALID_ARGUMENT", "give one"),
        (
            {"model": {"displayName": "x", "artifactUri": "gs://bucket/no"}},
            "INVALID_ARGUMENT",
            "`gs://bucket/no` does not exist",
        ),
        ({"model": {"displayName": "x", "versionAliases": ["9"]}}, "INVALID_ARGUMENT", "alias `9` is not valid"),
        ({"model": {}}, "INVALID_ARGUMENT", "Field: model.display_name; Message: Required field is not set."),
        ({"nosuch": 1}, "INVALID_ARGUMENT", 'Unknown name "nosuch": Cannot find field.'),
    ],
)
def test_an_upload_that_cannot_be_is_refused(idle: Bench, body: dict[str, Any], code: str, words: str) -> None:
    _upload(idle, model_id="flowers")
    status, found, message = refused(idle.client.post(f"{MODELS}:upload", json=body))
    assert (status, found) == ({"NOT_FOUND": 404, "ALREADY_EXISTS": 409}.get(code, 400), code)
    assert words in message


def test_evaluations_belong_to_a_version(three: Bench) -> None:
    body = {"modelEvaluation": {"displayName": "test set", "metrics": {"auPrc": 0.9}, "metricsSchemaUri": "gs://m"}}
    made = read(three.client.post(f"/v1/{MODEL}@golden/evaluations:import", json=body))
    assert made["name"].startswith(f"{MODEL}@2/evaluations/")
    assert made["metrics"] == {"auPrc": 0.9}
    assert read(three.client.get(f"/v1/{MODEL}@2/evaluations")) == {"modelEvaluations": [made]}
    assert read(three.client.get(f"/v1/{MODEL}/evaluations")) == {}
    number = made["name"].rpartition("/")[2]
    for version in ("", "@2", "@golden"):
        assert three.get(f"{MODEL}{version}/evaluations/{number}") == made
    assert refused(three.client.get(f"/v1/{MODEL}@1/evaluations/{number}"))[:2] == (404, "NOT_FOUND")
    assert refused(three.client.post(f"/v1/{PARENT}/models/no/evaluations:import", json=body))[0] == 404
    read(three.client.delete(f"/v1/{MODEL}"))
    assert refused(three.client.get(f"/v1/{MODEL}@2/evaluations/{number}"))[:2] == (404, "NOT_FOUND")


def test_a_pipeline_adds_a_version_to_its_parent_model(bench: Bench) -> None:
    _upload(bench, model_id="flowers")
    code = "import os; open(os.environ['AIP_MODEL_DIR'] + 'm', 'w').write('m')"
    spec = make_spec(code, baseOutputDirectory={"outputUriPrefix": "gs://results/run"})
    wanted = {"displayName": "flowers", "versionAliases": ["golden"]}
    pipeline = bench.run(make_pipeline(spec, modelToUpload=wanted, parentModel=MODEL), "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED"
    assert pipeline["modelToUpload"]["name"] == MODEL
    assert pipeline["modelToUpload"]["versionId"] == "2"
    assert bench.get(f"{MODEL}@golden")["trainingPipeline"] == pipeline["name"]
    assert bench.get(MODEL)["versionId"] == "1"


def test_models_of_an_older_database_become_their_own_first_versions(tmp_path: Path) -> None:
    old = {"name": MODEL, "displayName": "flowers", "versionId": "1", "versionAliases": ["default"], "createTime": "t"}
    connection = sqlite3.connect(tmp_path / "db")
    for statement in STEPS[0]:
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    connection.execute(
        "INSERT INTO resources (name, parent, collection, id, state, body) VALUES (?, ?, 'models', 'flowers', '', ?)",
        (MODEL, PARENT, json.dumps(old)),
    )
    connection.commit()
    connection.close()
    store = Store(tmp_path / "db")
    plain, version = models.find(store, f"{MODEL}@1")
    assert models.show(version, plain) == old == store.fetch(MODEL)
    assert models.add(store, {"displayName": "flowers"}, MODEL)["versionId"] == "2"
    store.close()


def test_of_uploads_under_one_id_at_the_same_time_one_makes_the_model(idle: Bench) -> None:
    def upload(model_id: str) -> int:
        body = {"model": {"displayName": "m"}, "modelId": model_id}
        return idle.client.post(f"{MODELS}:upload", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(upload, [f"m{n}" for n in range(20) for _ in range(6)]))
    assert Counter(codes) == {200: 20, 409: 100}
