"""What is packed of random trees with random ignore files is what git would add."""

from __future__ import annotations

import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from trainctl.catalog import LocalCode
from trainctl.packaging.selection import select

if TYPE_CHECKING:
    from pathlib import Path

GIT = shutil.which("git")
NAMES = ("a", "b", "c", "d.txt", "e.csv", "f.bin")
PATTERNS = [
    "a",
    "b",
    "c",
    "*.txt",
    "*.csv",
    "f.bin",
    "a/",
    "b/",
    "/a",
    "/d.txt",
    "a/b",
    "**/c",
    "a/**",
    "b/**",
    "*",
    "?.csv",
    "[ab]",
    "c/*",
    "#x",
    "!*.txt",
    "!a",
    "!b/",
    "!/c",
    "!d.txt",
    "!c/*.txt",
    "!a/b",
    "!a/*",
    "!*",
    "!b/d.txt",
    "!b/a/",
]


def grow(folder: Path, chance: random.Random, depth: int = 0) -> None:
    """Files, folders and ignore files."""
    for name in NAMES:
        if chance.random() < 0.4:
            continue
        if "." in name or depth == 3 or chance.random() < 0.3:
            (folder / name).write_text("x", "utf-8")
        else:
            (folder / name).mkdir()
            grow(folder / name, chance, depth + 1)
    if chance.random() < 0.4:
        lines = [chance.choice(PATTERNS) for _ in range(chance.randint(1, 3))]
        (folder / ".gitignore").write_text("\n".join(lines) + "\n", "utf-8")


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    command = [str(GIT), "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(GIT is None, reason="git is not installed")
@pytest.mark.parametrize("seed", range(25))
def test_it_is_what_git_would_add(tmp_path: Path, seed: int) -> None:
    assert git(tmp_path, "init", "--quiet").returncode == 0
    grow(tmp_path, random.Random(seed))  # noqa: S311 - no secret
    named = [each for each in tmp_path.iterdir() if each.is_dir() and each.name != ".git"]
    for folder in (tmp_path, *named):
        if folder == tmp_path or git(tmp_path, "check-ignore", "--quiet", folder.name).returncode:
            added = git(folder, "ls-files", "--others", "--exclude-standard", ".").stdout.split()
            assert sorted(select(folder, LocalCode(folder)).files) == sorted(added)
