"""Every form for programs, whole outputs side by side."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.render.stage import NOW, console, job, out
from trainctl.errors import Unreachable, UsageError
from trainctl.render.columns import JOB_COLUMNS, Column
from trainctl.render.machine import Output, Subject, write_list, write_one, write_records, write_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.jobs import Job

SUBJECT: Subject[Job] = Subject(JOB_COLUMNS, raw=lambda each: each.raw, name=lambda each: each.name)
ONE = job(1, displayName="Grün\u202e", createTime=None, startTime=None)
TWO = job(2, "FAILED", createTime=None, startTime=None, labels={"a": "1,2"})
NAME = "projects/123/locations/us-central1/customJobs/486000000000000000"


def listed(format: str, *jobs: Job, query: str | None = None, columns: str | None = None, **fields: Any) -> str:  # noqa: A002
    stage = console(**fields)
    output = Output(format, query, columns)
    assert write_list([[each] for each in jobs], SUBJECT, output, console=stage, now=NOW) == len(jobs)
    return out(stage)


def single(format: str, query: str | None = None, item: Job = ONE) -> str:  # noqa: A002
    stage = console()
    write_one(item, SUBJECT, Output(format, query), console=stage, now=NOW)
    return out(stage)


@pytest.mark.parametrize(
    ("format", "text"),
    [
        (
            "json",
            f"""[
  {{
    "name": "{NAME}1",
    "displayName": "Grün\\u202e",
    "state": "JOB_STATE_RUNNING"
  }},
  {{
    "name": "{NAME}2",
    "displayName": "digits",
    "state": "JOB_STATE_FAILED",
    "labels": {{
      "a": "1,2"
    }}
  }}
]
""",
        ),
        (
            "jsonl",
            (
                f'{{"name":"{NAME}1","displayName":"Grün\\u202e","state":"JOB_STATE_RUNNING"}}\n'
                f'{{"name":"{NAME}2","displayName":"digits","state":"JOB_STATE_FAILED","labels":{{"a":"1,2"}}}}\n'
            ),
        ),
        (
            "yaml",
            f"""- name: {NAME}1
  displayName: "Gr\\xFCn\\u202E"
  state: JOB_STATE_RUNNING
- name: {NAME}2
  displayName: digits
  state: JOB_STATE_FAILED
  labels:
    a: 1,2
