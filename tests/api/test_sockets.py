"""What real connections do when they break, against a server on loopback that misbehaves."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.api.network import TOKEN, FakeClock
from trainctl.api.auth import authorize
from trainctl.api.client import Client
from trainctl.api.faults import AnswerLost, NotSent
from trainctl.api.google_token import fetch_token
from trainctl.api.identity import Identity
from trainctl.api.transport import Request, Transport
from trainctl.catalog import CUSTOM_JOBS, Call, ResourceName
from trainctl.errors import OutcomeUnknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"name":"x"}'
BROKEN = {
    "closed without a word": b"",
    "closed in the headers": b"HTTP/1.1 200 OK\r\nContent-",
    "closed in the body": b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"na',
    "closed in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
}


class Server:
    """Reads one request a connection and sends the next of some bytes."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.served = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    read_request(connection)
                    self.served += 1
                    connection.sendall(self.answers.pop(0))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


def read_request(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)


@pytest.fixture(params=list(BROKEN.values()), ids=list(BROKEN))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(request.param, GOOD)
    yield server
    server.close()


def connect(url: str, clock: FakeClock) -> Transport:
    return Transport(authorize(Identity(token=TOKEN), clock, endpoints=[url]), clock, jitter=lambda: 0.0)


def test_a_read_outlives_a_broken_connection(server: Server) -> None:
    clock = FakeClock()
    transport = connect(server.url, clock)
    client = Client(transport, {"vertex": server.url})
    assert client.get(ResourceName("p", "l", "customJobs", "1")) == {"name": "x"}
    transport.close()
    assert server.served == 2


def test_a_create_over_a_broken_connection_is_sent_once_and_unknown(server: Server) -> None:
    clock = FakeClock()
    transport, endpoints = connect(server.url, clock), {"vertex": server.url}
    with pytest.raises(OutcomeUnknown) as caught:
        Client(transport, endpoints).create(Call(CUSTOM_JOBS, "p", "l", {"displayName": "a"}, endpoints=endpoints))
    transport.close()
    assert isinstance(caught.value.__cause__, AnswerLost)
    assert (server.served, len(server.answers)) == (1, 1)


def test_a_port_without_a_listener_is_not_sent_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(NotSent):
        connect(url, FakeClock()).send(Request("POST", url, json={}))


def test_a_silent_server_is_given_up_after_the_request_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        clock = FakeClock()
        authorizer = authorize(Identity(token=TOKEN), clock, endpoints=[url])
        transport = Transport(authorizer, clock, timeout=0.05)
        with pytest.raises(AnswerLost, match=r"did not answer in time$"):
            transport.send(Request("POST", url, json={}))
        transport.close()


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that knows of no proxy; in the environment, small letters count more."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("no_proxies")
def test_a_proxy_is_used_for_the_world_and_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, dead)
    monkeypatch.setenv("NO_PROXY", "")
    server = Server(GOOD)
    transport = connect(server.url, FakeClock())
    assert transport.send(Request("GET", server.url)).status == 200
    with pytest.raises(NotSent, match=r"^us-central1-aiplatform\.googleapis\.com cannot be reached: .*refused"):
        transport.send(Request("GET", "https://us-central1-aiplatform.googleapis.com/v1/x"))
    transport.close()
    server.close()


SPLIT = [f"http://user:hidden{sign}word@127.0.0.1:9" for sign in "/?#"]


@pytest.mark.usefixtures("no_proxies")
@pytest.mark.parametrize("proxy", ["socks9://user:hidden@127.0.0.1:9", "http://user:hidden@[::1", *SPLIT])
def test_a_proxy_that_cannot_be_used_is_a_mistake_of_the_settings(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    url = "https://us-central1-aiplatform.googleapis.com/v1/x"
    transport = Transport(authorize(Identity(token=TOKEN), FakeClock()), FakeClock())
    with pytest.raises(
        UsageError, match=r"^the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used: "
    ) as caught:
        transport.send(Request("GET", url))
    assert "hidden" not in caught.value.message


@pytest.mark.usefixtures("no_proxies")
@pytest.mark.parametrize("proxy", SPLIT)
def test_what_fetches_tokens_does_not_show_the_password_of_a_proxy_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    file = tmp_path / "adc.json"
    fields = {"client_id": "a", "client_secret": "b", "refresh_token": "c", "type": "authorized_user"}
    file.write_text(json.dumps(fields), "utf-8")
    with pytest.raises(UsageError) as caught:
        fetch_token(Identity(file=file), 0.0)
    assert caught.value.message == "the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used: it is no URL"
