from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.api import discovery
from tests.api.network import FakeClock, Network, error, open_transport, raw, reply
from trainctl.api.storage import CHUNK, FAULTS, SESSIONS, ObjectName, Storage
from trainctl.errors import CredentialsError, NotFound, PermissionDenied, Unreachable, UsageError
from trainctl.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

HOST = "https://storage.googleapis.com"
SESSION = f"{HOST}/upload/storage/v1/b/staging/o?uploadType=resumable&upload_id=s1"
URI = "gs://staging/code/digits 1.tar.gz"


@dataclass
class Bucket(httpx.BaseTransport):
    """An upload session as Cloud Storage keeps it; `faults` are met in order, each None stands for none."""

    faults: list[Exception | int | None] = field(default_factory=list)
    keeps: bool = True
    received: bytes = b""
    size: int = -1
    spans: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        discovery.check(request)
        if request.method == "POST":
            self.size = int(request.headers["x-upload-content-length"])
            return raw("", location=SESSION)
        self.spans.append(request.headers["content-range"])
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.keeps:
            self.take(content, request.headers["content-range"])
        if isinstance(fault, Exception):
            raise fault
        if fault is not None:
            return error(fault, "UNAVAILABLE", "later")
        if len(self.received) == self.size:
            return reply({"name": "x"})
        return raw("", 308, **({"range": f"bytes=0-{len(self.received) - 1}"} if self.received else {}))

    def take(self, content: bytes, span: str) -> None:
        start = re.match(r"bytes (\d+)-", span)
        if start:
            assert int(start[1]) == len(self.received), "bytes came out of order"
            self.received += content


def make_file(folder: Path, size: int) -> Path:
    file = folder / "digits.tar.gz"
    file.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    return file


def test_a_small_file_goes_up_in_two_requests(tmp_path: Path) -> None:
    network = Network(raw("", location=SESSION), reply({"name": "code/digits 1.tar.gz"}))
    seen: list[tuple[int, int]] = []
    file = make_file(tmp_path, 300)
    assert Storage(open_transport(network), {}).upload(file, URI, lambda sent, size: seen.append((sent, size)))
    assert [request.url.path for request in network.requests] == ["/upload/storage/v1/b/staging/o"] * 2
    assert dict(network.requests[0].url.params) == {
        "uploadType": "resumable",
        "name": "code/digits 1.tar.gz",
        "ifGenerationMatch": "0",
    }
    assert network.requests[1].headers["content-range"] == "bytes 0-299/300"
    assert (network.requests[1].content, seen) == (file.read_bytes(), [(300, 300)])


def test_a_large_file_goes_up_in_pieces(tmp_path: Path) -> None:
    file, bucket, seen = make_file(tmp_path, 2 * CHUNK + 10), Bucket(), list[int]()
    assert Storage(open_transport(bucket), {}).upload(file, URI, lambda sent, _size: seen.append(sent))
    total = 2 * CHUNK + 10
    assert bucket.spans == [
        f"bytes 0-{CHUNK - 1}/{total}",
        f"bytes {CHUNK}-{2 * CHUNK - 1}/{total}",
        f"bytes {2 * CHUNK}-{total - 1}/{total}",
    ]
    assert (bucket.received == file.read_bytes(), seen) == (True, [CHUNK, 2 * CHUNK, total])


@pytest.mark.parametrize("keeps", [True, False], ids=["arrived", "did not arrive"])
@pytest.mark.parametrize(
    "fault", [httpx.ReadError("reset"), httpx.ReadTimeout(""), httpx.ConnectError("down"), 503, 429], ids=repr
)
def test_after_a_fault_an_upload_goes_on_where_it_stood(tmp_path: Path, fault: Exception | int, *, keeps: bool) -> None:
    file, bucket, clock = make_file(tmp_path, CHUNK + 10), Bucket([None, fault, fault], keeps=keeps), FakeClock()
    assert Storage(open_transport(bucket, clock), {}).upload(file, URI)
    assert bucket.received == file.read_bytes()
    assert clock.pauses == [1.0, 2.0]


@pytest.mark.parametrize("status", [404, 410])
def test_an_upload_whose_session_is_over_begins_anew(tmp_path: Path, status: int) -> None:
    gone = error(status, "NOT_FOUND", "No such upload session.")
    network = Network(raw("", location=SESSION), gone, raw("", location=f"{SESSION}2"), reply({"name": "x"}))
    assert Storage(open_transport(network), {}).upload(make_file(tmp_path, 300), URI)
    assert [request.method for request in network.requests] == ["POST", "PUT", "POST", "PUT"]
    assert str(network.requests[-1].url) == f"{SESSION}2"


