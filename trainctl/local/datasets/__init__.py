"""Managed datasets: their types, and the items of those that have items."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from trainctl.local.datasets.formats import SCHEMAS
from trainctl.local.disk.files import write_atomically
from trainctl.local.home import PRIVATE_FOLDER
from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from trainctl.local.core import Core

IMAGE, VIDEO, TABULAR = (f"{SCHEMAS}metadata/{kind}_1.0.0.yaml" for kind in ("image", "video", "tabular"))
ML_USE = "aiplatform.googleapis.com/ml_use"
SETS = ("training", "validation", "test")

_LOCK = threading.Lock()
_PREFIX = f"{SCHEMAS}metadata/"

Item = dict[str, Any]
"""`uri`, `labels` and `annotations` of one data item."""


def kind_of(dataset: Mapping[str, Any]) -> str:
    """`image`, `video` or `tabular`."""
    return str(dataset["metadataSchemaUri"]).removeprefix(_PREFIX).partition("_")[0]


def check_dataset(body: Mapping[str, Any]) -> None:
    """Raises Fault for a dataset that the engine cannot keep."""
    uri = body["metadataSchemaUri"]
    if not uri.startswith(_PREFIX):
        raise Fault("INVALID_ARGUMENT", f"The metadata schema `{uri}` is not one of those below `{_PREFIX}`.")
    if uri not in (IMAGE, VIDEO, TABULAR):
        kept = f"`{IMAGE}`, `{VIDEO}` and `{TABULAR}`"
        raise Fault("FAILED_PRECONDITION", f"The local engine keeps datasets of {kept}, not of `{uri}`.")
    if "savedQueries" in body:
        raise Fault("FAILED_PRECONDITION", "The local engine has no saved queries (dataset.saved_queries).")
    if uri == TABULAR:
        list_tables(body)


def list_tables(dataset: Mapping[str, Any]) -> list[str]:
    """The `gs://` URIs, perhaps with wildcards, of a tabular dataset's files. Raises Fault."""
    match dataset.get("metadata"):
        case {"inputConfig": {"gcsSource": {"uri": str(uri)}}} if uri:
            return [uri]
        case {"inputConfig": {"gcsSource": {"uri": [*uris]}}} if uris and all(isinstance(uri, str) for uri in uris):
            return list(uris)
        case {"inputConfig": {"bigquerySource": _}}:
            raise Fault("FAILED_PRECONDITION", "The local engine has no BigQuery; use CSV files in `gcsSource`.")
        case _:
            raise Fault(
                "INVALID_ARGUMENT", "A tabular dataset needs `metadata.inputConfig.gcsSource.uri`: its CSV files."
            )


def read_items(core: Core, name: str) -> list[Item]:
    """All items of a dataset, in the order of their import."""
    try:
        text = _file_of(core, name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines()]


def add_items(core: Core, name: str, new: Iterable[Item]) -> int:
    """Adds items, merging those of one URI: labels are overwritten, equal annotations kept once; how many there are."""
    with _LOCK:
        known = {item["uri"]: item for item in read_items(core, name)}
        seen: dict[str, set[str]] = {}
        for item in new:
            uri = item["uri"]
            merged = known.setdefault(uri, {"uri": uri, "labels": {}, "annotations": []})
            merged["labels"] = {**merged["labels"], **item["labels"]}
            # A set, since one video may have a hundred thousand boxes, each in a line of its own.
            marks = seen.setdefault(uri, set()) or {_mark(annotation) for annotation in merged["annotations"]}
            fresh = {_mark(annotation): annotation for annotation in item["annotations"]}
            merged["annotations"] += [annotation for mark, annotation in fresh.items() if mark not in marks]
            marks |= fresh.keys()
            seen[uri] = marks
        _write(core, name, known.values())
        return len(known)


def _mark(annotation: Mapping[str, Any]) -> str:
    return json.dumps(annotation, sort_keys=True)


def set_uses(core: Core, name: str, uses: Mapping[str, str]) -> None:
    """Persists the set that each item, by URI, was assigned to, in its `ml_use` label."""
    with _LOCK:
        items = [
            {**item, "labels": {**item["labels"], ML_USE: uses[item["uri"]]}} if item["uri"] in uses else item
            for item in read_items(core, name)
        ]
        _write(core, name, items)


def forget_items(core: Core, name: str) -> None:
    """Deletes the items of a dataset."""
    _file_of(core, name).unlink(missing_ok=True)


def _write(core: Core, name: str, items: Iterable[Item]) -> None:
    path = _file_of(core, name)
    path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    write_atomically(path, "".join(f"{json.dumps(item)}\n" for item in items).encode())


def _file_of(core: Core, name: str) -> Path:
    return core.home.datasets / f"{name.rpartition('/')[2]}.jsonl"
