"""Updates of resources that carry an etag."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault, refuse_fields
from trainctl.local.protocol.masks import apply_update
from trainctl.local.protocol.times import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.store import Resource


_UNSEALED = ("etag", "versionAliases", "versionUpdateTime")
"""What no patch writes: a change of aliases leaves what others have read fit for a patch."""


def seal(resource: Mapping[str, Any]) -> Resource:
    """The resource with the etag that belongs to its content."""
    content = {key: value for key, value in resource.items() if key not in _UNSEALED}
    return {**resource, "etag": hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]}


def update(resource: Mapping[str, Any], body: Mapping[str, Any], fields: frozenset[str]) -> Resource:
    """The resource with the fields (snake_case) of the body, a new update time and a new etag.

    Raises Fault ABORTED when the body has the etag of another state, INVALID_ARGUMENT when it leaves no display name.
    """
    check_etag(resource, body)
    changed = {**apply_update(resource, body, fields), "updateTime": now()}
    if "display_name" in fields and not changed.get("displayName"):
        raise refuse_fields([("display_name", "Required field is not set.")])
    return seal(changed)


def check_etag(resource: Mapping[str, Any], body: Mapping[str, Any], *others: Mapping[str, Any]) -> None:
    """Raises Fault when the body's etag is that of no resource named; a body without any overwrites blindly."""
    if body.get("etag") not in (None, *(known.get("etag") for known in (resource, *others))):
        raise Fault("ABORTED", f"`{resource['name']}` has changed since it was read: the etag does not match.")
