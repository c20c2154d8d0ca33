"""The methods of datasets that other collections lack: operations that create, delete, import and export."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from trainctl.local import datasets
from trainctl.local.datasets import TABULAR, handover, imports
from trainctl.local.operations import type_of
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.etags import seal
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.protocol.times import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.core import Core
    from trainctl.local.operations import Work
    from trainctl.local.store import Resource


def list_routes() -> Iterator[Route]:
    """All routes of datasets but those that every collection has."""
    path = "/v1/projects/<project>/locations/<location>/datasets"
    yield Route("POST", path, _create)
    yield Route("DELETE", f"{path}/<id>", _delete)
    yield Route("POST", f"{path}/<id>:import", _import)
    yield Route("POST", f"{path}/<id>:export", _export)


def _create(call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), "Dataset", service="vertex", at="dataset")
    datasets.check_dataset(body)
    time = now()
    name = f"{call.parent}/datasets/{make_id()}"
    dataset = seal({**body, "name": name, "createTime": time, "updateTime": time})
    with call.core.store.transaction():
        call.core.store.insert(dataset)
        response = {"@type": type_of("Dataset"), **dataset}
        return call.core.operations.record(name, "CreateDatasetOperationMetadata", response, about=name)


def _delete(call: Call) -> Answer:
    call.read_parameters(frozenset())
    name = _fetch(call)["name"]
    with call.core.store.transaction():
        call.core.store.remove(name)
        operation = call.core.operations.record(call.parent, "DeleteOperationMetadata", about=name)
    datasets.forget_items(call.core, name)
    return operation


def _import(call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), "ImportDataRequest", service="vertex", at="")
    dataset = _fetch(call)
    _refuse_tables(dataset, "imported into")
    for config in body["importConfigs"]:
        imports.find_format(config, dataset)
        if "gcsSource" not in config:
            raise Fault("INVALID_ARGUMENT", "Each of `import_configs` needs `gcs_source`: the files to import.")
    name = dataset["name"]
    work = partial(_work_on_import, call.core, name, body["importConfigs"])
    return call.core.operations.begin(name, "ImportDataOperationMetadata", work, about=name)


def _work_on_import(core: Core, name: str, configs: list[Mapping[str, Any]], work: Work) -> dict[str, Any]:
    items = [item for config in configs for item in imports.read_items(core.buckets, config, work)]
    if not items:
        first = work.partial_failures[0]["message"] if work.partial_failures else "the files are empty"
        raise Fault("INVALID_ARGUMENT", f"Nothing could be imported: {first}.")
    count = datasets.add_items(core, name, items)

    def edit(dataset: Resource) -> Resource:
        return seal({**dataset, "dataItemCount": str(count), "updateTime": now()})

    if core.store.change(name, edit) is None:
        datasets.forget_items(core, name)
        raise not_found(name)
    return {"@type": type_of("ImportDataResponse")}


def _export(call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), "ExportDataRequest", service="vertex", at="")
    dataset, config = _fetch(call), body["exportConfig"]
    _refuse_tables(dataset, "exported from")
    if "gcsDestination" not in config:
        raise Fault("INVALID_ARGUMENT", "`export_config` needs `gcs_destination`: where the files are written to.")
    for field in ("exportUse", "savedQueryId", "fractionSplit", "filterSplit"):
        if field in config:
            raise Fault("FAILED_PRECONDITION", f"The local engine exports whole datasets, without `{field}`.")
    call.core.buckets.locate_folder(config["gcsDestination"]["outputUriPrefix"])
    work = partial(_work_on_export, call.core, dataset, config)
    return call.core.operations.begin(dataset["name"], "ExportDataOperationMetadata", work, about=dataset["name"])


def _work_on_export(core: Core, dataset: Resource, config: Mapping[str, Any], work: Work) -> dict[str, Any]:
    table = handover.read_items(core, dataset, config)
    if not table.lines:
        raise Fault("FAILED_PRECONDITION", f"`{dataset['name']}` has nothing to export.")
    prefix = config["gcsDestination"]["outputUriPrefix"].rstrip("/")
    directory = f"{prefix}/export-data-{dataset['displayName'].replace('/', '_')}-{now()[:23]}Z"
    work.metadata["gcsOutputDirectory"] = f"{directory}/"
    files = handover.write_shards(core, f"{directory}/{table.kind}", "data", table, table.lines)
    return {"@type": type_of("ExportDataResponse"), "exportedFiles": files}


def _fetch(call: Call) -> Resource:
    name = f"{call.parent}/datasets/{call.parts['id']}"
    dataset = call.core.store.fetch(name)
    if dataset is None:
        raise not_found(name)
    return dataset


def _refuse_tables(dataset: Resource, what: str) -> None:
    if dataset["metadataSchemaUri"] == TABULAR:
        raise Fault(
            "FAILED_PRECONDITION", f"Nothing is {what} a tabular dataset: its files stay where `metadata` says."
        )
