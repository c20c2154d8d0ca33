"""Two requests field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.spec.problems import format_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.problems import PathKey


class Absent:
    """Stands for the value of a field that one side does not have."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two requests have differently; a side that has it not has `ABSENT`."""

    path: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The fields in which two requests differ, in the order of the first, then of the second."""
    one, other = dict(leaves(before)), dict(leaves(after))
    found = (Difference(format_path(path), one.get(path, ABSENT), other.get(path, ABSENT)) for path in {**one, **other})
    return [each for each in found if each.before != each.after or type(each.before) is not type(each.after)]


def leaves(value: Any, path: PathKey = ()) -> Iterator[tuple[PathKey, Any]]:
    """Every value that holds no mappings, with its path: a list of words (arguments) is one value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value
