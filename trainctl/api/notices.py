"""Messages to others than Google: a JSON object to a URL that the user gave, without any credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trainctl import __version__
from trainctl.api.connection import import_httpx, is_loopback, open_client
from trainctl.api.faults import explain, name_host
from trainctl.errors import Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

PATIENCE = 10.0
"""Seconds for one message."""


def check_url(url: str) -> None:
    """Raise UsageError for a URL that a message may not be sent to: plain http beyond this machine, or none at all."""
    try:
        usable = urlsplit(url).port != 0
    except ValueError:  # a password with a `/` ends the host, and its beginning is taken for a port
        usable = False
    if not usable:
        raise UsageError("a URL to notify is none", hint="write `https://HOST/PATH`; in a password `/` is `%2F`")
    if url.startswith("https://") or (url.startswith("http://") and is_loopback(url)):
        return
    raise UsageError(f"`{name_host(url)}` is asked for over plain http", hint="write https://; http is for loopback")


def post_notice(
    url: str, message: Mapping[str, Any], *, ca_file: Path | None = None, transport: httpx.BaseTransport | None = None
) -> None:
    """Send the message once. Raises Unreachable when it was not taken; redirects are not followed."""
    check_url(url)
    import_httpx()
    import httpx

    plain = url.startswith("http:")
    try:
        with open_client(plain=plain, timeout=PATIENCE, ca_file=ca_file, transport=transport) as client:
            answer = client.post(url, json=dict(message), headers={"user-agent": f"trainctl/{__version__}"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise explain(error, url) from error
    if not answer.is_success:
        raise Unreachable(f"{name_host(url)} answered {answer.status_code}")
