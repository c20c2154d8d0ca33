"""From a StudySpec back to the fields of a spec: the inverse of `_study`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.kinds._study import UNSPECIFIED
from trainctl.spec.rest import ALGORITHMS, MEASUREMENTS, SCALES, STOPPING
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Fields = Mapping[str, Any]

VALUES = "ValueSpec"
"""How the name ends under which a parameter has its values; it begins with the parameter's type."""
LAST = MEASUREMENTS["last"]
INTEGERS = "parentIntValues"


def recover_study(study: Fields) -> dict[str, Any]:
    """The fields of a spec that build this StudySpec, the inverse of `study_spec`; what they lack is not in them."""
    found = {
        "metric_spec": {each.get("metricId"): _goal(each) for each in study.get("metrics") or ()},
        "parameter_spec": recover_parameters(study.get("parameters") or ()),
        "search_algorithm": _key_of(ALGORITHMS, study.get("algorithm")),
        # No choice is that of the last measurement: googleapis, aiplatform/v1/study.proto.
        "measurement_selection": _key_of(MEASUREMENTS, study.get("measurementSelectionType", LAST)) if study else None,
    }
    stops = {name: _snake(study[wire]) for name, wire in STOPPING.items() if wire in study}
    return {name: value for name, value in found.items() if value} | stops


def recover_parameters(specs: Sequence[Fields]) -> dict[str, dict[str, Any]]:
    """A list of ParameterSpec as named parameters."""
    return {str(spec.get("parameterId")): recover_parameter(spec) for spec in specs}


def recover_parameter(spec: Fields) -> dict[str, Any]:
    """One parameter with those that depend on it; proto3 leaves out a bound that is 0."""
    wire = next((name for name in spec if name.endswith(VALUES)), "")
    kind = wire.removesuffix(VALUES) or "double"
    values: Fields = spec.get(wire) or {}
    bounds = {"min": _bound(values.get("minValue", 0)), "max": _bound(values.get("maxValue", 0))}
    allowed = {"values": list(values.get("values") or ())} if kind in ("categorical", "discrete") else bounds
    scale = _key_of(SCALES, spec.get("scaleType"))
    inner = {name: value for each in spec.get("conditionalParameterSpecs") or () for name, value in _dependent(each)}
    return (
        {"type": kind, **allowed}
        | ({"scale": scale} if scale else {})
        | ({"conditional_parameter_spec": inner} if inner else {})
    )


def _dependent(spec: Fields) -> Iterator[tuple[str, dict[str, Any]]]:
    parameter: Fields = spec.get("parameterSpec") or {}
    wire = next((name for name in spec if name.startswith("parent")), "")
    values = [_bound(each) if wire == INTEGERS else each for each in spec.get(wire, {}).get("values", ())]
    yield str(parameter.get("parameterId")), {**recover_parameter(parameter), "parent_values": values}


def _bound(value: Any) -> Any:
    """An int64 that came as text, as a number; other texts stay."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value


def _goal(metric: Fields) -> str:
    return str(metric.get("goal", UNSPECIFIED)).lower()


def _key_of(names: Mapping[str, str], wire: Any) -> str | None:
    return next((name for name, value in names.items() if value == wire), None)


def _snake(spec: Fields) -> dict[str, Any]:
    return {snake_case(key): _bound(value) for key, value in spec.items()}
