"""`operations`: of Vertex AI and AutoML Vision, below a location and below what they are about."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api import discovery
from tests.commands.cloud import at_terminal, refusal, user

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Runner

PLACE = "projects/garden/locations/us-central1"
IMPORT = f"{PLACE}/datasets/7/operations/11"
UPLOAD = f"{PLACE}/operations/12"
TRAINING = f"{PLACE}/operations/ICN2106290444865378475"
MODEL = f"{PLACE}/models/ICN4412217016962778756"
_TYPE = "type.googleapis.com/google.cloud"


def vertex(name: str, task: str, **fields: Any) -> dict[str, Any]:
    times = {"createTime": "2026-11-21T11:00:00Z", "updateTime": "2026-11-21T11:10:00Z"}
    general = {**times, **fields.pop("general", {})}
    kind = f"{_TYPE}.aiplatform.v1.{task}OperationMetadata"
    return {"name": name, "metadata": {"@type": kind, "genericMetadata": general}, **fields}


def vision(name: str, task: str, **fields: Any) -> dict[str, Any]:
    times = {"createTime": "2026-11-21T10:00:00Z", "updateTime": "2026-11-21T11:30:00Z"}
    metadata = {"@type": f"{_TYPE}.automl.v1.OperationMetadata", **times, **fields.pop("general", {})}
    return {"name": name, "metadata": {**metadata, f"{task}Details": {}}, **fields}


DONE = {"done": True, "response": {}}
TRAINED = {"done": True, "response": {"@type": f"{_TYPE}.automl.v1.Model", "name": MODEL}}


@dataclass
class Services(httpx.BaseTransport):
    """Operations that go through scripted answers, one a look; the last stays. `waits` are the timeouts asked for."""

    scripts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    failing: dict[str, httpx.Response] = field(default_factory=dict)

    def add(self, *answers: dict[str, Any]) -> str:
        name: str = answers[0]["name"]
        self.scripts[name] = list(answers)
        return name

    @property
    def lines(self) -> list[str]:
        return [f"{each.method} {re.sub('^.*locations/', '', each.url.path)}" for each in self.requests]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        discovery.check(request)
        self.requests.append(request)
        path = request.url.path.removeprefix("/v1/")
        if fault := self.failing.get(f"{request.url.host} {path}"):
            return fault
        if path.endswith("/operations"):
            return self._list(path, of_vision=request.url.host.startswith("automl"))
        name, _, verb = path.partition(":")
        script = self.scripts.get(name)
        if script is None:
            return refusal(404, "NOT_FOUND", f"operation {name} does not exist")
        if verb == "wait":
            self.waits.append(request.url.params.get("timeout") or json.loads(request.content)["timeout"])
        if verb == "cancel":
            error = {"code": 1, "message": "The operation was cancelled."}
            self.scripts[name] = [{**script[0], "done": True, "error": error}]
            return httpx.Response(200, json={})
        if request.method == "DELETE":
            del self.scripts[name]
            return httpx.Response(200, json={})
        return httpx.Response(200, json=script.pop(0) if len(script) > 1 else script[0])

    def _list(self, path: str, *, of_vision: bool) -> httpx.Response:
        above = path.removesuffix("operations")
        found = [each[0] for name, each in self.scripts.items() if name.startswith(above)]
        return httpx.Response(
            200, json={"operations": [each for each in found if ("ICN" in each["name"]) == of_vision]}
        )


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
def run(services: Services, tmp_path: Path) -> Runner:
    endpoint = {"TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com"}
    return user(services, tmp_path, **endpoint)  # type: ignore[arg-type]


def test_operations_of_both_services_are_listed_with_what_they_do_and_what_they_made(
    services: Services, run: Runner
) -> None:
    services.add(vertex(IMPORT, "ImportData"))
    services.add(
        vertex(UPLOAD, "UploadModel", done=True, response={"model": f"{PLACE}/models/5", "modelVersionId": "1"})
    )
    services.add(vision(TRAINING, "createModel", **TRAINED))
    outcome = run("operations", "list", "--sort", "id")
    assert outcome.out == (
        "ID                      TASK            STATE      CREATE_TIME           RUN_TIME  "
        "MADE                    ABOUT\n"
        "11                      import-data     RUNNING    2026-11-21T11:00:00Z  -         -                       "
        "datasets/7\n"
        "12                      upload-model    SUCCEEDED  2026-11-21T11:00:00Z  600       5                       -\n"
        "ICN2106290444865378475  create-model    SUCCEEDED  2026-11-21T10:00:00Z  5400      "
        "ICN4412217016962778756  -\n"
    ), outcome
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "of_vertex", "of_vision"),
    [
        ((), "", ""),
        (("--done",), "done=true", '"done=true"'),
        (("--not-done",), "done=false", '"done=false"'),
        (("--operation-id", "12"), "operationId=12", '"operationId=12"'),
        (("--filter", "worksOn=x OR done=true"), "worksOn=x OR done=true", "worksOn=x OR done=true"),
        (("--done", "--filter", '"worksOn=x"'), "done=true AND (worksOn=x)", '"done=true AND worksOn=x"'),
        (("--filter", '"done=true"'), "done=true", '"done=true"'),
    ],
)
def test_conditions_are_said_in_each_services_own_way(
    services: Services, run: Runner, arguments: tuple[str, ...], of_vertex: str, of_vision: str
) -> None:
    assert run("operations", "list", *arguments).code == 0
    asked = {each.url.host.partition(".")[0]: each.url.params.get("filter", "") for each in services.requests}
    assert asked == {"us-central1-aiplatform": of_vertex, "automl": of_vision}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(("--done",), ["12"]), (("--not-done",), ["11"]), (("--operation-id", "11"), ["11"])],
)
def test_conditions_are_checked_here_too(
    services: Services, run: Runner, arguments: tuple[str, ...], expected: list[str]
) -> None:
    services.add(vertex(IMPORT, "ImportData"))
    services.add(vertex(UPLOAD, "UploadModel", **DONE))
    outcome = run("operations", "list", *arguments, "-o", "name")
    assert [line.rpartition("/")[2] for line in outcome.out.splitlines()] == expected


@pytest.mark.parametrize(
    ("name", "path", "expression"),
    [
        (f"{PLACE}/datasets/7", "us-central1/datasets/7/operations", ""),
        (f"{PLACE}/models/5/evaluations/3", "us-central1/models/5/evaluations/3/operations", ""),
        (MODEL, "us-central1/operations", f'"worksOn={MODEL}"'),
    ],
)
def test_what_works_on_a_resource_is_listed_below_it_or_asked_for(
    services: Services, run: Runner, name: str, path: str, expression: str
) -> None:
    assert run("operations", "list", "--works-on", name).code == 0
    [request] = services.requests
    assert (services.lines, request.url.params.get("filter", "")) == ([f"GET {path}"], expression)


def test_works_on_takes_full_names_only(services: Services, run: Runner) -> None:
    assert run("operations", "list", "--works-on", "7").code == 2
    assert services.requests == []


def test_a_service_that_fails_is_reported_and_the_other_is_shown(services: Services, run: Runner) -> None:
    services.add(vertex(IMPORT, "ImportData"))
    services.failing[f"automl.googleapis.com {PLACE}/operations"] = refusal(403, "PERMISSION_DENIED", "you may not")
    outcome = run("operations", "list", "-o", "name")
    assert (outcome.code, outcome.out) == (6, f"{IMPORT}\n")
    assert outcome.err == "error: AutoML Vision operations in us-central1: you may not\n"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        (IMPORT, IMPORT),
        (f"https://us-central1-aiplatform.googleapis.com/v1/{IMPORT}", IMPORT),
        ("12", UPLOAD),
        ("ICN2106290444865378475", TRAINING),
        (TRAINING, TRAINING),
    ],
)
def test_every_way_to_name_an_operation_finds_it(services: Services, run: Runner, reference: str, name: str) -> None:
    services.add(vertex(IMPORT, "ImportData"))
    services.add(vertex(UPLOAD, "UploadModel"))
    services.add(vision(TRAINING, "createModel"))
    assert run("operations", "get", reference, "--query", "name").out == f"{name}\n"


@pytest.mark.parametrize("reference", [f"{PLACE}/customJobs/1", "@last", "a/b", "nothing"])
def test_what_names_no_operation_is_refused(run: Runner, reference: str) -> None:
    outcome = run("operations", "get", reference)
    assert (outcome.code, outcome.out) == (5 if reference == "nothing" else 2, "")


def test_get_shows_people_what_was_not_done(services: Services, run: Runner) -> None:
    failures = [{"code": 3, "message": "gs://b/1.jpg is no image"}, {"code": 5, "message": "gs://b/2.jpg is not there"}]
    services.add(vertex(IMPORT, "ImportData", **DONE, general={"partialFailures": failures}))
    assert run("operations", "get", IMPORT).out == (
        f"name:      {IMPORT}\n"
        "kind:      import-data (operation)\n"
        "state:     SUCCEEDED\n"
        "about:     datasets/7\n"
        "created:   2026-11-21 11:00:00Z (1h ago)\n"
        "started:   2026-11-21 11:00:00Z (1h ago)\n"
        "ended:     2026-11-21 11:10:00Z (50m ago)\n"
        "ran:       10m 0s\n"
        "not done:  gs://b/1.jpg is no image\n"
        "           gs://b/2.jpg is not there\n"
    )


def test_waiting_is_done_at_the_service_and_ends_by_naming_the_model(services: Services, run: Runner) -> None:
    services.add(
        vision(TRAINING, "createModel"),
        vision(TRAINING, "createModel", general={"progressPercent": 40}),
        vision(TRAINING, "createModel", **TRAINED),
    )
    outcome = run("operations", "wait", "ICN2106290444865378475")
    assert (outcome.code, services.waits) == (0, ["20s", "20s"])
    assert outcome.out == (
        f"AutoML Vision operation ICN2106290444865378475 succeeded (ran 1h 30m)\n  model:  {MODEL}\n"
    )
    assert [line.partition(": ")[2] for line in outcome.err.splitlines()] == [
        "RUNNING after 2h 0m",
        "RUNNING, 40 percent after 2h 0m",
        "SUCCEEDED after 1h 30m",
    ]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (DONE, 0),
        ({"done": True, "error": {"code": 13, "message": "it broke"}}, 1),
        ({"done": True, "error": {"code": 1, "message": "cancelled"}}, 1),
    ],
)
def test_the_exit_code_of_a_wait_is_the_operations_outcome(
    services: Services, run: Runner, end: dict[str, Any], code: int
) -> None:
    services.add(vertex(IMPORT, "ImportData"), vertex(IMPORT, "ImportData", **end))
    outcome = run("operations", "wait", IMPORT, "-o", "json")
    assert (outcome.code, json.loads(outcome.out)["done"]) == (code, True)


def test_a_wait_that_is_over_first_says_how_to_go_on(services: Services, run: Runner) -> None:
    services.add(vertex(IMPORT, "ImportData"))
    outcome = run("operations", "wait", IMPORT, "--timeout", "5s")
    assert outcome.code == 7
    assert outcome.err.splitlines()[-2:] == [
        f"error: operation {IMPORT} is not over after 5 s",
        f"hint: the watch has ended, not the work; take it up again with `trainctl operations wait {IMPORT}`",
    ]
    assert all(float(each.rstrip("s")) <= 5 for each in services.waits)


def test_a_service_that_cannot_wait_is_polled(services: Services, run: Runner) -> None:
    services.add(vertex(IMPORT, "ImportData"), vertex(IMPORT, "ImportData", **DONE))
    host = "us-central1-aiplatform.googleapis.com"
    services.failing[f"{host} {IMPORT}:wait"] = refusal(404, "NOT_FOUND", "no such method")
    assert run("operations", "wait", IMPORT).code == 0


def test_running_operations_are_cancelled_and_those_that_are_over_refused_or_taken_for_done(
    services: Services, run: Runner
) -> None:
    services.add(vertex(IMPORT, "ImportData"))
    services.add(vertex(UPLOAD, "UploadModel", **DONE))
    outcome = run("operations", "cancel", IMPORT)
    assert (outcome.code, outcome.err) == (0, f"operation {IMPORT} asked to end\n")
    assert services.lines[-1] == "POST us-central1/datasets/7/operations/11:cancel"
    assert run("operations", "cancel", "12").code == 5
    assert run("operations", "cancel", "12", "--if-running").code == 0


def test_a_person_is_asked_before_records_are_deleted(services: Services, run: Runner) -> None:
    services.add(vertex(UPLOAD, "UploadModel", **DONE))
    code, shown = at_terminal(run, "operations", "delete", "12", answer="n\n")
    assert (code, shown) == (
        130,
        f"  operation {UPLOAD}\ndelete the record of 1 operation? [y/N] nothing was done\n",
    )
    assert run("operations", "delete", "12").err == f"operation {UPLOAD} deleted\n"
    assert services.scripts == {}


def test_an_import_of_automl_vision_is_no_job(services: Services, run: Runner) -> None:
    services.add(vision(TRAINING, "importData"))
    outcome = run("jobs", "get", TRAINING)
    assert (outcome.code, outcome.err) == (
        2,
        f"error: `{TRAINING}` names no job\nhint: `trainctl operations get` shows operations\n",
    )
