"""Job services and Cloud Logging in memory: jobs that go through scripted states, one a look."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from tests.api import discovery
from tests.render.stage import Terminal
from tests.running import Runner
from trainctl.cli import main
from trainctl.commands import Seams

if TYPE_CHECKING:
    from pathlib import Path

Fault = httpx.Response | Exception | None
Answer = Callable[[re.Match[str], httpx.Request], httpx.Response]

PREFIXES = {
    "customJobs": "JOB_STATE_",
    "hyperparameterTuningJobs": "JOB_STATE_",
    "trainingPipelines": "PIPELINE_STATE_",
}
DEFINITION = "gs://google-cloud-aiplatform/schema/trainingjob/definition/"


@dataclass
class Cloud(httpx.BaseTransport):
    """Resources by name. `faults` come, one a request, before what a location, an id or `ID:cancel` answers."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    scripts: dict[str, list[str]] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, Iterator[Fault]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    page_size: int = 100
    refused_lists: httpx.Response | None = None
    others: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add_other(self, name: str, *answers: dict[str, Any]) -> str:
        """A resource of another service, which answers as it is told, one answer a look."""
        self.others[name] = list(answers)
        return name

    def add(
        self, number: str, *states: str, collection: str = "customJobs", location: str = "us-central1", **fields: Any
    ) -> str:
        """A job that shows one state after the other to whoever looks, and stays in the last."""
        name = f"projects/123/locations/{location}/{collection}/{number}"
        pipeline = {"trainingTaskDefinition": f"{DEFINITION}custom_task_1.0.0.yaml", "trainingTaskInputs": {}}
        self.resources[name] = {
            "name": name,
            "displayName": f"job-{number}",
            "createTime": "2026-11-21T11:00:00Z",
            "startTime": "2026-11-21T11:10:00Z",
            "endTime": "2026-11-21T11:40:00Z",
            **(pipeline if collection == "trainingPipelines" else {}),
            **fields,
        }
        self.scripts[name] = [PREFIXES[collection] + state for state in states]
        return name

    def write(self, number: str, message: str, severity: str = "DEFAULT", replica: str = "workerpool0-0") -> None:
        """A log line, a second after the one before it."""
        count = len(self.entries)
        self.entries.append(
            {
                "timestamp": f"2026-11-21T11:20:{count:02}Z",
                "insertId": f"i{count}",
                "severity": severity,
                "textPayload": message,
                "resource": {"type": "ml_job", "labels": {"job_id": number, "task_name": replica}},
            }
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        discovery.check(request)
        self.requests.append(request)
        for pattern, answer in self._routes().items():
            if found := re.fullmatch(pattern, f"{request.method} {request.url.path}"):
                return answer(found, request)
        if other := self._other(request):
            return other
        return refusal(404, "NOT_FOUND", f"no route for {request.url.path}")

    @property
    def lines(self) -> list[str]:
        """`METHOD path` of every request, without version and project."""
        return [f"{each.method} {re.sub('^.*locations/', '', each.url.path)}" for each in self.requests]

    def _routes(self) -> dict[str, Answer]:
        job = r"/v1/projects/[^/]+/locations/([^/]+)/([a-zA-Z]+)/(\d+)"
        return {
            rf"GET {job}": lambda found, _: self._act(found, self._look),
            rf"POST {job}:cancel": lambda found, _: self._fault(f"{found[3]}:cancel") or self._act(found, self._cancel),
            rf"DELETE {job}": lambda found, _: self._act(found, self._delete),
            r"GET /v1/projects/[^/]+/locations/([^/]+)/([a-zA-Z]+)": self._list,
            r"POST /v1/projects/[^/]+/locations/([^/]+)/([a-zA-Z]+)": self._create,
            r"POST /v2/entries:list": self._list_entries,
        }

    def _other(self, request: httpx.Request) -> httpx.Response | None:
        name = re.sub("^/v1/projects/[^/]+", "projects/123", request.url.path)
        if answers := self.others.get(name.partition(":")[0]):
            return httpx.Response(200, json=answers.pop(0) if len(answers) > 1 else answers[0])
        above, _, key = name.rpartition("/")
        if key not in ("jobs", "operations", "models", "datasets"):
            return None
        found = [answers[0] for each, answers in self.others.items() if each.startswith(f"{above}/{key}/")]
        return httpx.Response(200, json={key: found} if found else {})

    def _act(self, found: re.Match[str], action: Callable[[str], dict[str, Any]]) -> httpx.Response:
        location, collection, number = found.groups()
        name = f"projects/123/locations/{location}/{collection}/{number}"
        if (fault := self._fault(location) or self._fault(number)) is not None:
            return fault
        if name not in self.resources:
            return refusal(404, "NOT_FOUND", f"{collection} {number} does not exist")
        return httpx.Response(200, json=action(name))

    def _fault(self, place: str) -> httpx.Response | None:
        fault = next(self.faults.get(place, iter(())), None)
        if isinstance(fault, Exception):
            raise fault
        return fault

    def _look(self, name: str) -> dict[str, Any]:
        states = self.scripts[name]
        state = states.pop(0) if len(states) > 1 else states[0]
        resource = {**self.resources[name], "state": state}
        word = state.partition("_STATE_")[2]
        if word in ("QUEUED", "PENDING", "RUNNING", "CANCELLING"):
            del resource["endTime"]
        return resource

    def _cancel(self, name: str) -> dict[str, Any]:
        start = self.scripts[name][0].partition("_STATE_")[0]
        self.scripts[name] = [f"{start}_STATE_CANCELLING", f"{start}_STATE_CANCELLED"]
        return {}

    def _delete(self, name: str) -> dict[str, Any]:
        del self.resources[name]
        return {"name": f"{name}/operations/1", "done": True, "response": {}}

    def _create(self, found: re.Match[str], request: httpx.Request) -> httpx.Response:
        """A new job, which is pending."""
        location, collection = found.groups()
        body = json.loads(request.content)
        name = self.add(str(900 + len(self.resources)), "PENDING", collection=collection, location=location, **body)
        return httpx.Response(200, json=self._look(name))

    def _list(self, found: re.Match[str], request: httpx.Request) -> httpx.Response:
        location, collection = found.groups()
        if (fault := self._fault(location) or self.refused_lists) is not None:
            return fault
        names = [name for name in self.resources if f"/{location}/{collection}/" in name]
        start = int(request.url.params.get("pageToken", "0"))
        end = start + min(int(request.url.params["pageSize"]), self.page_size)
        page: dict[str, Any] = {collection: [self._look(name) for name in names[start:end]]}
        if end < len(names):
            page["nextPageToken"] = str(end)
        return httpx.Response(200, json=page)

    def _list_entries(self, _: re.Match[str], request: httpx.Request) -> httpx.Response:
        if (fault := self._fault("logs")) is not None:
            return fault
        body = json.loads(request.content)
        wanted = [entry for entry in self.entries if _matches(entry, body["filter"])]
        if body["orderBy"] == "timestamp desc":
            wanted.reverse()
        return httpx.Response(200, json={"entries": wanted[: body["pageSize"]]})


def _matches(entry: dict[str, Any], text: str) -> bool:
    """The few conditions that are asked with; a time compares as text, all have one form."""
    labels = entry["resource"]["labels"]
    replicas = re.findall(r'"([^"]+)"', found[1]) if (found := re.search(r"task_name=(\S+|\([^)]*\))", text)) else []
    since = re.search(r'timestamp>="([^"Z.]+)', text)
    severity = re.search(r"severity>=(\w+)", text)
    return (
        f'"{labels["job_id"]}"' in text
        and (not replicas or labels["task_name"] in replicas)
        and (since is None or entry["timestamp"] >= since[1])
        and (severity is None or entry["severity"] == severity[1])
    )


def refusal(status: int, word: str, message: str) -> httpx.Response:
    """An error as Google's services write it."""
    return httpx.Response(status, json={"error": {"code": status, "message": message, "status": word}})


def user(cloud: Cloud, home: Path, **environment: str) -> Runner:
    """Someone with a project, a region and a token in front of that cloud."""
    given = {"TRAINCTL_PROJECT": "garden", "TRAINCTL_LOCATION": "us-central1", "TRAINCTL_ACCESS_TOKEN": "ya29.test"}
    return Runner(home, {**given, **environment}, cloud)


def at_terminal(run: Runner, *arguments: str, answer: str = "", term: str = "dumb") -> tuple[int, str]:
    """The command line with a person in front of it; its exit code and what that person saw on standard error."""
    shown = Terminal()
    environment = {"TRAINCTL_HOME": str(run.home), "TERM": term, "NO_COLOR": "1", **run.environment}
    seams = Seams(Terminal(answer), io.StringIO(), shown, environment, run.clock, run.transport)
    return main(list(arguments), seams), shown.getvalue()
