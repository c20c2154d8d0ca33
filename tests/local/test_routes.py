"""Every method that the engine serves, once: the answers are held to Google's discovery document by the client."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.discovery import FOLDER, find_method
from tests.local.engine import PARENT, Bench, make_job, make_pipeline, make_spec, read, refused
from tests.local.test_tuning import make_study

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

HERE = f"/v1/{PARENT}"
SCHEMAS = "gs://google-cloud-aiplatform/schema/dataset"
IMAGES = {"displayName": "d", "metadataSchemaUri": f"{SCHEMAS}/metadata/image_1.0.0.yaml"}
SINGLE = f"{SCHEMAS}/ioformat/image_classification_single_label_io_format_1.0.0.yaml"
OURS = ("customJobs", "hyperparameterTuningJobs", "trainingPipelines", "models", "datasets", "operations")
ELSEWHERE = {"models.evaluations.slices.list"}
"""Slices are made by AutoML's pipelines only, and listed in their tests."""


@pytest.fixture
def walked(bench: Bench) -> set[str]:
    """The discovery ids of all methods that have answered well on a walk through the engine."""
    seen: set[str] = set()

    def note(response: httpx.Response) -> None:
        found = find_method(response.request.method, response.request.url.path)
        assert found is not None, response.request.url
        assert response.status_code == 200, response.text
        seen.add(_shorten(found[0]["id"]))

    bench.client.event_hooks["response"].append(note)
    _walk_jobs(bench)
    _walk_models(bench)
    _walk_datasets(bench)
    bench.client.event_hooks["response"].remove(note)
    return seen


def test_every_method_that_is_served_answers_as_google_describes_it(bench: Bench, walked: set[str]) -> None:
    served = {name for name, verb, path in _list_methods() if _is_served(bench, verb, path)}
    assert {name for name in served if name.partition(".")[0] in OURS} - ELSEWHERE == walked


def test_a_method_that_is_not_there_is_not_found_for_any_verb(idle: Bench) -> None:
    for name in ("customJobs", "models", "datasets"):
        assert refused(idle.client.post(f"{HERE}/{name}/1:noSuchMethod", json={}))[0] == 404
        assert refused(idle.client.put(f"{HERE}/{name}", json={}))[:2] == (501, "UNIMPLEMENTED")


MISSING = [
    ("GET", "customJobs/1"),
    ("DELETE", "customJobs/1"),
    ("POST", "customJobs/1:cancel"),
    ("GET", "trainingPipelines/1"),
    ("DELETE", "trainingPipelines/1"),
    ("POST", "trainingPipelines/1:cancel"),
    ("GET", "models/1"),
    ("GET", "models/1@2"),
    ("PATCH", "models/1?updateMask=displayName"),
    ("DELETE", "models/1"),
    ("GET", "models/1:listVersions"),
    ("DELETE", "models/1@1:deleteVersion"),
    ("GET", "models/1/evaluations"),
    ("GET", "models/1/evaluations/1"),
    ("GET", "datasets/1"),
    ("PATCH", "datasets/1?updateMask=displayName"),
    ("DELETE", "datasets/1"),
    ("GET", "operations/1"),
    ("POST", "operations/1:wait"),
    ("POST", "operations/1:cancel"),
    ("DELETE", "operations/1"),
    ("GET", "datasets/1/operations/1"),
]


@pytest.mark.parametrize(("verb", "path"), MISSING, ids=[" ".join(case) for case in MISSING])
def test_what_is_not_there_is_not_found(idle: Bench, verb: str, path: str) -> None:
    body = {"displayName": "x"} if verb == "PATCH" else None
    status, code, message = refused(idle.client.request(verb, f"{HERE}/{path}", json=body))
    assert (status, code) == (404, "NOT_FOUND")
    assert message.startswith("The resource `projects/p/locations/us-central1/")


def _walk_jobs(bench: Bench) -> None:
    bench.stage()
    study = make_study("report(1)", trials=1, parallel=1)
    jobs = {
        "customJobs": make_job(),
        "hyperparameterTuningJobs": study,
        "trainingPipelines": make_pipeline(make_spec()),
    }
    for collection, body in jobs.items():
        name = bench.create({**body, "labels": {"a": "b"}}, collection)["name"]
        read(bench.client.get(f"{HERE}/{collection}", params={"filter": "labels.a=b", "readMask": "name,state"}))
        bench.await_end(name)
        other = bench.create(make_job("import time; time.sleep(60)"), "customJobs")["name"]
        read(bench.client.post(f"/v1/{other}:cancel", json={}))
        operation = read(bench.client.delete(f"/v1/{name}"))
        read(bench.client.get(f"/v1/{name}/operations"))
        _walk_operation(bench, operation)
    line = bench.create(make_pipeline(make_spec("import time; time.sleep(60)")), "trainingPipelines")["name"]
    search = bench.create(make_study("time.sleep(60)"), "hyperparameterTuningJobs")["name"]
    for name in (line, search):
        read(bench.client.post(f"/v1/{name}:cancel", json={}))
    read(bench.client.get(f"{HERE}/operations"))


