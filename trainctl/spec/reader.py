"""The bytes of a spec as text: from a file or standard input, within limits, decoded strictly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainctl.spec.problems import Problem

if TYPE_CHECKING:
    from typing import BinaryIO

LARGEST = 4 * 1024 * 1024
"""Bytes of one spec file."""

STDIN = "-"


class Unreadable(Exception):
    """A spec that cannot be had as text; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read(source: str, *, stdin: BinaryIO | None, display: str) -> str:
    """The text of the file `source`, or of `stdin` for `-`. Raises Unreadable."""
    data = _from_stdin(stdin, display) if source == STDIN else _from_file(Path(source), display)
    if len(data) > LARGEST:
        raise _unreadable(
            display, "too-large", "the file is larger than 4 MiB", "a spec is a page of text: is this the right file?"
        )
    return _decode(data, display)


def _from_stdin(stdin: BinaryIO | None, display: str) -> bytes:
    if stdin is None:
        raise _unreadable(display, "unreadable", "there is no standard input", "name a file")
    return stdin.read(LARGEST + 1)


def _from_file(path: Path, display: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise _unreadable(display, "not-found", "there is no such file", _similar(path)) from error
    except IsADirectoryError as error:
        raise _unreadable(display, "unreadable", "this is a folder", "name the files in it") from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise _unreadable(
            display, "unreadable", f"the file cannot be read: {reason}", "check its name and permissions"
        ) from error
    if path.suffix in {".py", ".ipynb"}:
        hint = f"`trainctl init custom` prints one; its `script_path` names the code: `{path.with_suffix('.py').name}`"
        raise _unreadable(display, "program", "this is a program, and no spec that names it", hint)
    return data


def _similar(path: Path) -> str:
    from difflib import get_close_matches

    try:
        found = (entry for entry in path.parent.iterdir() if entry.suffix in {".yaml", ".yml", ".json"})
        names = {entry.stem: entry.name for entry in found}
    except (OSError, ValueError):
        return f"there is no folder `{path.parent}` either"
    close = get_close_matches(path.stem, names, n=1)
    return f"did you mean `{path.with_name(names[close[0]])}`?" if close else "check the path"


def _decode(data: bytes, display: str) -> str:
    encoding = _encoding(data)
    if encoding != "utf-16" and b"\0" in data:
        raise _unreadable(
            display, "binary", "this is a binary file, or text in another encoding", "a spec is YAML or JSON in UTF-8"
        )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(_bad_byte(data, error, display)) from error


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"


def _bad_byte(data: bytes, error: UnicodeDecodeError, display: str) -> Problem:
    before = data[: error.start].decode("utf-8", errors="replace")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
    return Problem(display, 0, (), line, column, "encoding", message, "save the file as UTF-8")


def _unreadable(display: str, code: str, message: str, hint: str) -> Unreadable:
    return Unreadable(Problem(display, 0, (), 0, 0, code, message, hint))
