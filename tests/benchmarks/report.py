"""Medians and ratios, as a table for people or as JSON."""

from __future__ import annotations

import json
import platform
import statistics
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.cases import Case
    from tests.benchmarks.measure import Series


@dataclass(frozen=True, slots=True)
class Row:
    """One case: medians, the ratio to its floor, and whether its targets are met (None: it has none)."""

    name: str
    milliseconds: float
    fastest: float
    ratio: float
    floor: str
    mebibytes: float
    runs: int
    target: str
    met: bool | None


def describe(series: Sequence[Series]) -> list[Row]:
    """A row for every case."""
    medians = {each.case.name: statistics.median(sample.seconds for sample in each.samples) for each in series}
    return [make_row(each, medians) for each in series]


def make_row(series: Series, medians: dict[str, float]) -> Row:
    """The row of one case, given the medians of all."""
    case = series.case
    seconds, ratio = medians[case.name], medians[case.name] / medians[case.floor]
    mebibytes = statistics.median(sample.mebibytes for sample in series.samples)
    limits = list_limits(case, seconds, ratio, mebibytes)
    return Row(
        name=case.name,
        milliseconds=round(seconds * 1000, 1),
        fastest=round(min(sample.seconds for sample in series.samples) * 1000, 1),
        ratio=round(ratio, 2),
        floor=case.floor,
        mebibytes=round(mebibytes, 1),
        runs=len(series.samples),
        target=", ".join(text for text, _ in limits),
        met=all(met for _, met in limits) if limits else None,
    )


def list_limits(case: Case, seconds: float, ratio: float, mebibytes: float) -> list[tuple[str, bool]]:
    """The targets of a case in words, each with whether it is met."""
    limits = []
    if case.ratio is not None:
        limits.append((f"{case.ratio:g}x", ratio <= case.ratio))
    if case.seconds is not None:
        limits.append((f"{case.seconds * 1000:g} ms", seconds <= case.seconds))
    if case.mebibytes is not None:
        limits.append((f"{case.mebibytes:g} MiB", mebibytes <= case.mebibytes))
    return limits


def write_table(rows: Sequence[Row]) -> None:
    """Aligned columns on standard output."""
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, medians of one run\n")
    width = max(len(row.name) for row in rows)
    print(f"{'':{width}}  {'ms':>8}  {'fastest':>8}  {'ratio':>6}  {'MiB':>5}  {'runs':>4}  target")
    for row in rows:
        met = {True: "met", False: "MISSED", None: ""}[row.met]
        ratio = "" if row.name == row.floor else f"{row.ratio:.1f}x"
        figures = f"{row.milliseconds:8.1f}  {row.fastest:8.1f}  {ratio:>6}  {row.mebibytes:5.1f}  {row.runs:4}"
        print(f"{row.name:{width}}  {figures}  {row.target}{': ' if row.target else ''}{met}".rstrip())


def write_json(rows: Sequence[Row]) -> None:
    """One object on standard output."""
    machine = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    json.dump({**machine, "rows": [asdict(row) for row in rows]}, sys.stdout, indent=2)
    print()
