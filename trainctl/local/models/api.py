"""The methods of models that other collections lack: versions, aliases, upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.local import models
from trainctl.local.operations import type_of
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.listing import answer_list
from trainctl.local.protocol.masks import read_update
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.vertex.resources import MODEL_VERSIONS, MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource

_VERSION_FIELDS = frozenset({"version_description", "labels"})


def list_routes() -> Iterator[Route]:
    """All routes of models but the list, which is as for every collection."""
    path = "/v1/projects/<project>/locations/<location>/models"
    yield Route("POST", f"{path}:upload", _upload)
    yield Route("GET", f"{path}/<id>", _get)
    yield Route("PATCH", f"{path}/<id>", _patch)
    yield Route("DELETE", f"{path}/<id>", _delete)
    yield Route("GET", f"{path}/<id>:listVersions", _list_versions)
    yield Route("POST", f"{path}/<id>:mergeVersionAliases", _merge_aliases)
    yield Route("DELETE", f"{path}/<id>:deleteVersion", _delete_version)


def _upload(call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), "UploadModelRequest", service="vertex", at="")
    parent_model = body.get("parentModel", "").partition("@")[0]
    if parent_model and "modelId" in body:
        raise Fault("INVALID_ARGUMENT", "`model_id` names a new model and `parent_model` an existing one: give one.")
    name = parent_model or f"{call.parent}/models/{body.get('modelId') or make_id()}"
    uri = body["model"].get("artifactUri", "")
    if lack := call.core.buckets.describe_lack(uri) if uri else "":
        raise Fault(
            "INVALID_ARGUMENT", f"The model's `artifact_uri` `{uri}` {lack}; upload the model's files there first."
        )
    with call.core.store.transaction():
        models.refuse_place(call.core.store, name, model_id=body.get("modelId", ""), parent_model=parent_model)
        model = models.add(call.core.store, body["model"], name)
        response = {"@type": type_of("UploadModelResponse"), "model": name, "modelVersionId": model["versionId"]}
        return call.core.operations.record(name, "UploadModelOperationMetadata", response, about=name)


def _get(call: Call) -> Answer:
    call.read_parameters(frozenset())
    plain, version = models.find(call.core.store, _name_of(call))
    return models.show(version, plain)


def _patch(call: Call) -> Answer:
    asked = call.read_parameters(frozenset({"update_mask"}))
    body = check_body(call.read_json(), MODELS.schema, service="vertex", at=MODELS.body, partial=True)
    of_version = _name_of(call).partition("@")[2] not in ("", "-")
    fields = read_update(
        asked.get("update_mask", ""), MODELS.fields, _VERSION_FIELDS if of_version else MODELS.updatable
    )
    return models.patch(call.core.store, _name_of(call), body, fields)


def _delete(call: Call) -> Answer:
    call.read_parameters(frozenset())
    name = _name_of(call)
    if "@" in name:
        raise Fault("INVALID_ARGUMENT", f"`{name}` is a version; delete it with deleteVersion.")
    with call.core.store.transaction():
        models.delete(call.core.store, name)
        return call.core.operations.record(call.parent, "DeleteOperationMetadata", about=name)


def _list_versions(call: Call) -> Answer:
    name = _name_of(call).partition("@")[0]
    models.find(call.core.store, name)

    def rows(before: int | None) -> Iterator[tuple[int, Resource]]:
        for place, version in models.scan_versions(call.core.store, name, before):
            yield place, models.show(version, f"{name}@{version['versionId']}")

    return answer_list(MODEL_VERSIONS, call, rows, parent=name, key="models")


def _merge_aliases(call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), "MergeVersionAliasesRequest", service="vertex", at="")
    return models.merge_aliases(call.core.store, _name_of(call), body["versionAliases"])


def _delete_version(call: Call) -> Answer:
    call.read_parameters(frozenset())
    name = _name_of(call)
    with call.core.store.transaction():
        models.delete_version(call.core.store, name)
        return call.core.operations.record(call.parent, "DeleteOperationMetadata", about=name.partition("@")[0])


def _name_of(call: Call) -> str:
    return f"{call.parent}/models/{call.parts['id']}"
