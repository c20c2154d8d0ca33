"""JSON values of proto scalars, brought to the one form in which Google answers."""

from __future__ import annotations

import base64
import binascii
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.times import parse_time
from trainctl.reference.enums import name_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,40})(\.0{1,20})?([eE][+-]?\d{1,2})?")
_DURATION = re.compile(r"-?\d{1,12}(\.\d{1,9})?s")


class Unfit(Exception):
    """The value is not of the type; `expected` is how Google's parser calls it."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def parse_scalar(value: Any, described: Mapping[str, Any]) -> Any:
    """The canonical JSON value of one scalar of a discovery schema; raises Unfit."""
    kind = described.get("type", "any")
    if kind == "any":
        return value
    return _PARSERS[described.get("format") if described.get("format") in _PARSERS else kind](value)


def parse_enum(value: Any, names: Sequence[str], owner: str) -> str:
    """The name of an enum value given by name or number, a double too, as Google's SDK sends it; raises Unfit."""
    if isinstance(value, str) and value in names:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        name = name_numbers(owner, names).get(int(value))
        if name is not None:
            return name
    message, _, member = owner.rpartition(".")
    raise Unfit(f"type.googleapis.com/google.cloud.aiplatform.v1.{message}.{member[:1].upper()}{member[1:]}")


def _parse_string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Unfit("TYPE_STRING")


def _parse_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Unfit("TYPE_BOOL")


def _parse_integer(value: Any, form: str) -> int:
    expected = Unfit(f"TYPE_{form.upper()}")
    match value:
        case bool():
            raise expected
        case float() if value.is_integer():
            number = int(value)
        case int():
            number = value
        case str() if _INTEGER.fullmatch(value) and int(Decimal(value)) == Decimal(value):
            number = int(Decimal(value))
        case _:
            raise expected
    low, high = _RANGES[form]
    if not low <= number <= high:
        raise expected
    return number


def _parse_float(value: Any) -> float:
    if isinstance(value, bool):
        raise Unfit("TYPE_DOUBLE")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Unfit("TYPE_DOUBLE") from None
    return number if math.isfinite(number) else str(value)  # type: ignore[return-value]  # JSON has no such numbers


def _parse_bytes(value: Any) -> str:
    text = _parse_string(value)
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise Unfit("TYPE_BYTES") from None
    return base64.b64encode(raw).decode()


def _parse_duration(value: Any) -> str:
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return value
    raise Unfit("type.googleapis.com/google.protobuf.Duration")


def _parse_timestamp(value: Any) -> str:
    if isinstance(value, str) and parse_time(value) is not None:
        return value
    raise Unfit("type.googleapis.com/google.protobuf.Timestamp")


_PARSERS: dict[Any, Callable[[Any], Any]] = {
    "string": _parse_string,
    "boolean": _parse_bool,
    "integer": lambda value: _parse_integer(value, "int32"),
    "number": _parse_float,
    "int32": lambda value: _parse_integer(value, "int32"),
    "uint32": lambda value: _parse_integer(value, "uint32"),
    "int64": lambda value: str(_parse_integer(value, "int64")),
    "uint64": lambda value: str(_parse_integer(value, "uint64")),
    "byte": _parse_bytes,
    "google-duration": _parse_duration,
    "google-datetime": _parse_timestamp,
    "date-time": _parse_timestamp,
}
