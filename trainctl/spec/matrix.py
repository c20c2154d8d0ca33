"""`matrix:`: one document that stands for several jobs, one for every combination of some values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.spec.problems import PathKey

KEY = "matrix"
MOST = 1000
"""Jobs that one document may stand for: more of them are rather a slip than a plan."""
_HINT = "write `matrix:` as names with lists of values, `learning_rate: [0.1, 0.01]`, and `${matrix.learning_rate}`"


@dataclass(frozen=True, slots=True)
class BadMatrix(Exception):
    """A matrix that names no jobs: where it is wrong, how, and what to write."""

    path: PathKey
    message: str
    hint: str = _HINT


def list_points(matrix: object) -> list[Mapping[str, Any]]:
    """Every combination of the values, the last name varying fastest. Raises BadMatrix."""
    if not isinstance(matrix, dict) or not matrix:
        raise BadMatrix((KEY,), "a matrix is a mapping of names to lists of values")
    for name, values in matrix.items():
        _check_values((KEY, name), values)
    if prod(map(len, matrix.values())) > MOST:
        raise _too_many()
    return [dict(zip(matrix, values, strict=True)) for values in product(*matrix.values())]


def _too_many() -> BadMatrix:
    return BadMatrix((KEY,), f"the matrix stands for more than {MOST} jobs", "leave some of its values out")


def _check_values(path: PathKey, values: object) -> None:
    if not isinstance(values, list) or not values:
        raise BadMatrix(path, f"`{path[-1]}` of the matrix needs a list of values")
    if len(values) > MOST:
        raise _too_many()
    seen = set()
    for index, value in enumerate(values):
        if not isinstance(value, str | int | float | bool):
            raise BadMatrix((*path, index), "a value of a matrix is a text, a number, `true` or `false`")
        # `True == 1` in Python alone.
        if (same := (isinstance(value, bool), value)) in seen:
            raise BadMatrix((*path, index), f"`{write_value(value)}` stands twice", "leave one of them out")
        seen.add(same)


def write_value(value: object) -> str:
    """A value as it stands within a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
