"""Buckets as folders. A name can never lead out of its bucket's folder."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_LONGEST_NAME, _LONGEST_PART = 1024, 255
"""Bytes of an object's name, and of what a file system takes between two slashes."""


class Buckets:
    """The folder of all buckets. Every well-formed bucket exists; its folder is made when something is put there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def knows(self, name: str) -> bool:
        """Whether a bucket can have this name."""
        return _BUCKET.fullmatch(name) is not None and ".." not in name

    def bucket(self, name: str) -> Path:
        """The folder of a bucket; Fault for a name that no bucket can have."""
        if not self.knows(name):
            raise Fault("INVALID_ARGUMENT", f"Invalid bucket name: '{name}'")
        return self.root / name

    def locate(self, bucket: str, name: str) -> Path:
        """The file of an object, there or not. Fault for a name that no folder can hold or that would climb out."""
        folder = self.bucket(bucket)
        parts = name.split("/")
        if not name or len(name.encode()) > _LONGEST_NAME or "\0" in name or not _are_plain(parts):
            raise Fault("INVALID_ARGUMENT", f"The local engine cannot keep an object named '{name}'.")
        path = folder.joinpath(*parts)
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Fault("INVALID_ARGUMENT", f"The object name '{name}' leads out of its bucket.")
        return path

    def find(self, uri: str) -> Path | None:
        """The file of a `gs://` URI; None when there is none, or the URI is not one."""
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        try:
            path = self.locate(bucket, name)
        except Fault:
            return None
        return path if uri.startswith("gs://") and path.is_file() else None

    def match(self, uri: str) -> list[Path]:
        """The files of a `gs://` URI that may hold wildcards (`*` within a folder, `**` across), sorted.

        Raises Fault NOT_FOUND when there is none. Source: https://cloud.google.com/storage/docs/wildcards.
        """
        bucket, _, pattern = uri.removeprefix("gs://").partition("/")
        if not uri.startswith("gs://"):
            raise Fault("INVALID_ARGUMENT", f"`{uri}` is not a `gs://` URI.")
        if not any(mark in pattern for mark in "*?["):
            path = self.locate(bucket, pattern)
            found = [path] if path.is_file() else []
        else:
            self.locate(bucket, re.sub(r"[*?\[\]]", "x", pattern))
            found = sorted(path for path in _glob(self.bucket(bucket), pattern) if path.is_file())
        if not found:
            raise Fault("NOT_FOUND", f"There is no file `{uri}` in the engine's storage.")
        return found

    def locate_folder(self, uri: str) -> Path:
        """The folder of a `gs://BUCKET[/PREFIX]` URI, there or not. Fault for one that cannot be a folder here."""
        bucket, _, name = uri.removeprefix("gs://").rstrip("/").partition("/")
        if not uri.startswith("gs://"):
            raise Fault("INVALID_ARGUMENT", f"`{uri}` is not a `gs://` URI.")
        return self.locate(bucket, name) if name else self.bucket(bucket)

    def describe_lack(self, uri: str) -> str:
        """What is wrong with a `gs://` directory that should hold files (`is empty`); empty when nothing is."""
        try:
            folder = self.locate_folder(uri)
        except Fault:
            return "cannot be a directory of the engine's storage"
        if not folder.is_dir():
            return "does not exist"
        # Not by Path.rglob, which fails where a folder is being deleted, or is too deep to have a path.
        return "" if any(files for _, _, files in os.walk(folder)) else "is empty"

    def make_folder(self, uri: str) -> Path:
        """Makes the folder of a `gs://` URI, as code expects to find its output directories.

        Raises Fault where an object is in the way: Cloud Storage keeps `a` beside `a/b`, a file system cannot.
        """
        folder = self.locate_folder(uri)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            message = f"The local engine cannot write below `{uri}`: an object has this name, or a folder above it has."
            raise Fault("FAILED_PRECONDITION", message) from None
        return folder


def _glob(folder: Path, pattern: str) -> Iterator[Path]:
    if any("**" in part and part != "**" for part in pattern.split("/")):
        raise Fault("INVALID_ARGUMENT", f"`{pattern}`: the local engine knows `**` as a whole part of a path only.")
    return folder.glob(pattern)


def _are_plain(parts: list[str]) -> bool:
    return not any(part in ("", ".", "..") or len(part.encode()) > _LONGEST_PART for part in parts)
