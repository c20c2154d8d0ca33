"""Access tokens between two commands: one file an identity, readable by its owner only."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from trainctl.folders import make_private

MARGIN = 300.0
"""Seconds before its end at which a token is renewed."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; times are seconds since 1970, None when it does not say when it ends."""

    value: str
    expiry: float | None = None
    renew_at: float | None = None
    account: str | None = None
    project: str | None = None
    quota_project: str | None = None

    def __repr__(self) -> str:
        return f"Token(********, expiry={self.expiry})"

    @classmethod
    def lasting(cls, value: str, expiry: float | None, now: float) -> Token:
        """A token fetched now: renewed five minutes early, or at half of its life when that is short."""
        renew_at = None if expiry is None else expiry - min(MARGIN, max(0.0, expiry - now) / 2)
        return cls(value, expiry, renew_at)

    def is_fresh(self, now: float) -> bool:
        """Whether it may still be used."""
        return self.renew_at is None or now < self.renew_at


class TokenCache:
    """Tokens under a folder. A cache that cannot be read or written is no fault: tokens are then fetched again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> Token | None:
        """The kept token, fresh or not; None when there is none that this user wrote."""
        file = self._folder / f"{key}.json"
        try:
            with file.open("rb") as stream:
                if _is_foreign(os.fstat(stream.fileno())):
                    return None
                data = json.load(stream)
            known = {each.name for each in fields(Token)}
            token = Token(**{name: value for name, value in data.items() if name in known})
        except (OSError, ValueError, TypeError, AttributeError):
            return None
        return token if token.value and token.renew_at is not None else None

    def save(self, key: str, token: Token) -> None:
        """Keep a token that says when it ends."""
        if token.renew_at is None:
            return
        import tempfile

        data = {each.name: getattr(token, each.name) for each in fields(Token)}
        try:
            make_private(self._folder)
            handle, name = tempfile.mkstemp(prefix=".", dir=self._folder)
        except OSError:
            return
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(data, stream)
            Path(name).replace(self._folder / f"{key}.json")
        except OSError:
            with suppress(OSError):
                Path(name).unlink()

    def drop(self, key: str) -> None:
        """Forget a token."""
        try:
            (self._folder / f"{key}.json").unlink(missing_ok=True)
        except OSError:
            return


def _is_foreign(found: os.stat_result) -> bool:
    """Whether others can write or read the file, or own it: then its token is not to be trusted."""
    return os.name == "posix" and (found.st_uid != os.getuid() or bool(found.st_mode & 0o077))
