"""Folders that hold what other users of the machine are not to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def make_private(folder: Path) -> None:
    """The folder is there; every part of its path that had to be made is its owner's alone. Raises OSError.

    The `mode` of Path.mkdir is not that of the parents that it makes.
    """
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
