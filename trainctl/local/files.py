"""Files that are either whole or not there."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Replaces `path` in one step by a file of mode 0600 with this content."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.replace(temporary, path)  # noqa: PTH105  the same call, without building a Path
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108
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
