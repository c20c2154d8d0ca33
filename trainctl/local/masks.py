"""Field masks: which parts of a resource are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.bodies import to_snake
from trainctl.local.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = dict[str, "Tree"]


def parse_mask(text: str, known: frozenset[str]) -> Tree | None:
    """A `google.protobuf.FieldMask` in JSON (`name,jobSpec.scheduling`, either spelling); None asks for everything.

    Raises Fault INVALID_ARGUMENT when a first part is not one of the `known` fields (snake_case).
    """
    if not text or text == "*":
        return None
    tree: Tree = {}
    for path in text.split(","):
        parts = [to_snake(part) for part in path.strip().split(".")]
        if parts[0] not in known:
            raise Fault("INVALID_ARGUMENT", f"Invalid field mask: `{path.strip()}` is not a field.")
        node = tree
        for part in parts:
            node = node.setdefault(part, {})
    return tree


def apply_mask(resource: Mapping[str, Any], tree: Tree | None) -> dict[str, Any]:
    """What the mask leaves of a resource."""
    if not tree:
        return dict(resource)
    return {key: _cut(value, tree[to_snake(key)]) for key, value in resource.items() if to_snake(key) in tree}


def _cut(value: Any, tree: Tree) -> Any:
    return apply_mask(value, tree) if isinstance(value, dict) else value
