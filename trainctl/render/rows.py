"""The rows that a live view takes on a terminal that has become narrower since it was drawn."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.text import Text


class Rows:
    """Erases what rich leaves behind: a terminal wraps the lines of a view that it no longer holds.

    Rich goes up one row for each line that it drew. Terminals that cut lines instead of wrapping them have no such
    rows, and erasing these would take what stands above the view: there, with `wraps` false, nothing is done.
    """

    def __init__(self, console: RichConsole, *, wraps: bool) -> None:
        self._console = console
        self._wraps = wraps
        self._drawn: list[int] = []
        self._lock = Lock()

    def replace(self, text: Text) -> Text:
        """The text that is about to be drawn in the place of the last one, whose surplus rows are erased."""
        width = self._console.width
        with self._lock:
            self._erase(width)
            self._drawn = [min(line.cell_len, width) for line in text.split("\n")][: self._console.height]
        return text

    def mend(self) -> None:
        """Erase the surplus rows before anything else is drawn."""
        width = self._console.width
        with self._lock:
            self._erase(width)
            self._drawn = [min(cells, width) for cells in self._drawn]

    def _erase(self, width: int) -> None:
        from rich.control import Control
        from rich.segment import ControlType

        surplus = sum(max(cells - 1, 0) // width for cells in self._drawn)
        if self._wraps and surplus:
            row = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            self._console.control(Control(ControlType.CARRIAGE_RETURN, *row * surplus))
