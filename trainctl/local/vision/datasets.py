"""Datasets of AutoML Vision: Vertex AI's with other words, import files in one format, and labels with ids."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from trainctl.local import datasets
from trainctl.local.datasets import IMAGE, ML_USE, imports
from trainctl.local.datasets.formats import SCHEMAS
from trainctl.local.datasets.splits import Piece, assign
from trainctl.local.protocol.etags import seal
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.times import now
from trainctl.local.vision.names import CLASSIFICATION, PREFIXES, TYPES, parent_of, reveal, sort_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.operations import Work
    from trainctl.local.store import Resource

_NAME = re.compile(r"[A-Za-z0-9_]{1,32}")
_SHOWN = ("displayName", "description", "labels", "createTime", "etag")
_FORMAT = f"{SCHEMAS}ioformat/image_{{}}_io_format_1.0.0.yaml"


def create(core: Core, parent: str, body: Mapping[str, Any]) -> Resource:
    """The operation that has made a dataset. Raises Fault."""
    sort = sort_of(body, "DatasetMetadata")
    if not sort:
        raise Fault("INVALID_ARGUMENT", "`dataset.dataset_metadata` must be that of images: the engine has no others.")
    if not _NAME.fullmatch(body["displayName"]):
        raise Fault("INVALID_ARGUMENT", "`dataset.display_name` must be at most 32 letters A to Z, digits and `_`.")
    name, time = f"{parent}/datasets/{PREFIXES[sort]}{make_id()}", now()
    dataset = seal({**body, "name": name, "metadataSchemaUri": IMAGE, "createTime": time, "updateTime": time})
    with core.store.transaction():
        core.store.insert(dataset)
        response = {"@type": f"{TYPES}Dataset", **show(dataset)}
        return core.operations.record(
            parent, "CreateDatasetOperationMetadata", response, about=name, prefix=PREFIXES[sort]
        )


def show(dataset: Mapping[str, Any]) -> Resource:
    """A dataset in AutoML's words."""
    sort = f"{sort_of(dataset, 'DatasetMetadata')}DatasetMetadata"
    count = int(dataset.get("dataItemCount", 0))
    kept = {key: dataset[key] for key in _SHOWN if key in dataset}
    counted = {"exampleCount": count} if count else {}
    return {"name": reveal(dataset["name"]), **kept, **counted, sort: dataset[sort]}


def find(core: Core, name: str) -> Resource:
    """A dataset by the name under which it is kept. Raises Fault."""
    dataset = core.store.fetch(name)
    if dataset is None:
        raise not_found(reveal(name))
    return dataset


def delete(core: Core, dataset: Resource) -> Resource:
    """The operation that has deleted a dataset with its items."""
    name = dataset["name"]
    with core.store.transaction():
        core.store.remove(name)
        operation = core.operations.record(
            parent_of(name), "DeleteOperationMetadata", about=name, prefix=prefix_of(dataset)
        )
    datasets.forget_items(core, name)
    return operation


def prefix_of(resource: Mapping[str, Any]) -> str:
    """The letters with which the ids of a dataset's operations begin."""
    return str(resource["name"].rpartition("/")[2][:3])


def has_many_labels(dataset: Mapping[str, Any]) -> bool:
    """Whether an image may have several labels."""
    return bool(dataset.get("imageClassificationDatasetMetadata", {}).get("classificationType") == "MULTILABEL")


def start_import(core: Core, dataset: Resource, config: Mapping[str, Any]) -> Resource:
    """The operation that reads import files. Raises Fault."""
    if "gcsSource" not in config:
        raise Fault("INVALID_ARGUMENT", "`input_config` needs `gcs_source`: the CSV files to import.")
    if sort_of(dataset, "DatasetMetadata") == CLASSIFICATION:
        form = f"classification_{'multi' if has_many_labels(dataset) else 'single'}_label"
    else:
        form = "bounding_box"
    source = {"gcsSource": {"uris": config["gcsSource"]["inputUris"]}, "importSchemaUri": _FORMAT.format(form)}
    work = partial(_import, core, dataset["name"], source)
    return core.operations.begin(
        parent_of(dataset["name"]),
        "ImportDataOperationMetadata",
        work,
        about=dataset["name"],
        prefix=prefix_of(dataset),
    )


def _import(core: Core, name: str, source: Mapping[str, Any], work: Work) -> dict[str, Any]:
    items = list(imports.read_items(core.buckets, source, work))
    if not items:
        first = work.partial_failures[0]["message"] if work.partial_failures else "the files are empty"
        raise Fault("INVALID_ARGUMENT", f"Nothing could be imported: {first}.")
    there = {item["uri"]: item["labels"][ML_USE] for item in datasets.read_items(core, name)}
    count = datasets.add_items(core, name, _assigned(items, there))

    def edit(dataset: Resource) -> Resource:
        return seal({**dataset, "dataItemCount": str(count), "updateTime": now()})

    if core.store.change(name, edit) is None:
        datasets.forget_items(core, name)
        raise not_found(reveal(name))
    return {"@type": "type.googleapis.com/google.protobuf.Empty"}


def _assigned(items: list[datasets.Item], there: Mapping[str, str]) -> list[datasets.Item]:
    """The items, each with the set that it is for: those whose lines leave it open go 80, 10 and 10 of a hundred.

    What is `there` (sets by URI) stays where it is: a model must not be tested with what another was trained with.
    """
    known = {**there, **{item["uri"]: item["labels"][ML_USE] for item in items if ML_USE in item["labels"]}}
    free = list({item["uri"]: None for item in items if item["uri"] not in known})
    chosen = {**known, **dict(zip(free, assign([Piece(uri, {}) for uri in free], {}), strict=True))}
    return [{**item, "labels": {ML_USE: chosen[item["uri"]], **item["labels"]}} for item in items]


def count_labels(core: Core, name: str) -> Counter[str]:
    """The labels of a dataset, and how many images have each."""
    found: Counter[str] = Counter()
    for item in datasets.read_items(core, name):
        found.update({annotation["payload"]["displayName"] for annotation in item["annotations"]})
    return found


def spec_id(label: str) -> str:
    """The id of a label's annotation spec: always the same for the same label."""
    return str(int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "big") >> 1)


def show_spec(core: Core, dataset: Resource, id_: str) -> Resource:
    """An annotation spec of a dataset. Raises Fault."""
    name = f"{reveal(dataset['name'])}/annotationSpecs/{id_}"
    for label, count in count_labels(core, dataset["name"]).items():
        if spec_id(label) == id_:
            return {"name": name, "displayName": label, "exampleCount": count}
    raise not_found(name)
