"""Requests that make no sense are the client's fault: none of them is answered as a fault of the engine."""

from __future__ import annotations

import base64
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, Bench, make_job, make_pipeline, make_pool, make_spec, read, refused
from tests.local.test_tuning import X, make_study

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = f"/v1/{PARENT}"
DEEP = b'{"a":' * 5000
BODIES = [
    *(b"[]", b"[1]", b'"x"', b"5", b"null", b"\xff", b"[" * 5000, DEEP, b"[" * 101 + b"]" * 101),
    *(b'{"name": 5}', b'{"name": []}', b'{"displayName": "\\ud800"}', b'{"timeout": 5}', b'{"pageSize": NaN}'),
    *(b'{"policy": {"bindings": [5]}}', b'{"resourceNames": ["projects/p"], "pageToken": "MQ"}'),
]
QUERIES = [
    *("pageSize=x", "pageSize=9999999999999999999", "pageToken=MQ", "pageToken=bnVsbA", "pageToken=WzEsMl0"),
    *("filter=((((", f"filter={'(' * 2000}", f"filter={'NOT ' * 2000}a=1", "filter=%22", "readMask=,", "updateMask=,"),
    *("orderBy=name&pageToken=MQ", "uploadType=media", "uploadType=multipart", "uploadType=media&name=%00"),
    *("ifGenerationMatch=%C2%B2", f"ifGenerationMatch={'9' * 5000}", "prefix=../..", "prefix=/etc/", "prefix=a%00/"),
    *("timeout=1e9s", f"pageToken={'W1tb' * 15_000}"),
]
_PART = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
PARTS = {"project": "p", "location": "us-central1", "version": "v1", "bucket": "b", "name": "o", "model": "m"}


def _fill(owner: str, part: re.Match[str]) -> str:
    return PARTS.get(part[1], owner)


def _list_urls(bench: Bench) -> Iterator[tuple[str, str]]:
    """A verb and a path of every route, where possible one of something that is there."""
    job = bench.create(make_job())["name"].rpartition("/")[2]
    pipeline = bench.create(make_pipeline(make_spec()), "trainingPipelines")["name"].rpartition("/")[2]
    read(bench.client.post(f"{HERE}/models:upload", json={"model": {"displayName": "m"}, "modelId": "m"}))
    bench.bucket("b").mkdir()
    bench.bucket("b/o").write_text("x")
    ids = {"customJobs": job, "trainingPipelines": pipeline, "models": "m"}
    for rule in bench.app._map.iter_rules():
        owner = next((ids[name] for name in ids if f"/{name}/" in rule.rule), "1")
        path = _PART.sub(partial(_fill, owner), rule.rule)
        yield from ((verb, path) for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def test_nothing_that_is_sent_makes_the_engine_fail(idle: Bench) -> None:
    requests = [("", body) for body in BODIES] + [(f"?{query}", b"{}") for query in QUERIES]
    failed = [
        (verb, path, query[:60], body[:60])
        for verb, path in _list_urls(idle)
        for query, body in requests
        if idle.client.request(verb, path + query, content=body).status_code == 500
    ]
    assert failed == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "Message too deep: there are more than 100 levels."),
        (b"[" * 101 + b"]" * 101, "Message too deep: there are more than 100 levels."),
        (b'{"metadata": NaN}', "NaN is no JSON."),
        (b'{"metadata": -1e999}', "-1e999 is out of range."),
        (b'{"displayName": "\\ud800"}', "A string has half of a surrogate pair."),
        (b'{"a": "\xed\xa0\x80"}', "'utf-8' codec can't decode byte 0xed in position 7: invalid continuation byte"),
    ],
)
def test_what_no_other_program_could_read_is_no_json(idle: Bench, content: bytes, message: str) -> None:
    answer = refused(idle.client.post(f"{HERE}/customJobs", content=content))
    assert answer == (400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {message}")


def test_a_body_may_begin_with_the_mark_of_its_encoding(idle: Bench) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(make_job()).encode()
    assert read(idle.client.post(f"{HERE}/customJobs", content=content))["displayName"] == "practice"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parameters": [{}]}, "study_spec.parameters[0].parameter_id"),
        ({"metrics": [{}]}, "study_spec.metrics[0].metric_id"),
    ],
)
def test_an_empty_message_in_a_list_lacks_what_is_required(idle: Bench, change: dict[str, Any], field: str) -> None:
    study = make_study("", X)
    study["studySpec"].update(change)
    message = refused(idle.client.post(f"{HERE}/hyperparameterTuningJobs", json=study))[2]
    assert f"Field: hyperparameter_tuning_job.{field}; Message: Required field is not set." in message
    pool = make_pool("pass", env=[{}])
    job = {"displayName": "x", "jobSpec": {"workerPoolSpecs": [pool]}}
    message = refused(idle.client.post(f"{HERE}/customJobs", json=job))[2]
    assert f"Field: custom_job.{POOLS}[0].python_package_spec.env[0].name; Message" in message


