"""Times and time segments of videos, as JSON (`1.5s`) and CSV (`1.5`) write them."""

from __future__ import annotations

import re
from typing import Any

from trainctl.datafiles.census import Wrong

END = "Infinity"
_SECONDS = re.compile(r"\d+(\.\d+)?s")
_NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+")
_ENDS = ("", "inf", "infinity")


def check_time(column: int, value: Any, name: str) -> float:
    """The seconds of a time in JSON. Raises Wrong."""
    if not isinstance(value, str) or not _SECONDS.fullmatch(value):
        raise Wrong(column, f"`{name}` must be seconds with an `s` behind them, as `1.5s`")
    return float(value[:-1])


def check_span(column: int, value: dict[str, Any], *, may_be_instant: bool = False) -> None:
    """Raises Wrong for a segment that is none. Without a start it begins with the video, without an end it lasts."""
    start = check_time(column, value.get("startTime", "0s"), "startTime")
    last = value.get("endTime", END)
    end = float("inf") if last == END else check_time(column, last, "endTime")
    _check_order(column, start, end, may_be_instant=may_be_instant)


def check_cell(column: int, cell: str) -> float:
    """The seconds in a cell of CSV. Raises Wrong."""
    if not _NUMBER.fullmatch(cell):
        raise Wrong(column, f"`{cell}` is no time in seconds")
    return float(cell)


def check_cells(column: int, start: str, end: str) -> None:
    """Raises Wrong for a segment in two cells of CSV, of which the second begins one cell behind `column`'s."""
    first = check_cell(column, start or "0")
    last = float("inf") if end.lower() in _ENDS else check_cell(column + len(start) + 1, end)
    _check_order(column, first, last)


def _check_order(column: int, start: float, end: float, *, may_be_instant: bool = False) -> None:
    if start > end or (start == end and not may_be_instant):
        raise Wrong(column, f"the time segment from {start:g} to {end:g} s is empty")
