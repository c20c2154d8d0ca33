"""Tables: what is counted, and where and how what is wrong with a line is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trainctl.datafiles.census import Census
from trainctl.datafiles.tables import Columns, check_table

if TYPE_CHECKING:
    from pathlib import Path


def check(folder: Path, *texts: bytes) -> tuple[Census, Columns]:
    census, columns = Census(), Columns()
    for number, text in enumerate(texts):
        file = folder / f"{number}.csv"
        file.write_bytes(text)
        check_table(file, columns, census)
    return census, columns


def test_rows_are_counted_over_all_files_and_empty_lines_are_none(tmp_path: Path) -> None:
    census, columns = check(tmp_path, b'\xef\xbb\xbfa,b\n1,2\n\n"3\n",4\n', b"a,b\r\n5,6\r\n")
    assert (census.items, census.wrong, columns.names) == (3, 0, ("a", "b"))


@pytest.mark.parametrize(
    ("texts", "flaws"),
    [
        ([b""], ["0.csv:1:1: the file has no header: its first line names the columns"]),
        ([b"a,b,a\n"], ["0.csv:1:1: the column `a` is there more than once"]),
        ([b"a,,b\n1,2,3\n"], ["0.csv:1:1: column 2 has no name"]),
        (
            [b"a,b\n1,2\n1\n1,2,3\n"],
            [f"0.csv:{line}:1: {found} values where the header names 2 columns" for line, found in ((3, 1), (4, 3))],
        ),
        ([b"a,b\n", b"b,a\n1,2\n"], ["1.csv:1:1: other columns than the first file, which has a, b"]),
        ([b"a,b\n1,2\n\xff,3\n"], ["0.csv:1:1: the file is not text in UTF-8"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, texts: list[bytes], flaws: list[str]) -> None:
    census, _ = check(tmp_path, *texts)
    found = [str(flaw).removeprefix(f"{tmp_path}/") for flaw in census.flaws]
    assert found == flaws