def _walk_operation(bench: Bench, operation: dict[str, Any]) -> None:
    path = f"/v1/{operation['name']}"
    read(bench.client.get(path))
    read(bench.client.post(f"{path}:wait"))
    read(bench.client.delete(path))


def _walk_models(bench: Bench) -> None:
    upload = {"model": {"displayName": "m"}, "modelId": "m"}
    model = read(bench.client.post(f"{HERE}/models:upload", json=upload))["response"]["model"]
    read(bench.client.post(f"{HERE}/models:upload", json={"model": {"displayName": "m"}, "parentModel": model}))
    read(bench.client.get(f"{HERE}/models", params={"orderBy": "create_time desc"}))
    read(bench.client.get(f"/v1/{model}@2"))
    read(bench.client.get(f"/v1/{model}:listVersions"))
    read(bench.client.patch(f"/v1/{model}", params={"updateMask": "displayName"}, json={"displayName": "n"}))
    read(bench.client.post(f"/v1/{model}@2:mergeVersionAliases", json={"versionAliases": ["golden"]}))
    made = read(
        bench.client.post(f"/v1/{model}/evaluations:import", json={"modelEvaluation": {"metrics": {"auPrc": 1}}})
    )
    read(bench.client.get(f"/v1/{model}/evaluations"))
    read(bench.client.get(f"/v1/{made['name']}"))
    read(bench.client.delete(f"/v1/{model}@2:deleteVersion"))
    read(bench.client.delete(f"/v1/{model}"))


def _walk_datasets(bench: Bench) -> None:
    folder = bench.bucket("data")
    folder.mkdir(parents=True)
    (folder / "0.png").write_text("x")
    (folder / "l.csv").write_text("gs://data/0.png,x\ngs://data/1.png,y\n")
    name = read(bench.client.post(f"{HERE}/datasets", json=IMAGES))["response"]["name"]
    config = {"gcsSource": {"uris": ["gs://data/l.csv"]}, "importSchemaUri": SINGLE}
    operation = read(bench.client.post(f"/v1/{name}:import", json={"importConfigs": [config]}))
    assert "partialFailures" in read(bench.client.post(f"/v1/{operation['name']}:wait"))["metadata"]["genericMetadata"]
    target = {"exportConfig": {"gcsDestination": {"outputUriPrefix": "gs://data/out"}}}
    _walk_operation(bench, read(bench.client.post(f"/v1/{name}:export", json=target)))
    read(bench.client.get(f"/v1/{name}"))
    read(bench.client.get(f"{HERE}/datasets"))
    read(bench.client.patch(f"/v1/{name}", params={"updateMask": "displayName"}, json={"displayName": "e"}))
    slow = bench.core.operations.begin(name, "ImportDataOperationMetadata", _go_on_until_stopped, about=name)
    read(bench.client.post(f"/v1/{slow['name']}:cancel"))
    read(bench.client.delete(f"/v1/{name}"))


def _go_on_until_stopped(work: Any) -> dict[str, Any]:
    import time

    while True:
        work.check()
        time.sleep(0.01)


def _list_methods() -> Iterator[tuple[str, str, str]]:
    """Short id, verb and a path of every method of a location in the discovery document."""

    def walk(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for resource in resources.values():
            yield from resource.get("methods", {}).values()
            yield from walk(resource.get("resources", {}))

    document = json.loads((FOLDER / "aiplatform.v1.json").read_text(encoding="utf-8"))
    for method in walk(document["resources"]):
        path = method.get("flatPath") or method["path"]
        if path.startswith("v1/projects/{projectsId}/locations/{locationsId}/"):
            yield _shorten(method["id"]), method["httpMethod"], "/" + re.sub(r"\{[^}]+\}", "0", path)


def _shorten(method_id: str) -> str:
    """`models.get`; operations are the same methods wherever they hang."""
    short = method_id.removeprefix("aiplatform.projects.locations.")
    found = re.search(r"operations\.\w+$", short)
    return found.group() if found else short


def _is_served(bench: Bench, verb: str, path: str) -> bool:
    answer = bench.client.request(verb, path, json={} if verb in ("POST", "PATCH") else None)
    return answer.status_code == 200 or "does not serve" not in answer.json()["error"]["message"]
