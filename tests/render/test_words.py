"""Text from servers made safe, and single values as people read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainctl.render import escape
from trainctl.render.words import age, cells, duration, escape_json, escape_lines, fit, pad, size, stamp_and_age


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain text", "plain text"),
        ("Grün 数字 🚀", "Grün 数字 🚀"),
        ("family: 👨\u200d👩\u200d👧", "family: 👨\u200d👩\u200d👧"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("two\nlines\r\n\tand a tab", "two\\nlines\\r\\n\\tand a tab"),
        ("\x9b31m is ANSI too", "\\x9b31m is ANSI too"),
        ("user\u202egpj.exe", "user\\u202egpj.exe"),
        ("isolate\u2066\u2069", "isolate\\u2066\\u2069"),
        ("bell\x07 back\x08 del\x7f", "bell\\x07 back\\x08 del\\x7f"),
        ("half \ud800 a pair", "half \\ud800 a pair"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
        ("line\u2028separator", "line\\u2028separator"),
    ],
)
def test_what_could_disturb_a_terminal_is_made_visible(text: str, safe: str) -> None:
    assert escape(text) == safe


@given(st.text())
def test_no_control_or_format_character_survives(text: str) -> None:
    assert all(char.isprintable() or char in "\u200c\u200d\xa0\u3000" or ord(char) > 0x7F for char in escape(text))
    assert not set(escape(text)) & set("\x1b\n\r\t\x07\x08\x9b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200f")


def test_lines_are_split_escaped_and_tabs_become_spaces() -> None:
    assert escape_lines("a\n\tb\x1b\r\nc\rd") == ["a", "    b\\x1b", "c", "d"]
    assert escape_lines("") == []


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=4)
)
def test_escaped_json_means_the_same(value: object) -> None:
    document = escape_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(document) == value
    assert not set(document) & set("\x1b\x7f\x9b\u202e\u2066")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.9, "59s"), (60, "1m 0s"), (185, "3m 5s"), (7800, "2h 10m"), (90000, "1d 1h")],
)
def test_durations_have_their_two_largest_units(seconds: float, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text


def test_no_duration_is_a_dash() -> None:
    assert duration(None) == "-"


def test_ages_have_their_largest_unit_and_never_lie_in_the_future() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    moments = [now - timedelta(hours=3, minutes=20), now + timedelta(hours=1), None]
    assert [age(moment, now) for moment in moments] == ["3h", "0s", "-"]
    assert stamp_and_age(moments[0], now) == "2026-11-21 08:40:00Z (3h ago)"


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")])
def test_sizes_are_in_binary_units(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [("digits", 6, "digits"), ("digits!", 6, "digit…"), ("数字数字", 8, "数字数字"), ("数字数字", 6, "数字…")],
)
def test_text_is_cut_by_the_cells_it_takes(text: str, width: int, cut: str) -> None:
    assert fit(text, width) == cut
    assert cells(pad(cut, width)) == width
