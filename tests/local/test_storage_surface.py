from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from tests.local.engine import TOKEN, Bench, read
from trainctl.local.storage.checksums import extend_crc32c

if TYPE_CHECKING:
    from collections.abc import Callable

UPLOAD = "/upload/storage/v1/b/stage/o"
OBJECTS = "/storage/v1/b/stage/o"


def _put(bench: Bench, name: str, content: bytes = b"x", **params: Any) -> httpx.Response:
    return bench.client.post(UPLOAD, params={"uploadType": "media", "name": name, **params}, content=content)


def _reason(response: httpx.Response) -> tuple[int, str]:
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return response.status_code, error["errors"][0]["reason"]


def test_a_simple_upload_becomes_a_file_in_the_buckets_folder(idle: Bench) -> None:
    response = idle.client.post(
        UPLOAD,
        params={"uploadType": "media", "name": "a/b c.txt"},
        content=b"hello",
        headers={"Content-Type": "text/plain"},
    )
    described = read(response)
    assert idle.bucket("stage/a/b c.txt").read_bytes() == b"hello"
    assert (described["name"], described["size"], described["contentType"]) == ("a/b c.txt", "5", "text/plain")
    assert described["md5Hash"] == base64.b64encode(hashlib.md5(b"hello", usedforsecurity=False).digest()).decode()
    assert described["crc32c"] == "mnG7TA=="
    assert read(idle.client.get(f"{OBJECTS}/a%2Fb%20c.txt")) == described


@pytest.mark.parametrize("boundary", ["cut", '"cut"', "'cut'", "'=====1=='", '"=====1=="'])
def test_a_boundary_is_read_in_any_quotes(idle: Bench, boundary: str) -> None:
    """In single ones, with line feeds alone, as gcloud writes it."""
    mark = boundary.strip("\"'")
    parts = ("Content-Type: application/json\n\n{}\n", "Content-Type: text/plain\n\nhello\n")
    body = "".join(f"--{mark}\n{part}" for part in parts) + f"--{mark}--"
    headers = {"Content-Type": f"multipart/related; boundary={boundary}"}
    asked = {"uploadType": "multipart", "name": "greeting"}
    assert read(idle.client.post(UPLOAD, params=asked, content=body, headers=headers))["size"] == "5"


def test_a_multipart_upload_brings_its_description(idle: Bench) -> None:
    description = {"name": "m.bin", "contentType": "application/x-model", "metadata": {"k": "v"}}
    content = b"\r\n\x00--\r\n"
    body = (
        b"--cut\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n"
        + json.dumps(description).encode()
        + b"\r\n--cut\r\ncontent-type: text/plain\r\n\r\n"
        + content
        + b"\r\n--cut--\r\n"
    )
    headers = {"Content-Type": 'multipart/related; boundary="cut"'}
    described = read(idle.client.post(UPLOAD, params={"uploadType": "multipart"}, content=body, headers=headers))
    assert idle.bucket("stage/m.bin").read_bytes() == content
    assert (described["contentType"], described["metadata"]) == ("application/x-model", {"k": "v"})


def test_a_resumable_upload_is_taken_up_where_it_was(idle: Bench) -> None:
    opened = idle.client.post(UPLOAD, params={"uploadType": "resumable", "name": "big"}, json={})
    session = opened.headers["Location"]
    first = idle.client.put(session, content=b"abcd", headers={"Content-Range": "bytes 0-3/10"})
    assert (first.status_code, first.headers["Range"]) == (308, "bytes=0-3")
    asked = idle.client.put(session, headers={"Content-Range": "bytes */10"})
    assert (asked.status_code, asked.headers["Range"]) == (308, "bytes=0-3")
    assert not idle.bucket("stage/big").exists()
    described = read(idle.client.put(session, content=b"efghij", headers={"Content-Range": "bytes 4-9/10"}))
    assert described["size"] == "10"
    assert idle.bucket("stage/big").read_bytes() == b"abcdefghij"
    assert _reason(idle.client.put(session, content=b"x")) == (404, "notFound")


def test_a_resumable_upload_goes_on_in_the_next_engine(make_bench: Callable[..., Bench]) -> None:
    first = make_bench(running=False)
    description = {"metadata": {"k": "v"}, "contentType": "application/x-model"}
    opened = first.client.post(UPLOAD, params={"uploadType": "resumable", "name": "big"}, json=description)
    session = opened.headers["Location"]
    first.client.put(session, content=b"abcd", headers={"Content-Range": "bytes 0-3/10"})
    first.core.close()
    second = make_bench(running=False)
    asked = second.client.put(session, headers={"Content-Range": "bytes */10"})
    assert (asked.status_code, asked.headers["Range"]) == (308, "bytes=0-3")
    described = read(second.client.put(session, content=b"efghij", headers={"Content-Range": "bytes 4-9/10"}))
    assert (described["contentType"], described["metadata"]) == ("application/x-model", {"k": "v"})
    assert second.bucket("stage/big").read_bytes() == b"abcdefghij"
    assert list(second.core.home.uploads.iterdir()) == []