""",
        ),
        ("name", f"{NAME}1\n{NAME}2\n"),
        (
            "csv",
            (
                "id,kind,state,location,create_time,run_time,start_time,end_time,update_time,progress,name,labels,display_name\n"
                f"4860000000000000001,custom,RUNNING,us-central1,,,,,,,{NAME}1,,Grün\u202e\n"
                f'4860000000000000002,custom,FAILED,us-central1,,,,,,,{NAME}2,"a=1,2",digits\n'
            ),
        ),
    ],
)
def test_a_list_in_every_form(format: str, text: str) -> None:  # noqa: A002
    assert listed(format, ONE, TWO) == text


@pytest.mark.parametrize(("format", "text"), [("json", "[]\n"), ("jsonl", ""), ("yaml", "[]\n"), ("name", "")])
def test_an_empty_list_is_still_valid(format: str, text: str) -> None:  # noqa: A002
    assert listed(format) == text


def test_one_thing_is_an_object_and_not_a_list() -> None:
    assert json.loads(single("json")) == ONE.raw
    assert yaml.safe_load(single("yaml")) == ONE.raw
    assert json.loads(single("jsonl")) == ONE.raw
    assert single("name") == f"{NAME}1\n"


@pytest.mark.parametrize(
    ("format", "query", "text"),
    [
        ("table", "[].state", "JOB_STATE_RUNNING\nJOB_STATE_FAILED\n"),
        ("table", "[0].missing", "-\n"),
        ("table", "[1].labels", '{\n  "a": "1,2"\n}\n'),
        ("json", "[].state", '[\n  "JOB_STATE_RUNNING",\n  "JOB_STATE_FAILED"\n]\n'),
        ("jsonl", "[].{s: state}", '{"s":"JOB_STATE_RUNNING"}\n{"s":"JOB_STATE_FAILED"}\n'),
        ("jsonl", "length(@)", "2\n"),
        ("yaml", "[].state", "- JOB_STATE_RUNNING\n- JOB_STATE_FAILED\n"),
        ("yaml", "[0].state", "JOB_STATE_RUNNING\n"),
    ],
)
def test_a_query_sees_the_whole_list_and_plain_text_is_for_shells(format: str, query: str, text: str) -> None:  # noqa: A002
    assert listed(format, ONE, TWO, query=query) == text


def test_a_query_of_one_thing_sees_that_thing() -> None:
    assert single("table", "state") == "JOB_STATE_RUNNING\n"


@pytest.mark.parametrize("query", ["[", "state ==", "length(state, state)", "sort(`1`)"])
def test_a_query_that_is_none_is_a_usage_error(query: str) -> None:
    with pytest.raises(UsageError, match=r"^`--query .*` cannot be used: "):
        listed("json", ONE, query=query)


@pytest.mark.parametrize(
    "choice",
    [("json", None, "id"), ("name", None, "id"), ("table", "[]", "id"), ("csv", "[]", None), ("name", "[]", None)],
)
def test_options_that_contradict_each_other_are_refused(choice: tuple[str, str | None, str | None]) -> None:
    with pytest.raises(UsageError):
        Output(*choice)


def test_csv_reads_back_whatever_line_ends_a_text_has() -> None:
    texts = ["10%\r20%\r", "a\nb", "a\r\nb", 'say "x", y', "=1+1", " x "]
    stage = console()
    columns: list[Column[str]] = [Column("text", str), Column("n", lambda _: "1")]
    subject: Subject[str] = Subject(columns, raw=str, name=str)
    write_list([texts], subject, Output("csv"), console=stage, now=NOW)
    assert list(csv.reader(io.StringIO(out(stage), newline=""))) == [["text", "n"], *([text, "1"] for text in texts)]
    assert out(stage).startswith('text,n\n"10%\r20%\r",1\n"a\nb",1\n')


@pytest.mark.parametrize(
    "value",
    [
        {"state": "FAILED", "message": "Waiting..."},
        {"message": "..."},
        "Waiting...",
        "...",
        "word",
        ["a..."],
        {"name": "half \ud83d"},
        {"name": "a\n...\n"},
    ],
)
def test_yaml_reads_back_as_what_was_written(value: object) -> None:
    stage = console()
    write_value(value, Output("yaml"), console=stage)
    assert yaml.safe_load(out(stage)) == value
    assert out(stage).endswith("\n")


@pytest.mark.parametrize(
    "text", ["1e5", "1234e567", "1E-3", "089", "007", "0o17", "1.", "+1", "0x1F", "on", "2026-11-21"]
)
@pytest.mark.parametrize("more", ["", "half \ud83d"])
def test_yaml_quotes_texts_that_any_version_of_it_takes_for_something_else(text: str, more: str) -> None:
    stage = console()
    write_value({"commit": text, "more": more}, Output("yaml"), console=stage)
    assert out(stage).startswith(f"commit: '{text}'\n")


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1"), (-2.5, "-2.5"), (1e-05, "1.0e-05"), (10**16, "10000000000000000")]
)
def test_numbers_in_yaml_are_bare(number: float, text: str) -> None:
    stage = console()
    write_value({"value": number}, Output("yaml"), console=stage)
    assert out(stage) == f"value: {text}\n"


def test_csv_is_faithful_in_a_pipe_and_safe_on_a_terminal() -> None:
    assert listed("csv", ONE, columns="display_name") == "display_name\nGrün\u202e\n"
    assert listed("csv", ONE, columns="display_name", out_terminal=True) == "display_name\nGrün\\u202e\n"


def failing() -> Iterator[list[Job]]:
    yield [ONE]
    raise Unreachable("gone")


def test_a_json_list_is_closed_even_when_its_source_fails() -> None:
    stage = console()
    with pytest.raises(Unreachable):
        write_list(failing(), SUBJECT, Output("json"), console=stage, now=NOW)
    assert json.loads(out(stage)) == [ONE.raw]


@pytest.mark.parametrize("format", ["json", "jsonl", "yaml", "csv", "name"])
def test_pages_are_written_as_they_come(format: str) -> None:  # noqa: A002
    stage = console()
    seen: list[str] = []

    def pages() -> Iterator[list[Job]]:
        yield [ONE]
        seen.append(out(stage))
        yield [TWO]

    write_list(pages(), SUBJECT, Output(format), console=stage, now=NOW)
    assert "0000001" in seen[0]


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("jsonl", '{"file":"a.yaml","valid":true}\n{"file":"b.yaml","valid":false}\n'),
        ("csv", "file,valid\na.yaml,true\nb.yaml,false\n"),
        ("name", "a.yaml\nb.yaml\n"),
        ("table", "FILE  VALID\na.yaml  true\nb.yaml  false\n"),
    ],
)
def test_plain_records_have_their_keys_as_columns(format: str, text: str) -> None:  # noqa: A002
    stage = console()
    write_records([{"file": "a.yaml", "valid": True}, {"file": "b.yaml", "valid": False}], stage, Output(format))
    assert out(stage) == text


def test_no_records_are_an_empty_list() -> None:
    stage = console()
    write_records([], stage, Output("json"))
    assert out(stage) == "[]\n"


def test_text_from_a_server_is_escaped_in_plain_values() -> None:
    stage = console()
    write_value(["\x1b[2J", 3], Output(), console=stage)
    assert out(stage) == "\\x1b[2J\n3\n"


def test_yaml_without_dangerous_text_stays_readable() -> None:
    stage = console()
    write_value({"name": "Grün 数字"}, Output("yaml"), console=stage)
    assert out(stage) == "name: Grün 数字\n"
