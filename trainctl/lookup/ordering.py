"""Sorting of jobs: no API here sorts them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from trainctl.jobs import Job

_NEVER = datetime.max.replace(tzinfo=UTC)
KEYS: dict[str, Callable[[Job], Any]] = {
    "create_time": lambda job: job.create_time or _NEVER,
    "start_time": lambda job: job.start_time or _NEVER,
    "end_time": lambda job: job.end_time or _NEVER,
    "update_time": lambda job: job.update_time or _NEVER,
    "display_name": lambda job: job.display_name,
    "state": lambda job: job.phase.value,
    "kind": lambda job: job.kind,
    "location": lambda job: job.location,
    "name": lambda job: job.name,
    "id": lambda job: job.id,
}
"""What `--sort` can name; a time that is not there yet comes after all others."""


def read_order(text: str) -> list[tuple[str, bool]]:
    """`create_time,-display_name` or Google's `createTime,displayName desc` as keys, with True for descending."""
    return [_read_term(term.strip()) for term in text.split(",")]


def _read_term(term: str) -> tuple[str, bool]:
    words = term.removeprefix("-").split()
    key = re.sub(r"(?<=[a-z])[A-Z]", lambda found: f"_{found[0]}", words[0]).lower() if words else ""
    if key not in KEYS or words[1:] not in ([], ["asc"], ["desc"]):
        raise UsageError(f"`--sort {term}` is no order", hint=f"columns to sort by are {', '.join(KEYS)}; `-` reverses")
    return key, term.startswith("-") or words[1:] == ["desc"]


def sort_jobs(jobs: Iterable[Job], order: Iterable[tuple[str, bool]]) -> list[Job]:
    """The jobs in that order; equal ones stay as they came."""
    result = list(jobs)
    for key, descending in reversed(list(order)):
        result.sort(key=KEYS[key], reverse=descending)
    return result
