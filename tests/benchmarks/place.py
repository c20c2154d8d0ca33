"""Where a run takes place: a scratch folder, a server on loopback in another process, an environment without a user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

TOP = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Place:
    """`scratch` is a folder that goes away afterwards, `port` where the stand-in for Vertex AI listens."""

    scratch: Path
    port: int
    environment: Mapping[str, str]

    @property
    def python(self) -> str:
        """The interpreter that runs this."""
        return sys.executable

    @property
    def trainctl(self) -> str:
        """The command as people run it: the script that pip wrote beside the interpreter."""
        return str(Path(sys.executable).with_name("trainctl"))

    @property
    def check_jsonschema(self) -> str | None:
        """The other validator, if it is installed (`pip install --group bench`)."""
        beside = Path(sys.executable).with_name("check-jsonschema")
        return str(beside) if beside.exists() else shutil.which("check-jsonschema")

    @classmethod
    @contextmanager
    def open(cls, scratch: Path) -> Iterator[Self]:
        """A place in `scratch`; its server ends with the context."""
        command = [sys.executable, "-m", "tests.benchmarks.server"]
        with subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                port = int(server.stdout.readline())
                yield cls(scratch, port, make_environment(scratch, port))
            finally:
                server.terminate()


def make_environment(scratch: Path, port: int) -> dict[str, str]:
    """What every measured process sees: nothing of the user's own, and an endpoint on loopback."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "CLOUDSDK_CONFIG": str(scratch / "gcloud"),
        "TRAINCTL_HOME": str(scratch / "home"),
        "TRAINCTL_PROJECT": "bench-project",
        "TRAINCTL_LOCATION": "us-central1",
        "TRAINCTL_ENDPOINT_VERTEX": f"http://127.0.0.1:{port}",
        "TRAINCTL_ACCESS_TOKEN": "token-of-the-benchmark",
        "LANG": "C.UTF-8",
    }
