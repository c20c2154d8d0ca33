"""How an operation is waited for: at the service, and with pauses where that answers at once."""

from __future__ import annotations

import httpx
import pytest

from tests.api.network import VERTEX, FakeClock, connect, error, reply
from trainctl.lookup.polling import wait_operation


def test_an_operation_is_waited_for_at_the_service_with_growing_pauses_where_that_answers_at_once() -> None:
    clock = FakeClock()
    name = "projects/1/locations/us-central1/customJobs/7/operations/5"
    client, network = connect(reply({"name": name}), reply({"name": name}), reply({"done": True}), clock=clock)
    assert wait_operation(client, clock, name) == {"done": True}
    assert (clock.pauses, network.lines) == ([1.0, 1.5], [f"POST {VERTEX}/v1/{name}:wait?timeout=20s"] * 3)


@pytest.mark.parametrize(
    "refusal",
    [
        error(404, "NOT_FOUND", "no such method"),
        error(501, "UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled."),
        httpx.Response(404, text="<html><title>Error 404 (Not Found)!!1</title></html>"),
        httpx.Response(405, text="Method Not Allowed"),
    ],
    ids=lambda refusal: f"{refusal.status_code} {refusal.text[:6]}",
)
def test_an_operation_is_polled_where_the_service_cannot_wait(refusal: httpx.Response) -> None:
    name = "projects/1/locations/us-central1/customJobs/7/operations/5"
    clock = FakeClock()
    client, network = connect(refusal, reply({"name": name, "done": True}), clock=clock)
    assert wait_operation(client, clock, name) == {"name": name, "done": True}
    assert network.lines == [f"POST {VERTEX}/v1/{name}:wait?timeout=20s", f"GET {VERTEX}/v1/{name}"]


@pytest.mark.parametrize("status", [400, 404])
def test_an_operation_is_polled_where_a_service_that_cannot_wait_was_silent_first(status: int) -> None:
    name = "projects/1/locations/us-central1/operations/5"
    clock = FakeClock()
    steps = (httpx.Response(503), error(status, "ANY", "no such method"), reply({"name": name, "done": True}))
    client, _ = connect(*steps, clock=clock)
    assert wait_operation(client, clock, name) == {"name": name, "done": True}


def test_an_operation_that_lasts_is_given_back_as_it_stands() -> None:
    clock = FakeClock()
    client, _ = connect(*(reply({"name": "n"}) for _ in range(3)), clock=clock)
    assert wait_operation(client, clock, "projects/1/locations/us-central1/operations/5", timeout=3) == {"name": "n"}
