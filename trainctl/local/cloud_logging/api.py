"""Cloud Logging v2, as far as logs of jobs go: `entries:list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.local.cloud_logging.entries import list_entries
from trainctl.local.protocol.routing import Answer, Call, Route

if TYPE_CHECKING:
    from collections.abc import Iterator


def list_routes() -> Iterator[Route]:
    """The one route of this API."""
    yield Route("POST", "/v2/entries:list", _list)


def _list(call: Call) -> Answer:
    call.read_parameters(frozenset())
    return list_entries(call.core, call.read_json())
