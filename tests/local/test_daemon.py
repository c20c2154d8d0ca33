"""The engine as a process of its own, as the client starts and stops it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.local.engine import PARENT, make_job
from tests.local.packages import build_package
from tests.running import Runner
from trainctl import __version__
from trainctl.commands.engine import unreachable
from trainctl.local import control
from trainctl.local.control import Engine, EngineHome, EngineProblem, Options
from trainctl.local.migrations import STEPS
from trainctl.local.supervision.processes import find_job_processes, is_alive, start_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path, environments: Path) -> Iterator[EngineHome]:
    home = EngineHome(tmp_path / "engine")
    home.root.mkdir()
    home.environments.symlink_to(environments)
    yield home
    control.stop(home)


def _open(engine: Engine) -> httpx.Client:
    return httpx.Client(base_url=engine.url, headers={"Authorization": f"Bearer {engine.read_token()}"}, timeout=30)


def _create(engine: Engine, home: EngineHome, code: str) -> str:
    package = home.buckets / "stage" / "practice-1.0.tar.gz"
    if not package.exists():
        build_package(package)
    with _open(engine) as client:
        name: str = client.post(f"/v1/{PARENT}/customJobs", json=make_job(code)).json()["name"]
    return name


def _await_state(engine: Engine, name: str, *states: str) -> dict[str, object]:
    with _open(engine) as client:
        deadline = time.monotonic() + 300
        while (job := client.get(f"/v1/{name}").json())["state"] not in states:
            assert time.monotonic() < deadline, job
            time.sleep(0.02)
    found: dict[str, object] = job
    return found


def _folder(home: EngineHome, name: str) -> str:
    return str(home.jobs / name.rpartition("/")[2])


def _await_processes(home: EngineHome, name: str, *, some: bool) -> None:
    deadline = time.monotonic() + 300
    while bool(find_job_processes(_folder(home, name))) != some:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_engine_starts_answers_and_stops(home: EngineHome) -> None:
    engine = control.start(home)
    with _open(engine) as client:
        assert client.get(f"/v1/{PARENT}/customJobs").json() == {}
    assert control.running(home) == engine
    assert control.stop(home) is True
    assert control.running(home) is None
    assert control.stop(home) is False
    with pytest.raises(httpx.ConnectError):
        httpx.get(engine.url)


def test_an_engine_comes_back_where_it_was_so_that_watches_go_on(home: EngineHome) -> None:
    first = control.start(home)
    control.stop(home)
    assert control.start(home).url == first.url


def test_nobody_else_can_read_the_token_or_the_folders(home: EngineHome) -> None:
    control.start(home)
    assert home.token_file.stat().st_mode & 0o777 == 0o600
    assert home.root.stat().st_mode & 0o777 == 0o700
    private = [home.database, home.state_file, home.log_path]
    assert [path.stat().st_mode & 0o077 for path in private] == [0, 0, 0]
    assert len(home.token_file.read_text()) == 64


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists sockets in /proc")
def test_the_engine_listens_on_loopback_and_nowhere_else(home: EngineHome) -> None:
    port = int(control.start(home).url.rpartition(":")[2])
    tables = [Path("/proc/net") / name for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]


def test_two_starts_at_once_make_one_engine(home: EngineHome) -> None:
    code = (
        "import sys; from pathlib import Path; from trainctl.local import control; "
        "print(control.start(control.EngineHome(Path(sys.argv[1]))).pid)"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", code, str(home.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    pids = {start.communicate()[0] for start in starts}
    engine = control.running(home)
    assert engine is not None
    assert pids == {f"{engine.pid}\n"}


def test_two_starts_in_two_threads_make_one_engine(home: EngineHome) -> None:
    found: list[Engine] = []
    threads = [threading.Thread(target=lambda: found.append(control.start(home))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", ['{"pid": 1, "mark": "0", "url": "http://127.0.0.1:9"}', "", "[]", "nonsense"])
def test_a_stale_state_file_does_no_harm(home: EngineHome, content: str) -> None:
    home.state_file.write_text(content)
    assert control.running(home) is None
    assert control.stop(home) is False
    engine = control.start(home)
    assert engine.pid != 1
    assert control.running(home) == engine


def test_after_kill_9_no_process_lives_and_the_jobs_have_failed(home: EngineHome) -> None:
    first = control.start(home, options=Options(jobs=2, grace=60))
    stubborn = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nimport os\nos.fork()\ntime.sleep(600)"
    names = [_create(first, home, stubborn), _create(first, home, stubborn)]
    waiting = _create(first, home, "print('later')")
    for name in names:
        _await_state(first, name, "JOB_STATE_RUNNING")
    os.kill(first.pid, signal.SIGKILL)
    while control.running(home):
        time.sleep(0.01)
    second = control.start(home, options=Options(jobs=2))
    assert second.pid != first.pid
    for name in names:
        assert find_job_processes(_folder(home, name)) == []
        job = _await_state(second, name, "JOB_STATE_FAILED")
        assert job["error"] == {"code": 13, "message": "The engine stopped while the job ran."}
    assert _await_state(second, waiting, "JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED")["state"] == "JOB_STATE_SUCCEEDED"


def test_an_upload_goes_on_where_it_was_after_kill_9(home: EngineHome) -> None:
    first = control.start(home)
    upload = "/upload/storage/v1/b/stage/o"
    with _open(first) as client:
        opened = client.post(upload, params={"uploadType": "resumable", "name": "model"}, json={})
        session = opened.headers["Location"]
        client.put(session, content=b"abcd", headers={"Content-Range": "bytes 0-3/10"})
    os.kill(first.pid, signal.SIGKILL)
    while control.running(home):
        time.sleep(0.01)
    with _open(control.start(home)) as client:
        assert client.put(session, headers={"Content-Range": "bytes */10"}).headers["Range"] == "bytes=0-3"
        assert client.put(session, content=b"efghij", headers={"Content-Range": "bytes 4-9/10"}).status_code == 200
    assert (home.buckets / "stage" / "model").read_bytes() == b"abcdefghij"


def test_a_killed_engines_jobs_end_even_if_no_engine_comes_after_it(home: EngineHome) -> None:
    engine = control.start(home, options=Options(grace=0.2))
    name = _create(engine, home, "import time; time.sleep(600)")
    _await_state(engine, name, "JOB_STATE_RUNNING")
    os.kill(engine.pid, signal.SIGKILL)
    _await_processes(home, name, some=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_engine_with_its_jobs(home: EngineHome, number: signal.Signals) -> None:
    engine = control.start(home, options=Options(grace=0.2))
    name = _create(engine, home, "import time; time.sleep(600)")
    _await_state(engine, name, "JOB_STATE_RUNNING")
    mark = start_mark(engine.pid) or ""
    os.kill(engine.pid, number)
    while is_alive(engine.pid, mark):
        time.sleep(0.02)
    _await_processes(home, name, some=False)
    assert not home.state_file.exists()
    assert control.status(home).jobs == {"JOB_STATE_FAILED": 1}


def test_the_status_tells_what_runs_and_where(home: EngineHome) -> None:
    before = control.status(home)
    assert (before.url, before.pid, before.version, before.jobs) == (None, None, None, {})
    engine = control.start(home)
    name = _create(engine, home, "pass")
    _await_state(engine, name, "JOB_STATE_SUCCEEDED")
    status = control.status(home)
    assert (status.url, status.pid, status.version) == (engine.url, engine.pid, __version__)
    assert status.jobs == {"JOB_STATE_SUCCEEDED": 1}
    assert status.folders["buckets"] == home.buckets
    assert status.options["credentials"] is False


def test_a_start_with_options_that_come_too_late_says_so(tmp_path: Path) -> None:
    run = Runner(tmp_path / "user")
    try:
        first = run("local", "start", "--retries", "2", "--pass-credentials")
        assert (first.code, first.err) == (0, "")
        same = run("local", "start", "--retries", "2", "--pass-credentials")
        assert (same.out, same.err) == (first.out, "")
        other = run("local", "start", "--jobs", "99", "--retries", "2", "--limits")
        told = "warning: the engine runs already, without `--jobs 99 --limits`; run `trainctl local stop` first\n"
        assert (other.code, other.out, other.err) == (0, first.out, told)
        options = json.loads(run("local", "status", "-o", "json").out)["options"]
        assert (options["retries"], options["credentials"], options["limits"]) == (2, True, False)
    finally:
        run("local", "stop")


def test_a_reset_leaves_nothing(home: EngineHome) -> None:
    control.start(home)
    control.reset(home)
    assert not home.root.exists()
    control.reset(home)


def test_an_engine_that_cannot_start_says_why(home: EngineHome) -> None:
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    known = len(STEPS)
    assert _start_in_vain(home) == (
        "the engine ended with code 1 at its start: the engine's database has schema "
        f"99, this trainctl knows {known}: upgrade trainctl"
    )
    home.database.write_text("no database at all")
    assert _start_in_vain(home) == (
        f"the engine ended with code 1 at its start: the database {home.database} "
        "cannot be used: file is not a database; `trainctl local reset` begins anew without it"
    )


def _start_in_vain(home: EngineHome) -> str:
    """What the user is told."""
    with pytest.raises(EngineProblem) as raised:
        control.start(home)
    return str(unreachable(raised.value))


def test_a_foreground_engine_has_the_home_to_itself(home: EngineHome) -> None:
    engine = control.start(home)
    command = [sys.executable, "-m", "trainctl.local", "serve", "--home", str(home.root), "--foreground"]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (second.returncode, second.stdout) == (1, "")
    assert "another engine is running" in second.stderr
    assert control.running(home) == engine


def test_a_job_reaches_the_engines_storage_with_nothing_but_its_environment(home: EngineHome) -> None:
    engine = control.start(home)
    code = (
        "import os, urllib.request\n"
        "url = os.environ['STORAGE_EMULATOR_HOST'] + '/upload/storage/v1/b/data/o?uploadType=media&name=from-job'\n"
        "urllib.request.urlopen(urllib.request.Request(url, data=b'made', method='POST'))\n"
    )
    _await_state(engine, _create(engine, home, code), "JOB_STATE_SUCCEEDED")
    assert (home.buckets / "data" / "from-job").read_bytes() == b"made"
