from __future__ import annotations

from typing import Any

import pytest

from tests.local.engine import Bench, make_job, read, refused
from trainctl.local.logs.reading import read_backward, read_forward
from trainctl.local.logs.writing import LONGEST_LINE, LineSplitter, LogWriter
from trainctl.local.protocol.filters import parse_filter, required_values

MAIN = "workerpool0-0"


def _log(bench: Bench, name: str, severity: str, *lines: str) -> None:
    writer = LogWriter(bench.core.folder(name).log_file)
    writer.write(MAIN, severity, lines)
    writer.close()


def _texts(entries: list[dict[str, Any]]) -> list[str]:
    return [entry.get("textPayload") or entry["jsonPayload"]["message"] for entry in entries]


@pytest.fixture
def job(idle: Bench) -> str:
    name: str = idle.create(make_job())["name"]
    _log(idle, name, "INFO", "one", "two")
    _log(idle, name, "ERROR", "three", '{"severity": "warning", "message": "four", "step": 7}')
    return name


def test_an_entry_looks_like_one_of_a_training_job(idle: Bench, job: str) -> None:
    job_id = job.rpartition("/")[2]
    waiting, first, *_, last = idle.list_log(job)
    assert waiting["textPayload"] == "Waiting for job to be provisioned."
    assert waiting["resource"]["labels"]["task_name"] == "service"
    assert first["resource"] == {"type": "ml_job", "labels": {"job_id": job_id, "project_id": "p", "task_name": MAIN}}
    assert (first["severity"], first["logName"]) == ("INFO", f"projects/p/logs/{MAIN}")
    assert (last["severity"], last["jsonPayload"]) == ("WARNING", {"message": "four", "step": 7})


QUERIES = [
    ("", ["Waiting for job to be provisioned.", "one", "two", "three", "four"]),
    (f' AND resource.labels.task_name="{MAIN}"', ["one", "two", "three", "four"]),
    (' resource.labels.task_name=("service" OR "none")', ["Waiting for job to be provisioned."]),
    (" AND severity>=WARNING", ["three", "four"]),
    (" AND severity=ERROR", ["three"]),
    (" AND severity>=ERROR OR jsonPayload.step>6", ["three", "four"]),
    (' AND textPayload:"T"', ["Waiting for job to be provisioned.", "two", "three"]),
    (' AND textPayload=~"^t[wh]"', ["two", "three"]),
    (' AND NOT textPayload:"e"', ["two", "four"]),
    (' AND "hre"', ["three"]),
    (' AND labels."ml.googleapis.com/location"="europe"', []),
    (' AND timestamp>="2099-01-01T00:00:00Z"', []),
]


@pytest.mark.parametrize(("more", "texts"), QUERIES, ids=[query or "all" for query, _ in QUERIES])
def test_a_query_finds_what_cloud_logging_would(idle: Bench, job: str, more: str, texts: list[str]) -> None:
    assert _texts(idle.list_log(job, more)) == texts


def test_entries_come_in_the_order_asked_for(idle: Bench, job: str) -> None:
    assert _texts(idle.list_log(job, orderBy="timestamp desc"))[:2] == ["four", "three"]


@pytest.mark.parametrize("order", ["timestamp asc", "timestamp desc"])
@pytest.mark.usefixtures("job")
def test_pages_lose_and_repeat_nothing(idle: Bench, order: str) -> None:
    other = idle.create(make_job())["name"]
    _log(idle, other, "INFO", *(f"other {n}" for n in range(5)))
    body = {"resourceNames": ["projects/p"], "filter": 'resource.type="ml_job"', "orderBy": order}
    whole = read(idle.client.post("/v2/entries:list", json=body))["entries"]
    pages: list[Any] = []
    token = ""
    while True:
        answer = read(idle.client.post("/v2/entries:list", json={**body, "pageSize": 2, "pageToken": token}))
        pages += answer.get("entries", [])
        token = answer.get("nextPageToken", "")
        if not token:
            break
    assert [entry["insertId"] for entry in pages] == [entry["insertId"] for entry in whole]
    assert len(whole) == 11


