"""Everything that the documents behind trainctl contain is had from its command line, and tests prove it row by row."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parents[2]
TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("coverage.yaml").read_text("utf-8"))
ROWS = [(document, row) for document, rows in TABLE.items() for row in rows]


@cache
def defined_in(path: str) -> frozenset[str]:
    """The tests in a file, without running any of it."""
    file = TOP / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("document", "row"), ROWS, ids=[row["what"][:60] for _, row in ROWS])
def test_a_row_names_tests_that_there_are_or_the_reason_why_not(document: str, row: dict[str, Any]) -> None:
    assert row["where"], document
    assert row.get("reason") or row["tests"]
    named = [test.partition("::") for test in row.get("tests", ())]
    assert [f"{path}::{name}" for path, _, name in named if name not in defined_in(path)] == []


def test_every_document_has_all_its_rows() -> None:
    assert [len(rows) for rows in TABLE.values()] == [14, 11, 7, 7]
