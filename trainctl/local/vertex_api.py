"""Vertex AI v1: the methods that all collections share, made from their rows."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

from trainctl.local import operations
from trainctl.local.behaviours import BEHAVIOURS
from trainctl.local.bodies import check_body, to_snake
from trainctl.local.comparing import judge_resource
from trainctl.local.faults import Fault, not_found
from trainctl.local.filters import matches, parse_filter
from trainctl.local.identity import make_id
from trainctl.local.masks import apply_mask, parse_mask
from trainctl.local.paging import cut_page, make_token, read_size, read_token
from trainctl.local.resources import ROWS, Row
from trainctl.local.routing import Answer, Call, Route
from trainctl.local.times import now
from trainctl.reference import load_discovery_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource

_LIST = frozenset({"filter", "page_size", "page_token", "read_mask"})
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000


def list_routes() -> Iterator[Route]:
    """All routes of the rows, and those of operations."""
    for row in ROWS.values():
        path = f"/v1/projects/<project>/locations/<location>/{row.collection}"
        for verb, (method, suffix, handler) in _METHODS.items():
            if verb in row.verbs:
                yield Route(method, path + suffix, partial(handler, row))
    yield from operations.list_routes()


def _create(row: Row, call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), row.schema, service=row.service, at=row.body)
    time = now()
    resource: Resource = {"name": f"{call.parent}/{row.collection}/{make_id()}", **body}
    if row.states:
        resource["state"] = f"{row.states}QUEUED"
    resource |= {"createTime": time, "updateTime": time}
    return BEHAVIOURS[row.collection].create(call.core, resource)


def _get(row: Row, call: Call) -> Answer:
    call.read_parameters(frozenset())
    return _fetch(row, call)


def _list(row: Row, call: Call) -> Answer:
    asked = call.read_parameters(_LIST)
    size = read_size(asked.get("page_size", ""), default=_DEFAULT_PAGE, largest=_LARGEST_PAGE)
    mask = parse_mask(asked.get("read_mask", ""), _list_fields(row))
    scope = (row.collection, call.parent, asked.get("filter", ""))
    place = read_token(asked.get("page_token", ""), *scope)
    page, last = cut_page(_search(row, call, asked.get("filter", ""), place), size)
    answer: dict[str, Any] = {row.collection: [apply_mask(resource, mask) for resource in page]} if page else {}
    return {**answer, "nextPageToken": make_token(last, *scope)} if last is not None else answer


def _search(row: Row, call: Call, text: str, before: int | None) -> Iterator[tuple[int, Resource]]:
    tree = parse_filter(text)
    for place, resource in call.core.store.scan(call.parent, row.collection, before=before):
        if matches(tree, lambda comparison, it=resource: judge_resource(comparison, it, row.filters)):  # type: ignore[misc]
            yield place, resource


def _cancel(row: Row, call: Call) -> Answer:
    call.read_parameters(frozenset())
    check_body(call.read_json(), f"Cancel{row.schema}Request", service=row.service, at=f"cancel_{row.body}_request")
    resource = _fetch(row, call)
    if not BEHAVIOURS[row.collection].cancel(call.core, resource):
        state = _fetch(row, call)["state"]
        raise Fault("FAILED_PRECONDITION", f"`{resource['name']}` cannot be cancelled: it has ended in state {state}.")
    return {}


def _delete(row: Row, call: Call) -> Answer:
    call.read_parameters(frozenset())
    resource = _fetch(row, call)
    BEHAVIOURS[row.collection].check_deletion(resource)
    with call.core.store.transaction():
        if not call.core.store.remove(resource["name"]):
            raise not_found(resource["name"])
        operation = operations.make_finished(call.parent, "DeleteOperationMetadata")
        call.core.store.insert(operation)
    shutil.rmtree(call.core.folder(resource["name"]).path, ignore_errors=True)
    return operation


_METHODS = {
    "create": ("POST", "", _create),
    "list": ("GET", "", _list),
    "get": ("GET", "/<id>", _get),
    "delete": ("DELETE", "/<id>", _delete),
    "cancel": ("POST", "/<id>:cancel", _cancel),
}


def _fetch(row: Row, call: Call) -> Resource:
    name = f"{call.parent}/{row.collection}/{call.parts['id']}"
    resource = call.core.store.fetch(name)
    if resource is None:
        raise not_found(name)
    return resource


def _list_fields(row: Row) -> frozenset[str]:
    document = load_discovery_schema(row.service)
    properties = document["schemas"][document["prefix"] + row.schema]["properties"]
    return frozenset(to_snake(name) for name in properties)
