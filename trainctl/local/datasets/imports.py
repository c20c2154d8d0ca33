"""Import files of datasets: JSON Lines and CSV, as Google documents them, to items."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from trainctl.local.datasets import ML_USE, Item, kind_of
from trainctl.local.datasets.annotations import (
    Annotation,
    Unreadable,
    check_labels,
    read_annotation,
    read_cells,
    to_camel,
)
from trainctl.local.datasets.formats import FORMATS, Format
from trainctl.local.protocol.faults import CODE_OF, Fault
from trainctl.local.protocol.payloads import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from trainctl.local.operations import Work
    from trainctl.local.storage.buckets import Buckets

_USES = {
    "training": "training",
    "train": "training",
    "validation": "validation",
    "validate": "validation",
    "test": "test",
    "unassigned": "",
    "": "",
}
_MOST_FAILURES = 20
"""GenericOperationMetadata.partialFailures "should never exceed 20 entries"."""

_ITEM_LABELS = "dataItemResourceLabels"


def find_format(config: Mapping[str, Any], dataset: Mapping[str, Any] | None = None) -> Format:
    """The format that an ImportDataConfig names, which must be one for the dataset's kind of data. Raises Fault."""
    uri = config["importSchemaUri"]
    fitting = [known for known, form in FORMATS.items() if dataset is None or form.kind == kind_of(dataset)]
    if uri not in FORMATS:
        raise Fault("FAILED_PRECONDITION", f"The local engine does not import `{uri}`; it imports {_list(fitting)}.")
    if uri not in fitting:
        raise Fault("INVALID_ARGUMENT", f"`{uri}` is no format of the dataset's items; there are {_list(fitting)}.")
    return FORMATS[uri]


def _list(uris: list[str]) -> str:
    return ", ".join(f"`{known}`" for known in uris)


def read_items(buckets: Buckets, config: Mapping[str, Any], work: Work) -> Iterator[Item]:
    """The items of all files that an ImportDataConfig names; a bad line is a partial failure of the work.

    Raises Fault when a URI matches no file.
    """
    form = find_format(config)
    there: set[str] = set()
    for uri in config.get("gcsSource", {}).get("uris", ()):
        for path in buckets.match(uri):
            for place, item in _read_file(path, form, work, uri):
                work.check()
                if item["uri"] not in there and buckets.find(item["uri"]) is None:
                    _note(work, f"{uri} line {place}: there is no `{item['uri']}` in the engine's storage")
                else:
                    there.add(item["uri"])
                    yield _label(item, config)


def _read_file(path: Path, form: Format, work: Work, uri: str) -> Iterator[tuple[int, Item]]:
    read = _read_row if path.suffix.lower() == ".csv" else _read_line
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines: Any = csv.reader(stream) if path.suffix.lower() == ".csv" else stream
        place = 0
        try:
            for place, line in enumerate(lines, 1):
                if not line or (isinstance(line, str) and not line.strip()):
                    continue
                try:
                    yield place, read(line, form)
                except Unreadable as problem:
                    _note(work, f"{uri} line {place}: {problem}")
        except (csv.Error, UnicodeDecodeError) as problem:
            _note(work, f"{uri} line {place + 1}: {problem}")


def _note(work: Work, message: str) -> None:
    if len(work.partial_failures) < _MOST_FAILURES:
        work.partial_failures.append({"code": CODE_OF["INVALID_ARGUMENT"], "message": message})


def _label(item: Item, config: Mapping[str, Any]) -> Item:
    """The item with the labels of the import; those of its own line win."""
    labels = {**config.get("dataItemLabels", {}), **item["labels"]}
    annotations = [
        {**annotation, "labels": {**config.get("annotationLabels", {}), **annotation["labels"]}}
        for annotation in item["annotations"]
    ]
    return {**item, "labels": labels, "annotations": annotations}


def _read_line(line: str, form: Format) -> Item:
    """One line of JSON Lines."""
    try:
        value = parse(line)
    except ValueError as problem:
        raise Unreadable(f"not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise Unreadable("not a JSON object")
    found = {to_camel(key): inner for key, inner in value.items()}
    known = {form.uri_field, *form.fields, _ITEM_LABELS}
    if unknown := sorted(set(found) - known):
        raise Unreadable(f"unknown field `{unknown[0]}`; the format {form.name} has {', '.join(sorted(known))}")
    annotations: list[Annotation] = []
    for field in form.fields:
        listed = found.get(field, [])
        values = listed if form.many or field not in found else [listed]
        if not isinstance(values, list):
            raise Unreadable(f"`{field}` must be a list")
        annotations += [read_annotation(each, form, field) for each in values]
    labels = check_labels(found.get(_ITEM_LABELS, {}))
    return {"uri": _check_uri(found.get(form.uri_field), form), "labels": labels, "annotations": annotations}


def _read_row(row: list[str], form: Format) -> Item:
    """One row of CSV: `[ML_USE,]URI`, and the format's columns behind it."""
    cells = [cell.strip() for cell in row]
    use = "" if cells[0].startswith("gs://") else cells.pop(0)
    if use.lower() not in _USES or not cells:
        raise Unreadable(f"`{use}` is neither a `gs://` URI nor one of training, validation, test, unassigned")
    uri, annotations = _check_uri(cells[0], form), read_cells(cells[1:], form)
    if not form.many and len(annotations) > 1:
        raise Unreadable("the format has one label an image")
    ml_use = _USES[use.lower()]
    return {"uri": uri, "labels": {ML_USE: ml_use} if ml_use else {}, "annotations": annotations}


def _check_uri(value: Any, form: Format) -> str:
    if not isinstance(value, str) or not value.startswith("gs://"):
        raise Unreadable(f"the {form.kind} must be a `gs://` URI")
    return value
