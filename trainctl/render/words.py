"""Single values as people read them: durations, ages, sizes, counts; and server text made safe."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_JOINERS = "\u200c\u200d"  # needed by several scripts and by emoji, and harmless
WHOLE = 1e15
"""Below this, every whole number is one as a float too."""
_SPACES = "\xa0\u3000"
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    """`text` with all that could disturb a terminal made visible: control characters, ANSI, bidi overrides, newlines.

    Text without such characters comes back as it is; backslashes are left alone.
    """
    if text.isprintable():
        return text
    return "".join(char if _is_plain(char) else _visible(char) for char in text)


def escape_lines(text: str) -> list[str]:
    """The lines of `text`, each escaped, tabs as four spaces."""
    return [escape(line.expandtabs(4)) for line in re.split(r"\r\n|[\n\r\u2028\u2029\x85]", text)] if text else []


def escape_json(document: str) -> str:
    """A JSON document with the same meaning that is safe on a terminal: JSON allows DEL, C1 and bidi characters."""
    if document.isascii() and "\x7f" not in document:
        return document
    return "".join(char if char == "\n" or _is_plain(char) else json_escape(char) for char in document)


def json_escape(char: str) -> str:
    """One character as JSON escapes it, in two escapes outside the basic plane."""
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _is_plain(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or char in _SPACES or unicodedata.category(char) == "Cn"


def _visible(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cells(text: str) -> int:
    """How many character cells `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int) -> str:
    """`text` cut to `width` cells, an ellipsis at its end where it was."""
    if cells(text) <= width:
        return text
    if text.isascii():
        return f"{text[: width - 1]}…"
    from rich.cells import set_cell_size

    return f"{set_cell_size(text, width - 1).rstrip()}…"


def pad(text: str, width: int) -> str:
    """`text` with spaces up to `width` cells."""
    return text + " " * (width - cells(text))


def duration(span: timedelta | None) -> str:
    """`42s`, `3m 5s`, `2h 10m`, `3d 4h`: the two largest units; `-` for none."""
    if span is None:
        return "-"
    seconds = int(span.total_seconds())
    for unit, size, smaller, small in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if seconds >= size:
            return f"{seconds // size}{unit} {seconds % size // small}{smaller}"
    return f"{seconds}s"


def age(moment: datetime | None, now: datetime) -> str:
    """`42s`, `3m`, `2h`, `5d`: how long ago, in its largest unit; `-` for no moment."""
    return "-" if moment is None else duration(max(now - moment, now - now)).partition(" ")[0]


def stamp(moment: datetime | None) -> str:
    """`2026-11-21T07:30:00Z`; `-` for no moment."""
    return "-" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def stamp_and_age(moment: datetime | None, now: datetime) -> str:
    """`2026-11-21 07:30:00Z (3h ago)`; `-` for no moment."""
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%SZ} ({age(moment, now)} ago)"


def size(count: int) -> str:
    """`812 B`, `1.4 KiB`, `3.0 MiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def figure(value: object) -> str:
    """A number with six digits that count, whole ones without a point; text as it is, `-` for nothing."""
    match value:
        case None:
            return "-"
        case bool() | str():
            return str(value)
        case int() | float():
            return str(int(value)) if value == value // 1 and abs(value) < WHOLE else f"{value:.6g}"
        case _:
            return "-"


def plural(count: int, noun: str) -> str:
    """`1 job`, `3 jobs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
