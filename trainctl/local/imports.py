"""Import files of datasets: JSON Lines and CSV, as Google documents them, to items.

Source: https://cloud.google.com/vertex-ai/docs/image-data/classification/prepare-data and .../object-detection/....
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from trainctl.local.datasets import FORMATS, ML_USE, Format, Item
from trainctl.local.faults import CODE_OF, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from trainctl.local.buckets import Buckets
    from trainctl.local.operations import Work

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

_BOX = ("xMin", "yMin", "xMax", "yMax")
_LABELS = "annotationResourceLabels"


class Unreadable(Exception):
    """One line of an import file that cannot become an item."""


def find_format(config: Mapping[str, Any]) -> Format:
    """The format that an ImportDataConfig names. Raises Fault."""
    uri = config["importSchemaUri"]
    if uri not in FORMATS:
        listed = ", ".join(f"`{known}`" for known in FORMATS)
        raise Fault("FAILED_PRECONDITION", f"The local engine does not import `{uri}`; it imports {listed}.")
    return FORMATS[uri]


def read_items(buckets: Buckets, config: Mapping[str, Any], work: Work) -> Iterator[Item]:
    """The items of all files that an ImportDataConfig names; a bad line is a partial failure of the work.

    Raises Fault when a URI matches no file.
    """
    form = find_format(config)
    for uri in config.get("gcsSource", {}).get("uris", ()):
        for path in buckets.match(uri):
            for place, item in _read_file(path, form, work, uri):
                work.check()
                image = buckets.find(item["uri"])
                if image is None:
                    _note(work, f"{uri} line {place}: there is no `{item['uri']}` in the engine's storage")
                else:
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
        value = json.loads(line)
    except ValueError as problem:
        raise Unreadable(f"not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise Unreadable("not a JSON object")
    known = {"imageGcsUri", form.field, "dataItemResourceLabels"}
    if unknown := sorted(set(value) - known):
        raise Unreadable(f"unknown field `{unknown[0]}`; the format {form.name} has {', '.join(sorted(known))}")
    listed = value.get(form.field, [] if form.many else None)
    annotations = listed if form.many else [] if listed is None else [listed]
    if not isinstance(annotations, list):
        raise Unreadable(f"`{form.field}` must be a list")
    return {
        "uri": _check_uri(value.get("imageGcsUri")),
        "labels": _check_labels(value.get("dataItemResourceLabels", {})),
        "annotations": [_read_annotation(annotation, form) for annotation in annotations],
    }


def _read_annotation(value: Any, form: Format) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("displayName"), str) or not value["displayName"]:
        raise Unreadable(f"every one of `{form.field}` needs a `displayName`")
    payload = {key: inner for key, inner in value.items() if key != _LABELS}
    if unknown := sorted(set(payload) - {"displayName", *(_BOX if form.boxes else ())}):
        raise Unreadable(f"unknown field `{unknown[0]}` in `{form.field}`")
    if form.boxes:
        _check_box(payload)
    return {"form": form.name, "payload": payload, "labels": _check_labels(value.get(_LABELS, {}))}


def _check_box(payload: Mapping[str, Any]) -> None:
    corners = [payload.get(name) for name in _BOX]
    if not all(
        isinstance(corner, (int, float)) and not isinstance(corner, bool) and 0 <= corner <= 1 for corner in corners
    ):
        raise Unreadable(f"a bounding box needs {', '.join(_BOX)} from 0 to 1")
    x_min, y_min, x_max, y_max = (float(corner or 0) for corner in corners)
    if x_min >= x_max or y_min >= y_max:
        raise Unreadable("a bounding box must be wider and higher than nothing")


def _read_row(row: list[str], form: Format) -> Item:
    """One row of CSV: `[ML_USE,]URI[,LABEL...]`, or `[ML_USE,]URI[,LABEL,8 coordinates]` for boxes."""
    cells = [cell.strip() for cell in row]
    use = "" if cells[0].startswith("gs://") else cells.pop(0)
    if use.lower() not in _USES or not cells:
        raise Unreadable(f"`{use}` is neither a `gs://` URI nor one of training, validation, test, unassigned")
    uri, labels = _check_uri(cells[0]), cells[1:]
    if form.boxes:
        annotations = _read_boxes(labels, form)
    else:
        annotations = [_make_annotation({"displayName": label}, form) for label in labels if label]
    if not form.many and len(annotations) > 1:
        raise Unreadable("the format has one label an image")
    ml_use = _USES[use.lower()]
    return {"uri": uri, "labels": {ML_USE: ml_use} if ml_use else {}, "annotations": annotations}


def _read_boxes(cells: list[str], form: Format) -> list[dict[str, Any]]:
    if not any(cells):
        return []
    try:
        numbers = [float(cell) if cell else None for cell in cells[1:9]]
    except ValueError:
        raise Unreadable("the coordinates of a bounding box must be numbers") from None
    across = [number for number in numbers[::2] if number is not None]
    down = [number for number in numbers[1::2] if number is not None]
    if not across or not down or not cells[0]:
        raise Unreadable("a bounding box needs a label and the coordinates of two or four corners")
    payload = dict(zip(_BOX, (min(across), min(down), max(across), max(down)), strict=True))
    _check_box(payload)
    return [_make_annotation({"displayName": cells[0], **payload}, form)]


def _make_annotation(payload: dict[str, Any], form: Format) -> dict[str, Any]:
    return {"form": form.name, "payload": payload, "labels": {}}


def _check_uri(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("gs://"):
        raise Unreadable("the image must be a `gs://` URI")
    return value


def _check_labels(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(label, str) for label in value.values()):
        raise Unreadable("labels must be a map of texts")
    return dict(value)
