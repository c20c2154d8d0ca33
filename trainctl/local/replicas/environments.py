"""Cached virtual environments: `python -m trainctl.local.replicas.environments REQUEST.json`, a job's first step.

An environment has two layers: a base with what the image has, shared by all jobs of that image, and on top of it one
with the job's packages, which is what changes between two runs. The upper one sees the base through a `.pth` file.
Neither can be renamed into place, since scripts in it name their own path; a marker file, written last, says that one
is whole, and a half-made one is deleted by whoever comes next and holds the lock.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from trainctl.local.disk.files import read_json, write_json
from trainctl.local.disk.locks import Busy, hold
from trainctl.local.replicas.packages import needs_isolation

if TYPE_CHECKING:
    from collections.abc import Callable

_READY = "ready.json"
_FORM = "1"
"""Goes into every key: raised when environments are made in another way."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What to make: the folder of all environments, the image's requirements, the package files in order."""

    root: str
    requirements: tuple[str, ...]
    packages: tuple[str, ...]
    framework: str = ""
    version: str = ""
    python: str = ""

    @property
    def base(self) -> Path:
        """The folder of the lower layer; its name is a digest of what goes into it."""
        return Path(self.root, f"base-{_digest(_FORM, sys.version, sys.executable, *self.requirements)}")

    @property
    def layer(self) -> Path:
        """The folder of the upper layer."""
        contents = (f"{Path(path).name}:{_digest_file(Path(path))}" for path in self.packages)
        return Path(self.root, f"job-{_digest(self.base.name, *contents)}")


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / "bin" / "python"


def is_ready(folder: Path) -> bool:
    """Whether an environment is whole."""
    return (folder / _READY).exists() and python_of(folder).exists()


def write_request(path: Path, environment: Environment) -> None:
    """Leaves a request for `main`."""
    write_json(path, asdict(environment))


class Failed(Exception):
    """The environment could not be made; the reason is in what the installer wrote."""


def make(environment: Environment) -> None:
    """Makes both layers unless they are there; speaks of it on stdout. Raises Failed."""
    _make_once(environment.base, lambda folder: _make_base(environment, folder))
    _make_once(environment.layer, lambda folder: _make_layer(environment, folder))
    _compare_versions(environment)


def _make_once(folder: Path, fill: Callable[[Path], None]) -> None:
    if is_ready(folder):
        return
    lock = folder.with_suffix(".lock")
    try:
        with hold(lock, timeout=0):
            _make_locked(folder, fill)
    except Busy:
        _say("Another job is making the same environment; waiting for it")
        with hold(lock):
            _make_locked(folder, fill)


def _make_locked(folder: Path, fill: Callable[[Path], None]) -> None:
    if is_ready(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    fill(folder)
    write_json(folder / _READY, {"made_by": _FORM})


def _make_base(environment: Environment, folder: Path) -> None:
    if environment.requirements:
        _say(f"Making an environment for the image, once: {', '.join(environment.requirements)}")
    _create(folder)
    if environment.requirements:
        _install(folder, list(environment.requirements))


def _make_layer(environment: Environment, folder: Path) -> None:
    names = ", ".join(Path(package).name for package in environment.packages)
    _say(f"Installing {names}")
    _create(folder)
    site = _site_packages(folder)
    (site / "base.pth").write_text(f"{_site_packages(environment.base)}\n", encoding="utf-8")
    ready = "setuptools" in environment.requirements
    isolated = not ready or any(needs_isolation(Path(package)) for package in environment.packages)
    _install(folder, ([] if isolated else ["--no-build-isolation"]) + list(environment.packages))


def _create(folder: Path) -> None:
    if uv := shutil.which("uv"):
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
    else:
        _run([sys.executable, "-m", "venv", *(["--without-pip"] if find_spec("pip") else []), str(folder)])


def _install(folder: Path, arguments: list[str]) -> None:
    python = str(python_of(folder))
    # What is unpacked goes with the environment when the installation is killed.
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    if uv := shutil.which("uv"):
        _run([uv, "pip", "install", "--python", python, *(_free(each, scratch) for each in arguments)], scratch)
    elif find_spec("pip"):
        _run([sys.executable, "-m", "pip", "--python", python, "install", *_PIP, *arguments], scratch)
    else:
        _run([python, "-m", "pip", "install", *_PIP, *arguments], scratch)
    shutil.rmtree(scratch, ignore_errors=True)


def _free(argument: str, scratch: Path) -> str:
    """A source distribution under a name that is no more than a name, as pip takes it.

    uv insists on what the name says of project and version, does not look into an archive for how it is packed, and
    reads `#` and `${NAME}` as more than a name.
    """
    path = Path(argument)
    if not path.is_file() or path.suffix == ".whl":
        return argument
    with path.open("rb") as stream:
        start = stream.read(8)
    packed = next((suffix for magic, suffix in _ARCHIVES.items() if start.startswith(magic)), ".tar")
    name = re.sub(r"[^\w.]", "_", path.name)
    link = scratch / _digest(argument) / f"{name}{packed}"
    link.parent.mkdir()
    link.symlink_to(path.absolute())
    return str(link)


_ARCHIVES = {b"\x1f\x8b": ".tar.gz", b"BZh": ".tar.bz2", b"\xfd7zXZ": ".tar.xz", b"PK": ".zip"}
_PIP = ("--disable-pip-version-check", "--progress-bar=off", "--no-warn-script-location", "--no-compile")


def _run(command: list[str], scratch: Path | None = None) -> None:
    variables = {**os.environ, "TMPDIR": str(scratch)} if scratch else None
    if subprocess.run(command, stdin=subprocess.DEVNULL, env=variables, check=False).returncode:
        raise Failed(Path(command[0]).name)


def _site_packages(folder: Path) -> Path:
    return next((folder / "lib").glob("python*/site-packages"))


def _compare_versions(environment: Environment) -> None:
    if not environment.framework:
        return
    code = f"from importlib.metadata import version; print(version({environment.framework!r}))"
    python = str(python_of(environment.layer))
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()
    if found and not f"{found}.".startswith(f"{environment.version}."):
        _say(f"The image has {environment.framework} {environment.version}, this environment has {found}")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if environment.python and environment.python != here:
        _say(f"The image has Python {environment.python}, this environment has {here}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def _digest_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def main(arguments: list[str]) -> int:
    """Makes the environment that the request file describes; 1 when an installer failed."""
    try:
        make(Environment(**read_json(Path(arguments[0]))))
    except Failed as failed:
        sys.stderr.write(f"`{failed}` could not make the environment\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
