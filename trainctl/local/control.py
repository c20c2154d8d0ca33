"""Starts, finds and stops an engine from outside. Quick to import: the standard library only."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from trainctl.local.disk.files import read_json, write_json
from trainctl.local.disk.locks import Busy, hold
from trainctl.local.home import EngineHome
from trainctl.local.supervision.processes import is_alive, kill

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "Engine",
    "EngineHome",
    "EngineProblem",
    "Options",
    "Status",
    "keep_options",
    "reset",
    "run",
    "running",
    "simulates",
    "start",
    "status",
    "stop",
]

START_TIMEOUT = 20.0
STOP_TIMEOUT = 30.0
_PAUSE = 0.01
_TAIL = 10


class EngineProblem(Exception):
    """The engine could not be started, stopped or reset; the message is one sentence, `details` its last log lines."""

    def __init__(self, message: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine: base URL without a slash at its end, the file that holds the bearer token, process id.

    `options` are those that it was started with, by the names that `Options` gives them; `version` is its trainctl's.
    """

    url: str
    token_file: Path
    pid: int
    options: Mapping[str, object] = field(default_factory=dict, hash=False)
    version: str = ""

    def read_token(self) -> str:
        """The bearer token."""
        return self.token_file.read_text(encoding="ascii").strip()


@dataclass(frozen=True, slots=True)
class Status:
    """What can be said of an engine from outside, running or not (then `url`, `pid`, `version` are None).

    `options` are what it was started with; `jobs` counts custom jobs by state (`JOB_STATE_RUNNING`: 2); `folders`
    names where things are; `simulates`: see `Options.simulate`.
    """

    url: str | None
    pid: int | None
    version: str | None
    options: Mapping[str, object] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    simulates: bool = False


def running(home: EngineHome) -> Engine | None:
    """The engine of this home that lives now; a state file left by a dead one counts for nothing."""
    match state := read_json(home.state_file):
        case {"pid": int(pid), "mark": str(mark), "url": str(url)} if is_alive(pid, mark):
            known = {"options": state.get("options", {}), "version": state.get("version", "")}
            return Engine(url=url, token_file=home.token_file, pid=pid, **known)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Options:
    """How an engine is to run jobs: None leaves a choice to it.

    `jobs` at a time, `grace` seconds between SIGTERM and SIGKILL, so many `retries` of replicas that were killed, and
    with `limits` only the cores and the memory of their machine types, with `credentials` the user's own. Unlike these,
    `simulate` is kept for every later start, and counts at once for an engine that runs: AutoML jobs that cannot be
    trained here go through their states.
    """

    jobs: int | None = None
    grace: float | None = None
    retries: int | None = None
    limits: bool = False
    simulate: bool | None = None
    credentials: bool = False

    def list_arguments(self) -> list[str]:
        """The same as arguments of `python -m trainctl.local serve`."""
        named = {"--jobs": self.jobs, "--grace": self.grace, "--retries": self.retries}
        given = [part for name, value in named.items() if value is not None for part in (name, str(value))]
        return [*given, *(["--limits"] if self.limits else []), *(["--pass-credentials"] if self.credentials else [])]

    def list_differences(self, engine: Engine) -> list[str]:
        """The arguments that an engine which runs already was not started with."""
        wanted = {name: value for name, value in asdict(self).items() if value not in (None, False)}
        other = {name: value for name, value in wanted.items() if engine.options.get(name, value) != value}
        return Options(**other).list_arguments()


DEFAULT = Options()


def keep_options(home: EngineHome, options: Options) -> None:
    """Writes down what is chosen for good, if anything is."""
    if options.simulate is not None:
        home.prepare()
        write_json(home.options_file, {"simulate": options.simulate})


def simulates(home: EngineHome) -> bool:
    """Whether AutoML jobs that cannot be trained on this engine go through their states all the same."""
    match read_json(home.options_file):
        case {"simulate": bool(simulate)}:
            return simulate
        case _:
            return False


def start(home: EngineHome, *, timeout: float = START_TIMEOUT, options: Options = DEFAULT) -> Engine:
    """The running engine of this home, started detached when there is none, ready to answer.

    Two starts at once make one engine. The options but `simulate` count only for an engine that is started here. Raises
    EngineProblem when it does not get ready.
    """
    keep_options(home, options)
    if found := running(home):
        return found
    _check_machine()
    home.prepare()
    try:
        with hold(home.start_lock, timeout=timeout):
            return running(home) or _await_ready(home, _spawn(home, options), timeout)
    except Busy:
        raise EngineProblem(
            f"another start of the engine in `{home.root}` has not ended within {timeout:g} s"
        ) from None


