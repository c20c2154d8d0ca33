"""A watch of a working day over a network of which every fifth answer is bad."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections import Counter, deque
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.schedule import Fault, Schedule
from tests.faults.service import Reply, Service
from tests.faults.transport import Faulty, WanderingClock, answer_of
from trainctl.api.auth import authorize
from trainctl.api.client import Client
from trainctl.api.identity import Identity
from trainctl.api.token_cache import Token
from trainctl.api.transport import Transport
from trainctl.catalog import CUSTOM_JOBS, ResourceName
from trainctl.jobs import Phase, view
from trainctl.watch import Policy, Snapshot, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainctl.jobs import Job

HOURS = 8
DAY = HOURS * 3600.0
BAD = (
    Fault.DELAY,
    Fault.TIMEOUT_AFTER,
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.RATE_LIMIT,
    Fault.ERROR_BEFORE,
    Fault.ERROR_AFTER,
    Fault.TRUNCATED_AFTER,
    Fault.MALFORMED_AFTER,
    Fault.CLOCK_JUMP,
)
CHANCES = dict.fromkeys(BAD, 0.2 / len(BAD))
ENDINGS = {"SUCCEEDED": Phase.SUCCEEDED, "FAILED": Phase.FAILED, "PARTIALLY_SUCCEEDED": Phase.PARTIAL}


class Day(Service):
    """Jobs that end after so many hours."""

    def __init__(self, clock: WanderingClock, ending: str) -> None:
        super().__init__()
        self.clock = clock
        self.ending = ending

    def answer(self, method: str, path: str, query: dict[str, str], content: bytes) -> Reply:
        ended = self.clock.monotonic() >= DAY
        for job in self.jobs.values():
            job["state"] = f"JOB_STATE_{self.ending if ended else 'RUNNING'}"
        return super().answer(method, path, query, content)


class Expiring(Faulty):
    """Believes a token for an hour; what the tokens' end is, nobody is told. Counts requests."""

    seen = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen += 1
        issued = float(request.headers["authorization"].removeprefix("Bearer ya29."))
        if self.clock.monotonic() - issued < 3600:
            return super().handle_request(request)
        status, body = answer_of(Fault.UNAUTHORIZED)
        return httpx.Response(status, json=body)


@pytest.mark.parametrize(("seed", "ending"), list(enumerate(ENDINGS)))
def test_it_ends_with_the_jobs_own_outcome(seed: int, ending: str) -> None:
    clock, fetched = WanderingClock(), Counter[str]()

    def fetch(_identity: Identity, _now: float) -> Token:
        fetched["tokens"] += 1
        return Token(f"ya29.{clock.monotonic()}")

    service = Day(clock, ending)
    service.answer("POST", "/v1/projects/p/locations/l/customJobs", {}, b"{}")
    network = Expiring(service, Schedule(seed, CHANCES), clock)
    chance = random.Random(seed).random  # noqa: S311 - no secret; now and then other pauses end later than is held here
    transport = Transport(authorize(Identity(), clock, fetch=fetch), clock, transport=network, jitter=chance)
    client = Client(transport, {})
    name = ResourceName("p", "l", "customJobs", "1")

    last, sizes, polls = follow(client, name, clock, chance)
    assert last.job.phase is ENDINGS[ending]
    assert DAY <= clock.monotonic() < DAY + 120
    assert fetched["tokens"] in (HOURS, HOURS + 1)
    assert DAY / 40 < polls < DAY / 24 + 10
    assert polls < network.seen < polls * 1.4
    assert max(sizes) - sizes[0] < 50_000


def follow(
    client: Client, name: ResourceName, clock: WanderingClock, chance: Callable[[], float]
) -> tuple[Snapshot, list[int], int]:
    """The last snapshot, the memory in use after each hour from the second on, and the number of polls."""

    def look() -> Job:
        return view(client.get(name), CUSTOM_JOBS)

    sizes: list[int] = []
    snapshots: deque[Snapshot] = deque(maxlen=1)
    tracemalloc.start()
    try:
        watched = watch(look, clock, Policy(max_silence=1800), chance=chance)
        for polls, snapshot in enumerate(watched, 1):  # noqa: B007 - read below
            snapshots.append(snapshot)
            if clock.monotonic() > 3600 * (len(sizes) + 2):
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return snapshots[0], sizes, polls
