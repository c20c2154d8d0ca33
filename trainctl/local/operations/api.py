"""The methods of long-running operations, below a location and below whatever they are about."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.comparing import EXACT, ORDERED, TEXT, judge_resource
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.filters import matches, parse_filter
from trainctl.local.protocol.listing import cut_list
from trainctl.local.protocol.routing import Answer, Call, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource

_LIST = frozenset({"filter", "page_size", "page_token", "return_partial_success"})
_WAIT = frozenset({"timeout"})
_LONGEST_WAIT = 30.0
_WAITERS = 3
"""More waits than these at once are answered at once: the server has eight threads for all of its services."""

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_FILTERS = {
    "name": TEXT,
    "operation_id": EXACT,
    "done": EXACT,
    "works_on": TEXT,
    "create_time": ORDERED,
    "update_time": ORDERED,
}


@dataclass(frozen=True, slots=True)
class OperationsApi:
    """The handlers of one engine's operations."""

    waiters: threading.BoundedSemaphore

    @classmethod
    def make(cls) -> OperationsApi:
        """The API; it holds nothing but a count of those who wait."""
        return cls(threading.BoundedSemaphore(_WAITERS))

    def list_routes(self) -> Iterator[Route]:
        """All routes of operations.

        Google's SDK asks for them below `/ui` when it speaks REST: that is the first of the service's HTTP rules.
        """
        location = "/<any(v1, ui):version>/projects/<project>/locations/<location>"
        resource = f"{location}/<collection>/<resource>"
        for path in (location, resource, f"{resource}/<inner>/<inner_id>"):
            yield Route("GET", f"{path}/operations", _list)
            yield Route("GET", f"{path}/operations/<id>", _get)
            yield Route("DELETE", f"{path}/operations/<id>", _delete)
            yield Route("POST", f"{path}/operations/<id>:wait", self._wait)
            yield Route("POST", f"{path}/operations/<id>:cancel", _cancel)

    def _wait(self, call: Call) -> Answer:
        asked = call.read_parameters(_WAIT)
        timeout = _read_timeout(asked.get("timeout") or _timeout_of(call))
        operation = _fetch(call)
        if not self.waiters.acquire(blocking=False):
            return operation
        try:
            return call.core.operations.wait(operation["name"], timeout) or operation
        finally:
            self.waiters.release()


def _get(call: Call) -> Answer:
    call.read_parameters(frozenset())
    return _fetch(call)


def _delete(call: Call) -> Answer:
    call.read_parameters(frozenset())
    operation = _fetch(call)
    if not operation.get("done"):
        raise Fault("FAILED_PRECONDITION", f"`{operation['name']}` cannot be deleted: it is not done.")
    call.core.store.remove(operation["name"])
    return {}


def _cancel(call: Call) -> Answer:
    call.read_parameters(frozenset())
    operation = _fetch(call)
    if not call.core.operations.cancel(operation["name"]):
        raise Fault("FAILED_PRECONDITION", f"`{operation['name']}` cannot be cancelled: it is done.")
    return {}


def _list(call: Call) -> Answer:
    asked = call.read_parameters(_LIST)
    if asked.get("return_partial_success") == "true":
        raise Fault("UNIMPLEMENTED", "`return_partial_success` is not supported.")
    tree = parse_filter(asked.get("filter", ""), lambda comparison: judge_resource(comparison, {}, _FILTERS))
    about = _about(call)
    place_of = (call.parent, about or "", asked.get("filter", ""))
    return cut_list(
        lambda before: (
            (place, operation)
            for place, operation in call.core.store.scan(f"{call.parent}/", "operations", before=before, owner=about)
            if matches(tree, lambda comparison, it=operation: judge_resource(comparison, _facts(it), _FILTERS))  # type: ignore[misc]
        ),
        asked,
        key="operations",
        scope=place_of,
    )


def _facts(operation: Resource) -> dict[str, Any]:
    """An operation as filters see it."""
    generic = operation["metadata"].get("genericMetadata", {})
    above, _, operation_id = operation["name"].rpartition("/operations/")
    return {
        "name": operation["name"],
        "operationId": operation_id,
        "done": "true" if operation.get("done") else "false",
        "worksOn": above,
        "createTime": generic.get("createTime", ""),
        "updateTime": generic.get("updateTime", ""),
    }


def _about(call: Call) -> str | None:
    """The resource below which operations are asked for; None for those of the location."""
    parts = [call.parts[name] for name in ("collection", "resource", "inner", "inner_id") if name in call.parts]
    if not parts:
        return None
    path = "/".join([call.parent, *parts])
    return re.sub(r"@[^/]*", "", path)


def _fetch(call: Call) -> Resource:
    """An operation by its id, however it is addressed: an operation about a resource is one of the location too."""
    about = _about(call)
    for name in call.core.store.names_of("operations", ids={call.parts["id"]}):
        if name.startswith(f"{call.parent}/") and about in (None, call.core.store.owner_of(name)):
            operation = call.core.store.fetch(name)
            if operation is not None:
                return operation
    raise not_found(f"{about or call.parent}/operations/{call.parts['id']}")


def _timeout_of(call: Call) -> str:
    """The timeout in the body, where gRPC transcoding puts it for some clients."""
    body = call.read_json()
    timeout = body.get("timeout", "") if isinstance(body, dict) else ""
    return timeout if isinstance(timeout, str) else ""


def _read_timeout(text: str) -> float:
    if not text:
        return _LONGEST_WAIT
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Fault(
            "INVALID_ARGUMENT", f"Invalid value at 'timeout' (type.googleapis.com/google.protobuf.Duration), \"{text}\""
        )
    return min(float(found.group(1)), _LONGEST_WAIT)
