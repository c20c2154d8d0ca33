"""Ignore files as git reads them: the nearest that says something decides, from every folder up to the repository's.

https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pathspec import GitIgnoreSpec

GIT_FILE, OWN_FILE = ".gitignore", ".trainctlignore"
Rules = tuple[str, "GitIgnoreSpec", str]
"""An ignore file as messages name it, its patterns, and the way from its folder to the packed one."""


class IgnoreFiles:
    """The ignore files of a folder and below it, and of the repository around it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._above = list(_above(folder))
        self._within: dict[tuple[str, str], Rules | None] = {}

    def against(self, name: str) -> str | None:
        """Why `name` (relative to the folder; a folder's ends with a slash) is ignored, or None."""
        for kind in (GIT_FILE, OWN_FILE):
            for shown, patterns, rest in self._rules(kind, name):
                verdict = patterns.check_file(rest).include
                if verdict:
                    return f"ignored by {shown}"
                if verdict is False:
                    break
        return None

    def _rules(self, kind: str, name: str) -> Iterator[Rules]:
        """The ignore files that may speak of `name`, the nearest first, each with the name as it sees it."""
        parts = name.rstrip("/").split("/")
        for depth in range(len(parts) - 1, -1, -1):
            prefix = "".join(f"{part}/" for part in parts[:depth])
            if (kind, prefix) not in self._within:
                self._within[kind, prefix] = _read(self._folder / prefix / kind, f"{prefix}{kind}")
            if found := self._within[kind, prefix]:
                yield found[0], found[1], name.removeprefix(prefix)
        if kind == GIT_FILE:
            yield from ((shown, patterns, f"{way}{name}") for shown, patterns, way in self._above)


def _above(folder: Path) -> Iterator[Rules]:
    """Ignore files of the folders around `folder`, up to the repository's; those that ignore all of it do not count."""
    place = folder.resolve()
    around = [place, *place.parents]
    top = next((at for at, each in enumerate(around) if (each / ".git").exists()), 0)
    for each in around[1 : top + 1]:
        way = f"{place.relative_to(each).as_posix()}/"
        shown = os.path.relpath(each / GIT_FILE, place).replace(os.sep, "/")
        found = _read(each / GIT_FILE, shown, way)
        if found and not found[1].match_file(way):  # whoever names a folder wants what is in it
            yield found


def _read(file: Path, shown: str, way: str = "") -> Rules | None:
    from pathspec import GitIgnoreSpec

    if not file.is_file():
        return None
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return shown, GitIgnoreSpec.from_lines(lines), way