@pytest.mark.parametrize("session", ["x", "a" * 32, "..", "../buckets/stage/aaaaaaaaaaaaaaaaaaaa", ""])
def test_a_session_that_is_not_there_is_not_found(idle: Bench, session: str) -> None:
    assert _reason(idle.client.put(UPLOAD, params={"upload_id": session}, content=b"x")) == (404, "notFound")


def test_a_resumable_upload_through_the_secret_path_stays_on_it(idle: Bench) -> None:
    bare = httpx.Client(transport=httpx.WSGITransport(app=idle.app), base_url=idle.client.base_url)
    opened = bare.post(f"/{TOKEN}{UPLOAD}", params={"uploadType": "resumable", "name": "big"})
    described = read(bare.put(opened.headers["Location"], content=b"abc"))
    assert bare.get(described["mediaLink"]).content == b"abc"


def test_generation_zero_means_that_the_object_must_not_be_there(idle: Bench) -> None:
    assert _put(idle, "once", b"first", ifGenerationMatch=0).status_code == 200
    assert _reason(_put(idle, "once", b"second", ifGenerationMatch=0)) == (412, "conditionNotMet")
    params = {"uploadType": "resumable", "name": "once", "ifGenerationMatch": "0"}
    assert _reason(idle.client.post(UPLOAD, params=params)) == (412, "conditionNotMet")
    assert idle.bucket("stage/once").read_bytes() == b"first"


def test_a_checksum_that_does_not_fit_is_refused_and_nothing_is_kept(idle: Bench) -> None:
    params = {"uploadType": "resumable", "name": "broken"}
    session = idle.client.post(UPLOAD, params=params, json={"crc32c": "AAAAAA=="}).headers["Location"]
    assert _reason(idle.client.put(session, content=b"abc")) == (400, "invalid")
    assert not idle.bucket("stage/broken").exists()
    assert list(idle.core.home.uploads.iterdir()) == []


def test_a_file_that_a_job_wrote_is_an_object_like_any_other(idle: Bench) -> None:
    path = idle.bucket("stage/out/model.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{}")
    described = read(idle.client.get(f"{OBJECTS}/out%2Fmodel.json"))
    assert (described["contentType"], described["size"]) == ("application/json", "2")
    path.write_bytes(b"{} ")
    assert read(idle.client.get(f"{OBJECTS}/out%2Fmodel.json"))["size"] == "3"


