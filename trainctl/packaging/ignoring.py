"""Ignore files as git reads them: the nearest that says something decides, from every folder up to the repository's.

https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from pathlib import Path

GIT_FILE, OWN_FILE = ".gitignore", ".trainctlignore"
_INSIDE = "ps_d"
"""The group of pathspec's patterns for what lies inside of that which they name."""


@dataclass(frozen=True, slots=True)
class Rules:
    """An ignore file as messages name it, its patterns with whether they ignore, the way from it to what is packed."""

    shown: str
    patterns: tuple[tuple[bool, re.Pattern[str]], ...]
    way: str = ""

    @classmethod
    def read(cls, file: Path, shown: str, way: str = "") -> Rules | None:
        """The rules of a file; None when it is not there."""
        from pathspec import GitIgnoreSpec

        if not file.is_file():
            return None
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        found = ((each.include, each.regex) for each in GitIgnoreSpec.from_lines(lines).patterns)
        return cls(shown, tuple((ignores, regex) for ignores, regex in found if ignores is not None and regex), way)

    def judge(self, name: str) -> bool | None:
        """Whether `name` itself is ignored by the last pattern that names it; None when none does.

        What lies in an ignored folder is ignored with it, and what in a folder that is not, is not by that alone.
        """
        path = f"{self.way}{name}"
        for ignores, regex in reversed(self.patterns):
            if (found := regex.match(path)) and _is_meant(found, path):
                return ignores
        return None


def _is_meant(found: re.Match[str], path: str) -> bool:
    """Whether a pattern that matches a path names the path itself, and nothing above or below it."""
    if _INSIDE in found.re.groupindex:
        return found.group(_INSIDE) is None or found.end(_INSIDE) == len(path)
    return not path.endswith("/") or found.end() < len(path)  # `data/**` is what is in data


class IgnoreFiles:
    """The ignore files of a folder and below it, and of the repository around it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._above = list(_above(folder))
        self._read = cache(self._read_once)
        self._folder_reason = cache(self._reason)

    def against(self, name: str) -> str | None:
        """Why `name` (relative to the folder; a folder's ends with a slash) is ignored, or None."""
        parts = name.rstrip("/").split("/")
        folders = ("/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
        return next(filter(None, map(self._folder_reason, folders)), None) or self._reason(name)

    def _reason(self, name: str) -> str | None:
        for kind in (GIT_FILE, OWN_FILE):
            for rules, rest in self._rules(kind, name):
                verdict = rules.judge(rest)
                if verdict:
                    return f"ignored by {rules.shown}"
                if verdict is False:
                    break
        return None

    def _rules(self, kind: str, name: str) -> Iterator[tuple[Rules, str]]:
        """The ignore files that may speak of `name`, the nearest first, each with the name as its folder sees it."""
        parts = name.rstrip("/").split("/")
        for depth in range(len(parts) - 1, -1, -1):
            prefix = "".join(f"{part}/" for part in parts[:depth])
            if found := self._read(f"{prefix}{kind}"):
                yield found, name.removeprefix(prefix)
        if kind == GIT_FILE:
            yield from ((rules, name) for rules in self._above)

    def _read_once(self, name: str) -> Rules | None:
        return Rules.read(self._folder / name, name)


def _above(folder: Path) -> Iterator[Rules]:
    """Ignore files of the folders around `folder`, up to the repository's; those that ignore all of it do not count."""
    place = folder.resolve()
    around = [place, *place.parents]
    top = next((at for at, each in enumerate(around) if (each / ".git").exists()), 0)
    for each in around[1 : top + 1]:
        way = f"{place.relative_to(each).as_posix()}/"
        shown = os.path.relpath(each / GIT_FILE, place).replace(os.sep, "/")
        found = Rules.read(each / GIT_FILE, shown, way)
        if found and not found.judge(""):  # whoever names a folder wants what is in it
            yield found
