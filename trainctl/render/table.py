"""Tables: fitted to a terminal, or in stable lines for a pipe; written page by page in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from trainctl.render.console import paint
from trainctl.render.words import cells, escape, fit, pad

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from trainctl.render.columns import Column
    from trainctl.render.console import Console

T = TypeVar("T")
GAP = "  "
ELASTIC_WISH = 20
"""Cells under which the elastic column makes spare ones leave."""
ELASTIC_LEAST = 8


def write_table(pages: Iterable[Sequence[T]], columns: Sequence[Column[T]], *, console: Console, now: datetime) -> int:
    """Write a header and one line per row as pages arrive; returns how many rows there were. Nothing for no rows."""
    write = _write_fitted if console.out_terminal else _write_plain
    return write(pages, columns, console, now)


def _write_plain(pages: Iterable[Sequence[T]], columns: Sequence[Column[T]], console: Console, _now: datetime) -> int:
    """Fixed least widths and two spaces between: a job's line is the same whatever else is listed."""
    count = 0
    for page in pages:
        if page and not count:
            console.write(_line([column.plain_title for column in columns], columns))
        for item in page:
            console.write(_line([escape(column.plain(item)) for column in columns], columns))
        count += len(page)
    return count


def _line(texts: Sequence[str], columns: Sequence[Column[T]]) -> str:
    padded = [pad(text, column.width) for text, column in zip(texts, columns, strict=True)]
    return GAP.join(padded).rstrip() + "\n"


def _write_fitted(pages: Iterable[Sequence[T]], columns: Sequence[Column[T]], console: Console, now: datetime) -> int:
    """Widths come from the first page and hold for all others, so that no page has to wait for the last."""
    count = 0
    widths: list[int] = []
    for page in pages:
        rows = [[_shown(column, item, now) for column in columns] for item in page]
        if rows and not widths:
            columns, widths, rows = fitted(columns, rows, console.width)
            console.write(_titles(columns, widths, colour=console.out_colour) + "\n")
        for item, row in zip(page, rows, strict=True):
            console.write(_painted(item, row, columns, widths, console.out_colour) + "\n")
        console.out.flush()
        count += len(page)
    return count


def table_lines(
    items: Sequence[T], columns: Sequence[Column[T]], *, width: int, now: datetime, colour: bool
) -> list[str]:
    """A header and one line per item, fitted to a terminal of that width; nothing for no items."""
    rows = [[_shown(column, item, now) for column in columns] for item in items]
    if not rows:
        return []
    columns, widths, rows = fitted(columns, rows, width)
    body = [_painted(item, row, columns, widths, colour) for item, row in zip(items, rows, strict=True)]
    return [_titles(columns, widths, colour=colour), *body]


def _titles(columns: Sequence[Column[T]], widths: Sequence[int], *, colour: bool) -> str:
    titles = [pad(fit(column.title, width), width) for column, width in zip(columns, widths, strict=True)]
    return paint(GAP.join(titles).rstrip(), "bold", colour=colour)


def _shown(column: Column[T], item: T, now: datetime) -> str:
    return escape(column.shown(item, now) if column.shown else column.plain(item))


def fitted(
    columns: Sequence[Column[T]], rows: list[list[str]], width: int
) -> tuple[list[Column[T]], list[int], list[list[str]]]:
    """Columns, widths and rows that fit into `width` cells.

    Sparse columns without a word leave first, then spare ones, then elastic ones are cut.
    """
    kept = list(range(len(columns)))
    needs = [
        max(cells(text) for text in (column.title, *(row[at] for row in rows))) for at, column in enumerate(columns)
    ]
    while (over := _total(needs, kept) - width) > 0:
        if empty := [at for at in kept if columns[at].sparse and all(row[at] == "-" for row in rows)]:
            kept.remove(empty[-1])
            continue
        elastic = [at for at in kept if columns[at].elastic]
        spare = [at for at in kept if columns[at].spare]
        slack = sum(max(needs[at] - ELASTIC_WISH, 0) for at in elastic)
        if spare and slack < over:
            kept.remove(spare[-1])
            continue
        _shrink(needs, elastic, over)
        break
    return [columns[at] for at in kept], [needs[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _total(needs: Sequence[int], kept: Sequence[int]) -> int:
    return sum(needs[at] for at in kept) + len(GAP) * (len(kept) - 1)


def _shrink(needs: list[int], elastic: Sequence[int], over: int) -> None:
    """Take `over` cells from the widest elastic columns; a terminal too narrow even for that wraps lines."""
    for _ in range(over):
        widest = max(elastic, key=lambda at: needs[at], default=None)
        if widest is None or needs[widest] <= ELASTIC_LEAST:
            return
        needs[widest] -= 1


def _painted(item: T, row: Sequence[str], columns: Sequence[Column[T]], widths: Sequence[int], colour: bool) -> str:  # noqa: FBT001
    texts = []
    for text, column, width in zip(row, columns, widths, strict=True):
        cut = fit(text, width) if column.elastic else text
        painted = paint(cut, column.style(item), colour=colour) if column.style else cut
        texts.append(painted + " " * (width - cells(cut)))
    return GAP.join(texts).rstrip()
