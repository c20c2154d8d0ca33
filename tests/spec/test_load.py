"""Files and texts into documents: YAML 1.2, positions, several documents, JSON."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainctl.errors import SpecInvalid
from trainctl.spec.construct import Construction
from trainctl.spec.flaw import Flaw
from trainctl.spec.load import load, load_text
from trainctl.spec.problems import Problem
from trainctl.spec.syntax import compose

if TYPE_CHECKING:
    from trainctl.spec.problems import PathKey

CONFIGS = sorted((Path(__file__).parent.parent.parent / "configs").rglob("*.yaml"))
SAMPLE = """\
# comment
kind: custom
display_name: "dïgits 😀"   # quoted
labels: {team: plants, 'stage': test}
worker_pool_specs:
  - machine_spec:
      machine_type: n1-standard-4
    replica_count: 1
  - {}
args:
- --epochs
- 30
- |
  two
  lines
"""


def values(text: str) -> list[Any]:
    return [document.value for document in load_text(text, file="spec.yaml", folder=Path())]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("true", True),
        ("TRUE", True),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("1e-5", 1e-5),
        ("1E5", 1e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-12", -12),
        ("+12", 12),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("-", "-"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!float 12", 12.0),
        ("!!int 12", 12),
    ],
)
def test_plain_scalars_are_read_by_yaml_1_2(text: str, value: object) -> None:
    if text == "-":
        text = "'-'"
    found = values(f"a: {text}")[0]["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["9" * 310, f"-{'9' * 310}", "9" * 5000, f"0x{'f' * 300}", f"0o{'7' * 6000}"])
def test_a_whole_number_beyond_a_double_is_no_number_of_a_request(text: str) -> None:
    [document] = load_text(f"a: {text}", file="spec.yaml", folder=Path())
    assert [problem.code for problem in document.problems] == ["number-range"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x85", "\u2028"])
@pytest.mark.parametrize("text", ["a: b#c: @d#", "a: b#c:#\td: e#", "a: b#c: 'd' e#", "a: b#c: [d#", "a: b#  c: d#"])
def test_broken_yaml_is_told_the_same_way_whatever_ends_its_lines(text: str, end: str) -> None:
    def flaw(written: str) -> Flaw:
        with pytest.raises(Flaw) as found:
            list(compose(written))
        return found.value

    assert flaw(text.replace("#", end)) == flaw(text.replace("#", "\n"))


def test_every_key_and_value_is_marked_where_it_stands() -> None:
    document = load_text(SAMPLE, file="spec.yaml", folder=Path())[0]
    lines = SAMPLE.splitlines()

    def text_at(line: int, column: int, width: int) -> str:
        return lines[line - 1][column - 1 : column - 1 + width]

    def walk(value: object, path: PathKey) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                mark = document.key_mark((*path, key))
                assert text_at(mark.line, mark.column, mark.width).strip("'") == key
                walk(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                walk(inner, (*path, index))
        elif isinstance(value, str) and "\n" not in value:
            mark = document.value_mark(path)
            assert text_at(mark.line, mark.column, mark.width).strip('"') == value

    walk(document.value, ())
    block = document.value_mark(("args", 2))
    assert (block.line, block.column, block.width) == (13, 3, 1)


def test_a_path_that_is_not_there_leads_to_the_nearest_thing_around_it() -> None:
    document = load_text(SAMPLE, file="spec.yaml", folder=Path())[0]
    mark = document.value_mark(("worker_pool_specs", 0, "container_spec", "image_uri"))
    assert (mark.line, mark.column) == (6, 5)
    assert document.value_mark(("nothing", 1)).line == 2


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.name)
def test_an_example_reads_the_same_with_and_without_libyaml(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    pure, fast = (
        [Construction().construct(node) for node in compose(text, pure_python=pure_python)]
        for pure_python in (True, False)
    )
    assert pure == fast


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\ta: b", "a: 'x", "a: *x", "a: {b: c", "- a\nb: c", "a: @b"])
def test_broken_yaml_is_told_the_same_way_without_libyaml(text: str) -> None:
    with pytest.raises(Flaw) as native:
        list(compose(text))
    with pytest.raises(Flaw) as pure:
        list(compose(text, pure_python=True))
    assert (pure.value.line, pure.value.code, pure.value.message) == (
        native.value.line,
        native.value.code,
        native.value.message,
    )


def test_a_file_holds_several_documents_and_empty_ones_do_not_count() -> None:
    documents = load_text("---\nkind: a\n---\n---\n# nothing\n---\nkind: b\n", file="spec.yaml", folder=Path())
    assert [(document.index, document.value["kind"], document.key_mark(("kind",)).line) for document in documents] == [
        (0, "a", 2),
        (1, "b", 7),
    ]


def test_json_is_read_as_it_stands_with_its_escapes_tabs_and_commented_lines() -> None:
    value: dict[str, Any] = {"name": "😀 \u2028 \\ud83d\\ude00", "slash": "a/b", "nested": [1, 2.5, None, True, {}]}
    assert values(json.dumps(value)) == [value]
    assert values(json.dumps(value, indent="\t").replace("/", "\\/")) == [value]
    assert values('// a guide\n{\n  "a": 1, // is not cut here\n}'.replace(" // is not cut here", "")) == [{"a": 1}]
    assert values('{\n  // Union field split:\n  "a": "gs://b"\n}') == [{"a": "gs://b"}]


def test_standard_input_is_read_in_utf_8_and_named_so() -> None:
    document = load("-", stdin=io.BytesIO("\ufeffkind: café\n".encode()))[0]
    assert (document.file, document.value, document.folder) == ("<stdin>", {"kind": "café"}, Path.cwd())
    assert document.key_mark(("kind",)).column == 1


def test_utf_16_with_a_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("kind: café\n", encoding="utf-16")
    assert load(str(file))[0].value == {"kind": "café"}


def test_relative_paths_start_from_the_folder_of_the_spec(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("kind: custom\n")
    assert load(str(tmp_path / "spec.yaml"))[0].folder == tmp_path.resolve()


def test_an_alias_is_a_copy_that_can_be_set_by_itself() -> None:
    document = load_text("a: &x {n: 1}\nb: *x\n", file="spec.yaml", folder=Path(), sets=["b.n=2"])[0]
    assert document.value == {"a": {"n": 1}, "b": {"n": 2}}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-[]{}'\"#&*!|>%@`,?~ \n\t\\<.0é", max_size=60))
def test_no_text_breaks_the_loader(text: str) -> None:
    problems: list[object] = []
    try:
        for document in load_text(text, file="spec.yaml", folder=Path(), environment={}):
            problems += document.problems
    except SpecInvalid as error:
        problems += error.problems
        problems += [None] if not problems else []
    assert all(isinstance(problem, Problem) and problem.line >= 1 and problem.hint for problem in problems)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_break_the_loader(data: bytes) -> None:
    with suppress(SpecInvalid):
        assert load("-", stdin=io.BytesIO(data))
