"""Import files line by line: JSON Lines and CSV, read as a stream."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from trainctl.datafiles.census import Census, Flaw, Wrong
from trainctl.datafiles.formats import ML_USE, USES, Format
from trainctl.datafiles.times import check_cell, check_cells, check_span, check_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_ITEM_LABELS = "dataItemResourceLabels"
_OWN_LABELS = "annotationResourceLabels"
_PAIR = 2
_SPAN = ("startTime", "endTime")
_BOX = ("xMin", "yMin", "xMax", "yMax")
_NAMED = ("displayName", _OWN_LABELS)
_KNOWN = {
    "classificationAnnotation": _NAMED,
    "classificationAnnotations": _NAMED,
    "boundingBoxAnnotations": (*_NAMED, *_BOX),
    "timeSegmentAnnotations": (*_NAMED, *_SPAN),
    "temporalBoundingBoxAnnotations": (*_NAMED, *_BOX, "timeOffset", "instanceId"),
    "timestampAnnotations": (*_NAMED, "timeOffset"),
    "timeSegments": (*_SPAN, _OWN_LABELS),
}
"""What annotations hold, by the field that they stand in."""

_LONGEST = 200
"""Characters of what should be a URI that are shown."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_file(path: Path, form: Format, census: Census, *, shown: str | None = None) -> None:
    """Counts what is in a file and notes what is wrong with it; raises OSError when it cannot be read."""
    name = shown or str(path)
    for line, column, wrong in _judge(path, form, census):
        census.note(Flaw(name, line, column, wrong))


def _judge(path: Path, form: Format, census: Census) -> Iterator[tuple[int, int, str]]:
    is_csv = path.suffix.lower() == ".csv"
    # Bytes that are no UTF-8 come through as surrogates, so that their line can be named.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        for number, line in number_rows(stream) if is_csv else enumerate(stream, 1):
            if not line or (isinstance(line, str) and not line.strip()):
                continue
            try:
                if isinstance(line, csv.Error):
                    raise Wrong(1, f"the line cannot be read: {line}")
                _check_text(line)
                uri, use, labels = read_line(line, form) if isinstance(line, str) else read_row(line, form)
                _check_uri(uri, line, path, form)
                census.add(use, labels, local=not uri.startswith("gs://"))
            except Wrong as wrong:
                yield number, wrong.column, str(wrong)


def number_rows(stream: Iterable[str]) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Each row of CSV with the line it begins in; what is no CSV as an error, behind which nothing is read."""
    rows, end = csv.reader(stream, strict=True), 0
    while True:
        try:
            row = next(rows, None)
        except csv.Error as problem:
            yield end + 1, problem
            return
        if row is None:
            return
        yield end + 1, row
        end = rows.line_num


def _check_text(line: str | list[str]) -> None:
    """Raises Wrong for a line that was not UTF-8."""
    for cell in [line] if isinstance(line, str) else line:
        if not cell.isascii() and (found := _SURROGATE.search(cell)):
            column = found.start() + 1 if cell is line else _column(list(line), list(line).index(cell))
            raise Wrong(column, "the line is not text in UTF-8")


def _check_uri(uri: str, line: str | list[str], path: Path, form: Format) -> None:
    """Raises Wrong for a URI without an object, and for a file that is not there or elsewhere."""
    if uri.startswith("gs://"):
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        if bucket and name:
            return
        trouble = f"`{uri}` names no object: write `gs://BUCKET/PATH`"
    elif leads_out(uri, path.parent):
        trouble = f"`{uri}` lies outside the import file's folder, and only what is in there is uploaded"
    elif _is_file(path.parent / uri):
        return
    else:
        shown = uri if len(uri) <= _LONGEST else f"{uri[:_LONGEST]}..."
        trouble = f"`{shown}` is neither a `gs://` URI nor a file beside the import file"
    if isinstance(line, str):
        raise Wrong(_place(line, form.uri_field), trouble)
    raise Wrong(_column(line, [cell.strip() for cell in line].index(uri)), trouble)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no name of a file: a whole image in base64 is too long for one
        return False


def leads_out(name: str, folder: Path) -> bool:
    """Whether a path leads out of a folder; links in it are its owner's, and are followed.

    An import file may be somebody else's: without this it could have any file of its user's uploaded.
    """
    if not name.startswith("/") and ".." not in name:
        return False
    top, place = (os.path.normpath(each.absolute()) for each in (folder, folder / name))
    return os.path.commonpath([top, place]) != top


def read_line(line: str, form: Format) -> tuple[str, str, list[str]]:
    """URI, set and labels of one line of JSON Lines. Raises Wrong."""
    try:
        value = json.loads(line)
    except RecursionError:
        raise Wrong(1, "not JSON that can be read: it is nested too deeply") from None
    except ValueError as problem:
        raise Wrong(getattr(problem, "colno", 1), f"not JSON: {getattr(problem, 'msg', problem)}") from None
    if not isinstance(value, dict):
        raise Wrong(1, "a line holds one JSON object")
    known = (form.uri_field, *form.fields, _ITEM_LABELS)
    value = _respelt(value, known)
    for key in value:
        if key not in known:
            raise Wrong(
                _place(line, key), f"unknown field `{key}`; there are {', '.join(f'`{each}`' for each in known)}"
            )
    uri = value.get(form.uri_field)
    if not isinstance(uri, str) or not uri:
        raise Wrong(_place(line, form.uri_field), f"`{form.uri_field}` names no {form.kind}")
    labels: list[str] = []
    for field in form.fields:
        labels += _read_field(line, value, field, form)
    for text in (uri, *labels):
        if not text.isascii() and _SURROGATE.search(text):  # from an escape such as `\ud800`
            raise Wrong(1, "a text has half a character: an escape `\\ud800` to `\\udfff` without its other half")
    return uri, _read_use(line, value.get(_ITEM_LABELS, {})), labels


def _respelt(value: dict[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """The object with canonical names: Google's own examples of video files write `time_offset` as well."""
    if value.keys() <= set(known):
        return value
    respelt = {to_camel(key): inner for key, inner in value.items()}
    if len(respelt) < len(value):
        [(twice, _), *_] = Counter(map(to_camel, value)).most_common(1)
        raise Wrong(1, f"`{twice}` is there in two spellings")
    return respelt


