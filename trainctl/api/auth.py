"""Access tokens for requests: whose, from where, until when, and to which hosts one may go."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from trainctl.api.connection import is_loopback
from trainctl.api.token_cache import Token, TokenCache
from trainctl.api.tokens import FileToken, GivenToken, GoogleToken
from trainctl.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from trainctl.api.identity import Identity
    from trainctl.api.tokens import Holder
    from trainctl.clock import Clock

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Account:
    """Whose credentials are in use; what is not known without asking a server is None."""

    account: str | None
    source: str
    expiry: datetime | None
    project: str | None
    quota_project: str | None


class Authorizer:
    """Puts tokens on requests, and only on those to hosts that may have them. Safe to use from several threads."""

    def __init__(self, identity: Identity, holder: Holder, endpoints: Iterable[str] = ()) -> None:
        self._identity = identity
        self._holder = holder
        self._endpoints = frozenset(_origin(url) for url in endpoints)
        self._lock = threading.Lock()

    def headers(self, url: str) -> dict[str, str]:
        """The headers for one request; raises CredentialsError when its host may not have the token."""
        self._check(url)
        with self._lock:
            token = self._holder.token()
        headers = {"authorization": _bearer(token)}
        quota_project = self._identity.quota_project or token.quota_project
        return headers | {"x-goog-user-project": quota_project} if quota_project else headers

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Forget the token in headers that were not accepted; False when there cannot be another.

        Of several requests that were refused with one token, only the first has it renewed.
        """
        with self._lock:
            kept = self._holder.kept()
            if kept is not None and _bearer(kept) != refused.get("authorization"):
                return True
            return self._holder.renew()

    def project(self) -> str | None:
        """The project that the credentials belong to: a key file's own, or the one of the machine we run on."""
        if self._identity.project or self._identity.file or self._identity.loopback_only:
            return self._identity.project
        with self._lock:
            return self._holder.token().project

    def describe(self, *, fetch: bool = False) -> Account:
        """Whose the credentials are, without the network unless `fetch` asks for a token first."""
        with self._lock:
            token = self._holder.token() if fetch else self._holder.kept()
        known = token or Token("")
        return Account(
            account=self._identity.account or known.account,
            source=self._identity.source,
            expiry=datetime.fromtimestamp(known.expiry, UTC) if known.expiry else None,
            project=self._identity.project or known.project,
            quota_project=self._identity.quota_project or known.quota_project,
        )

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        domains = ("googleapis.com", self._identity.universe_domain)
        ours = _origin(url) in self._endpoints
        if self._identity.loopback_only:
            allowed = ours and is_loopback(url)
        elif parts.scheme == "https":
            allowed = ours or any(host == domain or host.endswith(f".{domain}") for domain in domains)
        else:
            allowed = ours and parts.scheme == "http" and is_loopback(url)
        if not allowed:
            raise CredentialsError(
                f"no token is sent to `{parts.scheme}://{host}`",
                hint="tokens go to Google's hosts and to endpoints that a setting names, by http on loopback only",
            )


def _bearer(token: Token) -> str:
    return f"Bearer {token.value}"


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def authorize(
    identity: Identity,
    clock: Clock,
    *,
    cache: Path | None = None,
    endpoints: Iterable[str] = (),
    fetch: Callable[[Identity, float], Token] | None = None,
) -> Authorizer:
    """The Authorizer for an identity.

    `cache` is the folder of tokens between commands, `endpoints` the base URLs that settings name, `fetch`
    replaces google-auth.
    """
    holder: Holder
    if identity.impersonate is None and identity.token:
        holder = GivenToken(identity.token)
    elif identity.impersonate is None and identity.token_file:
        holder = FileToken(identity.token_file)
    else:
        holder = GoogleToken(identity, clock, TokenCache(cache) if cache else None, fetch or _fetch)
    return Authorizer(identity, holder, endpoints)


def _fetch(identity: Identity, now: float) -> Token:
    from trainctl.api.google_token import fetch_token

    return fetch_token(identity, now)
