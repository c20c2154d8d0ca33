"""Files that are either whole or not there."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Replaces `path` in one step by a file of mode 0600 with this content."""

    def write(descriptor: int) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]

    replace_file(path, write)


def replace_file(path: Path, write: Callable[[int], None]) -> None:
    """Replaces `path` in one step by a file of mode 0600 that `write` fills; by none when that raises."""
    # Not tempfile, which costs every supervisor several milliseconds to import.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        try:
            write(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as JSON, atomically."""
    write_atomically(path, json.dumps(value).encode())


def read_json(path: Path) -> Any:
    """The value in a JSON file; None when the file is missing or not (yet) JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
