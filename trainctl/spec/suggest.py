"""What someone probably meant by a misspelt key or value."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALIKE = 0.72
_LONGEST = 60
_STEM, _BEGUN = 4, 0.8
"""So many letters that begin a word, or are a word's in another order, are that word with this likeness."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` is most likely a slip of; None where nothing comes near."""
    if len(word) > _LONGEST:
        return None
    plain = _plain(word)
    best, score = None, _ALIKE
    for candidate in known:
        likeness = _likeness(plain, _plain(candidate))
        if likeness > score:
            best, score = candidate, likeness
    return best


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The question that points at the word meant, if one comes near."""
    meant = closest(word, known)
    return f"did you mean `{meant}`?" if meant else None


def _plain(word: str) -> str:
    """Spelling aside: `Boot-Disk Type`, `bootDiskType` and `boot_disk_type` are one word."""
    return snake_case(word).replace("-", "").replace("_", "").replace(" ", "").replace(".", "")


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if len(one) >= _STEM and (other.startswith(one) or sorted(one) == sorted(other)):
        return _BEGUN
    matcher = SequenceMatcher(None, one, other)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def listed(words: Iterable[str], most: int = 8, *, last: str = "and") -> str:
    """`a`, `b` and `c`; a long list is cut."""
    names = [f"`{word}`" for word in words]
    if len(names) > most:
        return ", ".join(names[:most]) + f" {last} {len(names) - most} more"
    return f" {last} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
