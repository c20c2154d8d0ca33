"""Which files of a folder are packed: gitignore rules, and a few that nobody wants in an archive or dares to ship."""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.catalog import LeftOut
from trainctl.packaging.ignoring import IgnoreFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trainctl.catalog import LocalCode

NOISE = (
    ".git",  # a file in work trees and submodules
    ".hg/",
    ".svn/",
    "CVS/",  # this and the next setuptools leaves out in any case, and then misses them
    "RCS/",
    "__pycache__/",
    "*.py[co]",
    ".venv/",
    "venv/",
    "node_modules/",
    ".*_cache/",
    "*.egg-info/",
    ".DS_Store",
)
"""Left out always: made by tools, useless or enormous in an archive."""

SECRETS = (
    ".env",
    ".env.*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    ".envrc",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".boto",
    ".git-credentials",
    "*credentials*.json",
    "*service-account*.json",
    "*service_account*.json",
    "client_secret*.json",
    ".aws/",
    ".docker/",
    ".gnupg/",
    ".kube/",
    ".ssh/",
)
"""Left out unless `include` names them: files of these names often hold secrets."""

_KEY = rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"
_CREDENTIALS = rb'\{(?s:.*)"type"\s*:\s*"(?:service_account|authorized_user)"'
_LONGEST_SECRET = 1 << 16
"""Bytes that no key file has."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The files to pack, by path relative to the folder with forward slashes, and what was left out."""

    files: dict[str, Path]
    left: tuple[LeftOut, ...]


def select(folder: Path, code: LocalCode) -> Selection:
    """The files of `folder` that its ignore files, the spec's `exclude` and our own rules let through.

    `include` brings back what secrets' names, ignore files and `exclude` left out.
    """
    verdict = Verdict(folder, code)
    files: dict[str, Path] = {}
    left: list[LeftOut] = []
    for path, name in walk(folder, verdict, left):
        if reason := verdict.against(name) or outside(path, folder) or verdict.against_content(path, name):
            left.append(LeftOut(name, reason))
        else:
            files[name] = path
    return Selection(dict(sorted(files.items())), tuple(sorted(left, key=lambda entry: entry.path)))


class Verdict:
    """The rules for one folder, compiled once."""

    def __init__(self, folder: Path, code: LocalCode) -> None:
        from pathspec import GitIgnoreSpec

        def compiled(patterns: tuple[str, ...] | list[str]) -> GitIgnoreSpec:
            return GitIgnoreSpec.from_lines(patterns)

        self._folder = folder
        self._include = compiled(code.include)
        self._noise = compiled(NOISE)
        self._ignored = IgnoreFiles(folder)
        self._rules = [
            (compiled(SECRETS), "its name says it may hold a secret"),
            (compiled(code.exclude), "excluded by the spec"),
        ]

    def against(self, name: str) -> str | None:
        """Why `name` (a folder's ends with a slash) is not packed, or None."""
        if self._noise.match_file(name):
            return "never packed"
        if self._include.match_file(name):
            return None
        named = next((reason for rule, reason in self._rules if rule.match_file(name)), None)
        return named or self._ignored.against(name)

    def against_content(self, path: Path, name: str) -> str | None:
        """Why a file inside the folder is not packed whose name says nothing: a key, or a link to what is left out."""
        if self._include.match_file(name):
            return None
        if path.is_symlink():
            target = path.resolve().relative_to(self._folder.resolve()).as_posix()
            if reason := self.against(target):
                return f"a link to {target}: {reason}"
        return "it holds a private key or a sign-in" if holds_secret(path) else None

    def may_include_below(self, name: str) -> bool:
        """Whether `include` could bring something below an ignored folder back."""
        return bool(self._include) and not self._noise.match_file(name)


def holds_secret(path: Path) -> bool:
    """Whether a file is a private key, or Google's JSON of a service account's key or of a user's sign-in."""
    if path.stat().st_size > _LONGEST_SECRET:
        return False
    with path.open("rb") as stream:
        head = stream.read(64).removeprefix(BOM_UTF8).lstrip()
        if head.startswith(b"-----BEGIN "):
            return re.match(_KEY, head) is not None
        return head.startswith(b"{") and re.match(_CREDENTIALS, head + stream.read()) is not None


def walk(folder: Path, verdict: Verdict, left: list[LeftOut], prefix: str = "") -> Iterator[tuple[Path, str]]:
    """Every file below `folder` with its relative name; an ignored folder is noted in `left` and not entered."""
    for path in sorted((folder / prefix).iterdir()):
        name = f"{prefix}{path.name}"
        shown = os.fsencode(name).decode(errors="replace")
        if shown != name:
            left.append(LeftOut(shown, "its name is not text in UTF-8"))
        elif not path.is_dir():
            yield path, name
        elif path.is_symlink():
            left.append(LeftOut(f"{name}/", "a link to a folder"))
        elif (reason := verdict.against(f"{name}/")) and not verdict.may_include_below(f"{name}/"):
            left.append(LeftOut(f"{name}/", reason))
        else:
            yield from walk(folder, verdict, left, f"{name}/")


def outside(path: Path, folder: Path) -> str | None:
    """Why a path that is no plain file inside the folder is left out, or None."""
    if not path.is_file():
        return "not a regular file"
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return "a link that leads out of the folder"
    return None
