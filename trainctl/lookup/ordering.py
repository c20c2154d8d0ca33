"""Sorting of lists: few APIs here sort them, and none sorts what comes from several places."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from trainctl.assets import Dataset, Model
    from trainctl.jobs import Job

T = TypeVar("T")
_NEVER = datetime.max.replace(tzinfo=UTC)
JOB_KEYS: dict[str, Callable[[Job], Any]] = {
    "create_time": lambda job: job.create_time or _NEVER,
    "start_time": lambda job: job.start_time or _NEVER,
    "end_time": lambda job: job.end_time or _NEVER,
    "update_time": lambda job: job.update_time or _NEVER,
    "display_name": lambda job: job.display_name,
    "state": lambda job: job.phase.value,
    "kind": lambda job: job.kind,
    "location": lambda job: job.place,
    "name": lambda job: job.name,
    "id": lambda job: job.id,
}
"""What `--sort` can name; a time that is not there yet comes after all others."""
ASSET_KEYS: dict[str, Callable[[Model | Dataset], Any]] = {
    "create_time": lambda asset: asset.create_time or _NEVER,
    "update_time": lambda asset: asset.update_time or _NEVER,
    "display_name": lambda asset: asset.display_name,
    "location": lambda asset: asset.location,
    "name": lambda asset: asset.name,
    "id": lambda asset: asset.id,
}


def read_order(text: str, keys: Mapping[str, object]) -> list[tuple[str, bool]]:
    """`create_time,-display_name` or Google's `createTime,displayName desc` as keys, with True for descending."""
    return [_read_term(term.strip(), keys) for term in text.split(",")]


def _read_term(term: str, keys: Mapping[str, object]) -> tuple[str, bool]:
    words = term.removeprefix("-").split()
    key = re.sub(r"(?<=[a-z])[A-Z]", lambda found: f"_{found[0]}", words[0]).lower() if words else ""
    if key not in keys or words[1:] not in ([], ["asc"], ["desc"]):
        raise UsageError(f"`--sort {term}` is no order", hint=f"columns to sort by are {', '.join(keys)}; `-` reverses")
    return key, term.startswith("-") or words[1:] == ["desc"]


def sort(things: Iterable[T], order: Iterable[tuple[str, bool]], keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """The things in that order; equal ones stay as they came."""
    result = list(things)
    for key, descending in reversed(list(order)):
        result.sort(key=keys[key], reverse=descending)
    return result
