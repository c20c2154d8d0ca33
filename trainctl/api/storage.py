"""Putting files into Cloud Storage: once, whole, and taken up again after a fault.

Paths and headers: storage v1 and https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from trainctl.api.answers import read_object, refused
from trainctl.api.faults import AnswerLost, NotSent, name_host
from trainctl.api.transport import RETRIED, Request
from trainctl.catalog import STORAGE
from trainctl.errors import NotFound, RequestRefused, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from trainctl.api.transport import Answer, Transport

CHUNK = 8 * 1024 * 1024
"""Bytes a request; a multiple of 256 KiB, as resumable uploads want."""

FAULTS = 8
"""Faults in a row, without a byte of progress between them, after which an upload is given up."""

SESSIONS = 3
"""How often an upload is begun whose session is over before its end."""

_URI = r"gs://([a-z0-9](?:[a-z0-9._-]{0,220}[a-z0-9])?)/(.+)"
_DONE = (200, 201)
_RESUME = 308
_TAKEN = 412
_GONE = (404, 410)
"""Of a session: "you must start a new resumable upload", https://cloud.google.com/storage/docs/resumable-uploads."""


@dataclass(frozen=True, slots=True)
class ObjectName:
    """`gs://BUCKET/NAME`, taken apart."""

    bucket: str
    name: str

    @classmethod
    def parse(cls, uri: str) -> ObjectName:
        """The parts of an object's URI; raises UsageError when it is none."""
        found = re.fullmatch(_URI, uri)
        if found is None:
            raise UsageError(f"`{uri}` is not the name of an object such as `gs://bucket/folder/file`")
        return cls(found[1], found[2])


class Storage:
    """Objects of Cloud Storage, or of an engine that speaks like it."""

    def __init__(self, transport: Transport, endpoints: Mapping[str, str]) -> None:
        self._transport = transport
        self._base = STORAGE.base_url("", endpoints)

    def exists(self, uri: str) -> bool:
        """Whether there is such an object; a bucket that is not there raises NotFound."""
        name = ObjectName.parse(uri)
        bucket, key = quote(name.bucket, safe=""), quote(name.name, safe="")
        url = f"{self._base}/storage/v1/b/{bucket}/o/{key}"
        answer = self._transport.send(Request("GET", url, {"fields": "name,size"}, repeat=True))
        try:
            read_object(answer, url)
        except NotFound as error:
            # `No such object: BUCKET/NAME` names the bucket, whose name may have any word in it.
            if "specified bucket" in error.message:
                raise self._no_bucket(name, error) from error
            return False
        return True

    def find_bucket(self, name: str) -> dict[str, Any] | None:
        """A bucket with its `location` and `locationType`; None when there is none."""
        url = f"{self._base}/storage/v1/b/{quote(name, safe='')}"
        answer = self._transport.send(Request("GET", url, {"fields": "name,location,locationType"}, repeat=True))
        try:
            return read_object(answer, url)
        except NotFound:
            return None

    def upload(self, path: Path | str, uri: str, progress: Callable[[int, int], None] | None = None) -> bool:
        """The file's bytes are the object's; False when the object was there before.

        An object that exists is left as it is: names of packed code carry a hash of their contents. `progress`
        is called with the bytes sent so far and the size. Raises RequestRefused, Unreachable, OSError.
        """
        name, file = ObjectName.parse(uri), Path(path)
        size = file.stat().st_size
        with file.open("rb") as stream:
            for _ in range(SESSIONS):
                session = self._begin(name, size)
                if session is None:
                    return False
                made = self._send_all(_Pieces(session, stream, size), progress or _ignore)
                if made is not None:
                    return made
        raise Unreachable(f"{name_host(self._base)} forgot the upload to `{uri}` {SESSIONS} times")

    def _begin(self, name: ObjectName, size: int) -> str | None:
        """The URL of an upload session; None when the object is there already.

        Repeating this is harmless: a session that is never used leaves nothing behind.
        """
        url = f"{self._base}/upload/storage/v1/b/{quote(name.bucket, safe='')}/o"
        params = {"uploadType": "resumable", "name": name.name, "ifGenerationMatch": "0"}
        headers = {"x-upload-content-length": str(size), "x-upload-content-type": "application/octet-stream"}
        answer = self._transport.send(Request("POST", url, params, json={}, headers=headers, repeat=True))
        if answer.status == _TAKEN:
            return None
        try:
            read_object(answer, url)
        except NotFound as error:
            raise self._no_bucket(name, error) from error
        session = answer.headers.get("location")
        if not session:
            raise Unreachable(f"{name_host(url)} began an upload without saying where it continues")
        return session

    def _send_all(self, pieces: _Pieces, progress: Callable[[int, int], None]) -> bool | None:
        """Piece by piece; after a fault the session is asked how much it has. None when it is over before its end."""
        sent, faults, asking = 0, 0, False
        while True:
            answer = self._try(pieces.question() if asking else pieces.request(sent), faults)
            if answer is None:
                faults, asking = faults + 1, True
                continue
            if answer.status in _DONE:
                progress(pieces.size, pieces.size)
                return True
            if answer.status == _TAKEN:
                return False
            if answer.status in _GONE:
                return None
            if answer.status != _RESUME:
                raise refused(answer, pieces.url)
            received = _received(answer)
            faults = 0 if received > sent else faults if asking else faults + 1
            if faults > FAULTS:
                raise Unreachable(f"{name_host(pieces.url)} takes no more bytes after {received:,} of {pieces.size:,}")
            sent, asking = received, False
            progress(sent, pieces.size)

    def _try(self, request: Request, faults: int) -> Answer | None:
        """The session's answer; None after a pause when a passing fault came instead."""
        try:
            answer = self._transport.send(request)
            if answer.status not in RETRIED:
                return answer
            fault: Exception = refused(answer, request.url)
        except (AnswerLost, NotSent) as error:
            fault = error
        if faults >= FAULTS:
            raise fault
        self._transport.clock.sleep(min(2.0**faults, 30.0))
        return None

    def _no_bucket(self, name: ObjectName, error: RequestRefused) -> NotFound:
        return NotFound(
            f"there is no bucket `gs://{name.bucket}`, or it is hidden from this caller",
            http_status=error.http_status,
            status=error.status,
            details=error.details,
            hint=f"`gcloud storage buckets create gs://{name.bucket} --location REGION` makes it",
        )


@dataclass(frozen=True, slots=True)
class _Pieces:
    """An open file on its way through an upload session."""

    url: str
    stream: BinaryIO
    size: int

    def request(self, start: int) -> Request:
        """The request that carries the bytes from `start` on."""
        self.stream.seek(start)
        content = self.stream.read(CHUNK)
        end = start + len(content)
        span = f"bytes {start}-{end - 1}/{self.size}" if content else f"bytes */{self.size}"
        return Request("PUT", self.url, content=content, headers={"content-range": span})

    def question(self) -> Request:
        """The request that asks how much has arrived."""
        return Request("PUT", self.url, content=b"", headers={"content-range": f"bytes */{self.size}"})


def _received(answer: Answer) -> int:
    """How many bytes a session has, from `Range: bytes=0-N`; no such header says none."""
    found = re.fullmatch(r"(?:bytes=)?0-(\d+)", answer.headers.get("range", ""))
    return int(found[1]) + 1 if found else 0


def _ignore(_sent: int, _size: int) -> None:
    """Nobody watches."""
