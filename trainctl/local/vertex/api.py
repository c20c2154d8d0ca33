"""Vertex AI v1: the methods that all collections share, made from their rows."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from trainctl.local.datasets import api as datasets_api
from trainctl.local.models import api as models_api
from trainctl.local.models import evaluations
from trainctl.local.operations.api import OperationsApi
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.etags import update
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.listing import answer_list
from trainctl.local.protocol.masks import apply_mask, parse_mask, read_update
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.protocol.times import now
from trainctl.local.tuning import api as tuning_api
from trainctl.local.vertex.behaviours import BEHAVIOURS
from trainctl.local.vertex.resources import ROWS, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource


def list_routes() -> Iterator[Route]:
    """All routes of the rows, and those of operations."""
    for row in ROWS.values():
        path = f"/v1/projects/<project>/locations/<location>/{row.collection}"
        for verb, (method, suffix, handler) in _METHODS.items():
            if verb in row.verbs:
                yield Route(method, path + suffix, partial(handler, row))
    yield from models_api.list_routes()
    yield from evaluations.list_routes()
    yield from datasets_api.list_routes()
    yield from tuning_api.list_routes()
    yield from OperationsApi.make().list_routes()


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
    asked = call.read_parameters(frozenset({"read_mask"}) if row.masked else frozenset())
    return apply_mask(_fetch(row, call), parse_mask(asked.get("read_mask", ""), row.has_path))


def _list(row: Row, call: Call) -> Answer:
    def rows(before: int | None) -> Iterator[tuple[int, Resource]]:
        return call.core.store.scan(call.parent, row.collection, before=before)

    return answer_list(row, call, rows, parent=call.parent, key=row.collection)


def _patch(row: Row, call: Call) -> Answer:
    asked = call.read_parameters(frozenset({"update_mask"}))
    body = check_body(call.read_json(), row.schema, service=row.service, at=row.body, partial=True)
    fields = read_update(asked.get("update_mask", ""), row.fields, row.updatable)
    name = _fetch(row, call)["name"]
    changed = call.core.store.change(name, lambda resource: update(resource, body, fields))
    if changed is None:
        raise not_found(name)
    return changed


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
        operation = call.core.operations.record(call.parent, "DeleteOperationMetadata", about=resource["name"])
    shutil.rmtree(call.core.folder(resource["name"]).path, ignore_errors=True)
    return operation


_METHODS = {
    "create": ("POST", "", _create),
    "list": ("GET", "", _list),
    "get": ("GET", "/<id>", _get),
    "delete": ("DELETE", "/<id>", _delete),
    "cancel": ("POST", "/<id>:cancel", _cancel),
    "patch": ("PATCH", "/<id>", _patch),
}


def _fetch(row: Row, call: Call) -> Resource:
    name = f"{call.parent}/{row.collection}/{call.parts['id']}"
    resource = call.core.store.fetch(name)
    if resource is None:
        raise not_found(name)
    return resource
