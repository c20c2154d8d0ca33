"""RFC 3339 times, to the nanosecond that Cloud Logging knows."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

_NANO = 1_000_000_000
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)?)?")


def now() -> str:
    """The present time as Vertex writes it, with microseconds."""
    return format_time(time.time_ns(), digits=6)


def format_time(nanoseconds: int, *, digits: int = 9) -> str:
    """A time since the epoch as RFC 3339 in UTC."""
    seconds, rest = divmod(nanoseconds, _NANO)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{f'{rest:09d}'[:digits]}Z"


def parse_time(text: str) -> int | None:
    """Nanoseconds since the epoch of a date or an RFC 3339 time (UTC when it names no zone); None for other text."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{(zone or 'Z').upper()}")
    except ValueError:
        return None
    return int(moment.timestamp()) * _NANO + int((fraction or "0").ljust(9, "0"))


def parse_duration(text: str) -> float:
    """Seconds of a `google.protobuf.Duration` in JSON, such as `3.5s`."""
    return float(text.removesuffix("s"))
