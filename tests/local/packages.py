"""A source distribution that installs without any network: its build backend is inside, and it requires nothing."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "practice.task"

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

BACKEND = """\
import zipfile

INFO = "practice-1.0.dist-info"
FILES = {
    f"{INFO}/METADATA": "Metadata-Version: 2.1\\nName: practice\\nVersion: 1.0\\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\\nGenerator: backend\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "practice-1.0-py3-none-any.whl"
    files = FILES | {path: open(path).read() for path in ("practice/__init__.py", "practice/task.py")}
    files[f"{INFO}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{INFO}/RECORD"])
    with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return name
"""

TASK = "import sys\nexec(sys.argv.pop(1))\n"
"""Runs its first argument, so that one package serves all tests."""


def build_package(path: Path, *, name: str = "practice", task: str = TASK, backend: str = BACKEND) -> None:
    """Writes the distribution, whose suffix uv wants to be `.tar.gz`; the same arguments give the same bytes."""
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        "pyproject.toml": PYPROJECT,
        "backend.py": backend.replace("practice", name),
        f"{name}/__init__.py": "",
        f"{name}/task.py": task,
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for file, content in files.items():
            member = tarfile.TarInfo(f"{name}-1.0/{file}")
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(stream.getvalue(), mtime=0))
