"""A document with a matrix stands for one job a combination of its values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.spec.running import check_document
from trainctl.spec.load import load_text

if TYPE_CHECKING:
    from tests.running import Runner

SPEC = """\
kind: custom
project: my-project
display_name: digits-${matrix.rate}-${matrix.deep}
matrix:
  rate: [0.1, "${var.small}"]
  deep: [true, false]
container_uri: gcr.io/my-project/trainer:1
args: ["--rate=${matrix.rate}", "--deep=${matrix.deep}"]
labels: {rate: "r${matrix.rate}"}
"""


def points(text: str) -> list[dict[str, object]]:
    """The values of every document, without those that all have."""
    documents = load_text(text, file="spec.yaml", folder=Path(), variables={"small": "0.01"})
    assert [document.index for document in documents] == list(range(len(documents)))
    return [dict(document.matrix) for document in documents]


def test_a_matrix_makes_a_document_for_every_combination_the_last_name_varying_fastest() -> None:
    assert points(SPEC) == [
        {"rate": 0.1, "deep": True},
        {"rate": 0.1, "deep": False},
        {"rate": 0.01, "deep": True},
        {"rate": 0.01, "deep": False},
    ]


def test_values_stand_within_texts_as_yaml_writes_them_and_alone_keep_their_type() -> None:
    text = "matrix: {n: [3], on: [true]}\nreplica_count: ${matrix.n}\nargs: ['--on=${matrix.on}']\n"
    [document] = load_text(text, file="spec.yaml", folder=Path())
    assert document.value == {"replica_count": 3, "args": ["--on=true"]}


def test_numbers_stand_within_texts_as_they_are_written() -> None:
    text = (
        "kind: custom\ndisplay_name: 'a-${matrix.v}'\ncontainer_uri: a/b\nargs: ['${matrix.v}', '${matrix.on}']\n"
        "matrix: {v: [1.10, 1e-5, '${var.small}', 1], on: [true]}\n"
    )
    documents = load_text(text, file="spec.yaml", folder=Path(), variables={"small": "0.010"})
    checked = [check_document(document).fields for document in documents]
    assert [(fields["display_name"], fields["args"]) for fields in checked] == [
        ("a-1.10", ["1.10", True]),
        ("a-1e-5", ["1e-5", True]),
        ("a-0.010", ["0.010", True]),
        ("a-1", [1, True]),
    ]


def test_without_a_matrix_its_references_are_left_to_the_shell() -> None:
    [document] = load_text("args: ['${matrix.n}', '${var.x:-1}']\n", file="spec.yaml", folder=Path())
    assert document.value == {"args": ["${matrix.n}", 1]}


@pytest.mark.parametrize(
    ("matrix", "place", "message"),
    [
        ("3", (1, 9), "a matrix is a mapping of names to lists of values"),
        ("{}", (1, 9), "a matrix is a mapping of names to lists of values"),
        ("{a: 1}", (1, 13), "`a` of the matrix needs a list of values"),
        ("{a: []}", (1, 13), "`a` of the matrix needs a list of values"),
        ("{a: [{}]}", (1, 14), "a value of a matrix is a text, a number, `true` or `false`"),
        ("{a: [1, 2, 1]}", (1, 20), "`1` stands twice"),
        ("{a: [1, true, true]}", (1, 23), "`true` stands twice"),
        ('{a: [1, "x${var.lr}"]}', (1, 17), "the variable `lr` is not set"),
        ("{a: [" + "0," * 1001 + "]}", (1, 9), "1000 jobs"),
        ("{a: [0,1,2,3,4,5,6,7,8,9], b: [0,1,2,3,4,5,6,7,8,9], c: [0,1,2,3,4,5,6,7,8,9,10]}", (1, 9), "1000 jobs"),
    ],
)
def test_a_matrix_that_names_no_jobs_is_one_problem_at_its_place(
    matrix: str, place: tuple[int, int], message: str
) -> None:
    [document] = load_text(f"matrix: {matrix}\nkind: custom\n", file="spec.yaml", folder=Path())
    [problem] = document.problems
    assert (problem.line, problem.column) == place
    assert message in problem.message
    assert document.value == {"kind": "custom"}


def test_problems_that_all_jobs_of_a_matrix_share_are_told_once(trainctl: Runner) -> None:
    outcome = trainctl("validate", "-", "--var", "small=0.01", stdin=SPEC.replace("labels:", "label:"))
    assert outcome.code == 3
    assert outcome.out == (
        "<stdin>:9:1: error[unknown-field]: unknown field `label`\n"
        '  9 | label: {rate: "r${matrix.rate}"}\n'
        "      ^^^^^\n"
        "  hint: did you mean `labels`?\n"
        "<stdin> (rate=0.1, deep=true): 1 error\n"
        "<stdin> document 2 (rate=0.1, deep=false): 1 error\n"
        "<stdin> document 3 (rate=0.01, deep=true): 1 error\n"
        "<stdin> document 4 (rate=0.01, deep=false): 1 error\n"
    )


def test_jobs_of_a_matrix_with_one_name_for_all_are_warned_about(trainctl: Runner) -> None:
    spec = SPEC.replace("digits-${matrix.rate}-${matrix.deep}", "digits")
    outcome = trainctl("validate", "-", "--var", "small=0.01", "-o", "jsonl", stdin=spec)
    assert [[each["code"] for each in json.loads(line)["warnings"]] for line in outcome.out.splitlines()] == [
        ["matrix-names"]
    ] * 4
