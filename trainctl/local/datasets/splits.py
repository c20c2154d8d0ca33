"""Which pieces of data train, validate and test a model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.datasets import SETS
from trainctl.local.protocol.comparing import TEXT, judge_resource
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.filters import matches, parse_filter
from trainctl.local.protocol.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_FRACTIONS = tuple(f"{name}Fraction" for name in SETS)
_DEFAULTS = (0.8, 0.1, 0.1)
_SLACK = 1e-6
_TABLES = ("predefinedSplit", "timestampSplit", "stratifiedSplit")
_MOST_STRATA, _STRATUM = 500, 3
"""Values of a column that are split each for itself, the most frequent ones, and the least rows of one, as the REST
reference says.
"""
_WORDS = {"train": "training", "validate": "validation", **{name: name for name in SETS}}


@dataclass(frozen=True, slots=True)
class Piece:
    """One item or row: what identifies it, and its labels or columns."""

    identity: str
    values: Mapping[str, str]


def check_split(config: Mapping[str, Any], *, tabular: bool) -> None:
    """Raises Fault for a split that does not fit the dataset, for fractions above 1, and for unsound filters."""
    if tabular and "filterSplit" in config:
        raise Fault("INVALID_ARGUMENT", "`filter_split` is for datasets with items and not for tabular ones.")
    if wrong := [name for name in _TABLES if name in config and not tabular]:
        raise Fault("INVALID_ARGUMENT", f"`{wrong[0]}` is for tabular datasets only.")
    for name in ("fractionSplit", "timestampSplit", "stratifiedSplit"):
        _read_fractions(config.get(name, {}))
    for text in config.get("filterSplit", {}).values():
        select(text)


def select(text: str) -> Callable[[Mapping[str, str]], bool]:
    """Whether labels match a filter on labels; `-` matches none. Raises Fault."""
    if text == "-":
        return lambda _: False
    fields = {"labels": TEXT}
    tree = parse_filter(text, lambda comparison: judge_resource(comparison, {}, fields))

    def judge(labels: Mapping[str, str]) -> bool:
        facts = {"labels": labels}
        return matches(tree, lambda comparison: judge_resource(comparison, facts, fields))

    return judge


def assign(pieces: Sequence[Piece], config: Mapping[str, Any]) -> list[str]:
    """The set of each piece, empty for one that is left out. By fractions, the same data is always split alike."""
    if "filterSplit" in config:
        return _assign_by_filter(pieces, config["filterSplit"])
    if "predefinedSplit" in config:
        key = config["predefinedSplit"]["key"]
        return [_WORDS.get(piece.values.get(key, "").strip().lower(), "") for piece in pieces]
    if "timestampSplit" in config:
        return _assign_by_time(pieces, config["timestampSplit"])
    if "stratifiedSplit" in config:
        return _assign_by_stratum(pieces, config["stratifiedSplit"])
    return _place(pieces, _cut(_shuffle(pieces, range(len(pieces))), config.get("fractionSplit", {})))


def _assign_by_filter(pieces: Sequence[Piece], split: Mapping[str, str]) -> list[str]:
    judges = [(name, select(split[f"{name}Filter"])) for name in SETS]
    return [next((name for name, judge in judges if judge(piece.values)), "") for piece in pieces]


def _assign_by_time(pieces: Sequence[Piece], split: Mapping[str, Any]) -> list[str]:
    """The oldest train, the youngest test."""
    read = ((n, parse_time(piece.values.get(split["key"], ""))) for n, piece in enumerate(pieces))
    times = {n: time for n, time in read if time is not None}
    return _place(pieces, _cut(sorted(times, key=lambda n: times[n]), split))


def _assign_by_stratum(pieces: Sequence[Piece], split: Mapping[str, Any]) -> list[str]:
    """Every value of the column is split by the fractions; what rare values have is split together."""
    strata: dict[str, list[int]] = {}
    for n, piece in enumerate(pieces):
        strata.setdefault(piece.values.get(split["key"], ""), []).append(n)
    common = [each for each in sorted(strata.values(), key=len, reverse=True)[:_MOST_STRATA] if len(each) >= _STRATUM]
    rest = sorted(set(range(len(pieces))).difference(*common))
    assigned: dict[int, str] = {}
    for members in (*common, rest):
        assigned |= _cut(_shuffle(pieces, members), split)
    return _place(pieces, assigned)


def _shuffle(pieces: Sequence[Piece], places: Iterable[int]) -> list[int]:
    """The places in an order that looks random and depends on the data only."""
    return sorted(places, key=lambda n: hashlib.sha256(f"{pieces[n].identity}\0{n}".encode()).digest())


def _cut(order: Sequence[int], split: Mapping[str, Any]) -> dict[int, str]:
    """The sets of places that stand in the order of their use."""
    training, validation, _ = _read_fractions(split)
    first, second = round(training * len(order)), round((training + validation) * len(order))
    return {place: SETS[(rank >= first) + (rank >= second)] for rank, place in enumerate(order)}


def _place(pieces: Sequence[Piece], assigned: Mapping[int, str]) -> list[str]:
    return [assigned.get(n, "") for n in range(len(pieces))]


def _read_fractions(split: Mapping[str, Any]) -> tuple[float, float, float]:
    """The fractions, where what is missing from 1 is for training. Raises Fault."""
    given = [float(split.get(name, 0)) for name in _FRACTIONS]
    if not any(name in split for name in _FRACTIONS):
        return _DEFAULTS
    if not (min(given) >= 0 and sum(given) <= 1 + _SLACK):  # NaN is neither
        raise Fault(
            "INVALID_ARGUMENT", f"Fractions of a split must not be negative, nor together more than 1: {given}."
        )
    return given[0] + max(0.0, 1 - sum(given)), given[1], given[2]
