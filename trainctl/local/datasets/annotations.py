"""Annotations of images and videos as import files write them, in JSON and in columns of CSV, checked one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from trainctl.local.datasets.formats import Format

BOX = ("xMin", "yMin", "xMax", "yMax")
END = "Infinity"
"""The end of a video, which its maker need not know."""

_LABELS = "annotationResourceLabels"
_SECONDS = re.compile(r"\d+(\.\d+)?s")
_ACTIONS = "video_action_recognition"

Annotation = dict[str, Any]
"""`form` that it came in, `field` unless that is the form's first, its `payload` as in JSON, its `labels`."""


class Unreadable(Exception):
    """One line of an import file that cannot become an item."""


def to_camel(name: str) -> str:
    """A field's name in its canonical spelling: Google's examples of video files write `time_offset` as well."""
    first, *others = name.split("_")
    return first[:1].lower() + first[1:] + "".join(other.capitalize() for other in others)


def read_annotation(value: Any, form: Format, field: str) -> Annotation:
    """One annotation of a line of JSON. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(f"every one of `{field}` must be an object")
    found = {to_camel(key): inner for key, inner in value.items()}
    labels = found.pop(_LABELS, {})
    named = field != "timeSegments"
    if named and (not isinstance(found.get("displayName"), str) or not found["displayName"]):
        raise Unreadable(f"every one of `{field}` needs a `displayName`")
    known, read = _SHAPES[field]
    if unknown := sorted(set(found) - {*known, *(["displayName"] if named else [])}):
        raise Unreadable(f"unknown field `{unknown[0]}` in `{field}`")
    payload = {**({"displayName": found["displayName"]} if named else {}), **read(found)}
    if {"startTime", "endTime"} <= payload.keys():
        _check_span(payload, may_be_instant=form.annotation == _ACTIONS and named)
    apart = {} if field == form.fields[0] else {"field": field}
    return {"form": form.name, **apart, "payload": payload, "labels": check_labels(labels)}


def check_labels(value: Any) -> dict[str, str]:
    """Resource labels. Raises Unreadable."""
    if not isinstance(value, dict) or not all(isinstance(label, str) for label in value.values()):
        raise Unreadable("labels must be a map of texts")
    return dict(value)


def _read_label(_: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _read_box(value: Mapping[str, Any]) -> dict[str, Any]:
    corners = {name: _to_number(value.get(name)) for name in BOX}
    if not all(corner is not None and 0 <= corner <= 1 for corner in corners.values()):
        raise Unreadable(f"a bounding box needs {', '.join(BOX)} from 0 to 1")
    x_min, y_min, x_max, y_max = (float(corner or 0) for corner in corners.values())
    if x_min >= x_max or y_min >= y_max:
        raise Unreadable("a bounding box must be wider and higher than nothing")
    return corners


def _read_track(value: Mapping[str, Any]) -> dict[str, Any]:
    instance = value.get("instanceId")
    if not isinstance(instance, (str, int, type(None))) or isinstance(instance, bool):
        raise Unreadable("`instanceId` must be a text")
    named = {} if instance is None else {"instanceId": str(instance)}
    return {**_read_box(value), **_read_moment(value), **named}


def _read_moment(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"timeOffset": _check_time(value.get("timeOffset"), "timeOffset")}


def _read_span(value: Mapping[str, Any]) -> dict[str, Any]:
    end = value.get("endTime", END)
    return {
        "startTime": _check_time(value.get("startTime", "0s"), "startTime"),
        "endTime": end if end == END else _check_time(end, "endTime"),
    }


_SPAN = ("startTime", "endTime")
_SHAPES: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "classificationAnnotation": ((), _read_label),
    "classificationAnnotations": ((), _read_label),
    "boundingBoxAnnotations": (BOX, _read_box),
    "timeSegmentAnnotations": (_SPAN, _read_span),
    "temporalBoundingBoxAnnotations": ((*BOX, "timeOffset", "instanceId"), _read_track),
    "timestampAnnotations": (("timeOffset",), _read_moment),
    "timeSegments": (_SPAN, _read_span),
}
"""What an annotation has beside its label, by the field that it stands in, and the check of that."""


def _to_number(value: Any) -> float | None:
    """A number, also one in a text, as Google's own examples have them."""
    try:
        return None if isinstance(value, bool) else value if isinstance(value, (int, float)) else float(value)
    except (TypeError, ValueError):
        return None


