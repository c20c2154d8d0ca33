"""What values settings take: a check turns text into the value, or raises ValueError with what was wanted."""

from __future__ import annotations

import re
from collections.abc import Callable

Check = Callable[[str], "str | bool | float"]
"""Turns the text of a value into the value, or raises ValueError with the rest of `... is not`."""

# Compiled when a value is checked: few settings are given in any one command.
_LOCATION = r"[a-z]{2,}(-[a-z]+\d+)?"
_BUCKET = r"gs://[a-z0-9]([a-z0-9._-]{0,220}[a-z0-9])?(/.*)?"
_PROJECT = r"[a-z0-9]([a-z0-9.:-]*[a-z0-9])?"
_ENDPOINT = r"(https?)://([^/?#@\s]+)(/[^?#\s]*)?"
_ENDPOINT_TAIL = r"(/storage)?(/v\d\w*)?/*$"
_KEY = r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+"
_LOOPBACK = r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?"


def text(value: str) -> str:
    """Any text."""
    return value


def flag(value: str) -> bool:
    """Yes or no in the words that people use."""
    lowered = value.lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ValueError("true or false")


def number(value: str) -> float:
    """A number above zero."""
    try:
        parsed = float(value)
    except ValueError:
        parsed = 0.0
    if not 0 < parsed < float("inf"):
        raise ValueError("a number above zero")
    return parsed


def whole(value: str) -> int:
    """A whole number above zero."""
    if not value.isdecimal() or int(value) == 0:
        raise ValueError("a whole number above zero")
    return int(value)


def project(value: str) -> str:
    """A project id or number."""
    return _matched(_PROJECT, value, "a project id")


def location(value: str) -> str:
    """One location, several with commas between, each once, or `all`."""
    parts = dict.fromkeys(part.strip() for part in value.split(","))
    if all(re.fullmatch(_LOCATION, part) for part in parts):
        return "all" if "all" in parts else ",".join(parts)
    raise ValueError("a location such as `us-central1`")


def bucket(value: str) -> str:
    """`gs://BUCKET`, with a folder or without, never with a slash at its end."""
    return _matched(_BUCKET, value, "a bucket such as `gs://my-bucket` or `gs://my-bucket/folder`").rstrip("/")


def key(value: str) -> str:
    """The full name of a Cloud KMS key."""
    return _matched(_KEY, value, "a key name: `projects/P/locations/L/keyRings/R/cryptoKeys/K`")


def endpoint(value: str) -> str:
    """A base URL without `/v1`; https, or plain http on loopback, since a token is sent to it."""
    found = re.fullmatch(_ENDPOINT, value)
    if found is None:
        raise ValueError("a base URL such as `https://example.com`")
    if found[1] == "http" and not is_loopback(found[2]):
        raise ValueError("an https URL: plain http is for loopback addresses only, since a token is sent there")
    return re.sub(_ENDPOINT_TAIL, "", value)


def is_loopback(host: str) -> bool:
    """Whether `host`, with a port or without, names this machine and nothing else."""
    return re.fullmatch(_LOOPBACK, host.lower()) is not None


def one_of(*choices: str) -> Check:
    """One of some words."""

    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return check


def _matched(pattern: str, value: str, wanted: str) -> str:
    if re.fullmatch(pattern, value) is None:
        raise ValueError(wanted)
    return value
