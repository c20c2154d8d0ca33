"""`convert`: every file in `cases/` becomes the spec beside it, with all that is said about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trainctl.catalog import COLLECTIONS
from trainctl.conversion.equality import comparable

if TYPE_CHECKING:
    from tests.conftest import Expected
    from tests.running import Runner

CASES = Path(__file__).with_name("cases")
SOURCES = sorted(path.name for path in CASES.iterdir() if path.suffix in {".yaml", ".json"})


@pytest.fixture(autouse=True)
def among_the_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_becomes_the_recorded_spec_and_says_what_is_lost(
    trainctl: Runner, expected: Expected, source: str
) -> None:
    outcome = trainctl("convert", source)
    expected(f"{outcome.out}-- exit {outcome.code}\n{outcome.err}", CASES / f"{source}.txt")


@pytest.mark.parametrize("source", [source for source in SOURCES if not source.startswith("refused")])
def test_what_comes_out_is_valid(trainctl: Runner, source: str) -> None:
    made = trainctl("convert", source, "-q").out
    outcome = trainctl("validate", "-", "--var", "dataset=7", stdin=made)
    assert outcome.code == 0, outcome
    assert "error" not in outcome.out


def test_with_strict_a_file_of_which_something_is_left_out_fails(trainctl: Runner) -> None:
    assert trainctl("convert", "training-tuned.yaml").code == 0
    assert trainctl("convert", "training-tuned.yaml", "--strict").code == 3
    assert trainctl("convert", "gcloud-custom-job.yaml", "--strict").code == 0


def test_several_files_become_the_documents_of_one(trainctl: Runner, tmp_path: Path) -> None:
    made = tmp_path / "specs.yaml"
    outcome = trainctl("convert", "gcloud-custom-job.yaml", "gcloud-tuning-job.yaml", "-w", str(made))
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"{made} is written; check it with `trainctl validate {made}`\n"
    assert trainctl("validate", str(made)).out == f"{made}: valid (custom)\n{made} document 2: valid (hptune)\n"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["specs.yaml"]
    (tmp_path / "plain").touch()
    assert oct(made.stat().st_mode) == oct((tmp_path / "plain").stat().st_mode)


def test_paths_of_local_code_start_from_the_folder_of_the_new_spec(trainctl: Runner, tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "trainer").mkdir(parents=True)
    (old / "trainer" / "__init__.py").touch()
    text = "kind: ml-training\ntraining_input: {runtime_version: '2.5'}\npackage_path: trainer\nmodule_name: t.task\n"
    (old / "spec.yaml").write_text(text, encoding="utf-8")

    made = tmp_path / "new.yaml"
    assert trainctl("convert", str(old / "spec.yaml"), "-w", str(made)).code == 0
    assert "script_path: old/trainer\n" in made.read_text(encoding="utf-8")
    assert trainctl("convert", str(old / "spec.yaml"), "-w", str(old / "new.yaml")).code == 0
    assert "script_path: trainer\n" in (old / "new.yaml").read_text(encoding="utf-8")
    (old / "setup.py").touch()  # gcloud packs what stands beside the package's folder then
    assert trainctl("convert", str(old / "spec.yaml"), "-w", str(made)).code == 0
    assert "script_path: old\n" in made.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_named(trainctl: Runner, tmp_path: Path) -> None:
    outcome = trainctl("convert", "gcloud-custom-job.yaml", "-w", str(tmp_path / "no" / "spec.yaml"))
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: `{tmp_path}/no/spec.yaml` cannot be written: no such file or directory\n")


def test_a_file_that_is_wrong_stops_no_other(trainctl: Runner) -> None:
    outcome = trainctl("convert", "refused-prediction.yaml", "gcloud-custom-job.yaml", "-o", "json")
    assert outcome.code == 3
    assert json.loads(outcome.out)["kind"] == "custom"
    assert trainctl("convert", "gcloud-custom-job.yaml", "--query", "timeout").out == "2h\n"


def test_a_converted_request_is_the_same_request(trainctl: Runner) -> None:
    """The seed of every guide: what `submit` makes of the file, and what it makes of the converted one."""
    for source in ("gcloud-custom-job.yaml", "request-custom-job.json", "request-pipeline.json"):
        place = ("--project", "my-project", "--location", "us-central1")
        before = json.loads(trainctl("submit", source, "--dry-run", "-o", "jsonl", *place).out)
        made = trainctl("convert", source).out
        after = json.loads(trainctl("submit", "-", "--dry-run", "-o", "jsonl", *place, stdin=made).out)
        [one], [other] = before["requests"], after["requests"]
        collection = COLLECTIONS[one["url"].rpartition("/")[2]]
        assert other["url"] == one["url"]
        assert comparable(other["body"], collection) == comparable(one["body"], collection)
        assert after["kind"] != before["kind"]
