"""Finding datasets and models by what people call them: full name, id, or display name."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from trainctl.catalog import ResourceName
from trainctl.errors import NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.api.client import Client, Resource
    from trainctl.catalog import Collection

_ID = re.compile(r"[a-z0-9_][a-z0-9_-]*(@[A-Za-z0-9-]+)?")


def find_resource(
    client: Client, collection: Collection, reference: str, *, project: str, locations: Sequence[str]
) -> Resource:
    """The resource that `reference` names; a model's may end with `@VERSION`.

    Raises NotFound, and UsageError when several have that display name.
    """
    if name := ResourceName.parse(reference):
        if name.collection != collection.id:
            raise UsageError(f"`{reference}` is in `{name.collection}`, not in `{collection.id}`")
        return client.get(name)
    if _ID.fullmatch(reference):
        for location in locations:
            try:
                return client.get(ResourceName(project, location, collection.id, reference))
            except NotFound:
                continue
    wanted = f"display_name={json.dumps(reference, ensure_ascii=False)}"
    found: list[dict[str, Any]] = []
    for location in locations:
        listed = client.list(collection, project, location, filter=wanted, limit=5)
        found += [each for each in listed if each.get("displayName") == reference]
    return _only(found, collection, reference, f"{project}, {', '.join(locations)}")


def _only(found: list[Resource], collection: Collection, reference: str, place: str) -> Resource:
    if len(found) == 1:
        return found[0]
    if found:
        names = "\n".join(str(each.get("name")) for each in found)
        raise UsageError(
            f"`{reference}` is the name of several {collection.id}:\n{names}", hint="use one of these names"
        )
    raise NotFound(
        f"there is no {collection.noun} `{reference}` in {place}",
        http_status=404,
        status="NOT_FOUND",
        hint=f"`trainctl {collection.id} list` shows what is there",
    )
