"""Long-running operations. Everything that the engine does in one is done when it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.faults import Fault, not_found
from trainctl.local.identity import make_id
from trainctl.local.paging import cut_page, make_token, read_size, read_token
from trainctl.local.routing import Answer, Call, Route
from trainctl.local.times import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource

_LIST = frozenset({"filter", "page_size", "page_token", "return_partial_success"})
_WAIT = frozenset({"timeout"})
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000


def make_finished(parent: str, metadata: str, response: dict[str, Any] | None = None) -> Resource:
    """An operation that has succeeded, with metadata of that type; an empty response when none is given."""
    time = now()
    return {
        "name": f"{parent}/operations/{make_id()}",
        "metadata": {
            "@type": f"type.googleapis.com/google.cloud.aiplatform.v1.{metadata}",
            "genericMetadata": {"createTime": time, "updateTime": time},
        },
        "done": True,
        "response": response or {"@type": "type.googleapis.com/google.protobuf.Empty"},
    }


def list_routes() -> Iterator[Route]:
    """Operations of a location, which can also be reached below the resource they were about."""
    location = "/v1/projects/<project>/locations/<location>"
    for path in (location, f"{location}/<collection>/<resource>"):
        yield Route("GET", f"{path}/operations/<id>", _get)
        yield Route("DELETE", f"{path}/operations/<id>", _delete)
        yield Route("POST", f"{path}/operations/<id>:wait", _wait)
        yield Route("POST", f"{path}/operations/<id>:cancel", _cancel)
    yield Route("GET", f"{location}/operations", _list)


def _get(call: Call) -> Answer:
    call.read_parameters(frozenset())
    return _fetch(call)


def _wait(call: Call) -> Answer:
    call.read_parameters(_WAIT)
    return _fetch(call)


def _delete(call: Call) -> Answer:
    call.read_parameters(frozenset())
    call.core.store.remove(_fetch(call)["name"])
    return {}


def _cancel(call: Call) -> Answer:
    call.read_parameters(frozenset())
    operation = _fetch(call)
    raise Fault("FAILED_PRECONDITION", f"`{operation['name']}` cannot be cancelled: it is done.")


def _list(call: Call) -> Answer:
    asked = call.read_parameters(_LIST)
    if asked.get("filter"):
        raise Fault("UNIMPLEMENTED", "The local engine lists operations without a filter only.")
    size = read_size(asked.get("page_size", ""), default=_DEFAULT_PAGE, largest=_LARGEST_PAGE)
    place = read_token(asked.get("page_token", ""), call.parent)
    page, last = cut_page(call.core.store.scan(call.parent, "operations", before=place), size)
    answer: dict[str, Any] = {"operations": page} if page else {}
    return {**answer, "nextPageToken": make_token(last, call.parent)} if last is not None else answer


def _fetch(call: Call) -> Resource:
    name = f"{call.parent}/operations/{call.parts['id']}"
    operation = call.core.store.fetch(name)
    if operation is None:
        raise not_found(name)
    return operation
