"""The streams that a command writes to, and what they can show."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_WIDTH, DEFAULT_HEIGHT = 80, 24
CUTTING = frozenset({"XTERM_VERSION", "STY"})
"""What xterm and GNU screen set, which cut lines when they become narrower."""

_CODES = {
    "bold": "1",
    "dim": "2",
    "good": "32",
    "bad": "31",
    "warn": "33",
    "busy": "36",
}


@dataclass(frozen=True, slots=True)
class Console:
    """Where data (`out`) and everything else (`err`) goes; `width` and `height` are in character cells.

    `animated` says that `err` can redraw lines, `wraps` that its terminal wraps those drawn when it becomes narrower.
    With `quiet`, `say` says nothing.
    """

    out: TextIO
    err: TextIO
    out_terminal: bool = False
    err_terminal: bool = False
    width: int = DEFAULT_WIDTH
    height: int = DEFAULT_HEIGHT
    out_colour: bool = False
    err_colour: bool = False
    animated: bool = False
    wraps: bool = True
    quiet: bool = False

    def write(self, text: str) -> None:
        """Send data to standard output."""
        self.out.write(text)

    def say(self, text: str) -> None:
        """Tell people something on standard error, unless they asked for quiet."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Tell people something on standard error in any case; where that cannot be written, the work goes on."""
        try:
            self.err.write(text if text.endswith("\n") else f"{text}\n")
            self.err.flush()
        except OSError:  # its reader has gone, the disk of a log is full
            forsake(self.err)


def make_console(
    out: TextIO, err: TextIO, environment: Mapping[str, str], *, color: str = "auto", quiet: bool = False
) -> Console:
    """The Console of two streams; `color` is auto, always or never.

    auto means: NO_COLOR forbids (https://no-color.org), FORCE_COLOR demands, TERM=dumb forbids, a terminal allows.
    """
    smart = environment.get("TERM") != "dumb"
    terminals = [_is_terminal(out), _is_terminal(err)]
    width, height = _size(out if terminals[0] else err, environment)
    out_colour, err_colour = (_coloured(terminal and smart, environment, color) for terminal in terminals)
    return Console(
        out=out,
        err=err,
        out_terminal=terminals[0],
        err_terminal=terminals[1],
        width=width,
        height=height,
        out_colour=out_colour,
        err_colour=err_colour,
        animated=terminals[1] and smart and not quiet,
        wraps=environment.get("TERM") != "linux" and not CUTTING & environment.keys(),
        quiet=quiet,
    )


def forsake(stream: TextIO) -> None:
    """Send nowhere what `stream` still holds and gets: nobody takes it, and Python writes once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def paint(text: str, style: str, *, colour: bool) -> str:
    """`text` in one of the few styles there are, or as it is without colour or style."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if colour and style and text else text


def _is_terminal(stream: TextIO) -> bool:
    return not stream.closed and stream.isatty()


def _coloured(capable: bool, environment: Mapping[str, str], color: str) -> bool:  # noqa: FBT001
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    return capable or environment.get("FORCE_COLOR", "") not in ("", "0")


def _size(stream: TextIO, environment: Mapping[str, str]) -> tuple[int, int]:
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError, AttributeError):  # no descriptor, or not one of a terminal
        columns, lines = 0, 0
    wished = [environment.get(name, "") for name in ("COLUMNS", "LINES")]
    columns, lines = (
        int(wish) if wish.isdecimal() and int(wish) > 0 else known
        for wish, known in zip(wished, (columns, lines), strict=True)
    )
    return columns or DEFAULT_WIDTH, lines or DEFAULT_HEIGHT
