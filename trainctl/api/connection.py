"""How connections are opened: httpx imported cheaply, and the certificate authorities that are believed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from trainctl.errors import UsageError

if TYPE_CHECKING:
    import ssl

    import httpx

    from trainctl.api.certificate import ClientCertificate

CONNECT_TIMEOUT = 10.0
_FULL_STORE = 50
"""A folder with fewer hashed certificates is not the machine's whole store."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PROXY = "the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used"


def is_loopback(url: str) -> bool:
    """Whether the URL leads to this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def is_plain_loopback(url: str) -> bool:
    """Whether the URL leads to this machine over plain http, as the local engine's do."""
    return url.startswith("http:") and is_loopback(url)


def import_httpx() -> None:
    """Import httpx without its own command line, which pulls in click and rich: 50 ms where both are installed.

    httpx falls back to a stub when the import of `httpx._main` fails, which a None in sys.modules brings about.
    """
    if "httpx" in sys.modules:
        return
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    try:
        import httpx  # noqa: F401
    finally:
        sys.modules.pop("httpx._main", None)  # another thread may have done it


def open_client(
    *,
    plain: bool,
    timeout: float,
    ca_file: Path | None = None,
    certificate: ClientCertificate | None = None,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """A client that keeps connections open and follows no redirect.

    A `plain` one is for http on loopback: it loads no certificates and heeds no proxy. Others take proxies from
    the environment and present `certificate`. `transport` replaces the network. Raises UsageError for a proxy that
    cannot be used.
    """
    import_httpx()
    import httpx

    verify: ssl.SSLContext | bool = False
    if not plain and transport is None:
        check_proxies()
        verify = make_context(ca_file, certificate)
    try:
        return httpx.Client(
            transport=transport,
            verify=verify,
            trust_env=not plain,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:  # httpx has put the password out of its words
        raise UsageError(
            f"{_PROXY}: {error}",
            hint="write `http://HOST:PORT`; for `socks5://` `pip install 'httpx[socks]'`; NO_PROXY names hosts without",
        ) from error


def check_proxies() -> None:
    """Raise UsageError for a proxy of the environment whose password has broken its URL, in words without it.

    A `/` that is not written `%2F` ends the host, and libraries then show the password as a port that is none.
    """
    from urllib.request import getproxies

    for url in (url for name, url in getproxies().items() if name in ("https", "http", "all")):
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            broken = "@" in f"{parts.path}{parts.query}{parts.fragment}" or parts.port == 0
        except ValueError:
            broken = True
        if broken:
            hint = "write `http://USER:PASSWORD@HOST:PORT`, a `/` in the password as `%2F`, `?` as `%3F`, `#` as `%23`"
            raise UsageError(f"{_PROXY}: it is no URL", hint=hint)


def make_context(ca_file: Path | None, certificate: ClientCertificate | None = None) -> ssl.SSLContext:
    """A verifying TLS context, which presents `certificate`. Raises UsageError, CredentialsError."""
    context = trust(ca_file)
    if certificate:
        certificate.load_into(context)
    return context


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """A verifying TLS context; `ca_file` is a bundle or a folder of hashed certificates.

    Without it the machine's hashed folder is preferred to certifi's bundle: certificates are then read when one
    is needed, 0.3 ms instead of 20, and authorities that the machine's owner added count. Raises UsageError when
    `ca_file` cannot be used.
    """
    import ssl

    if ca_file is None:
        folder = ssl.get_default_verify_paths().capath
        if folder and sum(1 for _ in Path(folder).glob("????????.0")) >= _FULL_STORE:
            return ssl.create_default_context(capath=folder)
        import certifi

        return ssl.create_default_context(cafile=certifi.where())
    try:
        if ca_file.is_dir():
            return ssl.create_default_context(capath=str(ca_file))
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"the certificate authorities in `{ca_file}` cannot be read: {error}") from error
