"""The commands about jobs of AI Platform, against the engine's ml.v1 surface."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.local.engine import PORT, TOKEN, Bench, read
from tests.local.ml import JOBS, create, make_job
from tests.running import Runner
from trainctl.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

WRITERS = 20
NAME = "projects/p/jobs/census_1"
POLICY = """\
bindings:
- role: roles/viewer
  members: [user:ada@example.com, group:team@example.com]
- role: roles/editor
  members: [user:ada@example.com]
  condition: {title: this year, expression: 'request.time < timestamp("2027-01-01T00:00:00Z")'}
audit_configs:
- service: ml.googleapis.com
  auditLogConfigs: [{logType: DATA_READ, exemptedMembers: [user:ada@example.com]}]
"""


@pytest.fixture
def machine(idle: Bench, tmp_path: Path) -> Runner:
    """A user's machine in front of an engine that begins no job."""
    create(idle, {**make_job(), "labels": {"team": "plants", "stage": "test"}})
    return make_machine(idle, tmp_path / "user")


def make_machine(bench: Bench, home: Path) -> Runner:
    url = f"http://127.0.0.1:{PORT}"
    environment = {
        **{f"TRAINCTL_ENDPOINT_{name}": url for name in ("VERTEX", "ML", "STORAGE", "LOGGING")},
        "TRAINCTL_ACCESS_TOKEN": TOKEN,
        "TRAINCTL_PROJECT": "p",
        "TRAINCTL_LOCATION": "us-central1",
    }
    return Runner(home, environment, httpx.WSGITransport(app=bench.app))


def labels(bench: Bench) -> dict[str, str]:
    found: dict[str, str] = read(bench.client.get(f"{JOBS}/census_1"))["labels"]
    return found


def policy(machine: Runner) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(machine("jobs", "iam", "get", "census_1", "-o", "json").out)
    return found


def test_labels_that_are_not_named_stay(machine: Runner, idle: Bench) -> None:
    outcome = machine("jobs", "label", "census_1", "stage-", "owner=ada")
    assert (outcome.code, outcome.err) == (0, "AI Platform job census_1 has the labels owner=ada,team=plants\n")
    assert labels(idle) == {"team": "plants", "owner": "ada"}
    again = machine("jobs", "label", NAME, "stage-", "owner=ada", "-o", "json")
    assert json.loads(again.out)["labels"] == labels(idle)


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["team"], "`team` is no change of a label", "write `KEY=VALUE`, or `KEY-` to remove one"),
        (
            ["Team=x"],
            "the label key `Team` has other characters than lower-case letters, digits, `_` and `-`",
            "write `team`",
        ),
        (["a=1", "a-"], "the label `a` is named twice", "keep one"),
        (
            ["trainctl-submission-"],
            "the label `trainctl-submission` is trainctl's own",
            "by it trainctl finds its jobs again",
        ),
    ],
)
def test_a_change_that_makes_no_label_is_refused_before_anything_is_asked(
    machine: Runner, words: list[str], error: str, hint: str
) -> None:
    outcome = machine("jobs", "label", "nobody", *words)
    assert (outcome.code, outcome.err) == (2, f"error: {error}\nhint: {hint}\n")


def test_labels_of_vertex_jobs_are_said_to_be_for_good(machine: Runner, idle: Bench) -> None:
    job = idle.create(
        {
            "displayName": "x",
            "jobSpec": {
                "workerPoolSpecs": [
                    {
                        "replicaCount": "1",
                        "containerSpec": {"imageUri": "a"},
                        "machineSpec": {"machineType": "n1-standard-4"},
                    }
                ]
            },
        }
    )
    label, policy = machine("jobs", "label", job["name"], "a=b"), machine("jobs", "iam", "get", job["name"])
    assert (label.code, policy.code) == (5, 5)
    assert label.err == (
        f"error: custom job {job['name']} keeps the labels it was made with: its API cannot change them\n"
        "hint: `trainctl jobs rerun REF --set labels.KEY=VALUE` submits the same job with others\n"
    )
    assert policy.err == (
        f"error: custom job {job['name']} has no access policy of its own: only jobs of AI Platform (ml.v1) have\n"
        "hint: roles such as `roles/aiplatform.user` are given on its project\n"
    )


def test_jobs_cannot_be_deleted(machine: Runner) -> None:
    outcome = machine("jobs", "delete", "census_1", "--yes")
    assert (outcome.code, outcome.err) == (
        5,
        (
            f"error: AI Platform job {NAME} cannot be deleted: AI Platform Training has no way to\n"
            "hint: `trainctl jobs cancel` ends a running one\n"
        ),
    )


