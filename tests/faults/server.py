"""The same service and the same faults on a socket of this machine, for processes of their own.

`python -m tests.faults.server SEED` prints its URL, serves until its standard input ends, and prints what there is.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tests.faults.schedule import COMMITTED, CUTS, Fault, Schedule
from tests.faults.service import Service
from tests.faults.transport import PROXY_PAGE, answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Server(ThreadingHTTPServer):
    """Serves a service with the faults of a schedule.

    `hook` hears of every request: `before` it is carried out, `after` that, and when it is `answered`.
    """

    daemon_threads = True

    def __init__(self, service: Service, schedule: Schedule, hook: Callable[[str, str, str], None] | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.service = service
        self.schedule = schedule
        self.hook = hook or (lambda *_: None)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what this is about."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    server: Server

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_GET  # noqa: N815 - http.server's own names

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts, fault = urlsplit(self.path), self.server.schedule.next()
        self.server.hook("before", self.command, parts.path)
        status, body = answer_of(fault)
        if fault in COMMITTED:
            done = self.server.service.answer(self.command, parts.path, dict(parse_qsl(parts.query)), content)
            if fault is not Fault.ERROR_AFTER:
                status, body = done
        self.server.hook("after", self.command, parts.path)
        payload = PROXY_PAGE if fault is Fault.MALFORMED_AFTER else json.dumps(body).encode()
        if fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
            self._reset()
            return
        cut = len(payload) // 2 if fault is Fault.TRUNCATED_AFTER else len(payload)
        self._send(status, payload, cut)

    def _send(self, status: int, payload: bytes, cut: int) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        if "uploadType=resumable" in self.path:
            self.send_header("location", f"{self.server.url}/upload/session?upload_id=1")
        self.end_headers()
        self.wfile.write(payload[:cut])
        self.wfile.flush()
        self.close_connection = cut < len(payload)
        self.server.hook("answered", self.command, urlsplit(self.path).path)

    def _reset(self) -> None:
        """End the connection with a reset instead of a farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


@dataclass(frozen=True)
class Serving:
    """A running server and what it knows."""

    url: str
    service: Service = field(default_factory=Service)


@contextmanager
def serve(
    schedule: Schedule | None = None, *, hook: Callable[[str, str, str], None] | None = None
) -> Iterator[Serving]:
    """A server in threads of this process."""
    service = Service()
    server = Server(service, schedule or Schedule(0, {}), hook)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Serving(server.url, service)
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with serve(Schedule(int(sys.argv[1]), CUTS)) as serving:
        print(serving.url, flush=True)
        sys.stdin.read()
        print(json.dumps(list(serving.service.jobs)))
