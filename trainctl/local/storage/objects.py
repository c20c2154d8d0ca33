"""Objects: files in buckets' folders, with what Cloud Storage says of them."""

from __future__ import annotations

import json
import mimetypes
import os
import re
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.times import format_time
from trainctl.local.storage import checksums

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.core import Core

_CHUNK = 1 << 20
_UNKNOWN_TYPE = "application/octet-stream"
_GENERATION = re.compile(r"[0-9]{1,19}")


class StorageFault(Fault):
    """A refusal in the older shape that Cloud Storage uses: with `errors` and a reason, without details."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__("INVALID_ARGUMENT", message)
        self._code = code
        self._reason = reason

    @property
    def http_status(self) -> int:
        """The HTTP status, which says all."""
        return self._code

    def describe(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        listed = [{"message": self.message, "domain": "global", "reason": self._reason}]
        return {"error": {"code": self._code, "message": self.message, "errors": listed}}


@dataclass(frozen=True, slots=True)
class Upload:
    """What a client says of an object that it sends: MD5 and CRC32C are checked when they are not empty."""

    bucket: str
    name: str
    content_type: str = ""
    metadata: Mapping[str, str] | None = None
    md5: str = ""
    crc32c: str = ""
    if_generation: int | None = None


class Objects:
    """The objects of one engine. Files that jobs wrote into a folder are objects like any other."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()

    @property
    def uploads(self) -> Path:
        """The folder of what is being received."""
        return self._core.home.uploads

    def locate(self, bucket: str, name: str) -> Path:
        """The file of an existing object. Raises StorageFault 404."""
        path = self._core.buckets.locate(bucket, name)
        if not path.is_file():
            raise StorageFault(404, "notFound", f"No such object: {bucket}/{name}")
        return path

    def describe(self, bucket: str, name: str, *, base: str) -> dict[str, Any]:
        """The Object resource; `base` is the URL before `/storage/v1`. Raises StorageFault 404."""
        path = self.locate(bucket, name)
        status = path.stat()
        known = self._core.store.fetch_object(str(path), _stamp(status))
        if known is None:
            md5, crc32c = checksums.compute(path)
            known = (mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE, "{}", md5, crc32c)
            self._core.store.record_object(str(path), _stamp(status), known)
        return _describe(bucket, name, status, known, base)

    def check(self, upload: Upload) -> None:
        """Raises Fault when the object could not be made now: a bad name, or a precondition that does not hold."""
        check_generation(self._core.buckets.locate(upload.bucket, upload.name), upload.if_generation)

    def receive(self, source: IO[bytes]) -> Path:
        """A temporary file with all that can be read from the source; none when that is cut off or finds no room."""
        self.uploads.mkdir(mode=0o700, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.uploads)
        try:
            with os.fdopen(descriptor, "wb") as target:
                shutil.copyfileobj(source, target, _CHUNK)
        except BaseException:
            Path(name).unlink()
            raise
        return Path(name)

    def commit(self, file: Path, upload: Upload) -> None:
        """Makes the received file an object, in one step; the file is gone afterwards in any case. Raises Fault."""
        try:
            path = self._core.buckets.locate(upload.bucket, upload.name)
            md5, crc32c = checksums.compute(file)
            _compare("md5Hash", upload.md5, md5)
            _compare("crc32c", upload.crc32c, crc32c)
            with self._lock:
                check_generation(path, upload.if_generation)
                _put(file, path)
            kind = upload.content_type or mimetypes.guess_type(upload.name)[0] or _UNKNOWN_TYPE
            known = (kind, json.dumps(dict(upload.metadata or {})), md5, crc32c)
            self._core.store.record_object(str(path), _stamp(path.stat()), known)
        finally:
            file.unlink(missing_ok=True)

    def delete(self, bucket: str, name: str, if_generation: int | None) -> None:
        """Removes an object. Raises StorageFault 404 or 412."""
        with self._lock:
            path = self.locate(bucket, name)
            check_generation(path, if_generation)
            path.unlink()

    def find_names(self, bucket: str, prefix: str) -> list[str]:
        """The names of all objects that begin with the prefix, in Cloud Storage's order."""
        folder = self._core.buckets.bucket(bucket)
        start = folder / prefix.rpartition("/")[0] if _is_below(prefix) else folder
        names = (path.relative_to(folder).as_posix() for path in _walk(start))
        return sorted((name for name in names if name.startswith(prefix)), key=str.encode)


def read_generation(text: str | None) -> int | None:
    """The generation that an `ifGenerationMatch` asks for, if there is one. Raises StorageFault."""
    if text is not None and not _GENERATION.fullmatch(text):
        raise StorageFault(400, "invalid", f"Invalid ifGenerationMatch: {text[:40]}")
    return None if text is None else int(text)


def check_generation(path: Path, wanted: int | None) -> None:
    """Raises StorageFault 412 when the object's generation is not the one wanted; 0 wants that there is none."""
    if wanted is None:
        return
    found = _generation(path.stat()) if path.is_file() else 0
    if found != wanted:
        text = "At least one of the pre-conditions you specified did not hold."
        raise StorageFault(412, "conditionNotMet", text)


def _put(file: Path, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file.replace(path)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        text = f"The local engine keeps objects as files: '{path.name}' cannot be both an object and a folder."
        raise StorageFault(400, "invalid", text) from None


def _compare(field: str, wanted: str, found: str) -> None:
    if wanted and found and wanted != found:
        text = f'Provided {field} "{wanted}" doesn\'t match calculated {field} "{found}".'
        raise StorageFault(400, "invalid", text)


def _is_below(prefix: str) -> bool:
    """Whether what stands before the last slash is the path of a folder within the bucket's."""
    return "\0" not in prefix and not any(part in ("", ".", "..") for part in prefix.split("/")[:-1])


def _walk(start: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(start):
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                yield path


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}"


def _generation(status: os.stat_result) -> int:
    return status.st_mtime_ns // 1000


def _describe(
    bucket: str, name: str, status: os.stat_result, known: tuple[str, str, str, str], base: str
) -> dict[str, Any]:
    from urllib.parse import quote

    content_type, metadata, md5, crc32c = known
    generation = str(_generation(status))
    time = format_time(status.st_mtime_ns, digits=3)
    path = f"b/{bucket}/o/{quote(name, safe='')}"
    described = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "selfLink": f"{base}/storage/v1/{path}",
        "mediaLink": f"{base}/download/storage/v1/{path}?generation={generation}&alt=media",
        "name": name,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "contentType": content_type,
        "storageClass": "STANDARD",
        "size": str(status.st_size),
        "md5Hash": md5,
        "etag": md5,
        "timeCreated": time,
        "updated": time,
    }
    if crc32c:
        described["crc32c"] = crc32c
    if metadata != "{}":
        described["metadata"] = json.loads(metadata)
    return described