def test_a_policy_is_empty_then_written_then_changed(machine: Runner) -> None:
    empty = machine("jobs", "iam", "get", "census_1")
    assert (empty.code, empty.err) == (0, "no policy of its own: roles in its project decide\n")
    assert machine("jobs", "iam", "set", "census_1", "-", stdin=POLICY).code == 0
    found = policy(machine)
    assert found["version"] == 3
    assert found["auditConfigs"][0]["auditLogConfigs"][0]["exemptedMembers"] == ["user:ada@example.com"]
    added = machine("jobs", "iam", "add", "census_1", "--role", "roles/viewer", "--member", "user:bob@example.com")
    assert added.out == (
        "ROLE                      MEMBER                                CONDITION\n"
        "roles/viewer              user:ada@example.com                  -\n"
        "roles/viewer              group:team@example.com                -\n"
        "roles/viewer              user:bob@example.com                  -\n"
        "roles/editor              user:ada@example.com                  this year\n"
    )
    assert machine("jobs", "iam", "get", "census_1", "-o", "csv").out.splitlines()[-1] == (
        'roles/editor,user:ada@example.com,this year,"request.time < timestamp(""2027-01-01T00:00:00Z"")"'
    )
    assert policy(machine)["auditConfigs"] == found["auditConfigs"]
    outcome = machine("jobs", "iam", "remove", "census_1", "--role", "roles/editor", "--member", "user:ada@example.com")
    assert (outcome.code, outcome.err) == (
        5,
        (
            f"error: user:ada@example.com does not have `roles/editor` on {NAME} unconditionally\n"
            "hint: `--any-condition` takes it under every condition\n"
        ),
    )
    words = ["--role", "roles/editor", "--member", "user:ada@example.com", "--any-condition"]
    assert machine("jobs", "iam", "remove", "census_1", *words).code == 0
    assert [each["role"] for each in policy(machine)["bindings"]] == ["roles/viewer"]
    assert machine("jobs", "iam", "set", "census_1", "-", stdin="{}").code == 0
    assert policy(machine).get("bindings", []) == []


def test_a_policy_that_was_changed_since_it_was_read_is_not_replaced(machine: Runner) -> None:
    machine("jobs", "iam", "set", "census_1", "-", stdin=POLICY)
    read_before = machine("jobs", "iam", "get", "census_1", "-o", "yaml").out
    machine("jobs", "iam", "add", "census_1", "--role", "roles/viewer", "--member", "allUsers")
    outcome = machine("jobs", "iam", "set", "census_1", "-", stdin=read_before)
    assert (outcome.code, outcome.err) == (
        5,
        (
            "error: the policy has changed since `-` was made from it\n"
            "hint: `trainctl jobs iam get REF -o yaml` has it as it is now\n"
        ),
    )
    assert "allUsers" in policy(machine)["bindings"][0]["members"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[1]", "`-` holds no policy"),
        ("bindings: {a: b}", "`bindings` of `-` is no list of mappings"),
        ("binding: []", "`-` has `binding`, which no policy has"),
        ("bindings: [{role: viewer, members: [allUsers]}]", "`viewer` is no role"),
        ("bindings: [{role: roles/viewer, members: [ada@example.com]}]", "`ada@example.com` is no member"),
        ("bindings: [{role: roles/viewer}]", "the binding of `roles/viewer` in `-` has no members"),
        ("a: [", "`-` is neither YAML nor JSON"),
        ("a: 2026-13-45", "`-` is neither YAML nor JSON"),
        ("bindings: [{condition: {title: 2027-01-01}}]", "`-` is neither YAML nor JSON"),
        ("[" * 5000, "`-` is nested too deeply for a policy"),
        ("", "`-` is empty"),
    ],
)
def test_a_file_that_is_no_policy_is_refused(machine: Runner, text: str, error: str) -> None:
    outcome = machine("jobs", "iam", "set", "census_1", "-", stdin=text)
    assert (outcome.code, outcome.err.startswith(f"error: {error}")) == (2, True), outcome


def test_permissions_are_listed_and_of_a_job_that_is_not_there_none(machine: Runner) -> None:
    held = machine("jobs", "iam", "test", "census_1", "ml.jobs.get", "ml.jobs.cancel")
    assert (held.code, held.out) == (0, "ml.jobs.get\nml.jobs.cancel\n")
    none = machine("jobs", "iam", "test", "nobody", "ml.jobs.get", "-o", "json")
    assert (none.code, none.out) == (0, "[]\n")


