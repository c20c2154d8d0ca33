"""Values as proto3 JSON writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.spec.values import format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

FREE_MAPS = frozenset({"inputs", "outputs", "labels"})
"""Fields whose keys are the user's own words and stay as they are."""

INT64 = frozenset(
    {
        *("replicaCount", "sharedMemorySizeMb"),
        *("workerCount", "parameterServerCount", "evaluatorCount", "count", "batchSize", "maxWorkerCount"),
    }
)
"""Fields that proto3 JSON writes as strings, since JSON numbers lose digits past 2**53."""


def camel(name: str) -> str:
    """`worker_pool_specs` as `workerPoolSpecs`; a name that is camelCase already stays."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def to_wire(value: Any, name: str = "") -> Any:
    """A value of a spec with the API's spelling of keys, int64 as strings; keys of free maps stay."""
    match value:
        case dict() if name in FREE_MAPS:
            return {key: to_wire(inner) for key, inner in value.items()}
        case dict():
            return {(wire := camel(key)): to_wire(inner, wire) for key, inner in value.items()}
        case list():
            return [to_wire(inner, name) for inner in value]
        case int() | float() if name in INT64 and not isinstance(value, bool):
            return str(int(value))  # a schema takes `1.0` for an integer too
        case _:
            return value


def duration(value: float | str | None) -> str | None:
    """A duration of a spec (`90`, `"90s"`, `"1h30m"`) as Google writes it: seconds with an `s`; None stays None."""
    return None if value is None else format_duration(parse_duration(value))


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something: neither None nor an empty list, map or text."""
    return {key: value for key, value in fields.items() if value is not None and value not in ([], {}, "")}


def env(variables: Mapping[str, Any]) -> list[dict[str, str]]:
    """Environment variables as the API's list of names and values; numbers and booleans become text."""
    return [{"name": name, "value": text(value)} for name, value in variables.items()]


def text(value: Any) -> str:
    """A scalar of a spec as a command line or an environment sees it: YAML's `true` and `null`, not Python's."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case _:
            return str(value)
