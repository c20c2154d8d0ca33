"""Submitting: what is sent, what is recorded, and what becomes of answers that are lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.running import Outcome, Runner

TOKEN = "ya29.a-token-that-must-never-be-shown"
JOBS = "/v1/projects/my-project/locations/us-central1/customJobs"
SPEC = """\
kind: custom
display_name: digits
container_uri: us-docker.pkg.dev/my-project/images/trainer:1
"""


@dataclass
class Vertex:
    """A service that creates jobs; `answer` may replace what it says of a create."""

    answer: Callable[[httpx.Request], httpx.Response] | None = None
    journal: Path | None = None
    jobs: list[dict[str, Any]] = field(default_factory=list)
    objects: set[str] = field(default_factory=set)
    posts: int = 0
    failing_lists: int = 0
    states_at_post: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        if request.url.host == "storage.googleapis.com":
            return self.store(request)
        if request.method == "POST" and request.url.path == JOBS:
            return self.create(request)
        if request.method == "GET" and request.url.path == JOBS and self.failing_lists:
            self.failing_lists -= 1
            return httpx.Response(503, text="upstream error")
        if request.method == "GET" and request.url.path == JOBS:
            return httpx.Response(200, json={"customJobs": self.jobs})
        return httpx.Response(404, json={"error": {"code": 404, "message": "no such thing", "status": "NOT_FOUND"}})

    def create(self, request: httpx.Request) -> httpx.Response:
        self.posts += 1
        if self.journal:
            with closing(sqlite3.connect(self.journal)) as connection:
                self.states_at_post += [row[0] for row in connection.execute("SELECT state FROM submissions")]
        job = {
            **json.loads(request.content),
            "name": f"projects/1/locations/us-central1/customJobs/{len(self.jobs) + 1}",
            "state": "JOB_STATE_QUEUED",
        }
        if self.answer:
            answered = self.answer(request)
            if answered.status_code >= 500 or answered.status_code == 200:
                self.jobs.append(job)
            return httpx.Response(200, json=job) if answered.status_code == 200 else answered
        self.jobs.append(job)
        return httpx.Response(200, json=job)

    def store(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(404, json={"error": {"code": 404, "message": "No such object"}})
        if request.method == "POST":
            self.objects.add(str(request.url.params["name"]))
            return httpx.Response(200, headers={"location": "https://storage.googleapis.com/session"}, json={})
        return httpx.Response(200, json={"name": "x"})


@pytest.fixture
def vertex(trainctl: Runner) -> Vertex:
    service = Vertex(journal=trainctl.home / "state" / "journal.sqlite3")
    trainctl.transport = httpx.MockTransport(service)
    trainctl.environment = {"TRAINCTL_ACCESS_TOKEN": TOKEN, "TRAINCTL_PROJECT": "my-project"}
    return service


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "job.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def history(trainctl: Runner) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(trainctl("history", "list", "-o", "json").out)
    return rows


def test_a_submission_creates_one_job_and_prints_its_name(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    outcome = trainctl("submit", spec, "-o", "name")
    assert (outcome.code, outcome.out) == (0, "projects/1/locations/us-central1/customJobs/1\n"), outcome
    assert vertex.posts == 1


def test_the_row_in_the_journal_is_there_before_the_request(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    trainctl("submit", spec)
    assert vertex.states_at_post == ["sent"]
    [row] = history(trainctl)
    assert (row["state"], row["name"]) == ("created", "projects/1/locations/us-central1/customJobs/1")


def test_the_job_carries_the_submissions_id_as_a_label(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    trainctl("submit", spec)
    assert vertex.jobs[0]["labels"]["trainctl-submission"] == history(trainctl)[0]["id"]


def test_a_refused_submission_says_so_and_is_recorded(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    body = {"error": {"code": 400, "message": "Machine type is not supported.", "status": "INVALID_ARGUMENT"}}
    vertex.answer = lambda _: httpx.Response(400, json=body)
    outcome = trainctl("submit", spec)
    assert outcome.code == 5
    assert "error: Machine type is not supported." in outcome.err
    assert [row["state"] for row in history(trainctl)] == ["refused"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_job_whose_answer_was_lost_is_found_and_not_created_again(
    trainctl: Runner, vertex: Vertex, spec: str, status: int
) -> None:
    vertex.answer = lambda _: httpx.Response(status, text="upstream error")
    outcome = trainctl("submit", spec, "-o", "name")
    assert (outcome.code, outcome.out) == (0, "projects/1/locations/us-central1/customJobs/1\n"), outcome
    assert vertex.posts == 1
    assert [row["state"] for row in history(trainctl)] == ["created"]


def test_a_job_that_cannot_be_found_is_called_uncertain(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("connection reset", request=request)

    vertex.answer = lose
    outcome = trainctl("submit", spec)
    assert outcome.code == 6, outcome
    assert vertex.posts == 1
    assert "trainctl jobs list --label trainctl-submission=" in outcome.err
    assert [row["state"] for row in history(trainctl)] == ["uncertain"]


def test_a_request_that_never_left_is_no_uncertain_one(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host", request=request)

    vertex.answer = fail
    assert trainctl("submit", spec).code == 6
    assert [row["state"] for row in history(trainctl)] == ["refused"]


def test_a_job_is_looked_for_even_when_look_ups_fail_at_first(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    vertex.answer = lambda _: httpx.Response(503, text="upstream error")
    vertex.failing_lists = 12
    outcome = trainctl("submit", spec, "-o", "name")
    assert (outcome.code, outcome.out) == (0, "projects/1/locations/us-central1/customJobs/1\n"), outcome


def test_ctrl_c_in_the_middle_of_a_submission_says_how_to_settle_it(
    trainctl: Runner, vertex: Vertex, spec: str
) -> None:
    def interrupt(_: httpx.Request) -> httpx.Response:
        if vertex.posts == 2:
            raise KeyboardInterrupt
        return httpx.Response(200)

    vertex.answer = interrupt
    outcome = trainctl("submit", spec, spec, spec, "-o", "name")
    assert (outcome.code, outcome.out) == (130, "projects/1/locations/us-central1/customJobs/1\n"), outcome
    assert "interrupted: `trainctl history resolve` tells what became of what was on its way\n" in outcome.err
    assert [row["state"] for row in history(trainctl)] == ["uncertain", "created"]


def test_without_a_place_for_the_record_nothing_is_sent(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    vertex.journal = None
    trainctl.home.mkdir()
    (trainctl.home / "state").write_text("a file where the folder should be", encoding="utf-8")
    outcome = trainctl("submit", spec)
    assert outcome.code == 6, outcome
    assert "`--no-journal` does without it" in outcome.err
    assert vertex.posts == 0
    assert trainctl("submit", spec, "--no-journal").code == 0


def test_one_invalid_document_keeps_all_from_being_sent(trainctl: Runner, vertex: Vertex, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(f"{SPEC}---\nkind: custom\ndisplay_name: second\n", encoding="utf-8")
    outcome = trainctl("submit", str(path))
    assert outcome.code == 3
    assert vertex.posts == 0
    assert history(trainctl) == []


def test_every_document_of_a_file_becomes_a_job(trainctl: Runner, vertex: Vertex, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(f"{SPEC}---\n{SPEC.replace('digits', 'letters')}", encoding="utf-8")
    assert trainctl("submit", str(path)).code == 0
    assert [job["displayName"] for job in vertex.jobs] == ["digits", "letters"]


def test_local_code_is_uploaded_before_the_job_is_created(trainctl: Runner, vertex: Vertex, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('hello')", encoding="utf-8")
    image = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest"
    path = tmp_path / "job.yaml"
    path.write_text(
        f"{SPEC.splitlines()[0]}\ndisplay_name: x\nscript_path: train.py\ncontainer_uri: {image}\n", "utf-8"
    )
    outcome = trainctl("submit", str(path), "--staging-bucket", "gs://my-bucket")
    assert outcome.code == 0, outcome
    [uri] = vertex.jobs[0]["jobSpec"]["workerPoolSpecs"][0]["pythonPackageSpec"]["packageUris"]
    assert {uri.removeprefix("gs://my-bucket/")} == vertex.objects


def test_a_dry_run_touches_neither_network_nor_journal(trainctl: Runner, spec: str) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    trainctl.transport = httpx.MockTransport(refuse)
    outcome = trainctl("submit", spec, "--dry-run", "-o", "jsonl")
    assert outcome.code == 0, outcome
    record = json.loads(outcome.out)
    assert record["requests"][0]["url"] == (
        "https://us-central1-aiplatform.googleapis.com/v1/projects/PROJECT_ID/locations/us-central1/customJobs"
    )
    assert [warning["code"] for warning in record["warnings"]] == ["project-unknown"]
    assert not trainctl.home.exists()


def test_a_dry_run_goes_on_past_invalid_documents(trainctl: Runner, tmp_path: Path, spec: str) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: custom\ndisplay_name: x\nbudget: 7\n", encoding="utf-8")
    outcome = trainctl("submit", "--dry-run", "-o", "jsonl", str(bad), spec, str(tmp_path / "none.yaml"))
    records = [json.loads(line) for line in outcome.out.splitlines()]
    assert outcome.code == 3
    assert ["problems" in record for record in records] == [True, False, True]


def test_a_submission_without_a_project_says_how_to_give_one(trainctl: Runner, vertex: Vertex, spec: str) -> None:
    outcome = trainctl("submit", spec, env={"TRAINCTL_PROJECT": ""})
    assert outcome.code == 2, outcome
    assert "no project is given" in outcome.err
    assert vertex.posts == 0


def test_the_spec_says_where_it_goes_before_the_settings_do(trainctl: Runner, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(f"{SPEC}project: its-own\nlocation: europe-west4\n", encoding="utf-8")
    outcome = trainctl("submit", str(path), "--dry-run", "-o", "json", "--project", "other", "--location", "us-east1")
    assert "/projects/its-own/locations/europe-west4/" in json.loads(outcome.out)[0]["requests"][0]["url"]


def test_what_a_job_uses_is_held_to_the_place_that_nothing_names(trainctl: Runner, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    dataset = "projects/p/locations/europe-west4/datasets/7"
    path.write_text(f"kind: automl-image\ndisplay_name: x\ndataset: {dataset}\n", encoding="utf-8")
    outcome = trainctl("submit", str(path), "--dry-run")
    assert outcome.code == 3
    assert "job.yaml:3:10: error[resource-place]: `dataset` is in europe-west4, the job in us-central1" in outcome.err
    assert trainctl("submit", str(path), "--dry-run", "--location", "europe-west4").code == 0


def test_a_kinds_own_command_refuses_another_kind(trainctl: Runner, tmp_path: Path) -> None:
    path = tmp_path / "raw.yaml"
    path.write_text("kind: custom-job\ndisplayName: x\njobSpec: {workerPoolSpecs: []}\n", encoding="utf-8")
    outcome = trainctl("custom", "validate", str(path))
    assert outcome.code == 3
    assert "this is a `custom-job` spec" in outcome.out


@pytest.mark.parametrize("arguments", [(), ("--debug",)])
def test_the_token_is_nowhere_in_what_is_said_or_kept(
    trainctl: Runner, vertex: Vertex, spec: str, arguments: tuple[str, ...]
) -> None:
    said: list[Outcome] = [trainctl("submit", spec, *arguments)]
    vertex.answer = lambda _: httpx.Response(403, json={"error": {"code": 403, "message": "no", "status": "DENIED"}})
    said.append(trainctl("submit", spec, *arguments))
    said.append(trainctl("config", "list"))
    said.append(trainctl("auth", "status"))
    kept = b"".join(path.read_bytes() for path in trainctl.home.rglob("*") if path.is_file())
    assert TOKEN not in "".join(outcome.out + outcome.err for outcome in said)
    assert TOKEN.encode() not in kept


def test_a_missing_bucket_does_not_hide_that_the_code_is_missing_too(trainctl: Runner, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    image = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest"
    path.write_text(f"kind: custom\ndisplay_name: x\nscript_path: gone.py\ncontainer_uri: {image}\n", encoding="utf-8")
    outcome = trainctl("submit", str(path), "--dry-run", "--project", "my-project", "-o", "jsonl")
    [report] = [json.loads(line) for line in outcome.out.splitlines()]
    assert outcome.code == 3
    assert [problem["code"] for problem in report["problems"]] == ["staging-bucket-missing", "code-unusable"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("prediction_type: classification\nmulti_label: true", "automl-image"),
        ("prediction_type: action_recognition\ndataset: '1'", "automl-video"),
        ("container_uri: a/b\nmetric_spec: {loss: minimize}", "hptune"),
        ("container_uri: a/b", "custom"),
        ("zone: a", "custom"),
    ],
)
def test_a_spec_without_kind_is_told_the_one_that_has_its_fields(
    trainctl: Runner, tmp_path: Path, fields: str, kind: str
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(f"display_name: x\n{fields}\n", encoding="utf-8")
    assert f"  hint: write `kind: {kind}` at its top; kinds are " in trainctl("validate", str(path)).out


def test_validate_finds_code_that_is_not_there(trainctl: Runner, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    image = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest"
    path.write_text(f"kind: custom\ndisplay_name: x\nscript_path: gone.py\ncontainer_uri: {image}\n", encoding="utf-8")
    outcome = trainctl("validate", str(path))
    assert outcome.code == 3
    assert f"{path}:3:14: error[code-unusable]: there is no `" in outcome.out
    assert "hint: paths are relative to the spec's folder" in outcome.out
