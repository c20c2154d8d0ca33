"""Types into text. Nothing here fetches or decides; what it is given it shows."""

from trainctl.render.console import Console, make_console
from trainctl.render.words import escape

__all__ = ["Console", "escape", "make_console"]
