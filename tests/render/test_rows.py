"""A live view on a terminal that becomes narrower and wraps what is there, as most terminals do."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from rich.console import Console as RichConsole
from rich.live import Live
from rich.text import Text

from tests.render.stage import Terminal
from trainctl.render import make_console
from trainctl.render.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = ("RUNNING  31s  digits", "│ epoch 22 loss=0.5 and more words", "Ctrl-C ends the view")


class Wrapping(io.StringIO):
    """A terminal without end: it moves up and erases as it is told, and wraps its rows when its width changes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.rows = [""]
        self.at = 0
        self.width = width

    def write(self, text: str) -> int:
        for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            if part == "\n":
                self.at += 1
                self.rows += [""] * (self.at == len(self.rows))
            elif part == "\x1b[1A":
                self.at -= 1
            elif part == "\x1b[2K":
                self.rows[self.at] = ""
            elif part[0] not in "\x1b\r":
                self.rows[self.at] += part
        return len(text)

    def narrow(self, width: int) -> None:
        below = sum(len(self._cut(row, width)) for row in self.rows[self.at + 1 :])
        self.rows = [part for row in self.rows for part in self._cut(row, width)]
        self.at = len(self.rows) - 1 - below

    def shown(self) -> list[str]:
        return [row for row in self.rows if row]

    @staticmethod
    def _cut(row: str, width: int) -> list[str]:
        return [row[start : start + width] for start in range(0, len(row), width)] or [""]


def view(screen: Wrapping, lines: Sequence[str], *, wraps: bool = True) -> tuple[Live, Rows, RichConsole]:
    rich = RichConsole(file=screen, force_terminal=True, width=60, height=30, color_system=None, _environ={})
    rows = Rows(rich, wraps=wraps)

    def redraw() -> Text:
        return rows.replace(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"))

    return Live(get_renderable=redraw, console=rich, auto_refresh=False, transient=True), rows, rich


@pytest.mark.parametrize("widths", [(40,), (25,), (30, 12), (25, 50, 13)], ids=str)
def test_a_narrower_terminal_shows_the_view_once(widths: tuple[int, ...]) -> None:
    screen = Wrapping(60)
    live, _, rich = view(screen, LINES)
    rich.print("above")
    with live:
        live.refresh()
        assert screen.shown() == ["above", *LINES]
        for width in widths:
            screen.narrow(width)
            rich.width = width
            live.refresh()
        cut = [line if len(line) <= width else f"{line[: width - 1]}…" for line in LINES]
        assert screen.shown() == ["above", *cut]
    assert screen.shown() == ["above"]


def test_a_line_above_the_view_comes_in_its_place() -> None:
    screen = Wrapping(60)
    live, rows, rich = view(screen, LINES)
    with live:
        live.refresh()
        screen.narrow(25)
        rich.width = 25
        rows.mend()
        rich.print("news")
        rows.mend()
        rich.print("more")
        assert screen.shown() == ["news", "more", LINES[0], f"{LINES[1][:24]}…", LINES[2]]


def test_a_terminal_that_cuts_lines_loses_none_above_the_view() -> None:
    screen = Wrapping(60)
    live, _, rich = view(screen, LINES, wraps=False)
    rich.print("above")
    with live:
        live.refresh()
        screen.rows = [row[:12] for row in screen.rows]
        rich.width = 12
        live.refresh()
        assert screen.shown()[0] == "above"
        assert len(screen.shown()) == 1 + len(LINES)


@pytest.mark.parametrize(
    ("environment", "wraps"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(390)"}, False),
        ({"TERM": "screen", "STY": "7.tty"}, False),
        ({"TERM": "linux"}, False),
    ],
)
def test_terminals_that_cut_lines_are_known(environment: dict[str, str], wraps: bool) -> None:
    assert make_console(Terminal(), Terminal(), environment).wraps is wraps
