"""Requests that got no answer: whether they can have arrived, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from trainctl.api.connection import is_loopback
from trainctl.errors import Unreachable

if TYPE_CHECKING:
    import httpx


class NotSent(Unreachable):
    """The request certainly never reached the service."""


class AnswerLost(Unreachable):
    """The request was sent, or may have been, and no whole answer came back."""


class AnswerTooLong(AnswerLost):
    """The answer is larger than any that the service gives."""


class NotOffered(Unreachable):
    """There is no such method: so says the service, or a front end that does not know the path."""


def name_host(url: str) -> str:
    """The host and port of a URL, as messages name it: without a password."""
    return urlsplit(url).netloc.rpartition("@")[2] or url


def explain(error: httpx.HTTPError | httpx.InvalidURL, url: str) -> Unreachable:
    """NotSent or AnswerLost, by the moment at which httpx gave up."""
    import httpx

    host, reason = name_host(url), str(error) or type(error).__name__
    if isinstance(error, httpx.LocalProtocolError):
        reason = "the request cannot be written down"  # httpx's own words show the header, which may be the token
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
    if isinstance(error, (*unsent, httpx.LocalProtocolError, httpx.InvalidURL)):
        return NotSent(f"{host} cannot be reached: {reason}", hint=_hint(reason, url))
    if isinstance(error, httpx.TimeoutException):
        return AnswerLost(f"{host} did not answer in time", hint="`--request-timeout` allows more seconds")
    return AnswerLost(f"the connection to {host} broke before the whole answer was there: {reason}")


def _hint(reason: str, url: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return "behind a proxy that opens TLS, REQUESTS_CA_BUNDLE names the file with its certificate authority"
    if is_loopback(url):
        return "`trainctl local start` starts the engine"
    return "check the network and the proxy variables (HTTPS_PROXY, NO_PROXY); `--debug` shows the requests"
