"""What a check of this machine and of the service found: a state, a sentence, and what to do."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from trainctl.errors import ExitCode
from trainctl.render.columns import Column
from trainctl.render.console import paint
from trainctl.render.machine import Subject
from trainctl.render.words import escape, pad

if TYPE_CHECKING:
    from trainctl.errors import TrainctlError
    from trainctl.render.console import Console


class State(StrEnum):
    """How a check ended; `SKIP`: it was not made, or what it is about is not needed."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


_STYLES = {State.OK: "good", State.WARN: "warn", State.FAIL: "bad", State.SKIP: "dim"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: what was checked, how it ended, a sentence, what to do; `code` is what a failure ends a command with."""

    check: str
    state: State
    message: str
    hint: str = ""
    code: ExitCode = ExitCode.OK

    @classmethod
    def of_error(cls, check: str, error: TrainctlError) -> Finding:
        """The failure of a check, in the error's own words."""
        return cls(check, State.FAIL, error.message, error.hint or "", error.exit_code)


def finding_text(finding: Finding, console: Console) -> str:
    """Lines for people: state and check in columns, the sentence beside them, what to do below it, to be copied."""
    style = _STYLES[finding.state]
    head = f"{paint(pad(finding.state, 4), style, colour=console.out_colour)}  {pad(finding.check, 11)}  "
    indent = " " * 19
    room = max(min(console.width, 100) - len(indent), 20)
    message = textwrap.wrap(escape(finding.message), room, break_on_hyphens=False) or [""]
    hint = [f"hint: {escape(finding.hint)}"] if finding.hint else []
    return f"\n{indent}".join([head + message[0], *message[1:], *hint]) + "\n"


def finding_subject() -> Subject[Finding]:
    """How findings are shown to programs."""
    return Subject(
        columns=(
            Column("check", lambda each: each.check, width=11),
            Column("state", lambda each: each.state, style=lambda each: _STYLES[each.state], width=5),
            Column("message", lambda each: each.message, elastic=True),
            Column("hint", lambda each: each.hint or "-", wide=True),
        ),
        raw=lambda each: {"check": each.check, "state": each.state.value, "message": each.message, "hint": each.hint},
        name=lambda each: each.check,
    )
