"""The engine as a server on loopback: one process per home, ended by SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trainctl import __version__
from trainctl.local.app import Application
from trainctl.local.core import Core
from trainctl.local.disk.files import read_json, write_json
from trainctl.local.disk.locks import Busy, hold
from trainctl.local.disk.reserve import is_full
from trainctl.local.guard import Guard, read_or_make_token
from trainctl.local.home import EngineHome
from trainctl.local.jobs.execution import execute
from trainctl.local.migrations import TooNew
from trainctl.local.recovery import recover
from trainctl.local.supervision.processes import start_mark

if TYPE_CHECKING:
    from pathlib import Path

    from trainctl.local.core import Settings

_LOG = logging.getLogger("trainctl.local")
_THREADS = 8
_LARGEST_BODY = 1 << 40


def serve_forever(root: Path, settings: Settings, *, port: int, foreground: bool) -> int:
    """Serves until a signal comes; then ends all jobs. 0 for a clean end, else 1, and its last line says why."""
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    home = EngineHome(root)
    try:
        home.prepare()
        with hold(home.engine_lock, timeout=0):
            _serve(home, settings, port=port, foreground=foreground)
    except Busy:
        _LOG.error("another engine is running in %s", root)
    except (TooNew, OSError) as problem:
        _LOG.error("%s", problem)
    except sqlite3.DatabaseError as problem:
        cure = "make room there" if is_full(problem) else "`trainctl local reset` begins anew without it"
        _LOG.error("the database %s cannot be used: %s; %s", home.database, problem, cure)
    else:
        return 0
    return 1


def _serve(home: EngineHome, settings: Settings, *, port: int, foreground: bool) -> None:
    token = read_or_make_token(home.token_file)
    relay = _Relay()
    ended = _listen_to_signals()
    server = _listen(relay, port, last=_last_port(home))
    url = f"http://127.0.0.1:{server.effective_port}"
    core = Core(home, replace(settings, secret_url=f"{url}/{token}"), work=execute)
    relay.application = Application(core, Guard(token, server.effective_port))
    recover(core)
    core.runner.open()
    threading.Thread(target=server.run, name="http", daemon=True).start()
    _announce(home, url, settings, foreground=foreground)
    try:
        ended.wait()
    finally:
        _LOG.info("stopping")
        home.state_file.unlink(missing_ok=True)
        core.close()
        server.close()
        _LOG.info("stopped")


def _last_port(home: EngineHome) -> int:
    """The port that the engine of this home had; watches that outlive a restart find it there again. 0 for none."""
    match read_json(home.port_file):
        case {"port": int(port)}:
            return port
        case _:
            return 0


def _listen(application: _Relay, port: int, *, last: int) -> Any:
    """A server on `port` of the loopback interface; where that is 0, on `last`, or on a free one if that is taken."""
    from waitress import create_server

    options = {"host": "127.0.0.1", "threads": _THREADS, "ident": None, "max_request_body_size": _LARGEST_BODY}
    try:
        return create_server(application, port=port or last, **options)
    except OSError:
        if port:
            raise
        return create_server(application, port=0, **options)


class _Relay:
    """Stands in for the application until the port, which the application has to know, is bound."""

    application: Application

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.application(environ, start_response)


def _announce(home: EngineHome, url: str, settings: Settings, *, foreground: bool) -> None:
    pid = os.getpid()
    options = {
        "jobs": settings.slots,
        "grace": settings.grace,
        "retries": settings.retries,
        "limits": settings.limits,
        "credentials": settings.credentials,
    }
    state = {"pid": pid, "mark": start_mark(pid), "url": url, "version": __version__, "options": options}
    write_json(home.state_file, state)
    write_json(home.port_file, {"port": int(url.rpartition(":")[2])})
    _LOG.info("serving %s from %s, process %d", url, home.root, pid)
    if foreground:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()


def _listen_to_signals() -> threading.Event:
    """An event that is set by the first signal to end."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    return ended
