"""Import files line by line: JSON Lines and CSV, read as a stream."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from trainctl.datafiles.census import Census, Flaw, Wrong
from trainctl.datafiles.formats import ML_USE, USES, Format
from trainctl.datafiles.times import check_cell, check_cells, check_span, check_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ITEM_LABELS = "dataItemResourceLabels"
_OWN_LABELS = "annotationResourceLabels"
_PAIR = 2
_SPAN = ("startTime", "endTime")
_BOX = ("xMin", "yMin", "xMax", "yMax")
_PARTS = ("displayName", _OWN_LABELS, *_SPAN, *_BOX, "timeOffset", "instanceId")


def check_file(path: Path, form: Format, census: Census, *, shown: str | None = None) -> None:
    """Counts what is in a file and notes what is wrong with it; raises OSError when it cannot be read."""
    name = shown or str(path)
    for line, column, wrong in _judge(path, form, census):
        census.note(Flaw(name, line, column, wrong))


def _judge(path: Path, form: Format, census: Census) -> Iterator[tuple[int, int, str]]:
    is_csv = path.suffix.lower() == ".csv"
    read = read_row if is_csv else read_line
    number = 0
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines: Any = csv.reader(stream) if is_csv else stream
        try:
            for number, line in enumerate(lines, 1):
                if not line or (isinstance(line, str) and not line.strip()):
                    continue
                try:
                    uri, use, labels = read(line, form)
                    if not uri.startswith("gs://"):
                        _check_local(path.parent / uri, uri, 1)
                    census.add(use, labels, local=not uri.startswith("gs://"))
                except Wrong as wrong:
                    yield number, wrong.column, str(wrong)
        except (csv.Error, UnicodeDecodeError) as problem:
            yield number + 1, 1, f"the line cannot be read: {problem}"


def _check_local(path: Path, uri: str, column: int) -> None:
    if not path.is_file():
        raise Wrong(column, f"`{uri}` is neither a `gs://` URI nor a file beside the import file")


def read_line(line: str, form: Format) -> tuple[str, str, list[str]]:
    """URI, set and labels of one line of JSON Lines. Raises Wrong."""
    try:
        value = json.loads(line)
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
    return uri, _read_use(line, value.get(_ITEM_LABELS, {})), labels


def _respelt(value: dict[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """The object with canonical names: Google's own examples of video files write `time_offset` as well."""
    if value.keys() <= set(known):
        return value
    return {_to_camel(key): inner for key, inner in value.items()}


def _to_camel(name: str) -> str:
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
            check_span(_place(line, field), _respelt(segment, _SPAN))
        return []
    return [_read_annotation(line, annotation, field, form) for annotation in annotations]


def _read_annotation(line: str, annotation: dict[str, Any], field: str, form: Format) -> str:
    found = _respelt(annotation, _PARTS)
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