def to_camel(name: str) -> str:
    """A field's name in its canonical spelling."""
    first, *others = name.split("_")
    return first[:1].lower() + first[1:] + "".join(other.capitalize() for other in others)


def _read_field(line: str, value: dict[str, Any], field: str, form: Format) -> list[str]:
    if field not in value:
        return []
    found = value[field]
    annotations = [found] if form.single else found
    if not isinstance(annotations, list) or not all(isinstance(each, dict) for each in annotations):
        shape = "an object" if form.single else "a list of objects"
        raise Wrong(_place(line, field), f"`{field}` must be {shape}")
    if field == "timeSegments":
        for segment in annotations:
            found = _respelt(segment, _KNOWN[field])
            _check_known(line, found, field)
            check_span(_place(line, field), found)
        return []
    return [_read_annotation(line, annotation, field, form) for annotation in annotations]


def _read_annotation(line: str, annotation: dict[str, Any], field: str, form: Format) -> str:
    found = _respelt(annotation, _KNOWN[field])
    _check_known(line, found, field)
    name = found.get("displayName")
    if not isinstance(name, str) or not name:
        raise Wrong(_place(line, field), f"an annotation in `{field}` has no `displayName`")
    missing = [need for need in form.needs if need not in found]
    if missing:
        raise Wrong(_place(line, field), f"the annotation `{name}` has no `{missing[0]}`")
    if "xMin" in form.needs:
        check_box(_place(line, "xMin"), [_number(found[side]) for side in _BOX])
    if field == "timeSegmentAnnotations":
        check_span(_place(line, field), found, may_be_instant=form.objective == "action-recognition")
    if "timeOffset" in form.needs or field == "timestampAnnotations":
        check_time(_place(line, field), found.get("timeOffset"), "timeOffset")
    return name


def _check_known(line: str, annotation: dict[str, Any], field: str) -> None:
    """Raises Wrong for what no annotation of the field has, and for labels and instances that are none."""
    if unknown := [key for key in annotation if key not in _KNOWN[field]]:
        raise Wrong(_place(line, unknown[0]), f"unknown field `{unknown[0]}` in `{field}`")
    labels, instance = annotation.get(_OWN_LABELS, {}), annotation.get("instanceId", "")
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise Wrong(_place(line, _OWN_LABELS), f"`{_OWN_LABELS}` must be an object of texts")
    if not isinstance(instance, (str, int)) or isinstance(instance, bool):
        raise Wrong(_place(line, "instanceId"), "`instanceId` must be a text")


