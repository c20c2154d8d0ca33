"""Who may speak to the engine: it runs code, so an open port would be a hole."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.disk.files import write_atomically
from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN_BYTES = 32
_HOSTS = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Guard:
    """Admits requests that carry the token and were meant for this server."""

    token: str
    port: int

    def admit(self, environ: dict[str, Any]) -> dict[str, Any]:
        """The request, with a secret first part of its path moved to SCRIPT_NAME. Raises Fault.

        The Host header is checked so that a web page cannot reach the engine by a name that it lets point to
        127.0.0.1; a request with an Origin comes from a browser, where nobody has business with the engine.
        """
        if environ.get("HTTP_HOST") not in {f"{host}:{self.port}" for host in _HOSTS}:
            raise Fault("PERMISSION_DENIED", "The Host header does not name the local engine.")
        if "HTTP_ORIGIN" in environ:
            raise Fault("PERMISSION_DENIED", "The local engine does not answer to web pages.")
        first, _, rest = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        if self._knows(first):  # also beside a header: Google's SDK sends its token to a storage emulator too
            return {**environ, "SCRIPT_NAME": f"{environ.get('SCRIPT_NAME', '')}/{first}", "PATH_INFO": f"/{rest}"}
        scheme, _, bearer = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not self._knows(bearer.strip()):
            raise Fault(
                "UNAUTHENTICATED", "Request had invalid authentication credentials: the engine's token is missing."
            )
        return environ

    def _knows(self, candidate: str) -> bool:
        return hmac.compare_digest(candidate.encode("utf-8", "replace"), self.token.encode())


def read_or_make_token(path: Path) -> str:
    """The token in a file that only this user can read; made when it is not there."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        token = secrets.token_hex(_TOKEN_BYTES)
        write_atomically(path, token.encode("ascii"))
        return token