def test_twenty_writers_lose_no_label_and_no_grant(machine: Runner, idle: Bench, tmp_path: Path) -> None:
    def write(number: int) -> list[int]:
        mine = make_machine(idle, tmp_path / f"writer-{number}")
        mine.clock = SystemClock()  # type: ignore[assignment]  # the writers really run at the same time
        member = f"user:w{number}@example.com"
        return [
            mine("jobs", "label", NAME, f"w{number}=here", "--quiet").code,
            mine("jobs", "iam", "add", NAME, "--role", "roles/viewer", "--member", member, "--quiet").code,
        ]

    # Each run of a command directs the process's streams to its own, and takes back what another has set.
    with redirect_stdout(sys.stdout), redirect_stderr(sys.stderr), ThreadPoolExecutor(WRITERS) as pool:
        codes = list(pool.map(write, range(WRITERS)))
    assert codes == [[0, 0]] * WRITERS
    assert labels(idle) == {"team": "plants", "stage": "test", **{f"w{n}": "here" for n in range(WRITERS)}}
    [binding] = policy(machine)["bindings"]
    assert sorted(binding["members"]) == sorted(f"user:w{n}@example.com" for n in range(WRITERS))


def test_the_id_of_another_job_is_refused_and_with_the_key_of_its_step_taken_up(
    machine: Runner, idle: Bench, tmp_path: Path
) -> None:
    spec = "kind: ml-training\njob_id: {}\ntraining_input: {{master_config: {{image_uri: gcr.io/p/trainer}}}}\n"
    taken = machine("submit", "-", "--quiet", stdin=spec.format("census_1"))
    assert (taken.code, "the job id `census_1` is taken" in taken.err) == (5, True), taken
    first = machine("submit", "-", "--quiet", "-o", "name", "--idempotency-key", "k", stdin=spec.format("mine_1"))
    other = make_machine(idle, tmp_path / "other")
    second = other("submit", "-", "--quiet", "-o", "name", "--idempotency-key", "k", stdin=spec.format("mine_1"))
    assert (first.code, second.code) == (0, 0), (first, second)
    assert first.out == second.out == "projects/p/jobs/mine_1\n"


def test_lists_pass_filters_through_and_ask_for_a_hundred_at_a_time(machine: Runner, idle: Bench) -> None:
    for number in range(120):
        create(idle, make_job(job_id=f"rnn_{number}"))
    shown = machine("jobs", "list", "--kind", "ml-training", "--filter", "jobId:rnn*", "-o", "name")
    assert len(shown.out.splitlines()) == 120
    assert machine("jobs", "list", "--kind", "ml-prediction", "-o", "json").out == "[]\n"
    found = machine("jobs", "list", "--name", "rnn_7", "--columns", "id,kind,state", "-o", "csv")
    assert found.out == "id,kind,state\nrnn_7,ml-training,QUEUED\n"


@pytest.mark.parametrize(
    ("words", "stdin", "code", "said"),
    [
        (("label", "-", "a=b"), "", 2, "this command takes one job, and `-` gives 0"),
        (("label", "-", "a=b"), "census_1\n", 0, ""),
        (("iam", "get", "-"), "census_1\nnobody\n", 2, "this command takes one job, and `-` gives 1"),
        (("trials", "-"), "\n", 2, "this command takes one job, and `-` gives 0"),
    ],
)
def test_a_command_about_one_job_takes_just_one_from_standard_input(
    machine: Runner, words: tuple[str, ...], stdin: str, code: int, said: str
) -> None:
    outcome = machine("jobs", *words, stdin=stdin)
    assert outcome.code == code, outcome
    assert said in outcome.err


def test_no_job_has_a_model_and_nobody_is_sent_for_a_field_that_specs_do_not_have(idle: Bench, machine: Runner) -> None:
    idle.core.store.change(NAME, lambda job: {**job, "state": "SUCCEEDED"})
    outcome = machine("jobs", "model", "census_1")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        f"error: AI Platform job {NAME} has registered no model\nhint: AI Platform registers no models of its jobs\n"
    )


def test_of_a_file_with_several_jobs_the_one_with_that_id_is_compared(machine: Runner) -> None:
    job = machine("jobs", "export", "census_1").out
    specs = "---\n".join(f"job_id: {name}\n{job}" for name in ("census_1", "census_2"))
    outcome = machine("jobs", "diff", "census_1", "-", stdin=specs)
    assert (outcome.code, outcome.err) == (0, "AI Platform job census_1 and <stdin> are the same request\n")
