"""Help texts: plain, with the options in groups, and nothing cut off.

Typer draws them with Rich where that is installed, which takes 100 ms more and shortens the names of long options.
"""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from typer.core import TyperCommand, TyperGroup

_NAMES = 34
"""Cells for the names of options; longer ones have a line of their own."""
_ARGUMENTS, _OPTIONS = "Arguments", "Options"
_WHOLE = "\N{NON-BREAKING HYPHEN}"
"""Stands for hyphens while lines are broken, so that names of options stay in one piece."""


class Command(TyperCommand):
    """A command whose options stand under the names of their groups."""

    def get_help(self, ctx: Any) -> str:
        """The whole help, in lines that break at spaces alone."""
        return super().get_help(ctx).replace(_WHOLE, "-")

    def format_help_text(self, _: Any, formatter: Any) -> None:
        """What the command does, and examples."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(cleandoc(self.help or "").replace("-", _WHOLE))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, the command's own options, then the groups in the order of their first option."""
        groups: dict[str, list[tuple[str, str]]] = {_ARGUMENTS: [], _OPTIONS: []}
        for parameter in self.get_params(ctx):
            usual = _ARGUMENTS if parameter.param_type_name == "argument" else _OPTIONS
            record = parameter.get_help_record(ctx)
            if record is not None:
                name, text = record
                groups.setdefault(getattr(parameter, "rich_help_panel", None) or usual, []).append(
                    (name, text.replace("-", _WHOLE))
                )
        for name, records in groups.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records, col_max=_NAMES)


class Group(TyperGroup):
    """Commands under one word: their summaries in full, before the few options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Commands, then options."""
        commands = [(name, command) for name, command in self.commands.items() if not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help or "") for name, command in commands])
        options = [parameter.get_help_record(ctx) for parameter in self.get_params(ctx)]
        with formatter.section(_OPTIONS):
            formatter.write_dl([record for record in options if record is not None])
