"""Import files line by line: JSON Lines and CSV, read as a stream."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from trainctl.datafiles.census import Census, Flaw, Wrong
from trainctl.datafiles.formats import ML_USE, USES, Format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ITEM_LABELS = "dataItemResourceLabels"
_OWN_LABELS = "annotationResourceLabels"
_PAIR = 2


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


def _read_field(line: str, value: dict[str, Any], field: str, form: Format) -> list[str]:
    if field not in value:
        return []
    found = value[field]
    annotations = [found] if form.single else found
    if not isinstance(annotations, list) or not all(isinstance(each, dict) for each in annotations):
        shape = "an object" if form.single else "a list of objects"
        raise Wrong(_place(line, field), f"`{field}` must be {shape}")
    if field == "timeSegments":
        return []
    return [_read_annotation(line, annotation, field, form) for annotation in annotations]


def _read_annotation(line: str, annotation: dict[str, Any], field: str, form: Format) -> str:
    name = annotation.get("displayName")
    if not isinstance(name, str) or not name:
        raise Wrong(_place(line, field), f"an annotation in `{field}` has no `displayName`")
    missing = [need for need in form.needs if need not in annotation]
    if missing:
        raise Wrong(_place(line, field), f"the annotation `{name}` has no `{missing[0]}`")
    if "xMin" in form.needs:
        box = [annotation[side] for side in ("xMin", "yMin", "xMax", "yMax")]
        check_box(_place(line, "xMin"), box)
    return name


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
        return [cells[_PAIR]] if len(cells) > _PAIR and cells[_PAIR] else []
    if not cells[0]:
        raise Wrong(_column(row, offset), "the row has coordinates or times and no label")
    _check_cells(row, cells[1:], offset + 1, form)
    return [cells[0]]


def _check_cells(row: list[str], cells: list[str], offset: int, form: Format) -> None:
    """The columns behind a label: times and the corners of a box."""
    if len(cells) > len(form.cells):
        raise Wrong(_column(row, offset + len(form.cells)), f"more columns than {', '.join(form.cells)}")
    numbers: dict[str, float] = {}
    for index, (name, cell) in enumerate(zip(form.cells, cells, strict=False)):
        if not cell or name == "instance":
            continue
        try:
            numbers[name] = float(cell)
        except ValueError:
            raise Wrong(_column(row, offset + index), f"`{cell}` is no number ({name})") from None
    across, down = ([value for name, value in numbers.items() if name[0] == axis] for axis in "xy")
    if "x1" in form.cells:
        if len(across) < _PAIR or len(down) < _PAIR:
            raise Wrong(_column(row, offset), "a box needs two or four corners")
        check_box(_column(row, offset), (min(across), min(down), max(across), max(down)))


def _column(row: list[str], index: int) -> int:
    """Where a cell begins in a row without quotes."""
    return sum(len(cell) + 1 for cell in row[:index]) + 1
