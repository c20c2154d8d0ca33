"""What a study searches and judges by: the rules that tuning jobs and AutoML Model Garden jobs share."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from trainctl.spec.rules import conditions
from trainctl.spec.rules.parameters import Parameter, each_parameter
from trainctl.spec.rules.rule import REST, SDK, STUDY, TUNING, Fields, Finding, Rule, Where, by_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.problems import PathKey

_BOUNDED = ("double", "integer")
_LEAST_STEP = 0.999e-10
"""1e-10, less what binary fractions lose."""

_RATE = "parameter_spec: {learning_rate: {type: double, min: 0.0001, max: 0.1, scale: log}}\n"
_UNITS = "parameter_spec: {units: {type: integer, min: 8, max: 64, scale: linear}}\n"
_CHOICE = "parameter_spec: {activation: {type: categorical, values: [relu, tanh]}}\n"

METRIC_GOAL = Rule(
    code="metric-goal",
    sentence="A metric is maximized or minimized.",
    cure="write `maximize` or `minimize`",
    source=f"{REST}StudySpec.MetricSpec.goal",
    check=by_schema,
    bad=f"{STUDY}{_RATE}metric_spec: {{accuracy: best}}\n",
    good=f"{STUDY}{_RATE}metric_spec: {{accuracy: maximize}}\n",
)


def _names(fields: Fields, _: Where) -> Iterator[Finding]:
    named: list[tuple[PathKey, str, str]] = [
        *((("metric_spec", name), "metric", name) for name in fields.get("metric_spec") or {}),
        *((parameter.path, "parameter", parameter.name) for parameter in each_parameter(fields)),
    ]
    for path, what, name in named:
        if not name:
            yield Finding(path, f"a {what} has an empty name", at_key=True)
        elif any(char.isspace() for char in name):
            yield Finding(path, f"the {what}'s name `{name}` has a space in it", at_key=True)


STUDY_NAME = Rule(
    code="study-name",
    sentence="Names of metrics and parameters are not empty and hold no white space.",
    cure="write a name such as `learning_rate`",
    source=f"{REST}StudySpec.MetricSpec.metricId, ParameterSpec.parameterId",
    check=_names,
    bad=f"{TUNING}parameter_spec: {{learning rate: {{type: double, min: 0.1, max: 1}}}}\n",
    good=f"{TUNING}{_RATE}",
)


def _fields(fields: Fields, _: Where) -> Iterator[Finding]:
    for parameter in each_parameter(fields):
        kind, spec = parameter.kind, parameter.spec
        if kind is None:
            continue
        needed, other = (("min", "max"), ("values",)) if kind in _BOUNDED else (("values",), ("min", "max"))
        for name in needed:
            if name not in spec:
                message = f"the {kind} parameter `{parameter.name}` has no `{name}`"
                yield Finding(parameter.path, message, f"add `{name}`", at_key=True, needs=((*parameter.path, name),))
        for name in (*other, *(("scale",) if kind == "categorical" else ())):
            if name in spec and spec[name] != "unspecified":
                message = f"a {kind} parameter has no `{name}`"
                yield Finding((*parameter.path, name), message, f"remove `{name}`", at_key=True)


PARAMETER_FIELDS = Rule(
    code="parameter-fields",
    sentence="A double or integer parameter has `min` and `max`, a categorical or discrete one `values`; a categorical "
    "one has no `scale`.",
    cure="give the fields of the parameter's type",
    source=f"{SDK}: DoubleParameterSpec, IntegerParameterSpec, CategoricalParameterSpec, DiscreteParameterSpec",
    check=_fields,
    bad=f"{TUNING}parameter_spec: {{units: {{type: integer, values: [8, 16]}}}}\n",
    good=f"{TUNING}{_UNITS}",
)


def _values(fields: Fields, _: Where) -> Iterator[Finding]:
    for parameter in each_parameter(fields):
        if parameter.kind == "integer":
            yield from _whole_bounds(parameter)
        for index, value in enumerate(parameter.spec.get("values") or ()):
            path = (*parameter.path, "values", index)
            if parameter.kind == "categorical" and not isinstance(value, str):
                yield Finding(
                    path, f"the values of a categorical parameter are texts, {value} is a number", _quoted(value)
                )
            elif parameter.kind == "discrete" and isinstance(value, str):
                yield Finding(path, f"the values of a discrete parameter are numbers, `{value}` is text")


def _quoted(value: Any) -> str:
    return f'write `"{value}"`, or use type discrete'


def _whole_bounds(parameter: Parameter) -> Iterator[Finding]:
    for name in ("min", "max"):
        value = parameter.spec.get(name, 0)
        if value != int(value):
            yield Finding((*parameter.path, name), f"an integer parameter has whole bounds, {value} is none")


PARAMETER_VALUES = Rule(
    code="parameter-values",
    sentence="Integer parameters have whole bounds, categorical ones texts to choose from, discrete ones numbers.",
    cure="write values of the parameter's type, or another type",
    source=f"{REST}StudySpec.ParameterSpec",
    check=_values,
    bad=f"{TUNING}parameter_spec: {{layers: {{type: categorical, values: [1, 2]}}}}\n",
    good=f"{TUNING}{_CHOICE}",
)


def _order(fields: Fields, _: Where) -> Iterator[Finding]:
    for parameter in each_parameter(fields):
        values = parameter.spec.get("values") or []
        twice = next((index for index, value in enumerate(values) if value in values[:index]), None)
        if twice is not None:
            message = f"`{values[twice]}` is among the values of `{parameter.name}` twice"
            yield Finding((*parameter.path, "values", twice), message, "remove one of them")
        elif parameter.kind == "discrete" and _are_numbers(values):
            yield from _steps(parameter, values)


def _steps(parameter: Parameter, values: list[float]) -> Iterator[Finding]:
    path = (*parameter.path, "values")
    if values != sorted(values):
        yield Finding(path, f"the values of `{parameter.name}` do not increase")
        return
    for index, (one, other) in enumerate(pairwise(values), 1):
        if other - one < _LEAST_STEP:
            message = f"`{one}` and `{other}` are less than 1e-10 apart, too close for two values of `{parameter.name}`"
            yield Finding((*path, index), message, "remove one of them")


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(value, (int, float)) for value in values)


PARAMETER_ORDER = Rule(
    code="parameter-order",
    sentence="Values of a discrete parameter increase, by 1e-10 or more, and none is there twice.",
    cure="list them in increasing order",
    source=f"{REST}StudySpec.ParameterSpec.DiscreteValueSpec.values: in increasing order and at least 1e-10 apart",
    check=_order,
    bad=f"{TUNING}parameter_spec: {{units: {{type: discrete, values: [64, 16, 32]}}}}\n",
    good=f"{TUNING}parameter_spec: {{units: {{type: discrete, values: [16, 32, 64]}}}}\n",
)


def _bounds(fields: Fields, _: Where) -> Iterator[Finding]:
    for parameter in each_parameter(fields):
        low, high = parameter.spec.get("min"), parameter.spec.get("max")
        if low is not None and high is not None and low > high:
            message = f"`min` of `{parameter.name}` is {low}, more than its `max` {high}"
            yield Finding((*parameter.path, "min"), message, needs=((*parameter.path, "max"),))


PARAMETER_BOUNDS = Rule(
    code="parameter-bounds",
    sentence="The lower bound of a parameter is not above its upper bound.",
    cure="exchange `min` and `max`",
    source=f"{REST}StudySpec.ParameterSpec.DoubleValueSpec, IntegerValueSpec",
    check=_bounds,
    bad=f"{TUNING}parameter_spec: {{units: {{type: integer, min: 64, max: 8}}}}\n",
    good=f"{TUNING}{_UNITS}",
)


def _scale(fields: Fields, _: Where) -> Iterator[Finding]:
    for parameter in each_parameter(fields):
        if parameter.spec.get("scale") not in ("log", "reverse_log"):
            continue
        for path, value in _extent(parameter):
            if value <= 0:
                message = f"scale {parameter.spec['scale']} needs positive values, `{parameter.name}` reaches {value}"
                yield Finding(path, message, needs=((*parameter.path, "scale"),))
                break


def _extent(parameter: Parameter) -> Iterator[tuple[PathKey, float]]:
    """The least value of a parameter, and where it stands."""
    spec, path = parameter.spec, parameter.path
    if isinstance(spec.get("min"), (int, float)):
        yield (*path, "min"), spec["min"]
    numbers = [(value, index) for index, value in enumerate(spec.get("values") or ()) if not isinstance(value, str)]
    if numbers:
        least, index = min(numbers)
        yield (*path, "values", index), least


PARAMETER_SCALE = Rule(
    code="parameter-scale",
    sentence="Scales log and reverse_log are for positive values only.",
    cure="start above 0, or write `scale: linear`",
    source=f"{REST}StudySpec.ParameterSpec.scaleType: the entire feasible space must be strictly positive",
    check=_scale,
    bad=f"{TUNING}parameter_spec: {{rate: {{type: double, min: 0, max: 1, scale: log}}}}\n",
    good=f"{TUNING}{_RATE}",
)


def _grid(fields: Fields, _: Where) -> Iterator[Finding]:
    if fields.get("search_algorithm") != "grid":
        return
    for parameter in each_parameter(fields):
        if parameter.kind == "double":
            message = f"grid search cannot try every value of `{parameter.name}`, a double parameter"
            yield Finding((*parameter.path, "type"), message, needs=(("search_algorithm",),))


GRID_DOUBLE = Rule(
    code="grid-double",
    sentence="Grid search takes integer, categorical and discrete parameters.",
    cure="list its values with type discrete, or leave `search_algorithm` out",
    source="https://cloud.google.com/vertex-ai/docs/training/hyperparameter-tuning-overview#search_algorithms",
    check=_grid,
    bad=f"{TUNING}{_RATE}search_algorithm: grid\n",
    good=f"{TUNING}{_UNITS}search_algorithm: grid\n",
)

STUDY_RULES = (
    METRIC_GOAL,
    STUDY_NAME,
    PARAMETER_FIELDS,
    PARAMETER_VALUES,
    PARAMETER_ORDER,
    PARAMETER_BOUNDS,
    PARAMETER_SCALE,
    GRID_DOUBLE,
    *conditions.RULES,
)
"""The rules of every spec with `metric_spec` and `parameter_spec`."""
