"""Field masks: which parts of a resource are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.bodies import to_snake
from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Tree = dict[str, "Tree"]


def parse_mask(text: str, has_path: Callable[[Sequence[str]], bool]) -> Tree | None:
    """A `google.protobuf.FieldMask` in JSON (`name,jobSpec.scheduling`, either spelling); None asks for everything.

    `has_path` says of names (snake_case) whether they lead to a field; Fault INVALID_ARGUMENT is raised where not.
    """
    if not text or text == "*":
        return None
    paths = [[to_snake(part) for part in path.strip().split(".")] for path in text.split(",")]
    tree: Tree = {}
    for parts in sorted(paths, key=len):  # what is asked for as a whole comes before its parts, and has them
        if not has_path(parts):
            raise Fault("INVALID_ARGUMENT", f"Invalid field mask: `{'.'.join(parts)}` is not a field.")
        _add_path(tree, parts)
    return tree


def _add_path(tree: Tree, parts: list[str]) -> None:
    for part in parts[:-1]:
        if tree.get(part) == {}:
            return
        tree = tree.setdefault(part, {})
    tree[parts[-1]] = {}


def read_update(text: str, known: frozenset[str], updatable: frozenset[str]) -> frozenset[str]:
    """The fields (snake_case) that an `updateMask` names; `*` stands for all that can be updated.

    Raises Fault INVALID_ARGUMENT for an empty mask, for a field that is not there or can never be updated, and for a
    part of a field: taking that for the field would clear the other parts.
    """
    if not text.strip():
        raise Fault(
            "INVALID_ARGUMENT", "List of found errors:\t1.Field: update_mask; Message: Required field is not set.\t"
        )
    tree = parse_mask(text, lambda parts: parts[0] in known)
    if tree is None:
        return updatable
    if fixed := sorted(set(tree) - updatable):
        listed = ", ".join(sorted(updatable))
        raise Fault("INVALID_ARGUMENT", f"Invalid update_mask: `{fixed[0]}` cannot be updated; what can is {listed}.")
    if parts := sorted(name for name, below in tree.items() if below):
        raise Fault(
            "INVALID_ARGUMENT", f"Invalid update_mask: it names part of `{parts[0]}`, which is replaced as a whole."
        )
    return frozenset(tree)


def apply_update(resource: Mapping[str, Any], body: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """The resource with the fields (snake_case) as they stand in the body; what the body lacks is cleared."""
    kept = {key: value for key, value in resource.items() if to_snake(key) not in fields}
    return {**kept, **{key: value for key, value in body.items() if to_snake(key) in fields}}


def apply_mask(resource: Mapping[str, Any], tree: Tree | None) -> dict[str, Any]:
    """What the mask leaves of a resource."""
    if not tree:
        return dict(resource)
    return {key: _cut(value, tree[to_snake(key)]) for key, value in resource.items() if to_snake(key) in tree}


def _cut(value: Any, tree: Tree) -> Any:
    return apply_mask(value, tree) if isinstance(value, dict) else value
