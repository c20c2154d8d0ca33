"""The two checksums that Cloud Storage keeps of every object."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20
_CASTAGNOLI = 0x82F63B78
_LARGEST_CRC = 64 << 20
"""Beyond this size CRC32C is left out: without a C library it takes a second for every 10 MB or so."""


def compute(path: Path) -> tuple[str, str]:
    """MD5 and CRC32C of a file in base64, as `md5Hash` and `crc32c` hold them; the latter empty for a large file."""
    digest = hashlib.md5(usedforsecurity=False)
    wanted = path.stat().st_size <= _LARGEST_CRC
    crc = 0
    with path.open("rb") as stream:
        while block := stream.read(_CHUNK):
            digest.update(block)
            crc = extend_crc32c(crc, block) if wanted else 0
    return _encode(digest.digest()), _encode(crc.to_bytes(4, "big")) if wanted else ""


def extend_crc32c(crc: int, data: bytes) -> int:
    """The CRC32C (Castagnoli, RFC 3720) of what `crc` was computed from, followed by `data`."""
    table = _table()
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    entries = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_CASTAGNOLI if value & 1 else 0)  # noqa: PLW2901  the register
        entries.append(value)
    return tuple(entries)


def _encode(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
