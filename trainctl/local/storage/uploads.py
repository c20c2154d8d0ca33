"""The three ways of sending an object: simple, multipart and resumable."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from trainctl.local.disk.files import read_json, write_json
from trainctl.local.home import PRIVATE_FILE, PRIVATE_FOLDER
from trainctl.local.protocol.payloads import parse
from trainctl.local.storage.objects import StorageFault, Upload, read_generation

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.wrappers import Request

    from trainctl.local.storage.objects import Objects

_BOUNDARY = re.compile(r"""boundary=(?:["']([^"']+)["']|([^;\s"']+))""")
"""In single quotes, with characters that belong into double ones: so gcloud writes it."""
_RANGE = re.compile(r"bytes (?:(?P<first>[0-9]{1,19})-(?P<last>[0-9]{1,19})|\*)/(?P<total>[0-9]{1,19}|\*)")
_SESSION = re.compile(r"[A-Za-z0-9_-]{32}")
_RESUME_INCOMPLETE = 308


@dataclass(frozen=True, slots=True)
class _Session:
    """One resumable upload: a folder with the description of what is to come, and with what has come.

    All of it is on the disk, so that a client goes on where it was when the engine has been started again.
    """

    folder: Path

    @property
    def description(self) -> Path:
        return self.folder / "upload.json"

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def received(self) -> int:
        """The bytes that are there."""
        return self.content.stat().st_size

    def read(self) -> Upload | None:
        """What is to come; None when there is no such session, any more or at all."""
        found = read_json(self.description)
        return None if found is None else Upload(**found)

    def close(self) -> None:
        """Forgets the session."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Uploads:
    """Uploads under way."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def send(self, request: Request, bucket: str) -> Upload | Response:
        """Handles a POST: the Upload that is now an object, or the answer that opens a session. Raises Fault."""
        match request.args.get("uploadType"):
            case "media":
                upload = _read_description(request, bucket, {}, request.headers.get("Content-Type", ""))
                file = self._objects.receive(request.stream)
            case "multipart":
                description, content_type, content = _split_parts(request)
                upload = _read_description(request, bucket, description, content_type)
                file = self._objects.receive(BytesIO(content))
            case "resumable":
                return self._open(request, bucket)
            case other:
                raise StorageFault(400, "invalid", f"Invalid uploadType: {other}")
        self._objects.commit(file, upload)
        return upload

    def resume(self, request: Request) -> Upload | Response:
        """Handles a PUT into a session: the Upload when it is complete, else how far it is. Raises StorageFault."""
        session = self._find(request.args.get("upload_id", ""))
        upload = session.read() if session else None
        if session is None or upload is None:
            raise StorageFault(404, "notFound", "No such upload session.")
        total = _append(session, request)
        if total is None or session.received < total:
            return _describe_progress(session)
        try:
            self._objects.commit(session.content, upload)
        finally:
            session.close()
        return upload

    def _find(self, session_id: str) -> _Session | None:
        return _Session(self._objects.uploads / session_id) if _SESSION.fullmatch(session_id) else None

    def _open(self, request: Request, bucket: str) -> Response:
        data = request.get_data()
        kind = request.headers.get("X-Upload-Content-Type", "")
        upload = _read_description(request, bucket, _parse_json(data), kind)
        self._objects.check(upload)
        session_id = secrets.token_urlsafe(24)
        session = _Session(self._objects.uploads / session_id)
        session.folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
        session.content.touch(mode=PRIVATE_FILE)
        write_json(session.description, asdict(upload))
        url = f"{request.root_url.rstrip('/')}{request.path}?uploadType=resumable&upload_id={session_id}"
        return Response(status=200, headers={"Location": url, "X-GUploader-UploadID": session_id})


def _append(session: _Session, request: Request) -> int | None:
    """Adds the request's bytes to a session's file; the total size, None while the client does not know it."""
    header = request.headers.get("Content-Range")
    if header is None:
        header = f"bytes 0-{max(0, (request.content_length or 0) - 1)}/{request.content_length or 0}"
    found = _RANGE.fullmatch(header)
    if found is None:
        raise StorageFault(400, "invalid", f"Failed to parse Content-Range header: {header[:80]}")
    if found["first"] is not None and int(found["first"]) <= session.received:
        with session.content.open("r+b") as target:
            target.seek(int(found["first"]))
            target.truncate()
            shutil.copyfileobj(request.stream, target)
    return None if found["total"] == "*" else int(found["total"])


def _describe_progress(session: _Session) -> Response:
    response = Response(status=_RESUME_INCOMPLETE)
    if received := session.received:
        response.headers["Range"] = f"bytes=0-{received - 1}"
    return response


def _read_description(request: Request, bucket: str, described: dict[str, Any], content_type: str) -> Upload:
    name = described.get("name") or request.args.get("name")
    if not isinstance(name, str) or not name:
        raise StorageFault(400, "required", "Required object name is missing.")
    metadata = described.get("metadata") or {}
    kind = described.get("contentType") or content_type
    if not isinstance(metadata, dict) or not (isinstance(kind, str) and kind.isascii() and kind.isprintable()):
        raise StorageFault(400, "invalid", "Invalid value in the description of the object.")
    return Upload(
        bucket=bucket,
        name=name,
        content_type=kind,
        metadata=metadata,
        md5=described.get("md5Hash", "") or request.headers.get("Content-MD5", ""),
        crc32c=described.get("crc32c", ""),
        if_generation=read_generation(request.args.get("ifGenerationMatch")),
    )


def _split_parts(request: Request) -> tuple[dict[str, Any], str, bytes]:
    """Description, content type and content of a `multipart/related` body (RFC 2387): JSON first, then the bytes."""
    found = _BOUNDARY.search(request.headers.get("Content-Type", ""))
    boundary = found[1] or found[2] if found else ""
    parts = request.get_data().split(f"--{boundary}".encode()) if boundary else []
    if len(parts) < 4:  # before, description, content, after
        raise StorageFault(400, "badContent", "Malformed multipart body.")
    _, description = _split_part(parts[1])
    content_type, content = _split_part(f"--{boundary}".encode().join(parts[2:-1]))
    return _parse_json(description), content_type, content


def _split_part(part: bytes) -> tuple[str, bytes]:
    """Content type and content of one part; the line breaks around it belong to the boundary."""
    head, _, content = part.partition(b"\r\n\r\n") if b"\r\n\r\n" in part else part.partition(b"\n\n")
    headers = BytesParser(policy=HTTP).parsebytes(head.strip(), headersonly=True)
    end = -2 if content.endswith(b"\r\n") else -1
    return headers.get_content_type() if "content-type" in headers else "", content[:end]


def _parse_json(data: bytes) -> dict[str, Any]:
    try:
        value = parse(data.decode("utf-8-sig")) if data.strip() else {}
    except ValueError:
        raise StorageFault(400, "parseError", "Parse Error") from None
    if not isinstance(value, dict):
        raise StorageFault(400, "parseError", "Parse Error")
    return value
