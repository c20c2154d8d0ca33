"""Podman and docker that run containers of an image made here, without any registry, wherever they can run at all."""

from __future__ import annotations

import io
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGE = f"localhost/practice:{os.getpid()}"
"""Of this process alone: with a docker daemon that runs, another's tests may be using theirs, and remove it."""
EXAMPLE_IMAGE = "us-docker.pkg.dev/my-project/examples/plane:1"
"""What `configs/custom/container/Dockerfile` says, made without a registry."""
PYTHON = "/usr/bin/python3"
_LEFT_OUT = {
    *("test", "tests", "idlelib", "ensurepip", "lib2to3", "tkinter", "turtledemo", "site-packages", "__pycache__"),
    *("pydoc_data", "distutils", "unittest", "dist-packages"),
}


@dataclass(frozen=True, slots=True)
class Runtime:
    """`podman` or `docker`; by `variables` it finds its settings, its storage or its daemon."""

    name: str
    variables: Mapping[str, str]

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str:
        environment = {**os.environ, **self.variables}
        done = subprocess.run((self.name, *arguments), env=environment, input=stdin, capture_output=True, check=False)
        if done.returncode:
            raise CannotRun(f"`{self.name} {' '.join(arguments)}` said: {done.stderr.decode().strip()}")
        return done.stdout.decode()


class CannotRun(Exception):
    """The runtime is not here, or cannot run here."""


@contextmanager
def stocked_podman() -> Iterator[Runtime]:
    """A podman with images of Python, its settings and storage in a folder of its own. Raises CannotRun."""
    if shutil.which("podman") is None:
        raise CannotRun("podman is not installed")
    # Where the path is longer, as those of pytest can be, every run waits 20 s for a socket whose name has no room.
    with tempfile.TemporaryDirectory(prefix="podman-", ignore_cleanup_errors=True) as folder:
        yield fill(Runtime("podman", write_settings(Path(folder))))


@contextmanager
def running_docker() -> Iterator[Runtime]:
    """The docker whose daemon runs here, or one with a daemon of its own. Raises CannotRun."""
    if shutil.which("docker") is None:
        raise CannotRun("docker is not installed")
    docker = Runtime("docker", {"TRAINCTL_CONTAINER_RUNTIME": "docker"})
    try:
        docker("version")
    except CannotRun:
        with _running_daemon() as address:
            yield fill(Runtime("docker", {**docker.variables, "DOCKER_HOST": address}))
    else:
        try:
            yield fill(docker)
        finally:
            docker("image", "rm", "--force", IMAGE, EXAMPLE_IMAGE)


@contextmanager
def _running_daemon() -> Iterator[str]:
    """The address of a docker daemon that leaves the machine's network as it is, and nothing behind."""
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        raise CannotRun("no docker daemon runs, and none can be started: that needs `dockerd` and root")
    with tempfile.TemporaryDirectory(prefix="dockerd-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        arguments = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        arguments += ["--host", f"unix://{folder}/socket", "--storage-driver=vfs", "--bridge=none"]
        arguments += ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
        log = folder / "log"
        with (
            log.open("wb") as stream,
            subprocess.Popen(["dockerd", *arguments], stdout=stream, stderr=stream) as daemon,
        ):
            try:
                _await_daemon(f"unix://{folder}/socket", daemon, log)
                yield f"unix://{folder}/socket"
            finally:
                daemon.terminate()
                daemon.wait()
                _unmount(folder)


def _unmount(folder: Path) -> None:
    """Undoes the mounts that a daemon leaves when it ends."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in mounted:
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", place], check=False)


def _await_daemon(address: str, daemon: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            Runtime("docker", {"DOCKER_HOST": address})("version")
        except CannotRun as reason:
            if daemon.poll() is not None or time.monotonic() > deadline:
                last = log.read_text(errors="replace").splitlines()[-1:]
                raise CannotRun(f"the docker daemon does not start: {' '.join(last) or reason}") from None
            time.sleep(0.1)
        else:
            return


def fill(runtime: Runtime) -> Runtime:
    """The runtime, with images of Python made here. Raises CannotRun when they cannot be run."""
    root = make_root()
    # The entry point must not depend on anything but Python, and shows that `command` replaces it.
    runtime("import", "--change", f'ENTRYPOINT ["{PYTHON}"]', "-", IMAGE, stdin=root)
    runtime("import", "--change", f'ENTRYPOINT ["{PYTHON}", "/app/train.py"]', "-", EXAMPLE_IMAGE, stdin=root)
    runtime("run", "--rm", "--network=host", IMAGE, "-c", "import json")
    return runtime


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
