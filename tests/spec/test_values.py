"""What durations mean, and that no text which the schema lets through cannot be read."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.spec.running import codes_of
from trainctl.spec.rules.rule import IMAGE
from trainctl.spec.schema import load_schema
from trainctl.spec.values import as_list, format_duration, parse_duration

DURATION = re.compile(load_schema("custom").data["$defs"]["duration"]["pattern"])


@pytest.mark.parametrize(
    ("value", "seconds", "text"),
    [
        (90, 90, "90s"),
        (1.5, 1.5, "1.5s"),
        ("90s", 90, "90s"),
        ("90", 90, "90s"),
        ("45m", 2700, "2700s"),
        ("1h30m", 5400, "5400s"),
        ("1d2h3m4s", 93784, "93784s"),
        ("1.5h", 5400, "5400s"),
        ("0.25s", 0.25, "0.25s"),
        (" 7d ", 604800, "604800s"),
    ],
)
def test_durations_are_seconds_or_text(value: float | str, seconds: float, text: str) -> None:
    assert parse_duration(value) == seconds
    assert format_duration(parse_duration(value)) == text


@pytest.mark.parametrize("text", ["", " ", "h", "1x", "-5s", "1m1h", "1 h", "five"])
def test_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_duration(text)
    assert codes_of(f"{IMAGE}timeout: {json.dumps(text)}\n") in (["duration"], ["empty-value"])


@pytest.mark.parametrize("text", ["0", "0s", "0h0m", "-1", "999999999999999d", "1e300", "1e-320", "9" * 400 + "s"])
def test_durations_beyond_sense_are_refused_without_a_crash(text: str) -> None:
    codes = codes_of(f"{IMAGE}timeout: {text}\n")
    assert codes == ([] if text == "1e-320" else ["duration"])


@given(st.text(alphabet="0123456789.dhms \n"))
@example("1.5h")
@example(" 1d2h3m4s ")
@example("5\n")
def test_whatever_the_schema_takes_for_a_duration_can_be_read(text: str) -> None:
    if DURATION.search(text):
        assert parse_duration(text.rstrip("\n")) >= 0


def test_one_item_may_stand_for_a_list() -> None:
    assert (as_list(None), as_list("a"), as_list(["a"])) == ([], ["a"], ["a"])
