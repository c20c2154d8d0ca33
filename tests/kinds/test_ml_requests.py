"""Jobs of AI Platform as specs: nothing of the reference is left out, and bodies come back as their specs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kinds.test_custom_requests import prepared, rows
from trainctl.catalog import ML_JOBS
from trainctl.kinds import find_kind
from trainctl.spec.load import load_text
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from tests.running import Runner

SCHEMAS = Path(__file__).parents[2] / "trainctl" / "spec" / "schemas"
SPEC = "kind: ml-training\ntraining_input:\n  master_config: {image_uri: gcr.io/my-project/trainer}\n"
OPTIONS = ("submit", "--dry-run", "-o", "jsonl", "--project", "my-project")


def test_every_field_of_the_reference_is_in_some_body() -> None:
    definitions = json.loads((SCHEMAS / "_ml.json").read_text(encoding="utf-8"))["$defs"].values()
    known = {name for definition in definitions for name in definition["properties"]}
    used = {snake_case(key) for row in rows("ml_own") for key in keys(row.values[0]["spec"])}
    assert known - used == set()


def keys(value: Any) -> set[str]:
    if isinstance(value, list):
        return {key for inner in value for key in keys(inner)}
    return {*value, *(key for inner in value.values() for key in keys(inner))} if isinstance(value, dict) else set()


@pytest.mark.parametrize("row", rows("ml_own"))
def test_a_body_is_read_back_as_a_spec_that_makes_it_again(row: dict[str, Any], tmp_path: Path) -> None:
    kind = find_kind(row["spec"]["kind"])
    assert kind is not None
    [fields] = kind.recover(ML_JOBS, {key: value for key, value in row["body"].items() if key != "labels"})
    again = prepared({"spec": {"kind": kind.name, "project": "my-project", **fields}}, tmp_path).call.body
    assert {**again, "labels": row["body"]["labels"]} == row["body"]


@pytest.mark.parametrize(
    ("file", "id_"),
    [("digits.yaml", "digits_dry_run"), ("my-run 2.yaml", "my_run_2_dry_run"), ("2026.yaml", "job_2026_dry_run")],
)
def test_a_job_without_an_id_is_called_as_its_file(trainctl: Runner, tmp_path: Path, file: str, id_: str) -> None:
    (tmp_path / file).write_text(SPEC, encoding="utf-8")
    [request] = json.loads(trainctl(*OPTIONS, str(tmp_path / file)).out)["requests"]
    assert request["body"]["jobId"] == id_


def test_the_command_line_names_the_job(trainctl: Runner) -> None:
    outcome = trainctl(*OPTIONS, "--display-name", "digits_7", "-", stdin=SPEC)
    assert json.loads(outcome.out)["requests"][0]["body"]["jobId"] == "digits_7"


def test_a_setup_file_beside_the_package_packs_it_as_gcloud_does(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("from setuptools import setup\nsetup(name='mine', packages=['trainer'])\n")
    files = {"trainer/__init__.py": "", "trainer/task.py": "print('hello')\n"}
    spec = {
        "kind": "ml-training",
        "project": "p",
        "package_path": "trainer",
        "module_name": "trainer.task",
        "staging_bucket": "gs://my-bucket",
        "training_input": {"runtime_version": "2.11", "python_version": "3.7"},
    }
    found = prepared({"spec": spec, "files": files}, tmp_path)
    assert found.artifact is not None
    assert sorted(file.path for file in found.artifact.files) == ["setup.py", "trainer/__init__.py", "trainer/task.py"]


def test_a_package_without_a_bucket_is_told_at_its_own_field(trainctl: Runner, tmp_path: Path) -> None:
    (tmp_path / "trainer").mkdir()
    (tmp_path / "trainer" / "__init__.py").write_text("")
    spec = "kind: ml-training\npackage_path: trainer\nmodule_name: trainer.task\n"
    spec += "training_input: {runtime_version: '2.11', python_version: '3.7'}\n"
    (tmp_path / "spec.yaml").write_text(spec, encoding="utf-8")
    [problem] = json.loads(trainctl(*OPTIONS, str(tmp_path / "spec.yaml")).out)["problems"]
    assert (problem["path"], problem["code"], problem["line"]) == ("package_path", "staging-bucket-missing", 2)


def test_the_key_of_the_settings_encrypts_what_names_none(trainctl: Runner) -> None:
    key = "projects/my-project/locations/us-central1/keyRings/r/cryptoKeys/k"
    outcome = trainctl(*OPTIONS, "-", stdin=SPEC, env={"TRAINCTL_ENCRYPTION_KEY": key})
    [request] = json.loads(outcome.out)["requests"]
    assert request["body"]["trainingInput"]["encryptionConfig"] == {"kmsKeyName": key}


def test_both_spellings_and_raw_bodies_say_the_same(tmp_path: Path) -> None:
    for row in (each.values[0] for each in rows("ml_own")):
        body = {key: value for key, value in row["body"].items() if key != "labels"}
        raw = prepared({"spec": {**body, "kind": "ml-job", "project": "my-project"}}, tmp_path).call
        assert {**raw.body, "labels": row["body"]["labels"]} == row["body"]
        [document] = load_text(json.dumps(body), file="request.json", folder=tmp_path)
        assert document.value == body


@pytest.mark.parametrize("command", [("submit", "--dry-run"), ("validate",), ("convert",)])
def test_a_package_whose_name_no_file_can_have_is_no_fault_of_ours(
    trainctl: Runner, tmp_path: Path, command: tuple[str, ...]
) -> None:
    spec = tmp_path / "job.yaml"
    spec.write_text(
        f"kind: ml-training\npackage_path: {'x' * 5000}\nmodule_name: trainer.task\nstaging_bucket: gs://my-bucket\n"
        "training_input: {region: us-central1, runtime_version: '2.11', python_version: '3.7'}\n",
        "utf-8",
    )
    outcome = trainctl(*command, str(spec))
    assert outcome.code == (0 if command == ("convert",) else 3)
    assert ("code-unusable" in outcome.out + outcome.err) is (command != ("convert",))