def test_a_timestamp_takes_a_reader_up_where_it_was(idle: Bench, job: str) -> None:
    entries = idle.list_log(job)
    after = idle.list_log(job, f' AND timestamp>"{entries[2]["timestamp"]}"')
    assert after == entries[3:]
    assert idle.list_log(job, f' AND timestamp>="{entries[2]["timestamp"]}"') == entries[2:]
    assert idle.list_log(job, f' AND timestamp<"{entries[2]["timestamp"]}"', orderBy="timestamp desc") == entries[1::-1]


def test_another_projects_logs_are_not_shown(idle: Bench, job: str) -> None:
    assert idle.list_log(job, resourceNames=["projects/q"]) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resourceNames": ["projects/p"], "pageSize": -1},
        {"resourceNames": ["x"]},
        {"resourceNames": ["projects/p"], "orderBy": "severity"},
        {"filtr": ""},
        {"resourceNames": ["projects/p"], "filter": "severity>=LOUD"},
        {"resourceNames": ["projects/p"], "filter": 'severity=~"ERROR"'},
        {"resourceNames": ["projects/p"], "filter": 'timestamp!~"2020-01-01"'},
        {"resourceNames": ["projects/p"], "filter": 'textPayload=~"a{99999999999}"'},
        {"resourceNames": ["projects/p"], "filter": f'textPayload=~"{"(" * 5000}"'},
    ],
    ids=lambda body: str(body)[-40:],
)
@pytest.mark.usefixtures("job")
def test_a_query_that_google_refuses_is_refused(idle: Bench, body: Any) -> None:
    assert refused(idle.client.post("/v2/entries:list", json=body))[:2] == (400, "INVALID_ARGUMENT")


def test_a_large_log_is_read_from_any_time_in_both_directions(idle: Bench, job: str) -> None:
    path = idle.core.folder(job).log_file
    _log(idle, job, "INFO", *(f"{n} {'x' * (n * 7919 % 3000)}" for n in range(2000)))
    entries = list(read_forward(path))
    assert len(entries) == 2005
    for place in (0, 1, 700, 1500, 2003, 2004):
        assert list(read_forward(path, start=entries[place].time)) == entries[place:]
        assert list(read_backward(path, end=entries[place].time)) == entries[place::-1]
    assert list(read_forward(path, start=entries[-1].time + 1)) == []


def test_a_line_that_is_still_being_written_is_left_out(idle: Bench, job: str) -> None:
    with idle.core.folder(job).log_file.open("a") as stream:
        stream.write('{"t": 99')
    assert _texts(idle.list_log(job))[-1] == "four"
    assert _texts(idle.list_log(job, orderBy="timestamp desc"))[0] == "four"


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"a\nb", b"c\n"], ["a", "bc"]),
        ([b"no end"], ["no end"]),
        ([b"\xff\x00\n"], ["\\xff\0"]),
        ([b" 10%\r 20%\r100%\r\n"], ["100%"]),
        ([b"\n\n"], ["", ""]),
        ([b"\xc3", b"\xa9\n"], ["é"]),
        ([b"x" * (LONGEST_LINE + 2) + b"\n"], ["x" * LONGEST_LINE, "xx"]),
        ([b"y" * (3 * LONGEST_LINE)], ["y" * LONGEST_LINE] * 3),
    ],
)
def test_output_is_cut_into_lines(chunks: list[bytes], lines: list[str]) -> None:
    splitter = LineSplitter()
    assert [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.finish() == lines


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("id=1", {"1"}),
        ("id=1 AND x=2", {"1"}),
        ("id=(1 OR 2) x=2", {"1", "2"}),
        ("(id=1 OR id=2) AND (id=2 OR id=3)", {"2"}),
        ("id=1 OR x=2", None),
        ("NOT id=1", None),
        ("id!=1", None),
        ("", None),
    ],
)
def test_a_filter_tells_which_values_a_field_must_have(text: str, values: set[str] | None) -> None:
    assert required_values(parse_filter(text), ("id",)) == values


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("jsonPayload.timestamp=5", 1),
        ('jsonPayload.timestamp>"2020-01-01"', 1),
        ("jsonPayload.inner.severity=odd", 1),
        ("jsonPayload.inner.severity=ERROR", 0),
    ],
)
def test_what_a_payload_calls_severity_or_timestamp_is_not_the_entrys(
    idle: Bench, job: str, more: str, found: int
) -> None:
    _log(idle, job, "INFO", '{"timestamp": 5, "inner": {"severity": "odd"}}')
    assert len(idle.list_log(job, f" AND {more}")) == found
