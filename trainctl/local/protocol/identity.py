"""Ids of resources."""

from __future__ import annotations

import secrets


def make_id() -> str:
    """A resource id as Vertex AI makes them: a number of up to 19 digits."""
    return str(10**17 + secrets.randbelow(9 * 10**18))
