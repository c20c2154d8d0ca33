"""Cloud Storage's JSON API, as far as training code and its clients go."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response

from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.paging import make_token, read_size, read_token
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.protocol.times import format_time
from trainctl.local.storage.objects import Objects, StorageFault, check_generation, read_generation
from trainctl.local.storage.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from trainctl.local.core import Core

_LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class StorageApi:
    """The handlers of one engine's storage."""

    objects: Objects
    uploads: Uploads

    @classmethod
    def of(cls, core: Core) -> StorageApi:
        """The API over the buckets of a core."""
        objects = Objects(core)
        return cls(objects, Uploads(objects))

    def list_routes(self) -> Iterator[Route]:
        """All routes of this API."""
        bucket, item = "/storage/v1/b/<bucket>", "/storage/v1/b/<bucket>/o/<path:name>"
        upload = "/upload/storage/v1/b/<bucket>/o"
        handlers: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
            ("GET", bucket, _get_bucket),
            ("POST", "/storage/v1/b", _insert_bucket),
            ("GET", "/storage/v1/b", _list_buckets),
            ("GET", f"{bucket}/o", self._list),
            ("GET", item, self._get),
            ("DELETE", item, self._delete),
            ("GET", f"/download{item}", self._download),
            ("POST", upload, self._upload),
            ("PUT", upload, self._resume),
            ("POST", f"/resumable{upload}", self._upload),
            ("PUT", f"/resumable{upload}", self._resume),
        )
        for verb, path, handler in handlers:
            yield Route(verb, path, _in_its_own_shape(handler))

    def _get(self, call: Call) -> Answer:
        bucket, name = call.parts["bucket"], call.parts["name"]
        if call.request.args.get("alt") == "media":
            return self._download(call)
        check_generation(self.objects.locate(bucket, name), _read_generation(call))
        return self.objects.describe(bucket, name, base=_base_of(call))

    def _download(self, call: Call) -> Answer:
        bucket, name = call.parts["bucket"], call.parts["name"]
        path = self.objects.locate(bucket, name)
        check_generation(path, _read_generation(call))
        described = self.objects.describe(bucket, name, base=_base_of(call))
        size = int(described["size"])
        hashes = [f"{kind}={described[field]}" for kind, field in _HASHES if field in described]
        content = path.open("rb")
        response = Response(content, content_type=described["contentType"], direct_passthrough=True)
        response.content_length = size
        response.headers["X-Goog-Hash"] = ",".join(hashes)
        response.headers["X-Goog-Generation"] = described["generation"]
        try:
            return response.make_conditional(call.request, accept_ranges=True, complete_length=size)
        except RequestedRangeNotSatisfiable:
            content.close()
            raise StorageFault(416, "requestedRangeNotSatisfiable", "Request range not satisfiable") from None

    def _delete(self, call: Call) -> Answer:
        self.objects.delete(call.parts["bucket"], call.parts["name"], _read_generation(call))
        return Response(status=204)

    def _list(self, call: Call) -> Answer:
        bucket, asked = call.parts["bucket"], call.request.args
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        after = read_token(asked.get("pageToken", ""), bucket, prefix, delimiter) or ""
        size = read_size(asked.get("maxResults", ""), default=_LARGEST_PAGE, largest=_LARGEST_PAGE)
        rows = _roll_up(self.objects.find_names(bucket, prefix), prefix, delimiter)
        waiting = [row for row in rows if row > after]
        page = waiting[:size]
        base = _base_of(call)
        folders = [name for name in page if rows[name]]
        items = [*self._describe_all(bucket, (name for name in page if not rows[name]), base)]
        answer: dict[str, Any] = {"kind": "storage#objects"}
        answer |= {"prefixes": folders} if folders else {}
        answer |= {"items": items} if items else {}
        more = page[-1] if len(waiting) > size else None
        return answer | ({"nextPageToken": make_token(more, bucket, prefix, delimiter)} if more else {})

    def _describe_all(self, bucket: str, names: Iterable[str], base: str) -> Iterator[dict[str, Any]]:
        """The objects of these names that are still there: a job may be at renaming its files."""
        for name in names:
            with suppress(StorageFault, FileNotFoundError):
                yield self.objects.describe(bucket, name, base=base)

    def _upload(self, call: Call) -> Answer:
        done = self.uploads.send(call.request, call.parts["bucket"])
        return (
            done if isinstance(done, Response) else self.objects.describe(done.bucket, done.name, base=_base_of(call))
        )

    def _resume(self, call: Call) -> Answer:
        done = self.uploads.resume(call.request)
        return (
            done if isinstance(done, Response) else self.objects.describe(done.bucket, done.name, base=_base_of(call))
        )


_HASHES = (("crc32c", "crc32c"), ("md5", "md5Hash"))


def _get_bucket(call: Call) -> Answer:
    return _describe_bucket(call, call.parts["bucket"])


def _insert_bucket(call: Call) -> Answer:
    described = call.read_json()
    name = described.get("name") if isinstance(described, dict) else None
    if not isinstance(name, str):
        raise StorageFault(400, "required", "Required bucket name is missing.")
    folder = call.core.buckets.bucket(name)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise StorageFault(409, "conflict", "Your previous request to create the named bucket succeeded.") from None
    return _describe_bucket(call, name)


def _list_buckets(call: Call) -> Answer:
    buckets = call.core.buckets
    names = sorted(path.name for path in buckets.root.iterdir() if path.is_dir() and buckets.knows(path.name))
    items = [_describe_bucket(call, name) for name in names]
    return {"kind": "storage#buckets"} | ({"items": items} if items else {})


def _describe_bucket(call: Call, name: str) -> dict[str, Any]:
    """The Bucket resource. Every well-formed name has one: nobody has to make buckets for a local run."""
    folder = call.core.buckets.bucket(name)
    time = format_time(folder.stat().st_ctime_ns if folder.is_dir() else 0, digits=3)
    return {
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "selfLink": f"{_base_of(call)}/storage/v1/b/{name}",
        "location": "LOCAL",
        "locationType": "region",
        "storageClass": "STANDARD",
        "metageneration": "1",
        "timeCreated": time,
        "updated": time,
    }


def _roll_up(names: list[str], prefix: str, delimiter: str) -> dict[str, bool]:
    """Names in order, those with the delimiter behind the prefix cut to folders; the value says which are folders."""
    rows: dict[str, bool] = {}
    for name in names:
        head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        rows[prefix + head + found if found else name] = bool(found)
    return rows


def _read_generation(call: Call) -> int | None:
    return read_generation(call.request.args.get("ifGenerationMatch"))


def _base_of(call: Call) -> str:
    """The URL before `/storage/v1`, with the secret part of the path when the request came that way."""
    return call.request.root_url.rstrip("/")


def _in_its_own_shape(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        try:
            return handler(call)
        except StorageFault:
            raise
        except FileNotFoundError:  # a job has deleted it since it was looked for
            raise StorageFault(404, "notFound", f"No such object: {call.parts.get('name', '')}") from None
        except Fault as fault:
            raise StorageFault(fault.http_status, "invalid", fault.message) from None

    return answer
