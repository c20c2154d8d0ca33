"""An engine on the bench: the whole of it but for the socket, and ways to say things to it shortly."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.local.discovery import find_method, find_problems
from tests.local.packages import MODULE, build_package

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from trainctl.local.app import Application
    from trainctl.local.core import Core

TOKEN = "0123456789abcdef" * 4
PORT = 8765
PARENT = "projects/p/locations/us-central1"
CUSTOM_TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


def make_pool(code: str = "", *arguments: str, **fields: Any) -> dict[str, Any]:
    """A worker pool that runs Python code; `fields` go into the package spec."""
    spec = {"executorImageUri": "python", "packageUris": ["gs://stage/practice-1.0.tar.gz"], "pythonModule": MODULE}
    return {"replicaCount": "1", "pythonPackageSpec": {**spec, "args": [code or "pass", *arguments], **fields}}


def make_spec(code: str = "", *arguments: str, **fields: Any) -> dict[str, Any]:
    """A CustomJobSpec of one such pool; `fields` go beside the pools."""
    return {"workerPoolSpecs": [make_pool(code, *arguments)], **fields}


def make_job(code: str = "", *arguments: str, **fields: Any) -> dict[str, Any]:
    """A CustomJob that runs Python code."""
    return {"displayName": "practice", "jobSpec": make_spec(code, *arguments, **fields)}


def make_pipeline(spec: Any, **fields: Any) -> dict[str, Any]:
    """A TrainingPipeline of the custom task."""
    return {"displayName": "line", "trainingTaskDefinition": CUSTOM_TASK, "trainingTaskInputs": spec, **fields}


@dataclass(frozen=True, slots=True)
class Bench:
    core: Core
    app: Application
    client: httpx.Client

    def close(self) -> None:
        self.client.close()
        self.core.close()

    def create(self, body: dict[str, Any], collection: str = "customJobs") -> dict[str, Any]:
        return read(self.client.post(f"/v1/{PARENT}/{collection}", json=body))

    def get(self, name: str) -> dict[str, Any]:
        return read(self.client.get(f"/v1/{name}"))

    def run(self, body: dict[str, Any], collection: str = "customJobs") -> dict[str, Any]:
        """Creates a job after putting its package where it says, and waits for its end."""
        self.stage()
        return self.await_end(self.create(body, collection)["name"])

    def stage(self) -> None:
        package = self.core.home.buckets / "stage" / "practice-1.0.tar.gz"
        if not package.exists():
            build_package(package)

    def await_end(self, name: str) -> dict[str, Any]:
        return self.await_state(name, *ENDED)

    def await_state(self, name: str, *states: str) -> dict[str, Any]:
        deadline = time.monotonic() + 600
        while (resource := self.get(name))["state"].rpartition("_STATE_")[2] not in states:
            assert time.monotonic() < deadline, resource
            time.sleep(0.02)
        return resource

    def list_log(self, name: str, more: str = "", **fields: Any) -> list[dict[str, Any]]:
        condition = f'resource.type="ml_job" AND resource.labels.job_id="{name.rpartition("/")[2]}"{more}'
        body = {"resourceNames": ["projects/p"], "filter": condition, "pageSize": 1000, **fields}
        entries: list[dict[str, Any]] = read(self.client.post("/v2/entries:list", json=body)).get("entries", [])
        return entries

    def list_output(self, name: str) -> list[str]:
        """The text that the job itself wrote."""
        return [entry["textPayload"] for entry in self.list_log(name, ' AND resource.labels.task_name="workerpool0-0"')]

    def await_output(self, name: str, count: int = 1) -> list[str]:
        deadline = time.monotonic() + 300
        while len(lines := self.list_output(name)) < count:
            assert time.monotonic() < deadline, self.get(name)
            time.sleep(0.02)
        return lines

    def bucket(self, path: str) -> Path:
        return self.core.home.buckets / path


def read(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def refused(response: httpx.Response) -> tuple[int, str, str]:
    """HTTP status, code and message of a refusal."""
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return response.status_code, error.get("status", ""), error["message"]


def check_answer(response: httpx.Response) -> None:
    """Holds every good answer, and the request that it answers, to Google's discovery documents."""
    request = response.request
    found = find_method(request.method, request.url.path)
    if found is None or response.status_code != 200 or request.url.params.get("alt") == "media":
        return
    method, document = found
    response.read()
    if "response" in method:
        assert find_problems(response.json(), method["response"]["$ref"], document) == []
    if method.get("request") and request.headers.get("content-type") == "application/json":
        body = json.loads(request.content)
        assert find_problems(body, method["request"]["$ref"], document, spellings=True) == []
