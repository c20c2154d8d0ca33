"""Tables of tabular datasets: CSV files with a header, all of the same columns.

Source: https://cloud.google.com/vertex-ai/docs/tabular-data/classification-regression/prepare-data.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.datafiles.census import Census, Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(slots=True)
class Columns:
    """The columns of a dataset's files: those of the first file, which the others must have too."""

    names: tuple[str, ...] = ()


def check_table(path: Path, columns: Columns, census: Census) -> None:
    """Counts a file's rows and notes what is wrong with it; raises OSError when it cannot be read."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        try:
            for message in _judge_header(next(rows, []), columns):
                census.note(Flaw(str(path), 1, 1, message))
            for row in rows:
                if len(row) == len(columns.names):
                    census.add("unassigned", [], local=False)
                elif row:
                    found = f"{len(row)} values where the header names {len(columns.names)} columns"
                    census.note(Flaw(str(path), rows.line_num, 1, found))
        except UnicodeDecodeError:  # which is found a block early: no line can be named
            census.note(Flaw(str(path), 1, 1, "the file is not text in UTF-8"))
        except csv.Error as problem:
            census.note(Flaw(str(path), rows.line_num + 1, 1, f"the line cannot be read: {problem}"))


def _judge_header(header: Sequence[str], columns: Columns) -> Iterator[str]:
    if not any(header):
        yield "the file has no header: its first line names the columns"
    elif columns.names and tuple(header) != columns.names:
        yield f"other columns than the first file, which has {', '.join(columns.names)}"
    elif repeated := sorted({name for name in header if header.count(name) > 1}):
        yield f"the column `{repeated[0]}` is there more than once"
    elif "" in header:
        yield f"column {header.index('') + 1} has no name"
    columns.names = columns.names or tuple(header)
