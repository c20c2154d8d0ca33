"""Ways to credentials for people and for programs; commands stand on lines of their own, to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.render.console import paint
from trainctl.render.machine import write_records
from trainctl.render.words import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.api.ways import Way
    from trainctl.render.console import Console
    from trainctl.render.machine import Output


def write_ways(console: Console, output: Output, ways: Sequence[Way], headline: str) -> None:
    """Every way; people read first, in `headline`, what is in use now."""
    if not output.is_human:
        write_records((_record(way) for way in ways), console, output)
        return
    console.write(f"{escape(headline)}\n")
    for way in ways:
        mark = " (in use)" if way.current else ""
        name = paint(way.name, "bold", colour=console.out_colour)
        lines = [f"\n{name}{mark}: {escape(way.purpose)}", *(f"  {escape(command)}" for command in way.commands)]
        console.write("\n".join(lines) + "\n")


def _record(way: Way) -> dict[str, object]:
    return {"name": way.name, "current": way.current, "purpose": way.purpose, "commands": list(way.commands)}
