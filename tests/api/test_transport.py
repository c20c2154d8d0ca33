from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import httpx
import pytest

from tests.api.network import JOB_URL, TOKEN, FakeClock, Network, error, open_transport, raw, reply
from trainctl.api.auth import authorize
from trainctl.api.connection import make_context
from trainctl.api.faults import AnswerLost, AnswerTooLong, NotSent
from trainctl.api.identity import Identity
from trainctl.api.token_cache import Token
from trainctl.api.transport import BODY_LIMIT, Request, Transport
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUOTA = "The following quota metrics exceed quota limits: aiplatform.googleapis.com/custom_model_training_cpus"
READ = Request("GET", JOB_URL, repeat=True)
CREATE = Request("POST", JOB_URL.removesuffix("/7"), json={"displayName": "digits"})

PASSING: dict[str, Callable[[], httpx.Response | Exception]] = {
    "lost connection": lambda: httpx.ReadError("reset by peer"),
    "lost while writing": lambda: httpx.WriteError("broken pipe"),
    "silence": lambda: httpx.ReadTimeout("timed out"),
    "disconnected": lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "bad compression": lambda: httpx.Response(
        200, stream=httpx.ByteStream(b"no gzip"), headers={"content-encoding": "gzip"}
    ),
    "408": lambda: error(408, "", "timeout"),
    "429": lambda: error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for 'requests per minute per region'"),
    "500": lambda: error(500, "INTERNAL", "internal"),
    "502 of a proxy": lambda: raw("<html>Bad Gateway</html>", 502),
    "503": lambda: error(503, "UNAVAILABLE", "unavailable"),
    "504": lambda: error(504, "DEADLINE_EXCEEDED", "deadline"),
}
FINAL = {
    "400": lambda: error(400, "INVALID_ARGUMENT", "bad"),
    "401": lambda: error(401, "UNAUTHENTICATED", "who"),
    "403": lambda: error(403, "PERMISSION_DENIED", "no"),
    "404": lambda: error(404, "NOT_FOUND", "none"),
    "409": lambda: error(409, "ALREADY_EXISTS", "taken"),
    "429 of a resource quota": lambda: error(429, "RESOURCE_EXHAUSTED", QUOTA),
    "501": lambda: error(501, "UNIMPLEMENTED", "later"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_read_is_repeated_after_a_passing_fault(fault: Callable[[], httpx.Response | Exception]) -> None:
    network, clock = Network(fault(), fault(), reply({"name": "x"})), FakeClock()
    answer = open_transport(network, clock).send(READ)
    assert (answer.status, answer.body, clock.pauses) == (200, b'{"name":"x"}', [0.5, 1.0])


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_create_is_never_repeated(fault: Callable[[], httpx.Response | Exception]) -> None:
    network = Network(fault())
    try:
        answer = open_transport(network).send(CREATE)
    except AnswerLost:
        answer = None
    assert len(network.requests) == 1
    assert answer is None or answer.status >= 400


@pytest.mark.parametrize("refusal", FINAL.values(), ids=FINAL)
def test_a_final_answer_is_not_asked_for_again(refusal: Callable[[], httpx.Response]) -> None:
    network = Network(refusal())
    assert open_transport(network).send(READ).status == refusal().status_code


def test_pauses_double_and_end_before_the_deadline() -> None:
    network, clock = Network(*(error(503, "UNAVAILABLE", "down") for _ in range(8))), FakeClock()
    answer = open_transport(network, clock, deadline=60).send(READ)
    assert (answer.status, clock.pauses) == (503, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0])


def test_the_last_failure_is_raised_when_the_deadline_is_over() -> None:
    network, clock = Network(*(httpx.ReadTimeout("") for _ in range(3))), FakeClock()
    with pytest.raises(AnswerLost, match=r"^us-central1-aiplatform.googleapis.com did not answer in time$"):
        open_transport(network, clock).send(Request("GET", JOB_URL, repeat=True, deadline=2))
    assert clock.pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (lambda: reply(status=503, retry_after="7"), 7.5),
        (lambda: reply(status=503, retry_after="Sat, 21 Nov 2026 07:00:09 GMT"), 9.5),
        (lambda: reply(status=503, retry_after="Sat, 21 Nov 2026 06:00:00 GMT"), 0.5),
        (lambda: reply(status=503, retry_after="soon"), 0.5),
        (lambda: error(429, "RESOURCE_EXHAUSTED", "slow down", {"@type": "RetryInfo", "retryDelay": "3.5s"}), 4.0),
    ],
    ids=["seconds", "date", "date gone by", "nonsense", "RetryInfo"],
)
def test_the_wait_that_the_service_asks_for_is_kept(answer: Callable[[], httpx.Response], pause: float) -> None:
    clock = FakeClock()
    open_transport(Network(answer(), reply()), clock).send(READ)
    assert clock.pauses == [pause]


def test_a_wait_beyond_the_deadline_ends_the_attempts_at_once() -> None:
    clock = FakeClock()
    answer = open_transport(Network(reply(status=429, retry_after="3600")), clock).send(READ)
    assert (answer.status, clock.pauses) == (429, [])


