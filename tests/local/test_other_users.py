"""A running engine against the other users of its machine and against web pages: nobody but its owner gets in."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.local.engine import PARENT
from tests.local.test_daemon import _await_processes, _await_state, _create, _folder
from trainctl.local import control
from trainctl.local.home import EngineHome
from trainctl.local.supervision.processes import find_job_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from trainctl.local.control import Engine

pytestmark = pytest.mark.slow
NOBODY = 65534
JOBS = f"/v1/{PARENT}/customJobs"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try what another user of the machine can do")
needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the machine has no /proc")


@pytest.fixture
def home(environments: Path) -> Iterator[EngineHome]:
    """A home below a folder that everybody may enter: what keeps others out is the engine's own doing."""
    open_folder = Path(tempfile.mkdtemp(prefix="trainctl-open-"))
    open_folder.chmod(0o755)
    home = EngineHome(open_folder / "engine")
    home.root.mkdir()
    home.environments.symlink_to(environments)
    yield home
    control.stop(home)
    shutil.rmtree(open_folder)


def as_nobody(act: Callable[[], Any]) -> Any:
    """What the function finds when another user runs it; it needs no more files than are open, for that is no root."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, json.dumps(act()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def refusal(act: Callable[[], object]) -> str:
    """The error that an attempt meets; empty when it succeeds."""
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return ""


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def ask(engine: Engine, head: str, body: str = "") -> str:
    """The answer to a request that no client library would send; by hand, as an attacker writes it."""
    host, port = engine.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        with connection.makefile("rb") as answer:
            return answer.read().decode()


def status(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


@needs_root
def test_another_user_reads_nothing_of_an_engine(home: EngineHome) -> None:
    engine = control.start(home)
    name = _create(engine, home, "import time; time.sleep(60)")
    _await_state(engine, name, "JOB_STATE_RUNNING")  # before that, its processes are those that make its environment
    _await_processes(home, name, some=True)
    job = find_job_processes(_folder(home, name))[0]
    files = [home.token_file, home.state_file, home.database, home.log_path, Path(_folder(home, name)) / "plan.json"]
    files += [Path(f"/proc/{engine.pid}/environ"), Path(f"/proc/{job}/environ")]
    folders = [home.root, home.jobs, home.buckets]

    def look() -> list[str]:
        read = [refusal(file.read_bytes) for file in files]
        listed = [refusal(partial(entries, folder)) for folder in folders]
        killed = [refusal(partial(os.kill, pid, 15)) for pid in (engine.pid, job)]
        return [*read, *listed, *killed]

    assert as_nobody(look) == ["PermissionError"] * (len(files) + len(folders) + 2)
    assert [refusal(file.read_bytes) for file in files] == [""] * len(files)  # they are there for their owner


@needs_root
def test_another_user_who_connects_is_not_answered(home: EngineHome) -> None:
    engine = control.start(home)
    head = f"GET {JOBS} HTTP/1.1\r\nHost: {engine.url.removeprefix('http://')}\r\n"
    assert as_nobody(lambda: status(ask(engine, head))) == 401
    assert as_nobody(lambda: status(ask(engine, f"{head}Authorization: Bearer {'0' * 64}\r\n"))) == 401


@needs_proc
def test_no_command_line_and_no_environment_but_the_jobs_own_has_the_token(home: EngineHome) -> None:
    """Command lines can be read by everybody; a job needs the token for the engine's storage and for nothing else."""
    engine = control.start(home)
    token = engine.read_token()
    name = _create(engine, home, "import time; time.sleep(60)")
    deadline = time.monotonic() + 60
    while not (found := variables_with(token, processes := find_job_processes(_folder(home, name)))):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert found == {"STORAGE_EMULATOR_HOST"}
    assert not variables_with(token, [engine.pid])
    for pid in (engine.pid, *processes):
        with suppress(OSError):
            assert token.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def variables_with(token: str, processes: Iterable[int]) -> set[str]:
    """The names of the environment variables in whose values the token is."""
    pairs: list[bytes] = []
    for pid in processes:
        with suppress(OSError):  # it may just have ended
            pairs += Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return {pair.partition(b"=")[0].decode() for pair in pairs if token.encode() in pair}


@needs_proc
def test_the_engine_listens_on_loopback_alone(home: EngineHome) -> None:
    port = int(control.start(home).url.rpartition(":")[2])
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    listening = {line[1] for line in lines if line[3] == "0A" and line[1].endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}


@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        ("GET {jobs} HTTP/1.1\r\nHost: attacker.example:{port}\r\nAuthorization: Bearer {token}\r\n", 403),
        ("GET {jobs} HTTP/1.1\r\nHost: localhost.attacker.example\r\nAuthorization: Bearer {token}\r\n", 403),
        ("GET {jobs} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://attacker.example\r\n", 403),
        ("GET /{token}{jobs} HTTP/1.1\r\nHost: {host}\r\nOrigin: null\r\n", 403),
        ("OPTIONS {jobs} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://a.example\r\n", 403),
        ("POST {jobs} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\n", 401),
        ("POST {jobs} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n", 401),
        ("GET {jobs} HTTP/1.1\r\nHost: {host}\r\nCookie: token={token}\r\n", 401),
        ("GET {jobs}?access_token={token} HTTP/1.1\r\nHost: {host}\r\n", 401),
        ("GET {jobs} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n", 200),
    ],
)
def test_a_web_page_cannot_make_a_browser_speak_to_the_engine(home: EngineHome, attack: str, expected: int) -> None:
    """Rebound names, other origins, forms, preflights: none is answered, and no header invites a page to read."""
    engine = control.start(home)
    host = engine.url.removeprefix("http://")
    head = attack.format(jobs=JOBS, host=host, port=host.rpartition(":")[2], token=engine.read_token())
    answer = ask(engine, head, '{"displayName": "x"}' if head.startswith("POST") else "")
    assert status(answer) == expected
    assert "access-control-" not in answer.lower()


def test_a_form_with_the_token_is_no_request_for_a_job(home: EngineHome) -> None:
    """Even whoever has the token sends JSON."""
    engine = control.start(home)
    host = engine.url.removeprefix("http://")
    head = f"POST {JOBS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {engine.read_token()}\r\n"
    answer = ask(engine, f"{head}Content-Type: application/x-www-form-urlencoded\r\n", "displayName=x")
    assert status(answer) == 400
    with httpx.Client(headers={"Authorization": f"Bearer {engine.read_token()}"}) as client:
        assert client.get(f"{engine.url}{JOBS}").json() == {}
