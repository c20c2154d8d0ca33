"""Parameters that exist for some values of another only, and names that no trial may have twice.

Source: the descriptions of ParameterSpec and ConditionalParameterSpec in the REST reference.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trainctl.local.tuning.space import Parameter

_FIELDS = {"parentIntValues": "integer", "parentCategoricalValues": "categorical", "parentDiscreteValues": "discrete"}
_EPSILON = 1e-10


def read_condition(spec: Mapping[str, Any], parent: Parameter, at: str) -> tuple[Any, ...]:
    """The values of its parent for which a conditional parameter exists. Raises Fault for none or strange ones."""
    field = next((name for name in _FIELDS if name in spec), "")
    values = spec.get(field, {}).get("values", ())
    if not values:
        raise refuse(at, "it does not say for which values of its parent it exists")
    if _FIELDS[field] != parent.kind:
        raise refuse(at, f"its condition is one of {_FIELDS[field]} values, and `{parent.id}` is {parent.kind}")
    when = tuple(int(value) if parent.kind == "integer" else value for value in values)
    if strange := [value for value in when if not _has(parent, value)]:
        raise refuse(at, f"`{strange[0]}` is no value of `{parent.id}`")
    return when


def check_names(space: Sequence[Parameter]) -> None:
    """Raises Fault for a name that two parameters of the same trial have."""
    for one, other in combinations(space, 2):
        if _may_meet(one, other) and (twice := sorted(_names(one) & _names(other))):
            raise refuse("study_spec.parameters", f"two parameters called `{twice[0]}` can exist in the same trial")
    for parameter in space:
        if any(parameter.id in _names(dependent) for dependent in parameter.dependents):
            raise refuse("study_spec.parameters", f"a parameter that depends on `{parameter.id}` has the same name")
        check_names(parameter.dependents)


def is_same(value: Any, other: Any) -> bool:
    """Whether two values of a parameter are one: numbers as near to each other as no two of a list may be."""
    if isinstance(value, str) or isinstance(other, str):
        return bool(value == other)
    return math.isclose(value, other, rel_tol=0, abs_tol=_EPSILON)


def refuse(at: str, why: str) -> Fault:
    """A study that cannot be searched."""
    return Fault("INVALID_ARGUMENT", f"{at}: {why}.")


def _has(parent: Parameter, value: Any) -> bool:
    if parent.kind == "integer":
        return bool(parent.low <= value <= parent.high)
    return any(is_same(value, each) for each in parent.choices)


def _may_meet(one: Parameter, other: Parameter) -> bool:
    """Whether a trial may have both of two parameters of one level: there is no condition at the top."""
    return not one.when or any(is_same(value, each) for value in one.when for each in other.when)


def _names(parameter: Parameter) -> frozenset[str]:
    return frozenset({parameter.id}).union(*map(_names, parameter.dependents))
