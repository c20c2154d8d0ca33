"""The parameters of a study, those inside others too, each with its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.problems import PathKey
    from trainctl.spec.rules.rule import Fields


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as the spec has it; `parent` is the one it depends on, None at the top."""

    name: str
    spec: Mapping[str, Any]
    path: PathKey
    parent: Parameter | None = None

    @property
    def kind(self) -> str | None:
        """Its type; None where the spec has no sound one."""
        return self.spec.get("type")

    @property
    def line(self) -> tuple[Parameter, ...]:
        """The parameters from the top down to this one."""
        return (*(self.parent.line if self.parent else ()), self)


def each_parameter(fields: Fields) -> Iterator[Parameter]:
    """Every parameter, a parent before those that depend on it."""
    for step, name, spec in _named(fields.get("parameter_spec")):
        yield from _with_dependents(Parameter(name, spec, ("parameter_spec", step)))


def _with_dependents(parameter: Parameter) -> Iterator[Parameter]:
    yield parameter
    for step, name, spec in _named(parameter.spec.get("conditional_parameter_spec")):
        path = (*parameter.path, "conditional_parameter_spec", step)
        yield from _with_dependents(Parameter(name, spec, path, parameter))


def _named(specs: Mapping[str, Any] | list[Any] | None) -> Iterator[tuple[str | int, str, Mapping[str, Any]]]:
    """The parameters that a spec has by name, and a REST body in a list."""
    if isinstance(specs, list):
        yield from ((index, spec["name"], spec) for index, spec in enumerate(specs))
    else:
        yield from ((name, name, spec) for name, spec in (specs or {}).items() if isinstance(spec, dict))
