"""Hints that lead where their command line was: without `--local`, what they name would ask Google Cloud."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.errors import SpecInvalid

if TYPE_CHECKING:
    from trainctl.errors import TrainctlError

OPTION = "--local"
_COMMAND = re.compile(r"`(trainctl (?:jobs|models|datasets|operations) [^`]*)`")


def for_engine(hint: str | None) -> str | None:
    """The hint with the option in every command that asks a service and does not have it yet."""

    def placed(found: re.Match[str]) -> str:
        return found[0] if {OPTION, "--help"} & {*found[1].split()} else f"`{found[1]} {OPTION}`"

    return _COMMAND.sub(placed, hint) if hint else hint


def place(error: TrainctlError) -> None:
    """Let the hints of an error, and of the problems that it carries, lead to the engine."""
    from trainctl.spec.problems import Problem

    error.hint = for_engine(error.hint)
    if isinstance(error, SpecInvalid):
        error.problems = tuple(
            replace(each, hint=for_engine(each.hint)) if isinstance(each, Problem) else each for each in error.problems
        )
