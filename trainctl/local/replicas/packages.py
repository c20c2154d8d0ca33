"""What a Python package file says about how it wants to be built."""

from __future__ import annotations

import lzma
import re
import tarfile
import tomllib
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IN_EVERY_BASE = frozenset({"setuptools", "wheel"})
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+)?import[ \t]+(?P<names>\([^)]*|[\w., \t]+)", re.MULTILINE
)
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    RuntimeError,  # what is encrypted, or packed in a way that Python does not know
    KeyError,  # a link to nothing
)
_PYPROJECT = re.compile(r"(?:[^/]+/)?pyproject\.toml")


def needs_isolation(package: Path) -> bool:
    """Whether building needs tools of its own from the index.

    False for a wheel, and for what asks for nothing but the setuptools and wheel that every image has: without
    isolation that takes a second instead of five and no network.
    """
    if package.suffix == ".whl":
        return False
    match _read_pyproject(package).get("build-system", {}):
        case {"requires": [*required]}:
            return not {_name_of(str(requirement)) for requirement in required} <= _IN_EVERY_BASE
        case dict(system):
            return "requires" in system
        case _:
            return True  # the installer says what is wrong with it


def list_imports(package: Path) -> set[str]:
    """The modules that a package's code imports, with what it takes out of them: `from a import b` is `a.b`."""
    return {module for source in _read_sources(package) for module in find_imports(source)}


def find_imports(source: str) -> Iterator[str]:
    """The modules that code imports; it need not be of this version of Python."""
    for found in _IMPORT.finditer(source):
        names = [name.split()[0] for name in found["names"].strip("( ").split(",") if name.split()]
        yield from (f"{found['module']}.{name}" if found["module"] else name for name in names)


def _read_sources(package: Path) -> Iterator[str]:
    try:
        if zipfile.is_zipfile(package):
            with zipfile.ZipFile(package) as archive:
                for name in archive.namelist():
                    if name.endswith(".py"):
                        yield archive.read(name).decode(errors="replace")
            return
        with tarfile.open(package) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() and member.name.endswith(".py") else None
                if stream is not None:
                    yield stream.read().decode(errors="replace")
    except _BROKEN:
        return  # the installer says what is wrong with it


def _name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found.group().lower() if found else requirement


def _read_pyproject(package: Path) -> dict[str, Any]:
    """The `pyproject.toml` of a source distribution; empty when there is none or it cannot be read."""
    try:
        if zipfile.is_zipfile(package):
            with zipfile.ZipFile(package) as archive:
                names = [name for name in archive.namelist() if _PYPROJECT.fullmatch(name)]
                return tomllib.loads(archive.read(names[0]).decode()) if names else {}
        with tarfile.open(package) as archive:
            member = next((member for member in archive if _PYPROJECT.fullmatch(member.name)), None)
            stream = archive.extractfile(member) if member else None
            return tomllib.loads(stream.read().decode()) if stream else {}
    except (*_BROKEN, ValueError):
        return {}
