"""The one place that sends requests: retries of what may be repeated, deadlines, limits, a log without secrets.

One `Transport` serves a whole command: connections stay open, and it may be used from several threads.
"""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from trainctl import __version__
from trainctl.api import status
from trainctl.api.connection import import_httpx, is_loopback, is_plain_loopback, open_client
from trainctl.api.faults import AnswerLost, AnswerTooLong, NotSent, explain, name_host
from trainctl.api.hosts import Hosts
from trainctl.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import httpx

    from trainctl.api.certificate import ClientCertificate
    from trainctl.clock import Clock

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer, unpacked, above which it is not read further."""

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
OFFLINE = 15.0
"""Seconds for which a host that cannot be connected to is tried again; a person waits for the message."""

LONG_POLL = 20.0
"""Seconds for which a request may wait for something at the service: well within the patience of proxies."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 32.0
_HIDDEN = r"([?&](?:upload_id|access_token|key)=)[^&]+"


class Authorizer(Protocol):
    """Who may send what where."""

    def headers(self, url: str) -> Mapping[str, str]:
        """The headers with the token for that URL; raises CredentialsError when none may be sent there."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Forget the token in headers that were not accepted; False when there cannot be another."""
        ...


class Limiter(Protocol):
    """Who may send when."""

    def admit(self, url: str, *, create: bool) -> None:
        """Return when a request to that URL may be sent; `create` says that it starts work."""
        ...

    def hold(self, url: str, seconds: float, *, create: bool) -> None:
        """The service has asked to be left alone for so long."""
        ...


def do_nothing() -> None:
    """Nobody waits for the moment."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `repeat` says that sending it twice does no harm; `deadline` is in seconds, over all attempts.

    One that would `create` something is sent again only after a 429, which says that nothing was done. `leaving` is
    called whenever its turn has come and it is about to leave; what that raises keeps it here.
    """

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeat: bool = False
    create: bool = False
    deadline: float | None = None
    leaving: Callable[[], None] = do_nothing


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its HTTP status; header names are in lower case.

    `in_doubt` says that an earlier attempt may have been carried out.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    in_doubt: bool = False


