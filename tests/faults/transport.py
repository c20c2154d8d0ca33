"""A network in this process that loses, delays, cuts and garbles, in time that passes only when someone sleeps."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from tests.faults.schedule import COMMITTED, Fault
from tests.faults.service import Reply, refusal
from tests.running import StillClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.faults.schedule import Schedule
    from tests.faults.service import Service

PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class WanderingClock(StillClock):
    """Time that passes only in `sleep`, with a time of day that somebody sets now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


class Faulty(httpx.BaseTransport):
    """Hands requests to a service, unless the schedule says otherwise."""

    def __init__(self, service: Service, schedule: Schedule, clock: WanderingClock) -> None:
        self.service = service
        self.schedule = schedule
        self.clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content, fault = request.read(), self.schedule.next()
        reply: Reply = (503, {})  # of a service that never saw it
        if fault in COMMITTED:
            path, query = request.url.path, dict(request.url.params)
            reply = self.service.answer(request.method, path, query, content)
        return self._suffer(fault, request, reply)

    def _suffer(self, fault: Fault, request: httpx.Request, reply: Reply) -> httpx.Response:
        self._pass_time(fault)
        match fault:
            case Fault.RESET_BEFORE | Fault.RESET_AFTER:
                raise httpx.ReadError("connection reset by peer", request=request)
            case Fault.TIMEOUT_AFTER:
                raise httpx.ReadTimeout("timed out", request=request)
            case Fault.TRUNCATED_AFTER | Fault.DRIP_AFTER:
                return httpx.Response(reply[0], stream=self._broken(fault, json.dumps(reply[1]).encode()))
            case Fault.MALFORMED_AFTER:
                return httpx.Response(200, content=PROXY_PAGE)
            case Fault.NONE | Fault.DELAY | Fault.CLOCK_JUMP:
                pass
            case _:
                reply = answer_of(fault)
        return httpx.Response(reply[0], json=reply[1])

    def _pass_time(self, fault: Fault) -> None:
        if fault is Fault.DELAY:
            self.clock.sleep(self.schedule.number(0.1, 20))
        elif fault is Fault.TIMEOUT_AFTER:
            self.clock.sleep(60)
        elif fault is Fault.CLOCK_JUMP:
            self.clock.shift = timedelta(hours=self.schedule.number(-3, 3))

    def _broken(self, fault: Fault, body: bytes) -> httpx.SyncByteStream:
        clock = self.clock

        class Stream(httpx.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                for at in range(len(body) // 2):
                    if fault is Fault.DRIP_AFTER:
                        clock.sleep(5)
                    yield body[at : at + 1]
                raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

        return Stream()


def answer_of(fault: Fault) -> Reply:
    """What a service says that does not give the real answer."""
    match fault:
        case Fault.RATE_LIMIT:
            return refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for 'submissions per minute per region'")
        case Fault.UNAUTHORIZED:
            return refusal(401, "UNAUTHENTICATED", "the token has expired")
        case Fault.ERROR_AFTER:
            return refusal(500, "INTERNAL", "internal error")
        case _:
            return refusal(503, "UNAVAILABLE", "the service is overloaded")