def _number(value: Any) -> Any:
    """A number, also one in a text, as Google's own examples have them."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def check_box(column: int, box: Sequence[Any]) -> None:
    """Raises Wrong for a box (left, top, right, bottom) that is none within 0 to 1."""
    if not all(isinstance(side, (int, float)) and not isinstance(side, bool) and 0 <= side <= 1 for side in box):
        raise Wrong(column, "the sides of a box are numbers from 0 to 1")
    left, top, right, bottom = box
    if left >= right or top >= bottom:
        raise Wrong(column, "a box must be wider and higher than nothing")


def _read_use(line: str, labels: Any) -> str:
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise Wrong(_place(line, _ITEM_LABELS), f"`{_ITEM_LABELS}` must be an object of texts")
    use = labels.get(ML_USE, "")
    if use not in ("training", "validation", "test", "unassigned", ""):
        raise Wrong(_place(line, ML_USE), f"`{use}` is no set: write training, validation or test")
    return use or "unassigned"


def _place(line: str, key: str) -> int:
    """The column of a key; 1 when it is not there."""
    return max(line.find(f'"{key}"'), 0) + 1


def read_row(row: list[str], form: Format) -> tuple[str, str, list[str]]:
    """URI, set and labels of one row of CSV: `[SET,]URI[,LABEL...]`, with the format's columns. Raises Wrong."""
    cells = [cell.strip() for cell in row]
    use = cells.pop(0) if cells[0].lower() in USES and len(cells) > 1 else ""
    offset = len(row) - len(cells)
    if not offset and len(cells) > 1 and cells[1].startswith("gs://"):
        raise Wrong(1, f"`{cells[0]}` is no set: write training, validation, test or unassigned")
    if not cells[0]:
        raise Wrong(_column(row, offset), f"the row names no {form.kind}")
    labels = _read_labels(row, cells[1:], offset + 1, form)
    return cells[0], USES[use.lower()], labels


def _read_labels(row: list[str], cells: list[str], offset: int, form: Format) -> list[str]:
    if form.several or form.single:
        labels = [cell for cell in cells if cell]
        if form.single and len(labels) > 1:
            raise Wrong(_column(row, offset + 1), f"`{labels[1]}` is a second label, and each image has one")
        return labels
    if not any(cells):
        return []
    if form.objective == "action-recognition":
        return _read_action(row, cells, offset)
    if not cells[0]:
        raise Wrong(_column(row, offset), "the row has coordinates or times and no label")
    _check_cells(row, cells[1:], offset + 1, form)
    return [cells[0]]


def _read_action(row: list[str], cells: list[str], offset: int) -> list[str]:
    """`START,END,LABEL,TIME`: a segment in which all actions are labelled, an action at its key frame, or both."""
    start, end, label, time = [*cells, "", "", "", ""][:4]
    if start or end:
        check_cells(_column(row, offset), start, end)
    if not label:
        return []
    check_cell(_column(row, min(offset + 3, len(row))), time)
    return [label]


def _check_cells(row: list[str], cells: list[str], offset: int, form: Format) -> None:
    """The columns behind a label: times, or the corners of a box."""
    if len(cells) > len(form.cells):
        raise Wrong(_column(row, offset + len(form.cells)), f"more columns than {', '.join(form.cells)}")
    if "x1" in form.cells:
        _check_corners(row, cells, offset, form)
    else:
        check_cells(_column(row, offset), *[*cells, "", ""][:2])


def _check_corners(row: list[str], cells: list[str], offset: int, form: Format) -> None:
    numbers: dict[str, float] = {}
    for index, (name, cell) in enumerate(zip(form.cells, cells, strict=False)):
        if name == "time":
            check_cell(_column(row, offset + index), cell)
        if not cell or name in ("instance", "time"):
            continue
        try:
            numbers[name] = float(cell)
        except ValueError:
            raise Wrong(_column(row, offset + index), f"`{cell}` is no number ({name})") from None
    across, down = ([value for name, value in numbers.items() if name[0] == axis] for axis in "xy")
    if len(across) < _PAIR or len(down) < _PAIR:
        raise Wrong(_column(row, offset), "a box needs two or four corners")
    check_box(_column(row, offset), (min(across), min(down), max(across), max(down)))


def _column(row: list[str], index: int) -> int:
    """Where a cell begins in a row without quotes."""
    return sum(len(cell) + 1 for cell in row[:index]) + 1