def test_a_download_can_be_of_a_part(idle: Bench) -> None:
    _put(idle, "data", b"0123456789")
    for path in (f"{OBJECTS}/data", "/download/storage/v1/b/stage/o/data"):
        whole = idle.client.get(path, params={"alt": "media"})
        assert (whole.status_code, whole.content) == (200, b"0123456789")
        assert whole.headers["X-Goog-Hash"].startswith("crc32c=")
        part = idle.client.get(path, params={"alt": "media"}, headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")


def test_a_list_rolls_folders_up_at_the_delimiter(idle: Bench) -> None:
    for name in ("a/1", "a/2", "a/sub/3", "b", "c/4"):
        _put(idle, name)
    everything = read(idle.client.get(OBJECTS))
    assert [item["name"] for item in everything["items"]] == ["a/1", "a/2", "a/sub/3", "b", "c/4"]
    top = read(idle.client.get(OBJECTS, params={"delimiter": "/"}))
    assert (top["prefixes"], [item["name"] for item in top["items"]]) == (["a/", "c/"], ["b"])
    below = read(idle.client.get(OBJECTS, params={"prefix": "a/", "delimiter": "/"}))
    assert (below["prefixes"], [item["name"] for item in below["items"]]) == (["a/sub/"], ["a/1", "a/2"])


def test_a_list_is_paged(idle: Bench) -> None:
    for name in ("a", "b", "c"):
        _put(idle, name)
    first = read(idle.client.get(OBJECTS, params={"maxResults": 2}))
    second = read(idle.client.get(OBJECTS, params={"maxResults": 2, "pageToken": first["nextPageToken"]}))
    assert [item["name"] for item in (*first["items"], *second["items"])] == ["a", "b", "c"]
    assert "nextPageToken" not in second


def test_a_deleted_object_is_gone(idle: Bench) -> None:
    _put(idle, "a")
    assert idle.client.delete(f"{OBJECTS}/a").status_code == 204
    assert _reason(idle.client.delete(f"{OBJECTS}/a")) == (404, "notFound")
    assert _reason(idle.client.get(f"{OBJECTS}/a")) == (404, "notFound")


def test_every_well_formed_bucket_exists(idle: Bench) -> None:
    assert read(idle.client.get("/storage/v1/b/any-bucket"))["name"] == "any-bucket"
    assert read(idle.client.get("/storage/v1/b/any-bucket/o")) == {"kind": "storage#objects"}
    assert not idle.bucket("any-bucket").exists()


CLIMBERS = ["../x", "a/../../x", "..", "/etc/passwd", "a//b", "./a", "a/.", "a\0b", "link/x"]


@pytest.mark.parametrize("name", CLIMBERS)
def test_a_name_that_leads_out_of_its_bucket_is_refused(idle: Bench, name: str) -> None:
    outside = idle.core.home.root / "outside"
    outside.mkdir()
    (outside / "x").write_text("secret")
    idle.bucket("stage").mkdir()
    idle.bucket("stage/link").symlink_to(outside)
    assert _reason(_put(idle, name)) == (400, "invalid")
    escaped = name.replace("/", "%2F").replace("\0", "%00").replace(".", "%2E")
    for path in (f"{OBJECTS}/{escaped}", f"/download{OBJECTS}/{escaped}"):
        assert idle.client.get(path, params={"alt": "media"}).status_code in (400, 404)
    assert [path.name for path in idle.core.home.buckets.iterdir()] == ["stage"]
    assert (outside / "x").read_text() == "secret"


@pytest.mark.parametrize("bucket", ["..", "%2E%2E", "a", "UPPER", "a..b", ".a", "a%2Fb"])
def test_a_bucket_that_could_not_exist_is_refused(idle: Bench, bucket: str) -> None:
    params = {"uploadType": "media", "name": "x"}
    assert idle.client.post(f"/upload/storage/v1/b/{bucket}/o", params=params, content=b"x").status_code in (
        400,
        404,
        501,
    )
    assert list(idle.core.home.buckets.iterdir()) == []


def test_a_list_cannot_look_outside_of_its_bucket(idle: Bench) -> None:
    _put(idle, "a")
    (idle.core.home.buckets / "other").mkdir()
    (idle.core.home.buckets / "other" / "b").write_text("x")
    assert "items" not in read(idle.client.get(OBJECTS, params={"prefix": "../other/"}))


def test_crc32c_is_that_of_the_standard() -> None:
    assert extend_crc32c(0, b"123456789") == 0xE3069283
    assert extend_crc32c(extend_crc32c(0, b"1234"), b"56789") == 0xE3069283


def test_a_part_beyond_the_end_cannot_be_had(idle: Bench) -> None:
    """416 tells Google's clients that they have everything; at 500 they would try again for minutes."""
    _put(idle, "short", b"abc")
    answer = idle.client.get(f"{OBJECTS}/short", params={"alt": "media"}, headers={"Range": "bytes=3-"})
    assert _reason(answer) == (416, "requestedRangeNotSatisfiable")


LONG = "x" * 256


@pytest.mark.parametrize("name", [LONG, f"a/{LONG}", f"{LONG}/a", "é" * 128])
def test_a_name_that_no_file_system_takes_is_refused(idle: Bench, name: str) -> None:
    idle.bucket("stage").mkdir()
    assert _reason(_put(idle, name)) == (400, "invalid")
    assert _reason(idle.client.get(f"{OBJECTS}/{quote(name, safe='')}")) == (400, "invalid")


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ({"contentType": {"a": 1}}, "invalid"),
        ({"contentType": "text/plain\r\nX: y"}, "invalid"),
        ({"contentType": "text/\u4e2d"}, "invalid"),
        ({"metadata": {"x": "\ud800"}}, "parseError"),
        ({"name": "\ud800"}, "parseError"),
    ],
)
def test_an_object_that_could_not_be_shown_is_not_made(idle: Bench, described: dict[str, Any], reason: str) -> None:
    answer = idle.client.post(
        UPLOAD, params={"uploadType": "resumable", "name": "a"}, content=json.dumps(described).encode()
    )
    assert _reason(answer) == (400, reason)


@pytest.mark.parametrize("place", [f"bytes 0-1/{'9' * 5000}", f"bytes {'9' * 5000}-1/2", f"bytes */{'9' * 20}"])
def test_a_place_beyond_all_files_is_refused(idle: Bench, place: str) -> None:
    session = idle.client.post(UPLOAD, params={"uploadType": "resumable", "name": "a"}, json={}).headers["Location"]
    assert _reason(idle.client.put(session, content=b"xy", headers={"Content-Range": place})) == (400, "invalid")


def test_what_is_no_object_is_left_out_of_lists(idle: Bench) -> None:
    _put(idle, "a")
    os.mkfifo(idle.bucket("stage/pipe"))
    idle.bucket("My Data").mkdir()
    assert [item["name"] for item in read(idle.client.get(OBJECTS))["items"]] == ["a"]
    assert [bucket["name"] for bucket in read(idle.client.get("/storage/v1/b"))["items"]] == ["stage"]
