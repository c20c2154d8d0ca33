"""Parameters that exist only for some values of another."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from trainctl.spec.rules.parameters import Parameter, each_parameter
from trainctl.spec.rules.rule import REST, SDK, TUNING, Fields, Finding, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOMENTUM = "{type: double, min: 0.5, max: 0.9, parent_values: [sgd]}"
_OPTIMIZER = "parameter_spec:\n  optimizer:\n    type: categorical\n    values: [sgd, adam]\n"
_DEPENDENT = f"{TUNING}{_OPTIMIZER}    conditional_parameter_spec:\n      momentum: "
_GOOD = f"{_DEPENDENT}{_MOMENTUM}\n"
_EPSILON = 1e-10


def _parent(fields: Fields, _: Where) -> Iterator[Finding]:
    for parameter in each_parameter(fields):
        path, parent = parameter.path, parameter.parent
        if parent is None:
            if "parent_values" in parameter.spec:
                message = f"`{parameter.name}` has `parent_values`, and no parameter above it"
                hint = "move it into the `conditional_parameter_spec` of its parent"
                yield Finding((*path, "parent_values"), message, hint, at_key=True)
        elif parent.kind == "double":
            message = f"`{parent.name}` is a double parameter, no other can depend on it"
            yield Finding(path, message, "give it type discrete, or no conditions", at_key=True)
        elif "parent_values" not in parameter.spec:
            message = f"`{parameter.name}` does not say for which values of `{parent.name}` it exists"
            needs = ((*path, "parent_values"),)
            yield Finding(path, message, "add `parent_values`", at_key=True, needs=needs)


PARAMETER_PARENT = Rule(
    code="parameter-parent",
    sentence="A conditional parameter stands inside its parent, which is no double, and names the parent's values.",
    cure="put it into `conditional_parameter_spec` with `parent_values`",
    source=f"{REST}StudySpec.ParameterSpec.ConditionalParameterSpec; {SDK} drops misplaced values silently",
    check=_parent,
    bad=f"{TUNING}parameter_spec: {{momentum: {_MOMENTUM}}}\n",
    good=_GOOD,
)


def _values(fields: Fields, _: Where) -> Iterator[Finding]:
    for parameter in each_parameter(fields):
        if parameter.parent is None or parameter.parent.kind == "double":
            continue
        for index, value in enumerate(parameter.spec.get("parent_values") or ()):
            if not _is_value_of(value, parameter.parent):
                message = f"`{value}` is no value of `{parameter.parent.name}`"
                needs = tuple((*parameter.parent.path, name) for name in ("type", "min", "max", "values"))
                yield Finding((*parameter.path, "parent_values", index), message, needs=needs)


def _is_value_of(value: Any, parent: Parameter) -> bool:
    spec = parent.spec
    if parent.kind == "integer":
        whole = isinstance(value, (int, float)) and value == int(value)
        return whole and spec.get("min", value) <= value <= spec.get("max", value)
    values = spec.get("values")
    if values is None or parent.kind is None:
        return True
    if isinstance(value, str):
        return value in values
    return any(not isinstance(each, str) and abs(each - value) <= _EPSILON for each in values)


PARENT_VALUES = Rule(
    code="parent-values",
    sentence="`parent_values` are values that the parent can have.",
    cure="write values of the parent",
    source=f"{REST}ConditionalParameterSpec: all values must exist in the parent's value spec",
    check=_values,
    bad=f"{_DEPENDENT}{{type: double, min: 0.5, max: 0.9, parent_values: [rmsprop]}}\n",
    good=_GOOD,
)


def _twice(fields: Fields, _: Where) -> Iterator[Finding]:
    found: dict[str, list[Parameter]] = {}
    for parameter in each_parameter(fields):
        found.setdefault(parameter.name, []).append(parameter)
    for name, several in found.items():
        for one, other in combinations(several, 2):
            if not _exclude(one, other):
                message = f"two parameters called `{name}` can exist in the same trial"
                yield Finding(other.path, message, at_key=True)
                break


def _exclude(one: Parameter, other: Parameter) -> bool:
    """Whether no trial has both: the lines that lead to them part at values that exclude each other."""
    for a, b in zip(one.line, other.line, strict=False):
        if a.path != b.path:
            return a.parent is not None and not set(_list(a)) & set(_list(b))
    return False


def _list(parameter: Parameter) -> list[Any]:
    return list(parameter.spec.get("parent_values") or ())


PARAMETER_TWICE = Rule(
    code="parameter-twice",
    sentence="No trial has two parameters of the same name.",
    cure="give one of them another name",
    source=f"{REST}StudySpec.ParameterSpec.parameterId: must be unique amongst all ParameterSpecs",
    check=_twice,
    bad=f"{_GOOD}  momentum: {{type: double, min: 0.5, max: 0.9}}\n",
    good=_GOOD,
)

RULES = (PARAMETER_PARENT, PARENT_VALUES, PARAMETER_TWICE)