def run(home: EngineHome, *, options: Options = DEFAULT) -> int:
    """Runs an engine in the foreground until it is interrupted; its exit code. Raises EngineProblem."""
    _check_machine()
    home.prepare()
    keep_options(home, options)
    process = subprocess.Popen([*_command(home, options), "--foreground"])
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the terminal has sent the same signal to the engine, which is putting its jobs to an end


def stop(home: EngineHome, *, timeout: float = STOP_TIMEOUT) -> bool:
    """Ends the engine and its jobs, by force after `timeout` seconds; whether one was running."""
    match read_json(home.state_file):
        case {"pid": int(pid), "mark": str(mark)} if is_alive(pid, mark):
            _end(pid, mark, timeout)
            return True
        case _:
            return False


def reset(home: EngineHome, *, timeout: float = STOP_TIMEOUT) -> None:
    """Stops the engine and deletes everything it has: jobs, logs, buckets, environments, token."""
    stop(home, timeout=timeout)
    if not home.root.exists():
        return
    try:
        with hold(home.start_lock, timeout=timeout):
            shutil.rmtree(home.root, ignore_errors=True)
    except Busy:
        raise EngineProblem(f"an engine is being started in `{home.root}`; run `trainctl local reset` again") from None
    if home.root.exists():
        raise EngineProblem(f"`{home.root}` could not be deleted completely; delete what is left by hand")


def status(home: EngineHome) -> Status:
    """What runs, and what is where; asks the database file, so it works beside a stopped or a busy engine."""
    engine = running(home)
    state = read_json(home.state_file) if engine else {}
    folders = {"home": home.root, "buckets": home.buckets, "jobs": home.jobs, "environments": home.environments}
    return Status(
        url=engine.url if engine else None,
        pid=engine.pid if engine else None,
        version=(state or {}).get("version"),
        options=engine.options if engine else {},
        jobs=_count_jobs(home),
        folders={**folders, "log": home.log_path},
        simulates=simulates(home),
    )


def _count_jobs(home: EngineHome) -> dict[str, int]:
    import sqlite3

    if not home.database.exists():
        return {}
    connection = sqlite3.connect(f"{home.database.as_uri()}?mode=ro", uri=True, timeout=1)
    query = "SELECT state, count(*) FROM resources WHERE collection = 'customJobs' GROUP BY state ORDER BY state"
    try:
        return dict(connection.execute(query).fetchall())
    except sqlite3.Error:
        return {}
    finally:
        connection.close()


def _command(home: EngineHome, options: Options) -> list[str]:
    command = [sys.executable, "-P", "-m", "trainctl.local", "serve", "--home", str(home.root)]
    return [*command, *options.list_arguments()]


def _check_machine() -> None:
    """Raises EngineProblem when an engine cannot run here at all."""
    if os.name != "posix":
        raise EngineProblem("the local engine runs on Linux and macOS; on Windows use it within WSL")
    if missing := [name for name in ("waitress", "werkzeug") if find_spec(name) is None]:
        raise EngineProblem(f"the local engine needs `{'` and `'.join(missing)}`; run `pip install 'trainctl[local]'`")


def _spawn(home: EngineHome, options: Options) -> subprocess.Popen[bytes]:
    with open(home.log_path, "ab", opener=_open_privately) as log:
        return subprocess.Popen(
            _command(home, options), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _await_ready(home: EngineHome, process: subprocess.Popen[bytes], timeout: float) -> Engine:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if (engine := running(home)) and engine.pid == process.pid:
            # The engine outlives us and init will reap it; a Popen that is dropped unreaped would warn.
            process.returncode = 0
            return engine
        if process.poll() is not None:
            raise EngineProblem(f"the engine ended with code {process.returncode} at its start", details=_tail(home))
        time.sleep(_PAUSE)
    process.kill()
    process.wait()
    raise EngineProblem(f"the engine was not ready within {timeout:g} s", details=_tail(home))


def _tail(home: EngineHome) -> tuple[str, ...]:
    try:
        return tuple(home.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:])
    except OSError:
        return ()


def _end(pid: int, mark: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    kill(pid, signal.SIGTERM)
    while is_alive(pid, mark):
        if time.monotonic() >= deadline:
            kill(pid)
            deadline = float("inf")
        time.sleep(_PAUSE)
