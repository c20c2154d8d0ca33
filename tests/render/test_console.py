"""What a console finds out about its streams."""

from __future__ import annotations

import io

import pytest

from tests.render.stage import Terminal, err
from trainctl.render import make_console
from trainctl.render.console import paint


@pytest.mark.parametrize(
    ("environment", "color", "terminal", "coloured"),
    [
        ({}, "auto", True, True),
        ({}, "auto", False, False),
        ({"NO_COLOR": "1"}, "auto", True, False),
        ({"NO_COLOR": ""}, "auto", True, True),
        ({"FORCE_COLOR": "1"}, "auto", False, True),
        ({"FORCE_COLOR": "0"}, "auto", False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "auto", True, False),
        ({"TERM": "dumb"}, "auto", True, False),
        ({"NO_COLOR": "1"}, "always", False, True),
        ({"FORCE_COLOR": "1"}, "never", True, False),
    ],
)
def test_colour_follows_option_environment_and_terminal_in_that_order(
    environment: dict[str, str], color: str, terminal: bool, coloured: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    console = make_console(stream, stream, environment, color=color)
    assert (console.out_colour, console.err_colour) == (coloured, coloured)


@pytest.mark.parametrize(
    ("environment", "quiet", "animated"),
    [({}, False, True), ({"TERM": "dumb"}, False, False), ({"NO_COLOR": "1"}, False, True), ({}, True, False)],
)
def test_only_a_smart_terminal_that_is_not_to_be_quiet_redraws(
    environment: dict[str, str], quiet: bool, animated: bool
) -> None:
    assert make_console(io.StringIO(), Terminal(), environment, quiet=quiet).animated is animated
    assert not make_console(Terminal(), io.StringIO(), environment, quiet=quiet).animated


@pytest.mark.parametrize(("columns", "width"), [("120", 120), ("0", 80), ("wide", 80), ("", 80)])
def test_columns_of_the_environment_set_the_width(columns: str, width: int) -> None:
    assert make_console(Terminal(), Terminal(), {"COLUMNS": columns}).width == width


def test_quiet_silences_what_is_said_but_not_what_is_warned_of() -> None:
    console = make_console(io.StringIO(), io.StringIO(), {}, quiet=True)
    console.say("uploading")
    console.warn("careful")
    assert err(console) == "careful\n"


def test_paint_leaves_text_alone_without_colour_or_style() -> None:
    painted = [paint("x", "bad", colour=True), paint("x", "bad", colour=False), paint("x", "", colour=True)]
    assert painted == ["\x1b[31mx\x1b[0m", "x", "x"]
