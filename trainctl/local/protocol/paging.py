"""Pages of a list: tokens that carry the place and fit only the list they were given for."""

from __future__ import annotations

import base64
import hashlib
import json
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = TypeVar("Item")
PAGE_SIZES = (100, 1000)
"""The default and the largest page where a service does not say which."""


def cut_page(items: Iterator[tuple[Any, Item]], size: int) -> tuple[list[Item], Any]:
    """The first `size` items and the place of the last one, or None when nothing follows it."""
    page = list(islice(items, size))
    more = len(page) == size and next(items, None) is not None
    return [item for _, item in page], page[-1][0] if more else None


def make_token(place: Any, *scope: str) -> str:
    """An opaque token for a place (any JSON value) in the list that `scope` describes; empty for None."""
    if place is None:
        return ""
    return base64.urlsafe_b64encode(json.dumps([place, _digest(place, scope)]).encode()).decode().rstrip("=")


def read_token(token: str, *scope: str) -> Any:
    """The place in a token, None for an empty one. Raises Fault INVALID_ARGUMENT for one of another list."""
    if not token:
        return None
    try:
        place, digest = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError, RecursionError):
        raise Fault("INVALID_ARGUMENT", "Page token is invalid.") from None
    if digest != _digest(place, scope):
        raise Fault("INVALID_ARGUMENT", "Page token is invalid: it belongs to a list with another filter or parent.")
    return place


def read_size(text: str, *, default: int, largest: int) -> int:
    """The page size asked for; 0 means the default, more than the largest means the largest."""
    try:
        size = int(text or "0")
    except ValueError:
        raise Fault("INVALID_ARGUMENT", f"Invalid value at 'page_size' (TYPE_INT32), \"{text}\"") from None
    if size < 0:
        raise Fault("INVALID_ARGUMENT", "page_size must not be negative.")
    return min(size or default, largest)


def _digest(place: Any, scope: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join([json.dumps(place), *scope]).encode()).hexdigest()[:16]