class Transport:
    """Sends requests with the token that belongs to them; `clock` is for those who wait between requests.

    `patience` is for how many seconds a service may keep a request that waits for something.
    """

    def __init__(
        self,
        authorizer: Authorizer,
        clock: Clock,
        *,
        timeout: float = 60.0,
        deadline: float = 60.0,
        ca_file: Path | None = None,
        certificate: ClientCertificate | None = None,
        hosts: Hosts = Hosts(),  # noqa: B008 - frozen
        transport: httpx.BaseTransport | None = None,
        log: Callable[[str], None] | None = None,
        limiter: Limiter | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._authorizer = authorizer
        self.clock = clock
        self.patience = min(LONG_POLL, timeout / 2)
        self._timeout = timeout
        self._deadline = deadline
        self._ca_file = ca_file
        self._certificate = certificate
        self._hosts = hosts
        self._transport = transport
        self._log = log or _ignore
        self._limiter = limiter
        self._jitter = jitter
        self._clients: dict[bool, httpx.Client] = {}
        self._lock = threading.Lock()

    def send(self, request: Request) -> Answer:
        """The service's answer, whatever its status.

        Repeatable requests are sent again after lost connections, 408, 429 that is no resource quota, and 5xx, with
        full jitter and heeding Retry-After, until the deadline; any request once more after a 401, which says
        that nothing was done. Raises NotSent or AnswerLost.
        """
        request = replace(request, url=self._hosts.lead(request.url))
        started = self.clock.monotonic()
        ends = started + (request.deadline or self._deadline)
        attempt, renewed, in_doubt = 0, False, False
        while True:
            attempt += 1
            try:
                answer, given = self._attempt(request)
            except Unreachable as error:
                if not self._may_repeat(request, error) or not self._pause(attempt, _limit(error, started, ends)):
                    raise
                in_doubt = in_doubt or isinstance(error, AnswerLost)
                continue
            if answer.status == 401 and not renewed and self._authorizer.renew(given):
                renewed = True
            elif self._may_follow(request, answer) and self._pause(attempt, ends, self._heed(request, answer)):
                in_doubt = in_doubt or answer.status != 429
            else:
                return replace(answer, in_doubt=in_doubt)

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _attempt(self, request: Request) -> tuple[Answer, Mapping[str, str]]:
        """The answer, and the headers that gave the right to it."""
        import_httpx()
        import httpx

        if self._limiter:
            self._limiter.admit(request.url, create=request.create)
        given = self._authorizer.headers(request.url)
        request.leaving()
        headers = {"user-agent": f"trainctl/{__version__}", **request.headers, **given}
        began = self.clock.monotonic()
        try:
            with self._client(request.url).stream(
                request.method,
                request.url,
                params=request.params or None,
                json=request.json,
                content=request.content,
                headers=headers,
            ) as response:
                body = b"".join(self._chunks(response, began))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = explain(error, request.url)
            self._log(f"{request.method} {_public(request.url)}: {failure.message}")
            raise failure from error
        took = (self.clock.monotonic() - began) * 1000
        self._log(
            f"{request.method} {_public(str(response.request.url))} ({_shown(headers)})"
            f" → {response.status_code} in {took:.0f} ms, {len(body)} bytes"
        )
        return Answer(response.status_code, dict(response.headers), body), given

    def _chunks(self, response: httpx.Response, began: float) -> Iterator[bytes]:
        """The body piece by piece, within the limits of size and of time: a slow drip never ends by itself."""
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > BODY_LIMIT:
                raise AnswerTooLong(f"{name_host(str(response.url))} answered with more than {BODY_LIMIT >> 20} MiB")
            if self.clock.monotonic() - began > 2 * self._timeout:
                raise AnswerLost(
                    f"{name_host(str(response.url))} did not finish its answer in {2 * self._timeout:.0f} s"
                )
            yield chunk

    def _client(self, url: str) -> httpx.Client:
        """One client for plain loopback, which needs no certificates and no proxy, and one for all the rest."""
        plain = is_plain_loopback(url)
        with self._lock:
            if plain not in self._clients:
                self._clients[plain] = open_client(
                    plain=plain,
                    timeout=self._timeout,
                    ca_file=self._ca_file,
                    certificate=self._certificate,
                    transport=self._transport,
                )
            return self._clients[plain]

    def _may_repeat(self, request: Request, error: Unreachable) -> bool:
        # A refused connection on loopback is a process that has ended, not a network that comes back.
        local = isinstance(error, NotSent) and is_loopback(request.url)
        return request.repeat and not local and not isinstance(error, AnswerTooLong)

    def _may_follow(self, request: Request, answer: Answer) -> bool:
        """Whether the same request may be sent again after that answer."""
        if answer.status not in RETRIED:
            return False
        found = status.parse(answer.status, answer.body)
        if request.create:
            return answer.status == 429 and ("retry-after" in answer.headers or (found is not None and found.is_rate))
        return request.repeat and (found is None or not found.is_resource_quota)

    def _heed(self, request: Request, answer: Answer) -> float | None:
        """The seconds that the service asks to wait; after a 429 the user's other processes wait too."""
        wanted = self._wanted(answer)
        if self._limiter and wanted and answer.status == 429:
            self._limiter.hold(request.url, wanted, create=request.create)
        return wanted

    def _wanted(self, answer: Answer) -> float | None:
        """The seconds that the service asks to wait, from Retry-After in either form or from RetryInfo."""
        value = answer.headers.get("retry-after", "").strip()
        if value.isdecimal():
            return float(value)
        if value:
            from email.utils import parsedate_to_datetime

            try:
                return max(0.0, (parsedate_to_datetime(value) - self.clock.now()).total_seconds())
            except (ValueError, TypeError):
                return None
        found = status.parse(answer.status, answer.body)
        return found.retry_after if found else None

    def _pause(self, attempt: int, ends: float, wanted: float | None = None) -> bool:
        """Sleep before the next attempt; False, at once, when that would go past the end."""
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))
        pause = (wanted or 0.0) + self._jitter() * longest
        if self.clock.monotonic() + pause > ends:
            return False
        self._log(f"trying again in {pause:.1f} s")
        self.clock.sleep(pause)
        return True


def _limit(error: Unreachable, started: float, ends: float) -> float:
    return min(ends, started + OFFLINE) if isinstance(error, NotSent) else ends


def _public(url: str) -> str:
    return re.sub(_HIDDEN, r"\1********", url)


def _shown(headers: Mapping[str, str]) -> str:
    hidden = {"authorization": "Bearer ********"}
    return ", ".join(f"{key}: {hidden.get(key.lower(), value)}" for key, value in headers.items())


def _ignore(_line: str) -> None:
    """Nobody asked for the log."""
