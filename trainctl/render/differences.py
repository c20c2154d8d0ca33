"""Two requests side by side: a unified view for people, records for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainctl.conversion.comparison import ABSENT
from trainctl.render.console import paint
from trainctl.render.words import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trainctl.conversion.comparison import Difference


def differences_text(found: Sequence[Difference], *, before: str, after: str, colour: bool) -> str:
    """A unified view: two names, then each field with what either side has."""
    head = [paint(f"--- {escape(before)}", "bold", colour=colour), paint(f"+++ {escape(after)}", "bold", colour=colour)]
    body = [line for each in found for line in _lines(each, colour=colour)]
    return "\n".join([*head, *body]) + "\n"


def _lines(each: Difference, *, colour: bool) -> Iterable[str]:
    yield paint(f"@ {escape(each.path)}", "busy", colour=colour)
    for sign, value, style in (("-", each.before, "bad"), ("+", each.after, "good")):
        if value is not ABSENT:
            yield paint(f"{sign} {_text(value)}", style, colour=colour)


def _text(value: Any) -> str:
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def difference_record(each: Difference) -> dict[str, Any]:
    """A difference as data; a side without the field has null."""
    return {"path": each.path, "before": _data(each.before), "after": _data(each.after)}


def _data(value: Any) -> Any:
    return None if value is ABSENT else value
