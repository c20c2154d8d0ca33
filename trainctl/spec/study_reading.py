"""A StudySpec as the rules read studies: the names and words of a spec, and the place of each in the REST body.

Parameters stay a list, each with its `name`: two that exclude each other may have the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.spec.rest import CONDITIONS, SCALES, VALUE_SPECS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.problems import PathKey

_SCALES = {wire: word for word, wire in SCALES.items()}
_BOUNDED = ("double", "integer")  # proto3 leaves out a bound that is 0
_BOUNDS = {"min": "minValue", "max": "maxValue"}
WORDS: Mapping[str, str] = {
    **_BOUNDS,
    "scale": "scaleType",
    "conditional_parameter_spec": "conditionalParameterSpecs",
    "parent_values": "`, `".join(CONDITIONS.values()),
    "scale: linear": "scaleType: UNIT_LINEAR_SCALE",
}
"""What a body calls the parts of a parameter."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a body; `at_key` says whether at the key or at the value, None that it is the same."""

    path: PathKey
    at_key: bool | None = None


Places = dict["PathKey", Place]


def read_metrics(metrics: Any, at: PathKey, places: Places) -> dict[str, str]:
    """The goals by metric; of two metrics with the same id the first."""
    goals: dict[str, str] = {}
    for index, metric in enumerate(metrics):
        name = metric.get("metricId")
        if isinstance(name, str) and name not in goals:
            goals[name] = str(metric.get("goal", "")).lower()
            places["metric_spec", name] = Place((*at, index, "metricId"), at_key=False)
    return goals


def read_parameters(parameters: Any, at: PathKey, places: Places) -> list[dict[str, Any]]:
    """The parameters, each with those that depend on it, and the places of all that belongs to them."""
    return [
        _parameter(parameter, (*at, index), ("parameter_spec", index), places)
        for index, parameter in enumerate(parameters)
    ]


def _parameter(spec: Mapping[str, Any], at: PathKey, path: PathKey, places: Places) -> dict[str, Any]:
    kind, wire = next(
        ((kind, wire) for kind, wire in VALUE_SPECS.items() if wire in spec), (None, VALUE_SPECS["double"])
    )
    values = spec.get(wire) or {}
    places[path] = Place((*at, "parameterId"), at_key=False)
    places[*path, "type"] = Place((*at, wire), at_key=True)
    places[*path, "values"] = Place((*at, wire, "values"))
    places[*path, "scale"] = Place((*at, "scaleType"))
    places |= {(*path, bound): Place((*at, wire, name)) for bound, name in _BOUNDS.items()}
    found = {
        "type": kind,
        "values": values.get("values"),
        "scale": _SCALES.get(spec.get("scaleType", "")),
        **({bound: number(values.get(name, 0)) for bound, name in _BOUNDS.items()} if kind in _BOUNDED else {}),
        "conditional_parameter_spec": list(_dependents(spec, at, path, places)) or None,
    }
    return {"name": spec.get("parameterId", ""), **{name: value for name, value in found.items() if value is not None}}


def _dependents(spec: Mapping[str, Any], at: PathKey, path: PathKey, places: Places) -> Iterator[dict[str, Any]]:
    for index, condition in enumerate(spec.get("conditionalParameterSpecs") or ()):
        inner: PathKey = (*path, "conditional_parameter_spec", index)
        place: PathKey = (*at, "conditionalParameterSpecs", index)
        wire = next((wire for wire in CONDITIONS.values() if wire in condition), None)
        dependent = _parameter(condition.get("parameterSpec") or {}, (*place, "parameterSpec"), inner, places)
        places[*inner, "parent_values"] = Place((*place, wire, "values") if wire else place)
        if wire:
            wanted = condition[wire].get("values") or ()
            whole = wire == CONDITIONS["integer"]  # a category may be a text of digits
            dependent["parent_values"] = [number(value) if whole else value for value in wanted]
        yield dependent


def number(value: Any) -> Any:
    """An int64, which a body may write as text, as a number; all else as it is."""
    return int(value) if isinstance(value, str) and value.removeprefix("-").isdecimal() else value
