"""A network and a clock that do what a test tells them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from tests.api import discovery
from trainctl.api.auth import Authorizer, authorize
from trainctl.api.client import Client
from trainctl.api.identity import Identity
from trainctl.api.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGIN = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
TOKEN = "ya29.test-token"
VERTEX = "https://us-central1-aiplatform.googleapis.com"
JOB = {"name": "projects/1/locations/us-central1/customJobs/7", "displayName": "digits"}
JOB_URL = f"{VERTEX}/v1/projects/p/locations/us-central1/customJobs/7"

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeClock:
    """Time that passes only in `sleep`; its time of day is `ahead` so many seconds."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)
    ahead: float = 0.0

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds + self.ahead)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


class Network(httpx.BaseTransport):
    """Answers each request with the next step, and holds every request against Google's description."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        discovery.check(request)
        self.requests.append(request)
        assert self.steps, f"nothing was to come after {len(self.requests) - 1} requests: {request.url}"
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step

    @property
    def lines(self) -> list[str]:
        """`METHOD URL` of every request."""
        return [f"{request.method} {request.url}" for request in self.requests]

    def body(self, number: int = -1) -> Any:
        return json.loads(self.requests[number].content)


def reply(data: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(status, json={} if data is None else data, headers=_dashed(headers))


def raw(body: str | bytes, status: int = 200, **headers: str) -> httpx.Response:
    """An answer of any bytes."""
    return httpx.Response(status, content=body, headers=_dashed(headers))


def error(status: int, word: str, message: str, *details: Mapping[str, Any], **headers: str) -> httpx.Response:
    """A google.rpc.Status, with the type of each detail given by its short name."""
    listed = [{**each, "@type": f"type.googleapis.com/google.rpc.{each['@type']}"} for each in details]
    body = {"error": {"code": status, "message": message, "status": word, **({"details": listed} if listed else {})}}
    return httpx.Response(status, json=body, headers=_dashed(headers))


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def open_transport(
    network: httpx.BaseTransport,
    clock: FakeClock | None = None,
    *,
    authorizer: Authorizer | None = None,
    **options: Any,
) -> Transport:
    """A transport over that network; waits are the longest that jitter allows."""
    clock = clock or FakeClock()
    authorizer = authorizer or authorize(Identity(token=TOKEN), clock)
    return Transport(authorizer, clock, **{"transport": network, "jitter": lambda: 1.0, **options})


def connect(*steps: Any, clock: FakeClock | None = None) -> tuple[Client, Network]:
    """A client of a network that takes these steps."""
    network = Network(*steps)
    return Client(open_transport(network, clock), {}), network
