"""Lists: filtered, in the order asked for, page by page."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.bodies import to_snake
from trainctl.local.protocol.comparing import judge_resource
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.filters import matches, parse_filter
from trainctl.local.protocol.masks import Tree, apply_mask, parse_mask
from trainctl.local.protocol.paging import PAGE_SIZES, cut_page, make_token, read_size, read_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from trainctl.local.protocol.routing import Call
    from trainctl.local.store import Resource
    from trainctl.local.vertex.resources import Row

_LIST = frozenset({"filter", "page_size", "page_token"})
Order = tuple[tuple[str, bool], ...]
"""Fields (camelCase) to order by, and whether each is descending."""


def answer_list(
    row: Row, call: Call, rows: Callable[[int | None], Iterable[tuple[int, Resource]]], *, parent: str, key: str
) -> dict[str, Any]:
    """Answers a list method of a collection: `rows` are all of the `parent`'s, `key` is where they go. Raises Fault."""
    optional = {"order_by"} if row.orders else set()
    asked = call.read_parameters(_LIST | optional | ({"read_mask"} if row.read_masked else set()))
    tree = parse_filter(asked.get("filter", ""), lambda comparison: judge_resource(comparison, {}, row.filters))

    def search(before: int | None) -> Iterator[tuple[int, Resource]]:
        for place, resource in rows(before):
            seen = row.describe(resource)
            if matches(tree, lambda comparison, it=seen: judge_resource(comparison, it, row.filters)):  # type: ignore[misc]
                yield place, resource

    return cut_list(
        search,
        asked,
        key=key,
        scope=(row.collection, parent, asked.get("filter", ""), asked.get("order_by", "")),
        mask=parse_mask(asked.get("read_mask", ""), row.has_path),
        order=parse_order(asked.get("order_by", ""), row.orders),
        sizes=row.page_sizes,
    )


def cut_list(
    rows: Callable[[int | None], Iterable[tuple[int, Resource]]],
    asked: Mapping[str, str],
    *,
    key: str,
    scope: tuple[str, ...],
    mask: Tree | None = None,
    order: Order = (),
    sizes: tuple[int, int] = PAGE_SIZES,
) -> dict[str, Any]:
    """The answer of a list method: one page of rows under `key`, and the token of the next.

    `rows` gives rows with their places, going on behind a place; `asked` holds `page_size` and `page_token`; a token
    fits only the `scope` that it was made for; `sizes` are the default and the largest page.
    """
    size = read_size(asked.get("page_size", ""), default=sizes[0], largest=sizes[1])
    place = read_token(asked.get("page_token", ""), *scope)
    found = _sort(rows(None), order, place) if order else iter(rows(place))
    page, last = cut_page(found, size)
    answer: dict[str, Any] = {key: [apply_mask(resource, mask) for resource in page]} if page else {}
    return {**answer, "nextPageToken": make_token(last, *scope)} if last is not None else answer


def parse_order(text: str, known: Mapping[str, str]) -> Order:
    """`orderBy` (`display_name, create_time desc`); `known` maps the allowed names to fields. Raises Fault."""
    order = []
    for part in text.split(",") if text.strip() else ():
        name, _, direction = part.strip().partition(" ")
        field = known.get(to_snake(name))
        if field is None or direction.strip().lower() not in ("", "asc", "desc"):
            raise Fault("INVALID_ARGUMENT", f"Invalid order_by: `{part.strip()}` is not supported here.")
        order.append((field, direction.strip().lower() == "desc"))
    return tuple(order)


def _sort(rows: Iterable[tuple[int, Resource]], order: Order, after: int | None) -> Iterator[tuple[int, Resource]]:
    """All rows in order; a place counts from the beginning here, since a row's own place says nothing of the order."""

    def compare(left: Resource, right: Resource) -> int:
        for field, falling in order:
            mine, other = left.get(field, ""), right.get(field, "")
            if mine != other:
                return -1 if (mine < other) != falling else 1
        return 0

    ordered = sorted((resource for _, resource in rows), key=cmp_to_key(compare))
    start = 0 if after is None else after + 1
    return iter(list(enumerate(ordered))[start:])
