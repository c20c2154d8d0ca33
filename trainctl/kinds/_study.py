"""The StudySpec of a tuning job, from the fields that `hptune` and AutoML Model Garden specs share.

`metric_spec`, `parameter_spec`, `search_algorithm` and `measurement_selection` have the names and values of Google's
SDK; the early-stopping specs are those of the REST reference in snake_case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.kinds._wire import present, to_wire
from trainctl.spec.rest import ALGORITHMS, CONDITIONS, MEASUREMENTS, SCALES, STOPPING, VALUE_SPECS

if TYPE_CHECKING:
    from collections.abc import Mapping

    Fields = Mapping[str, Any]

UNSPECIFIED = "goal_type_unspecified"
_INT64 = ("maxStepCount", "minStepCount", "minMeasurementCount")


def study_spec(fields: Fields) -> dict[str, Any]:
    """The StudySpec in proto3 JSON, order of metrics and parameters kept; empty when the fields say nothing of it."""
    return present(
        {
            "metrics": metrics(fields.get("metric_spec") or {}),
            "parameters": parameters(fields.get("parameter_spec") or {}),
            "algorithm": ALGORITHMS.get(fields.get("search_algorithm") or ""),
            "measurementSelectionType": MEASUREMENTS.get(fields.get("measurement_selection") or ""),
        }
    ) | stopping(fields)


def metrics(goals: Mapping[str, str]) -> list[dict[str, str]]:
    """What trials are judged by: `{accuracy: maximize}` as a list of MetricSpec; an unspecified goal is not sent."""
    told = {name: None if goal == UNSPECIFIED else goal.upper() for name, goal in goals.items()}
    return [present({"metricId": name, "goal": goal}) for name, goal in told.items()]


def parameters(specs: Mapping[str, Fields]) -> list[dict[str, Any]]:
    """What is searched: named parameters as a list of ParameterSpec."""
    return [parameter(name, spec) for name, spec in specs.items()]


def parameter(name: str, spec: Fields) -> dict[str, Any]:
    """One ParameterSpec with those that depend on its value; a categorical parameter has no scale."""
    kind = spec["type"]
    dependent = spec.get("conditional_parameter_spec") or {}
    return present(
        {
            "parameterId": name,
            VALUE_SPECS[kind]: value_spec(kind, spec),
            "scaleType": None if kind == "categorical" else SCALES.get(spec.get("scale") or ""),
            "conditionalParameterSpecs": [conditional(kind, inner, dependent[inner]) for inner in dependent],
        }
    )


def value_spec(kind: str, spec: Fields) -> dict[str, Any]:
    """The values that a parameter may take: bounds or a list. Bounds of an integer are int64, so text."""
    match kind:
        case "integer":
            return {"minValue": str(int(spec["min"])), "maxValue": str(int(spec["max"]))}
        case "double":
            return {"minValue": spec["min"], "maxValue": spec["max"]}
        case _:
            return {"values": list(spec["values"])}


def conditional(parent: str, name: str, spec: Fields) -> dict[str, Any]:
    """A ParameterSpec that is active for some values of its parent, a parameter of type `parent`."""
    values = [str(int(value)) if parent == "integer" else value for value in spec.get("parent_values") or ()]
    return {CONDITIONS[parent]: {"values": values}, "parameterSpec": parameter(name, spec)}


def stopping(fields: Fields) -> dict[str, Any]:
    """The rules that end hopeless trials early."""
    found = {wire: to_wire(fields[name]) for name, wire in STOPPING.items() if fields.get(name) is not None}
    return {name: {key: _text(key, value) for key, value in spec.items()} for name, spec in found.items()}


def _text(key: str, value: Any) -> Any:
    return str(value) if key in _INT64 else value