def test_an_upload_whose_sessions_are_over_every_time_is_given_up(tmp_path: Path) -> None:
    gone = error(410, "NOT_FOUND", "No such upload session.")
    network = Network(*[raw("", location=SESSION), gone] * SESSIONS)
    with pytest.raises(Unreachable, match=f"^storage.googleapis.com forgot the upload to `{URI}` 3 times$"):
        Storage(open_transport(network), {}).upload(make_file(tmp_path, 300), URI)


def test_an_upload_is_given_up_after_many_faults_without_progress(tmp_path: Path) -> None:
    bucket = Bucket([httpx.ReadError("reset")] * 20, keeps=False)
    with pytest.raises(Unreachable, match=r"^the connection to storage\.googleapis\.com broke"):
        Storage(open_transport(bucket), {}).upload(make_file(tmp_path, 10), URI)
    assert len(bucket.spans) == FAULTS + 1


def test_a_session_that_takes_no_bytes_is_given_up(tmp_path: Path) -> None:
    network = Network(raw("", location=SESSION), *(raw("", 308) for _ in range(FAULTS + 1)))
    with pytest.raises(Unreachable, match=r"^storage\.googleapis\.com takes no more bytes after 0 of 10$"):
        Storage(open_transport(network), {}).upload(make_file(tmp_path, 10), URI)


@pytest.mark.parametrize("when", ["begin", "end"])
def test_an_object_that_is_there_already_is_left_alone(tmp_path: Path, when: str) -> None:
    taken = error(412, "", "At least one of the pre-conditions you specified did not hold.")
    network = Network(taken) if when == "begin" else Network(raw("", location=SESSION), taken)
    assert not Storage(open_transport(network), {}).upload(make_file(tmp_path, 10), URI)


def test_an_empty_file_goes_up(tmp_path: Path) -> None:
    network = Network(raw("", location=SESSION), reply({"name": "x"}))
    assert Storage(open_transport(network), {}).upload(make_file(tmp_path, 0), URI)
    assert network.requests[1].headers["content-range"] == "bytes */0"


def test_a_missing_bucket_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    network = Network(error(404, "", "The specified bucket does not exist."))
    with pytest.raises(NotFound) as caught:
        Storage(open_transport(network), {}).upload(make_file(tmp_path, 10), URI)
    assert caught.value.message == "there is no bucket `gs://staging`, or it is hidden from this caller"
    assert caught.value.hint == "`gcloud storage buckets create gs://staging --location REGION` makes it"


def test_an_upload_that_is_refused_says_why(tmp_path: Path) -> None:
    network = Network(error(403, "forbidden", "a@b does not have storage.objects.create access"))
    with pytest.raises(PermissionDenied, match=r"^a@b does not have storage\.objects\.create access$"):
        Storage(open_transport(network), {}).upload(make_file(tmp_path, 10), URI)


def test_exists_tells_an_object_from_none_and_a_bucket_from_none() -> None:
    network = Network(
        reply({"name": "x"}),
        error(404, "notFound", "No such object: my-bucket/x"),
        error(404, "notFound", "The specified bucket does not exist."),
    )
    storage = Storage(open_transport(network), {})
    assert [storage.exists(URI), storage.exists(URI)] == [True, False]
    assert network.lines[0] == f"GET {HOST}/storage/v1/b/staging/o/code%2Fdigits%201.tar.gz?fields=name%2Csize"
    with pytest.raises(NotFound, match=r"^there is no bucket `gs://staging`"):
        storage.exists(URI)


@pytest.mark.parametrize("uri", ["staging/x", "gs://", "gs://staging", "gs://staging/", "gs://UPPER/x", "s3://a/b"])
def test_what_is_no_object_name_is_a_usage_error(uri: str) -> None:
    with pytest.raises(UsageError, match=r"^`.*` is not the name of an object such as"):
        ObjectName.parse(uri)


@pytest.mark.parametrize("bucket", ["b", "ab", "my-bucket", "a.b_c-1"])
def test_a_bucket_that_settings_take_may_be_refused_by_the_service_alone(bucket: str, tmp_path: Path) -> None:
    home = {"TRAINCTL_HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path)}
    assert load_settings({"staging_bucket": f"gs://{bucket}"}, home).staging_bucket == f"gs://{bucket}"
    assert ObjectName.parse(f"gs://{bucket}/code/x.tar.gz") == ObjectName(bucket, "code/x.tar.gz")


@pytest.mark.parametrize(
    "session", ["https://evil.example/upload", "http://storage.googleapis.com/upload", "/relative"]
)
def test_an_upload_that_is_sent_elsewhere_does_not_take_the_token_there(tmp_path: Path, session: str) -> None:
    network = Network(reply({}, location=session))
    with pytest.raises(CredentialsError, match=r"^no token is sent to `"):
        Storage(open_transport(network), {}).upload(make_file(tmp_path, 10), URI)
    assert len(network.requests) == 1
