"""Models of AutoML Vision whose create call lost its answer: none is created twice, and what can be known is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.faults.service import refusal
from tests.running import Runner, StillClock

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://automl.mirror.example"
PLACE = "projects/my-project/locations/us-central1"
SPEC = "kind: automl-vision\ndisplay_name: flowers\ndataset: ICN7\nmodel_type: mobile-versatile-1\n"
KEY = ("--idempotency-key", "nightly")


@dataclass
class Service(httpx.BaseTransport):
    """AutoML's operations and models in memory; the fault of a create is one of `faults`, in their order.

    `after` loses the answer, `before` the request; models show when their operations are finished.
    """

    clock: StillClock
    faults: list[str] = field(default_factory=list)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    creates: int = 0
    instant: bool = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content, path = request.read(), request.url.path.removeprefix("/v1/")
        assert request.headers["x-goog-user-project"] == "my-project"
        if request.method == "POST" and path == f"{PLACE}/models":
            return self.create(request, json.loads(content))
        if found := re.fullmatch(rf"{PLACE}/(models|operations)(/\w+)?", path):
            return self.read(found[1], path, whole=not found[2])
        raise AssertionError(path)

    def create(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        self.creates += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            raise httpx.ReadError("connection reset by peer", request=request)
        operation = self.begin(body)
        if self.instant:
            self.finish(str(operation["name"]))
        if fault == "after":
            raise httpx.ReadError("connection reset by peer", request=request)
        return httpx.Response(200, json=operation)

    def begin(self, body: dict[str, Any]) -> dict[str, Any]:
        """A create-model operation, as it is when it has just begun."""
        name, time = f"{PLACE}/operations/ICN{100 + len(self.operations)}", f"{self.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        self.bodies[name] = body
        metadata = {"createTime": time, "updateTime": time, "createModelDetails": {}}
        self.operations[name] = {"name": name, "metadata": metadata}
        return self.operations[name]

    def finish(self, name: str) -> str:
        """Ends an operation with its model; the model's name."""
        model = name.replace("/operations/ICN1", "/models/ICN9")
        self.models[model] = {**self.bodies[name], "name": model}
        self.operations[name] = {**self.operations[name], "done": True, "response": {"name": model}}
        return model

    def read(self, collection: str, path: str, *, whole: bool) -> httpx.Response:
        kept = self.models if collection == "models" else self.operations
        if whole:
            key = "model" if collection == "models" else "operations"
            return httpx.Response(200, json={key: list(reversed(kept.values()))} if kept else {})
        if path in kept:
            return httpx.Response(200, json=kept[path])
        status, body = refusal(404, "NOT_FOUND", f"No such {path}")
        return httpx.Response(status, json=body)


@dataclass(frozen=True)
class Desk:
    """A user's machine before that service."""

    run: Runner
    service: Service

    def submit(self, *options: str) -> Any:
        return self.run("submit", "-", *options, stdin=SPEC)

    @property
    def rows(self) -> list[tuple[str, str | None]]:
        found = json.loads(self.run("history", "list", "-o", "json").out)
        return [(row["state"], row["name"]) for row in found]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    clock = StillClock()
    service = Service(clock)
    environment = {
        "TRAINCTL_ACCESS_TOKEN": "ya29.token-of-the-fault-tests",
        "TRAINCTL_PROJECT": "my-project",
        "TRAINCTL_ENDPOINT_AUTOML": BASE,
    }
    return Desk(Runner(tmp_path / "home", environment, service, clock), service)


def test_a_lost_answer_is_never_followed_by_a_second_create_and_is_settled_when_the_model_is_there(desk: Desk) -> None:
    desk.service.faults = ["after"]
    lost = desk.submit()
    [operation] = desk.service.operations
    assert lost.code == 6
    assert f"what began since may be it, {operation}" in " ".join(lost.err.split())
    assert "do not submit again" in lost.err
    assert desk.rows == [("uncertain", None)]
    early = desk.run("history", "resolve")
    assert (early.code, f"may have begun {operation}" in early.err) == (6, True)
    desk.run.clock.sleep(7200)
    assert desk.run("history", "resolve").code == 6, "hours later it still trains"
    desk.service.finish(operation)
    assert desk.run("history", "resolve").code == 0
    assert desk.rows == [("created", operation)]
    assert desk.service.creates == 1


def test_a_model_that_is_there_at_once_is_adopted(desk: Desk) -> None:
    desk.service.faults = ["after"]
    desk.service.instant = True
    found = desk.submit()
    [operation] = desk.service.operations
    assert (found.code, found.out) == (0, f"{operation}\n")
    assert desk.rows == [("created", operation)]


def test_a_request_that_never_arrived_is_given_up_after_five_minutes(desk: Desk) -> None:
    desk.service.faults = ["before"]
    assert desk.submit().code == 6
    assert desk.run("history", "resolve").code == 6
    desk.run.clock.sleep(300)
    assert desk.run("history", "resolve").code == 0
    assert desk.rows == [("abandoned", None)]


def test_what_others_and_earlier_submissions_began_is_told_from_it(desk: Desk) -> None:
    before = desk.service.begin({"displayName": "old"})["name"]
    desk.run.clock.sleep(600)
    assert desk.submit().code == 0
    desk.service.faults = ["before"]
    lost = desk.submit()
    assert "no list shows it yet" in lost.err
    assert before not in lost.err
    stranger = desk.service.begin({"displayName": "of a colleague"})["name"]
    desk.run.clock.sleep(300)
    assert stranger in desk.run("history", "resolve").err
    desk.service.finish(stranger)
    assert desk.run("history", "resolve").code == 0
    assert [state for state, _ in desk.rows] == ["abandoned", "created"]


def test_a_key_adopts_the_training_of_another_machine_by_the_labels_of_its_model(desk: Desk, tmp_path: Path) -> None:
    assert desk.submit(*KEY).code == 0
    [operation] = desk.service.operations
    desk.service.finish(operation)
    other = Desk(Runner(tmp_path / "other", desk.run.environment, desk.service, desk.run.clock), desk.service)
    adopted = other.submit(*KEY)
    assert (adopted.code, adopted.out) == (0, f"{operation}\n")
    assert "nothing is submitted" in adopted.err
    desk.service.operations.clear()
    third = Desk(Runner(tmp_path / "third", desk.run.environment, desk.service, desk.run.clock), desk.service)
    [model] = desk.service.models
    assert third.submit(*KEY).out == f"{model}\n", "the service forgets operations, and then the model speaks for them"
    assert desk.service.creates == 1
