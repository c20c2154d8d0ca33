"""What a study searches: the parameters of a StudySpec, conditions among them, and the combinations there are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from trainctl.local.tuning.conditions import check_names, is_same, read_condition, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Values = dict[str, Any]
    """The values of one trial by parameter id; parameters that do not exist in it are missing."""

_MOST_VALUES = 1000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `kind` is double, integer, categorical or discrete; bounds or `choices`, never both.

    `path` names it among all, also where two that exclude each other have the same `id`. `when` are the values of its
    parent for which it exists, empty at the top.
    """

    id: str
    path: str
    kind: str
    low: float
    high: float
    choices: tuple[Any, ...]
    scale: str
    when: tuple[Any, ...]
    dependents: tuple[Parameter, ...]

    @property
    def is_log(self) -> bool:
        """Whether values are spread by their logarithm, from either end."""
        return self.scale in ("UNIT_LOG_SCALE", "UNIT_REVERSE_LOG_SCALE")

    @property
    def is_reversed(self) -> bool:
        """Whether values lie densest at the upper end."""
        return self.scale == "UNIT_REVERSE_LOG_SCALE"

    def mirror(self, value: Any) -> Any:
        """A value as seen from the other end of the range, for reversed scales; its own inverse."""
        if not self.is_reversed:
            return value
        return min(max(self.low + self.high - value, self.low), self.high)  # rounding could lead out of the range

    def active(self, value: Any) -> Iterator[Parameter]:
        """The parameters that exist when this one has `value`."""
        return (dependent for dependent in self.dependents if any(is_same(value, each) for each in dependent.when))


def read_space(study_spec: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """The parameters of a canonical StudySpec. Raises Fault for what cannot be searched."""
    specs = study_spec.get("parameters", [])
    if not specs:
        raise refuse("study_spec.parameters", "at least one parameter is needed")
    space = tuple(_read(spec, "", f"study_spec.parameters[{n}]") for n, spec in enumerate(specs))
    check_names(space)
    if study_spec.get("algorithm") == "GRID_SEARCH":
        for parameter in walk(space):
            if parameter.kind == "double":
                raise refuse("study_spec.algorithm", f"GRID_SEARCH cannot search the double `{parameter.id}`")
    return space


def walk(space: Sequence[Parameter]) -> Iterator[Parameter]:
    """Every parameter, a parent before its dependents."""
    for parameter in space:
        yield parameter
        yield from walk(parameter.dependents)


def grid(space: Sequence[Parameter]) -> Iterator[Values]:
    """Every combination of values exactly once, the last parameter varying fastest."""
    if not space:
        yield {}
        return
    first, *rest = space
    for value in _all_values(first):
        for inner in grid(list(first.active(value))):
            for others in grid(rest):
                yield {first.id: value, **inner, **others}


def _all_values(parameter: Parameter) -> Iterator[Any]:
    if parameter.kind == "integer":
        return iter(range(int(parameter.low), int(parameter.high) + 1))
    return iter(parameter.choices)


def _read(spec: Mapping[str, Any], above: str, at: str) -> Parameter:
    name, path = spec["parameterId"], f"{above}/{spec['parameterId']}".lstrip("/")
    kind, low, high, choices = _read_values(spec, at)
    scale = spec.get("scaleType", "")
    if scale in ("UNIT_LOG_SCALE", "UNIT_REVERSE_LOG_SCALE") and kind != "categorical" and low <= 0:
        raise refuse(f"{at}.scale_type", f"`{name}` must be positive everywhere for a logarithmic scale")
    parameter = Parameter(name, path, kind, low, high, choices, scale, (), ())
    dependents = tuple(
        _read_conditional(inner, parameter, n, f"{at}.conditional_parameter_specs[{n}]")
        for n, inner in enumerate(spec.get("conditionalParameterSpecs", []))
    )
    return replace(parameter, dependents=dependents)


def _read_conditional(spec: Mapping[str, Any], parent: Parameter, place: int, at: str) -> Parameter:
    """Its place goes into the path: two that exclude each other may have one name and different values."""
    when = read_condition(spec, parent, at)
    return replace(_read(spec["parameterSpec"], f"{parent.path}[{place}]", f"{at}.parameter_spec"), when=when)


def _read_values(spec: Mapping[str, Any], at: str) -> tuple[str, float, float, tuple[Any, ...]]:
    for kind in ("double", "integer"):
        if (bounds := spec.get(f"{kind}ValueSpec")) is not None:
            low, high = (_number(kind, bounds.get(name, 0)) for name in ("minValue", "maxValue"))
            if not (math.isfinite(low) and math.isfinite(high)):
                raise refuse(at, "min_value and max_value must be finite numbers")
            if low > high:
                raise refuse(at, f"min_value {low} is above max_value {high}")
            if not math.isfinite(float(high) - float(low)):
                raise refuse(at, "max_value must be a finite number above min_value")
            return kind, low, high, ()
    for kind in ("categorical", "discrete"):
        if (listed := spec.get(f"{kind}ValueSpec")) is not None:
            values = tuple(listed.get("values", ()))
            _check_values(kind, values, at)
            low, high = (min(values), max(values)) if kind == "discrete" else (0, 0)
            return kind, low, high, values
    raise refuse(at, "it says no values: one of the value specs is missing")


def _check_values(kind: str, values: tuple[Any, ...], at: str) -> None:
    """JSON has the doubles that are no numbers as words."""
    if not values:
        raise refuse(at, "it has no values")
    if kind == "categorical":
        if len(set(values)) < len(values):
            raise refuse(at, "a category is there twice")
        return
    if any(isinstance(value, str) for value in values):
        raise refuse(at, "its values must be finite numbers")
    if len(values) > _MOST_VALUES:
        raise refuse(at, f"it has {len(values)} values, at most {_MOST_VALUES} are allowed")
    if any(left > right or is_same(left, right) for left, right in pairwise(values)):
        raise refuse(at, "its values must be in increasing order and at least 1e-10 apart")


def _number(kind: str, value: Any) -> float:
    return int(value) if kind == "integer" else float(value)
