"""How one comparison of a filter is judged against one resource or log entry."""

from __future__ import annotations

import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.bodies import to_snake
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainctl.local.protocol.filters import Comparison

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ":": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
"""LogSeverity, rising."""

TEXT = frozenset({"=", "!=", ":"})
EXACT = frozenset({"=", "!="})
ORDERED = frozenset(_ORDER)


def judge_resource(comparison: Comparison, resource: Mapping[str, Any], fields: Mapping[str, frozenset[str]]) -> bool:
    """Whether a comparison of a list filter holds; `fields` are the snake_case fields and operators that are known.

    Raises Fault INVALID_ARGUMENT for another field or operator, as the services do.
    """
    name = to_snake(comparison.path[0]) if comparison.path else ""
    if comparison.operator not in fields.get(name, ()):
        shown = ".".join(comparison.path) or comparison.argument
        raise Fault("INVALID_ARGUMENT", f"Invalid filter: `{shown} {comparison.operator}` is not supported here.")
    if name == "labels":
        return _judge_label(comparison, resource.get("labels", {}))
    found = _find(resource, comparison.path)
    value = "" if found is None else str(found)
    return _compare_times(comparison, value) if name.endswith("_time") else _compare_text(comparison, value)


def judge_entry(comparison: Comparison, entry: Mapping[str, Any]) -> bool:
    """Whether a comparison of a Cloud Logging query holds for an entry (REST form)."""
    if not comparison.operator:
        return comparison.argument.casefold() in str(entry.get("textPayload") or entry.get("jsonPayload")).casefold()
    value = _find(entry, comparison.path)
    match comparison.path:
        case ("timestamp" | "receiveTimestamp",):
            return _compare_times(comparison, value or "")
        case ("severity",):
            return _compare_severities(comparison, value or "DEFAULT")
        case _:
            pass
    if comparison.operator == ":" and comparison.argument == "*":
        return value is not None
    if value is None:
        return comparison.operator in ("!=", "!~")
    return _compare_logged(comparison, value)


def _judge_label(comparison: Comparison, labels: Mapping[str, str]) -> bool:
    key = ".".join(comparison.path[1:])
    if not key:  # labels:key asks whether the label is there
        return comparison.argument in labels
    if comparison.operator == ":" and comparison.argument == "*":
        return key in labels
    return _compare_text(comparison, labels.get(key, ""))


def _compare_text(comparison: Comparison, value: str) -> bool:
    if comparison.operator == ":":
        return _wildcard(comparison.argument).fullmatch(value) is not None
    return _ORDER[comparison.operator](value, comparison.argument)


def _compare_times(comparison: Comparison, value: str) -> bool:
    wanted = parse_time(comparison.argument)
    if wanted is None:
        raise Fault("INVALID_ARGUMENT", f"Invalid filter: `{comparison.argument}` is not an RFC 3339 time.")
    found = parse_time(value)
    return found is not None and _order(comparison)(found, wanted)


def _compare_severities(comparison: Comparison, value: str) -> bool:
    wanted = comparison.argument.upper()
    if wanted not in SEVERITIES:
        raise Fault("INVALID_ARGUMENT", f"Invalid filter: `{comparison.argument}` is not a severity.")
    return _order(comparison)(SEVERITIES.index(value), SEVERITIES.index(wanted))


def _order(comparison: Comparison) -> Callable[[Any, Any], bool]:
    """What an operator says of times and severities; the search by expression says nothing. Raises Fault."""
    if comparison.operator not in _ORDER:
        shown = f"{'.'.join(comparison.path)} {comparison.operator}"
        raise Fault("INVALID_ARGUMENT", f"Invalid filter: `{shown}` is for fields of text only.")
    return _ORDER[comparison.operator]


def _compare_logged(comparison: Comparison, value: Any) -> bool:
    """Cloud Logging compares text without regard to case, `:` looks inside, `=~` searches by expression."""
    text, wanted = str(value), comparison.argument
    match comparison.operator:
        case "=~" | "!~":
            return (_expression(wanted).search(text) is not None) == (comparison.operator == "=~")
        case ":":
            return wanted.casefold() in text.casefold()
        case "=" | "!=":
            return (text.casefold() == wanted.casefold()) == (comparison.operator == "=")
        case _:
            pass
    try:
        return _ORDER[comparison.operator](float(text), float(wanted))
    except ValueError:
        return _ORDER[comparison.operator](text, wanted)


def _find(entry: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if not isinstance(entry, dict):
            return None
        entry = entry.get(part, entry.get(_to_camel(part)))
    return entry


@lru_cache(maxsize=256)
def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as problem:
        raise Fault("INVALID_ARGUMENT", f"Invalid filter: `{pattern}` is no regular expression: {problem}.") from None


def _to_camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found.group(1).upper(), name)