def test_a_host_that_cannot_be_reached_is_tried_for_fifteen_seconds_only() -> None:
    network, clock = Network(*(httpx.ConnectError("no route") for _ in range(5))), FakeClock()
    with pytest.raises(NotSent) as caught:
        open_transport(network, clock).send(READ)
    assert caught.value.message == "us-central1-aiplatform.googleapis.com cannot be reached: no route"
    assert clock.pauses == [0.5, 1.0, 2.0, 4.0]


def test_a_dead_engine_is_reported_at_once() -> None:
    clock, url = FakeClock(), "http://127.0.0.1:9/v1/x"
    authorizer = authorize(Identity(token=TOKEN), clock, endpoints=["http://127.0.0.1:9"])
    with pytest.raises(NotSent) as caught:
        open_transport(Network(httpx.ConnectError("refused")), clock, authorizer=authorizer).send(
            Request("GET", url, repeat=True)
        )
    assert (caught.value.hint, clock.pauses) == ("`trainctl local start` starts the engine", [])


@pytest.mark.parametrize("request_", [READ, CREATE], ids=["read", "create"])
def test_a_token_that_is_not_accepted_is_renewed_once_even_for_a_create(request_: Request) -> None:
    clock, tokens = FakeClock(), iter(["old", "new", "never"])
    authorizer = authorize(Identity(), clock, fetch=lambda _identity, _now: Token(next(tokens)))
    network = Network(error(401, "UNAUTHENTICATED", "expired"), error(401, "UNAUTHENTICATED", "again"))
    answer = open_transport(network, clock, authorizer=authorizer).send(request_)
    assert answer.status == 401
    assert [request.headers["authorization"] for request in network.requests] == ["Bearer old", "Bearer new"]


def test_a_redirect_is_not_followed() -> None:
    network = Network(reply(status=307, location="https://elsewhere.example/"))
    assert open_transport(network).send(READ).status == 307


class Pieces(httpx.SyncByteStream):
    """A body that comes in pieces, each after some seconds."""

    def __init__(self, count: int, size: int, clock: FakeClock, seconds: float = 0.0) -> None:
        self.count, self.size, self.clock, self.seconds = count, size, clock, seconds

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.count):
            self.clock.seconds += self.seconds
            yield b" " * self.size


def test_an_oversized_answer_is_given_up_and_not_asked_for_again() -> None:
    clock = FakeClock()
    stream = Pieces(BODY_LIMIT // 2**20 + 1, 2**20, clock)
    with pytest.raises(AnswerTooLong, match=r"answered with more than 64 MiB$"):
        open_transport(Network(httpx.Response(200, stream=stream)), clock).send(READ)


def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    clock = FakeClock()
    network = Network(httpx.Response(200, stream=Pieces(1000, 1, clock, seconds=30)))
    with pytest.raises(AnswerLost, match=r"did not finish its answer in 120 s$"):
        open_transport(network, clock).send(CREATE)


def test_the_log_tells_every_request_and_no_secret() -> None:
    lines: list[str] = []
    request = Request("PUT", "https://storage.googleapis.com/u?upload_id=secret&name=a", content=b"abc", repeat=True)
    network = Network(error(503, "UNAVAILABLE", "x"), httpx.ReadError("gone"), raw("ok"))
    open_transport(network, log=lines.append).send(request)
    shown = "PUT https://storage.googleapis.com/u?upload_id=********&name=a"
    sent = f"{shown} (user-agent: trainctl/0.1.0, authorization: Bearer ********)"
    assert lines == [
        f"{sent} → 503 in 0 ms, 59 bytes",
        "trying again in 0.5 s",
        f"{shown}: the connection to storage.googleapis.com broke before the whole answer was there: gone",
        "trying again in 1.0 s",
        f"{sent} → 200 in 0 ms, 2 bytes",
    ]


def test_httpx_is_imported_without_its_command_line() -> None:
    code = "from trainctl.api.connection import import_httpx; import_httpx(); import sys; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "httpx" in modules
    assert not {"rich", "click", "httpx._main"} & set(modules)


def test_certificates_are_checked_whichever_authorities_are_believed() -> None:
    contexts = [make_context(None), make_context(Path(certifi.where())), make_context(Path(certifi.where()).parent)]
    assert {(context.verify_mode, context.check_hostname) for context in contexts} == {(ssl.CERT_REQUIRED, True)}


def test_unreadable_authorities_are_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^the certificate authorities in `.*missing.pem` cannot be read: "):
        make_context(tmp_path / "missing.pem")


def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    said: list[str] = []
    clock = FakeClock()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        authorizer = authorize(
            Identity(), clock, endpoints=[url], fetch=lambda _identity, _now: Token("ya29.test\nx-evil: 1")
        )
        with pytest.raises(NotSent) as caught:
            Transport(authorizer, clock, log=said.append).send(Request("POST", url))
    assert caught.value.message.endswith(" cannot be reached: the request cannot be written down")
    assert "ya29" not in "".join(said)
