"""Variables and `--set`: what they replace, with which type, and where problems with them point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.spec.running import check_text, problems_of
from trainctl.spec.edits import BadEdit, parse_path
from trainctl.spec.load import load_text
from trainctl.spec.problems import as_json, describe

HEAD = "kind: custom\ndisplay_name: digits\ncontainer_uri: us-docker.pkg.dev/my-project/images/trainer:1\n"


def value_of(text: str, **options: Any) -> Any:
    return load_text(text, file="spec.yaml", folder=Path(), **options)[0].value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${var.N}", 5),
        ('"${var.N}"', 5),
        ("n=${var.N}", "n=5"),
        ("${var.N}${var.N}", "55"),
        ("${var.FLAG}", True),
        ("${var.RATE}", 1e-5),
        ("${var.DIGITS:-3}", 3),
        ("${var.EMPTY:-x}", "x"),
        ("${var.EMPTY}", None),
        ("${env.HOME}/x", "/home/me/x"),
        ("${env.NONE:-}", None),
        ("a${env.NONE:-}b", "ab"),
        ("${HOME} $(AIP_MODEL_DIR) $${var} ${variable}", "${HOME} $(AIP_MODEL_DIR) $${var} ${variable}"),
        ("'[${var.N}, 2]'", "[5, 2]"),
    ],
)
def test_references_are_replaced_and_a_lone_one_takes_the_type_of_its_text(text: str, value: object) -> None:
    variables = {"N": "5", "FLAG": "true", "RATE": "1e-5", "EMPTY": ""}
    assert value_of(f"a: {text}", variables=variables, environment={"HOME": "/home/me"}) == {"a": value}


def test_keys_are_never_replaced() -> None:
    assert value_of("'${var.N}': 1", variables={"N": "x"}) == {"${var.N}": 1}


def test_a_field_that_takes_only_text_gets_the_text_of_a_variable_or_of_set() -> None:
    checked = check_text(
        f"{HEAD}dataset: ${{var.DATASET}}\n",
        variables={"DATASET": "0123"},
        sets=("labels.version=0110", "display_name=2026", "replica_count=2"),
    )
    assert checked.problems == ()
    assert checked.fields["dataset"] == "0123"
    assert checked.fields["labels"] == {"version": "0110"}
    assert (checked.fields["display_name"], checked.fields["replica_count"]) == ("2026", 2)


@pytest.mark.parametrize(
    ("edit", "value"),
    [
        ("b=2", {"a": {"list": [1, {"x": 1}]}, "b": 2}),
        ("a.list[0]=9", {"a": {"list": [9, {"x": 1}]}}),
        ("a.list[1].x=true", {"a": {"list": [1, {"x": True}]}}),
        ("a.list[2]=new", {"a": {"list": [1, {"x": 1}, "new"]}}),
        ("a.list[2].y[0]=1", {"a": {"list": [1, {"x": 1}, {"y": [1]}]}}),
        ("c.d.e=1e3", {"a": {"list": [1, {"x": 1}]}, "c": {"d": {"e": 1000.0}}}),
        ("a=null", {"a": None}),
        ("a=", {"a": None}),
        ("a={x: [1, no]}", {"a": {"x": [1, "no"]}}),
        ("a.'k.e=y'=v=w", {"a": {"list": [1, {"x": 1}], "k.e=y": "v=w"}}),
        ('a."list"[0]="7"', {"a": {"list": ["7", {"x": 1}]}}),
    ],
)
def test_set_changes_one_place_and_reads_its_value_as_yaml(edit: str, value: object) -> None:
    assert value_of("a: {list: [1, {x: 1}]}", sets=[edit]) == value


def test_sets_are_carried_out_in_order_and_on_every_document() -> None:
    documents = load_text("a: 1\n---\na: 2\n", file="spec.yaml", folder=Path(), sets=["b=1", "b=2"])
    assert [document.value for document in documents] == [{"a": 1, "b": 2}, {"a": 2, "b": 2}]


def test_set_finds_a_field_in_its_other_spelling_but_leaves_free_maps_alone() -> None:
    text = f"{HEAD}machineType: n1-standard-4\nlabels: {{fooBar: x}}\n"
    assert value_of(text, sets=["machine_type=n1-standard-8"])["machineType"] == "n1-standard-8"
    assert value_of(text, sets=["labels.foo_bar=y"])["labels"] == {"fooBar": "x", "foo_bar": "y"}


def test_a_set_value_may_hold_variables_and_replaces_an_unset_one() -> None:
    assert value_of("a: ${var.NONE}", sets=["a=${var.N}"], variables={"N": "5"}) == {"a": 5}


def test_a_problem_with_a_set_value_points_at_the_option() -> None:
    (problem,) = problems_of(HEAD, sets=("replica_count=0",))
    assert describe(problem, HEAD) == (
        "spec.yaml --set replica_count=0: error[replica-count]: `replica_count` must be at least 1, not `0`\n"
        "  hint: write 1 or more"
    )
    assert as_json(problem) == {
        "path": "replica_count",
        "line": None,
        "column": None,
        "code": "replica-count",
        "message": "`replica_count` must be at least 1, not `0`",
        "hint": "write 1 or more",
        "origin": "--set replica_count=0",
    }


@pytest.mark.parametrize("text", ["", ".a", "a.", "a[", "a[x]", "[0]", "a]b", "a[1", "a['x"])
def test_a_path_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadEdit):
        parse_path(text)


@pytest.mark.parametrize("written", ["1.10", "1e3", "1e-5", "007", "0x1F", "+5", "12345678901234567890.0"])
def test_a_number_among_words_stays_as_it_is_written(written: str) -> None:
    checked = check_text(
        f"{HEAD}args: [--size, {written}, '${{var.N}}', 5]\nenvironment_variables:\n  CUDA: {written}\n",
        variables={"N": written},
    )
    assert checked.problems == ()
    assert checked.fields["args"] == ["--size", written, written, 5]
    assert checked.fields["environment_variables"] == {"CUDA": written}


def test_a_number_set_among_words_stays_as_it_is_given() -> None:
    checked = check_text(f"{HEAD}args: [--version, 1]\n", sets=("args[1]=1.10", "environmentVariables.V=2.0e1"))
    assert (checked.fields["args"], checked.fields["environment_variables"]) == (["--version", "1.10"], {"V": "2.0e1"})


def test_words_in_worker_pools_stay_as_they_are_written() -> None:
    pool = "machineSpec: {machineType: n1-standard-4}, containerSpec: {imageUri: a/b, args: [1.10], env: [%s]}"
    head = HEAD.replace("container_uri: us-docker.pkg.dev/my-project/images/trainer:1\n", "")
    checked = check_text(f"{head}workerPoolSpecs: {{{pool % '{name: A, value: 1e3}'}}}\n")
    container = checked.fields["worker_pool_specs"][0]["container_spec"]
    assert (container["args"], container["env"]) == (["1.10"], [{"name": "A", "value": "1e3"}])