def _check_time(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _SECONDS.fullmatch(value):
        raise Unreadable(f"`{name}` must be seconds with an `s` behind them, as `1.5s`")
    return value


def seconds_of(time: str) -> float:
    """A time of an annotation in seconds; the end of a video is infinite."""
    return float("inf") if time == END else float(time.removesuffix("s"))


def _check_span(payload: Mapping[str, Any], *, may_be_instant: bool) -> None:
    start, end = seconds_of(payload["startTime"]), seconds_of(payload["endTime"])
    if start > end or (start == end and not may_be_instant):
        raise Unreadable(f"the time segment from {payload['startTime']} to {payload['endTime']} is empty")


def read_cells(cells: Sequence[str], form: Format) -> list[Annotation]:
    """The annotations in the columns behind a URI. Raises Unreadable."""
    if not any(cells):
        return []
    return [read_annotation(value, form, field) for field, value in _COLUMNS[form.name](cells)]


def _each_label(field: str) -> Callable[[Sequence[str]], list[tuple[str, Any]]]:
    return lambda cells: [(field, {"displayName": label}) for label in cells if label]


def _box_cells(cells: Sequence[str]) -> list[tuple[str, Any]]:
    return [("boundingBoxAnnotations", {"displayName": cells[0], **_corners(cells[1:9])})]


def _segment_cells(cells: Sequence[str]) -> list[tuple[str, Any]]:
    label, *span = cells
    return [("timeSegmentAnnotations", {"displayName": label, **_span_cells(span)})]


def _track_cells(cells: Sequence[str]) -> list[tuple[str, Any]]:
    label, instance, time, *corners = [*cells, "", "", ""][: max(len(cells), 3)]
    about = {"instanceId": instance} if instance else {}
    value = {"displayName": label, "timeOffset": _time_cell(time), **about, **_corners(corners[:8])}
    return [("temporalBoundingBoxAnnotations", value)]


def _action_cells(cells: Sequence[str]) -> list[tuple[str, Any]]:
    """`START,END,LABEL,TIME`: a segment in which all actions are labelled, an action at its key frame, or both."""
    start, end, label, time = [*cells, "", "", "", ""][:4]
    found: list[tuple[str, Any]] = [("timeSegments", _span_cells((start, end)))] if start or end else []
    if label:
        moment = _time_cell(time)
        found.append(("timeSegmentAnnotations", {"displayName": label, "startTime": moment, "endTime": moment}))
    return found


_COLUMNS: dict[str, Callable[[Sequence[str]], list[tuple[str, Any]]]] = {
    "image_classification_single_label": _each_label("classificationAnnotation"),
    "image_classification_multi_label": _each_label("classificationAnnotations"),
    "image_bounding_box": _box_cells,
    "video_classification": _segment_cells,
    "video_object_tracking": _track_cells,
    "video_action_recognition": _action_cells,
}
"""How the columns of each format become fields and values of JSON."""


def _corners(cells: Sequence[str]) -> dict[str, float]:
    """Two or four corners, x before y, as a box."""
    try:
        numbers = [float(cell) if cell else None for cell in cells]
    except ValueError:
        raise Unreadable("the coordinates of a bounding box must be numbers") from None
    across = [number for number in numbers[::2] if number is not None]
    down = [number for number in numbers[1::2] if number is not None]
    if not across or not down:
        raise Unreadable("a bounding box needs a label and the coordinates of two or four corners")
    return dict(zip(BOX, (min(across), min(down), max(across), max(down)), strict=True))


def _span_cells(cells: Sequence[str]) -> dict[str, str]:
    start, end = [*cells, "", ""][:2]
    last = END if end.lower() in ("", "inf", "infinity") else _time_cell(end)
    return {"startTime": _time_cell(start or "0"), "endTime": last}


def _time_cell(cell: str) -> str:
    """A number of seconds as JSON writes times."""
    if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", cell):
        raise Unreadable(f"`{cell}` is no time in seconds")
    return f"{float(cell):.6f}".rstrip("0").rstrip(".") + "s"
