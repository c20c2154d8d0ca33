"""A podman that runs containers of an image made here, without any registry, wherever podman can run at all."""

from __future__ import annotations

import io
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGE = "localhost/practice:1"
EXAMPLE_IMAGE = "us-docker.pkg.dev/my-project/examples/plane:1"
"""What `configs/custom/container/Dockerfile` says, made without a registry."""
PYTHON = "/usr/bin/python3"
_LEFT_OUT = {
    *("test", "tests", "idlelib", "ensurepip", "lib2to3", "tkinter", "turtledemo", "site-packages", "__pycache__"),
    *("pydoc_data", "distutils", "unittest", "dist-packages"),
}


@dataclass(frozen=True, slots=True)
class Podman:
    """`variables` are the environment by which podman finds its own settings and storage."""

    variables: Mapping[str, str]

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str:
        environment = {**os.environ, **self.variables}
        done = subprocess.run(("podman", *arguments), env=environment, input=stdin, capture_output=True, check=False)
        if done.returncode:
            raise CannotRun(f"`podman {' '.join(arguments)}` said: {done.stderr.decode().strip()}")
        return done.stdout.decode()


class CannotRun(Exception):
    """Podman is not here, or cannot run here."""


def prepare(folder: Path) -> Podman:
    """A podman with an image of Python, whose settings and storage are in `folder`. Raises CannotRun."""
    if shutil.which("podman") is None:
        raise CannotRun("podman is not installed")
    podman = Podman(write_settings(folder))
    # The entry point must not depend on anything but Python, and shows that `command` replaces it.
    root = make_root()
    podman("import", "--change", f'ENTRYPOINT ["{PYTHON}"]', "-", IMAGE, stdin=root)
    podman("import", "--change", f'ENTRYPOINT ["{PYTHON}", "/app/train.py"]', "-", EXAMPLE_IMAGE, stdin=root)
    podman("run", "--rm", "--network=host", IMAGE, "-c", "import json")
    return podman


def write_settings(folder: Path) -> dict[str, str]:
    """What a sandbox needs and a user's machine need not: storage without a file system of layers, bounds as here."""
    bounds = [resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)]
    files, processes = [4096 if bound == resource.RLIM_INFINITY else min(bound, 4096) for bound in bounds]
    containers = folder / "containers.conf"
    containers.write_text(
        f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
        '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        + ('runtime = "runc"\n' if shutil.which("runc") else "")
    )
    storage = folder / "storage.conf"
    storage.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/images"\nrunroot = "{folder}/run"\n')
    return {"CONTAINERS_CONF": str(containers), "CONTAINERS_STORAGE_CONF": str(storage)}


def make_root() -> bytes:
    """A root file system of this interpreter, the libraries that it needs, and the standard library, as tar."""
    stream = io.BytesIO()
    interpreter = Path(sys.executable).resolve()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(interpreter, PYTHON)
        for name in ("tmp", "proc", "dev", "sys", "etc", "gcs"):
            member = tarfile.TarInfo(name)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
        archive.add(Path(__file__).parents[2] / "configs" / "custom" / "container" / "train.py", "/app/train.py")
        library = Path(sysconfig.get_path("stdlib"))
        archive.add(library, f"/usr/lib/{library.name}", filter=_leave_out)
        modules = [str(path) for path in (library / "lib-dynload").glob("*.so")]
        for path in sorted(set(_list_libraries(str(interpreter), *modules))):
            archive.add(Path(path).resolve(), path)
    return stream.getvalue()


def _leave_out(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    name = Path(member.name).name
    return None if name in _LEFT_OUT or name.startswith("config-") or name.endswith(".a") else member


def _list_libraries(*binaries: str) -> Iterator[str]:
    listing = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        for word in line.split():
            if word.startswith("/") and not word.endswith(":"):
                yield word
