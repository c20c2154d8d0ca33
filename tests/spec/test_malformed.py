"""Malformed specs: each file's whole expected output stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.spec.running import report

if TYPE_CHECKING:
    from tests.conftest import Expected

FOLDER = Path(__file__).parent / "malformed"
FILES = sorted(FOLDER.glob("*.yaml"))
NO_PLACE = {"too-large", "binary", "unreadable", "not-found", "set"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_malformed_spec_is_reported_with_place_and_cure(file: Path, expected: Expected) -> None:
    text = report(file)
    assert "error[" in text
    expected(text, file.with_suffix(".txt"))


def test_there_are_sixty_of_them_and_each_has_an_output() -> None:
    assert len(FILES) >= 60
    assert {file.stem for file in FOLDER.glob("*.txt")} == {file.stem for file in FILES}


def test_every_expected_output_has_a_place_and_a_cure() -> None:
    for file in sorted(FOLDER.glob("*.txt")):
        lines = file.read_text(encoding="utf-8").splitlines()
        heads = [line for line in lines if "error[" in line or "warning[" in line]
        hints = [line for line in lines if line.startswith("  hint: ")]
        assert len(hints) == len(heads), file.name
        for head in heads:
            placed = head.startswith((f"{file.stem}.yaml:", f"{file.stem}.yaml --set"))
            assert placed or any(f"error[{code}]" in head for code in NO_PLACE), head


def test_a_file_beyond_four_mebibytes_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    file.write_bytes(b"kind: custom\n" + b"# " + b"x" * 10_000_000)
    assert report(file) == (
        "big.yaml: error[too-large]: the file is larger than 4 MiB\n"
        "  hint: a spec is a page of text: is this the right file?\n"
    )


def test_a_missing_file_a_folder_and_a_name_no_file_can_have_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text("kind: custom\n")
    (tmp_path / "folder").mkdir()
    assert _load(tmp_path / "trian.yaml") == (
        f"x: error[not-found]: there is no such file\n  hint: did you mean `{tmp_path / 'train.yaml'}`?\n"
    )
    assert _load(tmp_path / "folder") == ("x: error[unreadable]: this is a folder\n  hint: name the files in it\n")
    assert _load(tmp_path / ("y" * 300)).startswith(
        "x: error[unreadable]: the file cannot be read: file name too long\n"
    )


@pytest.mark.parametrize("name", ["task.py", "task.ipynb"])
def test_a_program_is_told_from_a_spec_whatever_it_holds(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("for each in range(3):\n    print(each)\n")
    assert _load(tmp_path / name) == (
        "x: error[program]: this is a program, and no spec that names it\n"
        "  hint: `trainctl init custom` prints one; its `script_path` names the code: `task.py`\n"
    )


def _load(path: Path) -> str:
    from trainctl.errors import SpecInvalid
    from trainctl.spec.load import load
    from trainctl.spec.problems import Problem, describe

    with pytest.raises(SpecInvalid) as raised:
        load(str(path), display="x")
    return "".join(describe(problem) + "\n" for problem in raised.value.problems if isinstance(problem, Problem))
