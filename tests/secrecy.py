"""Looks for tokens in everything that a run of the tests has made trainctl write."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKENS = re.compile(rb"ya29\.(?:test|fresh|robot|token-of-the-fault-tests|a-token-that-must-never-be-shown)\b")
"""Tokens that tests give to trainctl."""
SKIPPED = {"environments", "tokens"}
"""Folders that are not read: other people's packages, and the cache of tokens, which is what it is for."""
PRIVATE = ("state", "cache")


def find_leaks(folder: Path) -> list[str]:
    """Files of trainctl below `folder` that hold one of the tests' tokens, or the token of an engine."""
    found = []
    for home in find_homes(folder):
        own = [token for file in home.glob("state/local/token") if (token := _content(file).strip())]
        for file in _files(home):
            content = _content(file)
            if TOKENS.search(content) or (file.name != "token" and any(token in content for token in own)):
                found.append(str(file))
    return found


def find_open_files(folder: Path) -> list[str]:
    """What trainctl keeps for itself below `folder` and others can read."""
    kept = [entry for home in find_homes(folder) for name in PRIVATE for entry in _kept(home / name)]
    modes = [(entry, _mode(entry)) for entry in kept]
    return [f"{entry} {mode:o}" for entry, mode in modes if mode & 0o077]


def find_homes(folder: Path) -> Iterator[Path]:
    """The homes of trainctl below a folder: where its state is."""
    for place, folders, _ in os.walk(folder):
        if "state" in folders:
            yield Path(place)
        folders[:] = [name for name in folders if name not in SKIPPED and name != "state"]


def _content(file: Path) -> bytes:
    """What is in a file; nothing when whatever wrote it has just removed it."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _mode(entry: Path) -> int:
    """Who may do what with it; nobody anything when it has just been removed."""
    try:
        return entry.stat().st_mode & 0o777
    except FileNotFoundError:
        return 0


def _kept(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield root
        yield from (entry for entry in root.iterdir() if not entry.is_symlink())


def _files(home: Path) -> Iterator[Path]:
    for name in PRIVATE:
        for place, folders, files in os.walk(home / name):
            folders[:] = [each for each in folders if each not in SKIPPED]
            yield from (entry for each in files if (entry := Path(place, each)).is_file() and not entry.is_symlink())
