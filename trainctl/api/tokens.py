"""Ways to have an access token: given, in a file, or fetched and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trainctl.api.token_cache import Token, TokenCache
from trainctl.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trainctl.api.identity import Identity
    from trainctl.clock import Clock


class Holder(Protocol):
    """One way to have a token."""

    def token(self) -> Token:
        """A token that may be used now."""
        ...

    def renew(self) -> bool:
        """Forget the token; False when there cannot be another."""
        ...

    def kept(self) -> Token | None:
        """The token in hand, without fetching one."""
        ...


class GivenToken:
    """A token that the environment gives; there is no other."""

    def __init__(self, value: str) -> None:
        self._token = clean(value, "the access token in the environment")

    def token(self) -> Token:
        """The token."""
        return self._token

    def renew(self) -> bool:
        """There is no other."""
        return False

    def kept(self) -> Token | None:
        """The token."""
        return self._token


class FileToken:
    """A token in a file that others renew: read again whenever the file has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._token = Token("")

    def token(self) -> Token:
        """The token that the file holds now."""
        try:
            found = self._file.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen != self._seen:
                self._token = clean(self._file.read_text(encoding="utf-8"), f"`{self._file}`")
                self._seen = seen
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CredentialsError(f"the access token file `{self._file}` cannot be read: {reason}") from error
        return self._token

    def renew(self) -> bool:
        """Read the file again; False when it still holds the same token."""
        before, self._seen = self._token.value, None
        return self.token().value != before

    def kept(self) -> Token | None:
        """The token that the file holds now."""
        return self.token()


class GoogleToken:
    """A token from google-auth, kept in memory and in the cache folder until shortly before its end."""

    def __init__(
        self, identity: Identity, clock: Clock, cache: TokenCache | None, fetch: Callable[[Identity, float], Token]
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._cache = cache
        self._fetch = fetch
        self._key = identity.cache_key() if cache else None
        self._token: Token | None = None

    def token(self) -> Token:
        """The token in hand while it lasts, else a new one."""
        token = self.kept()
        if token is None:
            token = self._fetch(self._identity, self._now())
            if self._cache and self._key:
                self._cache.save(self._key, token)
            self._token = token
        return token

    def renew(self) -> bool:
        """Forget the token here and in the cache."""
        self._token = None
        if self._cache and self._key:
            self._cache.drop(self._key)
        return True

    def kept(self) -> Token | None:
        """The token in hand or in the cache that may still be used."""
        if self._token is None and self._cache and self._key:
            self._token = self._cache.load(self._key)
        if self._token is not None and not self._token.is_fresh(self._now()):
            self._token = None
        return self._token

    def _now(self) -> float:
        return self._clock.now().timestamp()


def clean(value: str, where: str) -> Token:
    """A token fit for a header. Raises CredentialsError, which does not show it."""
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise CredentialsError(f"{where} is not an access token")
    return Token(value)