def test_a_number_beyond_all_doubles_is_refused(idle: Bench) -> None:
    study = make_study("", {"parameterId": "x", "doubleValueSpec": {"maxValue": 10**400}})
    answer = idle.client.post(f"{HERE}/hyperparameterTuningJobs", json=study)
    at = "hyperparameter_tuning_job.study_spec.parameters[0].double_value_spec.max_value"
    assert refused(answer)[2].startswith(f"Invalid value at '{at}' (TYPE_DOUBLE), 1000")


def test_whole_surrogate_pairs_are_characters(idle: Bench) -> None:
    assert idle.create({**make_job(), "displayName": "\U0001f331"})["displayName"] == "\U0001f331"


@pytest.mark.parametrize(
    "path",
    [f"{HERE}/{name}" for name in ("customJobs", "models", "datasets", "operations", "trainingPipelines")]
    + ["/v1/projects/p/jobs", f"/automl/v1/{PARENT}/models", f"/automl/v1/{PARENT}/operations"],
)
@pytest.mark.parametrize("text", ["nosuch=1", 'display_name="x" AND nosuch=1', "create_time>soon", "(" * 60 + "a"])
def test_an_unsound_filter_is_refused_also_where_there_is_nothing_to_filter(idle: Bench, path: str, text: str) -> None:
    assert refused(idle.client.get(path, params={"filter": text}))[:2] == (400, "INVALID_ARGUMENT")


def test_a_read_mask_that_names_a_whole_and_its_part_asks_for_the_whole(idle: Bench) -> None:
    job = idle.create(make_job("pass", scheduling={"timeout": "60s"}))
    for mask in ("jobSpec.scheduling,jobSpec", "jobSpec,jobSpec.scheduling"):
        answer = read(idle.client.get(f"{HERE}/customJobs", params={"readMask": mask}))
        assert answer == {"customJobs": [{"jobSpec": job["jobSpec"]}]}


def test_a_patch_of_part_of_a_field_is_refused_instead_of_clearing_the_rest(idle: Bench) -> None:
    upload = {"model": {"displayName": "m", "labels": {"a": "b"}}, "modelId": "m"}
    read(idle.client.post(f"{HERE}/models:upload", json=upload))
    answer = idle.client.patch(f"{HERE}/models/m", params={"updateMask": "labels.c"}, json={"labels": {"c": "d"}})
    assert refused(answer) == (
        400,
        "INVALID_ARGUMENT",
        "Invalid update_mask: it names part of `labels`, which is replaced as a whole.",
    )
    assert idle.get(f"{PARENT}/models/m")["labels"] == {"a": "b"}


POOLS = "job_spec.worker_pool_specs"
UNSOUND: list[tuple[dict[str, Any], str]] = [
    (make_job(scheduling={"timeout": "-1s"}), "job_spec.scheduling.timeout must not be negative."),
    (make_job(scheduling={"maxWaitDuration": "-1s"}), "job_spec.scheduling.max_wait_duration must not be negative."),
]


@pytest.mark.parametrize(("body", "message"), UNSOUND, ids=[case[1] for case in UNSOUND])
def test_times_that_cannot_be_are_refused(idle: Bench, body: dict[str, Any], message: str) -> None:
    assert refused(idle.client.post(f"{HERE}/customJobs", json=body)) == (400, "INVALID_ARGUMENT", message)


