"""Plain scalars as YAML 1.2's core schema reads them: `no` and `on` are strings, `1e-5` is a number.

Source: YAML 1.2.2, section 10.3.2. PyYAML follows YAML 1.1, so its own resolver is not used.
"""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Scalar: TypeAlias = "str | int | float | bool | None"

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_START = frozenset("-+.0123456789")
_LONGEST_INTEGER = 400
"""Characters that are read at all: a double has less than 310 digits before its point."""


class UnusableNumber(ValueError):
    """A number that JSON, and so every request, cannot carry."""


def resolve(text: str) -> Scalar:
    """The value of a plain scalar.

    Raises UnusableNumber for infinities, NaN and numbers beyond a double.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    return _number(text)


def is_written(value: float, text: str) -> bool:
    """Whether `text` is a plain scalar with that value."""
    try:
        return resolve(text) == value
    except UnusableNumber:
        return False


def _number(text: str) -> Scalar:
    if _INTEGER.fullmatch(text):
        return _integer(text, 10)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise UnusableNumber(text)
        return value
    if _OCTAL.fullmatch(text):
        return _integer(text, 8)
    if _HEXADECIMAL.fullmatch(text):
        return _integer(text, 16)
    if _ENDLESS.fullmatch(text):
        raise UnusableNumber(text)
    return text


def _integer(text: str, base: int) -> int:
    """A whole number that a double holds, too: so many programs read JSON's numbers."""
    if len(text) > _LONGEST_INTEGER:
        raise UnusableNumber(text)
    value = int(text, base)
    try:
        float(value)
    except OverflowError as error:
        raise UnusableNumber(text) from error
    return value
