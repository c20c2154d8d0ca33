"""The requests of tuning specs, held against what Google's SDK sent for the same parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kinds.test_custom_requests import comparable, found, prepared, rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("row", rows("hptune_sent"))
def test_a_tuning_spec_sends_what_the_sdk_sends(row: dict[str, Any], tmp_path: Path) -> None:
    call = prepared(row, tmp_path).call
    assert call.url == row["url"]
    assert comparable(dict(call.body), row) == comparable(row["body"], row)


@pytest.mark.parametrize("row", rows("hptune_own"))
def test_what_the_sdk_has_no_word_for_is_sent_as_the_rest_reference_writes_it(
    row: dict[str, Any], tmp_path: Path
) -> None:
    call = prepared(row, tmp_path).call
    assert call.url == row["url"]
    assert call.body == row["body"]


@pytest.mark.parametrize("row", rows("hptune_refused"))
def test_a_wrong_tuning_spec_is_told_what_is_wrong(row: dict[str, Any], tmp_path: Path) -> None:
    """`refused` is the reason; where it is a matter of judgement, a warning is enough."""
    refused, problems = found(row, tmp_path)
    assert sorted({problem.code for problem in problems}) == row["codes"], row["refused"]
    assert refused or row.get("judgement"), row["refused"]