def test_pools_that_cannot_be_are_refused(idle: Bench) -> None:
    def ask(**fields: Any) -> str:
        pools = make_spec()["workerPoolSpecs"]
        body = {"displayName": "x", "jobSpec": {"workerPoolSpecs": [*pools, {**pools[0], **fields}]}}
        status, code, message = refused(idle.client.post(f"{HERE}/customJobs", json=body))
        assert (status, code) == (400, "INVALID_ARGUMENT")
        return message

    assert ask(replicaCount="-3") == f"{POOLS}[1].replica_count must not be negative."
    package = make_spec()["workerPoolSpecs"][0]["pythonPackageSpec"]
    spec = {**package, "env": [{"name": "A=B", "value": "x"}]}
    assert ask(pythonPackageSpec=spec) == f"{POOLS}[1].python_package_spec.env: `A=B` is not a valid C identifier."


LABELS = "has other characters than lowercase letters, numeric characters, underscores and dashes."
MISNAMED = [
    ({"displayName": "x" * 129}, "display_name", "It has more than 128 characters."),
    ({"labels": {"Team": "a"}}, "labels", f"The label key `Team` {LABELS}"),
    ({"labels": {"team": "a b"}}, "labels", f"The label value `a b` {LABELS}"),
    ({"labels": {"": "a"}}, "labels", "A label has an empty key."),
    ({"labels": {"team": "x" * 65}}, "labels", f"The label value `{'x' * 65}` has more than 64 characters."),
    ({"labels": {f"l{n}": "" for n in range(65)}}, "labels", "There are 65 labels; at most 64 are allowed."),
]


@pytest.mark.parametrize(("fields", "field", "why"), MISNAMED, ids=[case[2][:40] for case in MISNAMED])
def test_names_and_labels_that_vertex_refuses_are_refused(
    idle: Bench, fields: dict[str, Any], field: str, why: str
) -> None:
    for path, at, body in (
        ("customJobs", "custom_job.", {**make_job(), **fields}),
        ("trainingPipelines", "training_pipeline.", {**make_pipeline(make_spec()), **fields}),
        ("models:upload", "model.", {"model": {"displayName": "m", **fields}}),
    ):
        answer = idle.client.post(f"{HERE}/{path}", json=body)
        assert refused(answer) == (400, "INVALID_ARGUMENT", f"{at}{field}: {why}")
        [detail] = answer.json()["error"]["details"]
        assert detail["fieldViolations"] == [{"field": f"{at}{field}", "description": f"{at}{field}: {why}"}]


def test_names_and_labels_in_any_script_are_taken(idle: Bench) -> None:
    named = {
        "displayName": "植物 " * 40,
        "labels": {"größe": "klein_1-2", "植物": "", "aiplatform.googleapis.com/X": "Y"},
    }
    assert idle.create({**make_job(), **named})["labels"] == named["labels"]


def test_a_model_is_not_made_where_it_cannot_be(idle: Bench) -> None:
    images = "gs://google-cloud-aiplatform/schema/dataset/metadata/image_1.0.0.yaml"
    made = idle.client.post(f"{HERE}/datasets", json={"displayName": "d", "metadataSchemaUri": images})
    dataset = read(made)["response"]["name"]
    body = {"model": {"displayName": "m"}, "parentModel": dataset}
    assert refused(idle.client.post(f"{HERE}/models:upload", json=body))[:2] == (404, "NOT_FOUND")
    assert idle.get(dataset)["metadataSchemaUri"] == images
    body = {"model": {"displayName": "m"}, "modelId": "12"}
    assert refused(idle.client.post(f"{HERE}/models:upload", json=body))[:2] == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("place", [{"a": 1}, [1], 2**70, "x", None, 1.5, -1])
def test_a_page_token_that_was_tampered_with_is_refused(idle: Bench, place: Any) -> None:
    for _ in range(2):
        idle.create(make_job())
    token = read(idle.client.get(f"{HERE}/customJobs", params={"pageSize": 1}))["nextPageToken"]
    _, digest = json.loads(base64.urlsafe_b64decode(f"{token}=="))
    changed = base64.urlsafe_b64encode(json.dumps([place, digest]).encode()).decode()
    code, status, message = refused(idle.client.get(f"{HERE}/customJobs", params={"pageToken": changed}))
    assert (code, status, message.partition(":")[0]) == (400, "INVALID_ARGUMENT", "Page token is invalid")
