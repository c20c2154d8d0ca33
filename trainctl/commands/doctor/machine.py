"""What is checked on this machine, without a network."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from trainctl import __version__
from trainctl.commands.engine import NEEDS_EXTRA, OUTDATED, engine_home
from trainctl.errors import ExitCode, TrainctlError
from trainctl.render.checkup import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.commands import Session

_ANSWER_TIME = 20
_RC_FILES = {
    "bash": (".bashrc", ".bash_profile", ".local/share/bash-completion/completions/trainctl"),
    "zsh": (".zshrc", ".zfunc/_trainctl"),
    "fish": (".config/fish/config.fish", ".config/fish/completions/trainctl.fish"),
}
"""Where a user's shell may load the completion script, below HOME."""

_SYSTEM_FILES = {
    "bash": ("/usr/share/bash-completion/completions/trainctl", "/etc/bash_completion.d/trainctl"),
    "zsh": ("/usr/share/zsh/site-functions/_trainctl", "/usr/local/share/zsh/site-functions/_trainctl"),
    "fish": ("/usr/share/fish/vendor_completions.d/trainctl.fish",),
}
_LOADING = {
    "bash": 'add `eval "$(trainctl completion bash)"` to ~/.bashrc',
    "zsh": "add `source <(trainctl completion zsh)` to ~/.zshrc",
    "fish": "add `trainctl completion fish | source` to ~/.config/fish/config.fish",
}


def examine(session: Session) -> Iterator[Finding]:
    """The program itself, its record, completion, the engine and what runs containers for it."""
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield Finding("trainctl", State.OK, f"version {__version__}, {system}")
    yield _check_record(session)
    yield _check_completion(session)
    yield _check_engine(session)
    yield _check_containers(session)


def _check_record(session: Session) -> Finding:
    if not session.settings.journal:
        hint = "`trainctl config set journal true` switches it on"
        return Finding("record", State.WARN, "submissions are not recorded, so that none can be found again", hint)
    try:
        open_ones = len(session.journal.list(states=("uncertain",)))
    except TrainctlError as error:
        return Finding.of_error("record", error)
    folder = session.paths.journal.parent
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK):
        hint = "set TRAINCTL_HOME to a folder that can be written; `--no-journal` does without the record"
        return Finding("record", State.FAIL, f"`{there}` cannot be written", hint, ExitCode.UNREACHABLE)
    if open_ones:
        hint = "`trainctl history resolve` finds out"
        return Finding("record", State.WARN, f"of {open_ones} submissions nobody knows whether they made a job", hint)
    return Finding("record", State.OK, f"submissions are recorded in {session.paths.journal}")


def _check_completion(session: Session) -> Finding:
    shell = Path(session.environment.get("SHELL", "")).name
    if shell not in _RC_FILES or "CI" in session.environment:
        return Finding("completion", State.SKIP, "no shell is known that people type in")
    home = Path(session.environment.get("HOME", "/nowhere"))
    files = [*(home / name for name in _RC_FILES[shell]), *map(Path, _SYSTEM_FILES[shell])]
    if found := next((file for file in files if _loads_completion(file)), None):
        return Finding("completion", State.OK, f"{shell} loads it in {found}")
    return Finding("completion", State.WARN, f"{shell} does not seem to load it", _LOADING[shell])


def _loads_completion(file: Path) -> bool:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "trainctl completion" in text or file.stem.lstrip("_") == "trainctl"


def _check_engine(session: Session) -> Finding:
    from trainctl.commands.engine import check_installed
    from trainctl.local.control import running

    try:
        check_installed()
        engine = session.engine or running(engine_home(session))
        if session.settings.local:
            _ask_engine(session)
    except TrainctlError as error:
        if session.settings.local:
            return Finding.of_error("engine", error)
        return Finding("engine", State.SKIP, error.message, f"`--local` needs it: {error.hint or NEEDS_EXTRA}")
    if engine is None:
        return Finding("engine", State.OK, "installed; `--local` starts it")
    if engine.version != __version__:
        message = f"runs at {engine.url}, but is of trainctl {engine.version}"
        return Finding("engine", State.WARN, message, OUTDATED)
    verb = "answers" if session.settings.local else "runs"
    return Finding("engine", State.OK, f"{verb} at {engine.url}, process {engine.pid}")


def _ask_engine(session: Session) -> None:
    from trainctl.catalog import CUSTOM_JOBS, DEFAULT_LOCATION

    list(session.client.list(CUSTOM_JOBS, session.project, DEFAULT_LOCATION, limit=1, deadline=_ANSWER_TIME))


def _check_containers(session: Session) -> Finding:
    from trainctl.local.replicas.containers import describe_lack, find_runtime

    runtime = find_runtime(session.environment)
    if runtime is None:
        return Finding("containers", State.SKIP, f"the engine {describe_lack(session.environment)}")
    # Of docker this asks the daemon, and podman whether it can be used by this user at all.
    name = Path(runtime).name
    try:
        done = subprocess.run(
            (runtime, "version"),
            env=dict(session.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_TIME,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return Finding("containers", State.WARN, f"`{name} version` does not end well: {problem}")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        hint = f"the engine runs container specs with it; `{name} version` must work"
        return Finding("containers", State.WARN, f"{name} cannot be used: {' '.join(said)}", hint)
    return Finding("containers", State.OK, f"the engine runs them with {runtime}")
