"""The hosts that requests with a client certificate go to: `*.mtls.googleapis.com`, as AIP-4114 says.

https://google.aip.dev/auth/4114
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SWITCH = "GOOGLE_API_USE_MTLS_ENDPOINT"
CHOICES = ("auto", "always", "never")
_PUBLIC = re.compile(r"^(https://[^./:]+)\.googleapis\.com(?=[/:?]|$)")


@dataclass(frozen=True, slots=True)
class Hosts:
    """Which host a request goes to; `named` are the base URLs that settings name, which stay as they are."""

    mutual: bool = False
    named: tuple[str, ...] = ()

    def lead(self, url: str) -> str:
        """The URL at the host that takes certificates, where one is used; any other URL as it is."""
        if not self.mutual or url.startswith(self.named):
            return url
        return _PUBLIC.sub(r"\1.mtls.googleapis.com", url, count=1)


def choose_hosts(
    environment: Mapping[str, str], *, certificate: bool, universe_domain: str, endpoints: Iterable[str]
) -> Hosts:
    """The hosts for a session; other universes than Google's own have none that take certificates.

    Raises UsageError for a value of the variable that AIP-4114 does not know.
    """
    choice = (environment.get(SWITCH) or "auto").lower()
    if choice not in CHOICES:
        raise UsageError(f"`{SWITCH}={choice}` is not possible", hint=f"write {', '.join(CHOICES)}")
    wanted = choice == "always" or (choice == "auto" and certificate)
    return Hosts(wanted and universe_domain == "googleapis.com", tuple(endpoints))
