"""What a Python package file says about how it wants to be built."""

from __future__ import annotations

import re
import tarfile
import tomllib
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_IN_EVERY_BASE = frozenset({"setuptools", "wheel"})
_PYPROJECT = re.compile(r"[^/]+/pyproject\.toml")


def needs_isolation(package: Path) -> bool:
    """Whether building needs tools of its own from the index.

    False for a wheel, and for what asks for nothing but the setuptools and wheel that every image has: without
    isolation that takes a second instead of five and no network.
    """
    if package.suffix == ".whl":
        return False
    required = _read_pyproject(package).get("build-system", {}).get("requires", ["setuptools"])
    return not {_name_of(requirement) for requirement in required} <= _IN_EVERY_BASE


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
    except (tarfile.TarError, zipfile.BadZipFile, OSError, ValueError):
        return {}
