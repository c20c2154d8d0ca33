"""`--set path.to[0].field=value`: parsed, and carried out on a document's values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.spec.construct import Construction, TooMuch
from trainctl.spec.flaw import Flaw
from trainctl.spec.problems import format_path
from trainctl.spec.spelling import FREE_MAPS, snake_case
from trainctl.spec.syntax import DEEPEST, compose

if TYPE_CHECKING:
    from trainctl.spec.problems import PathKey

_STEP = re.compile(r"""\[(\d{1,6})\]|(?:^|\.)(?:"([^"]*)"|'([^']*)'|([^.\[\]"'=]+))""")


class BadEdit(ValueError):
    """A `--set` that cannot be read or carried out: one sentence, and what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Edit:
    """One `--set`: where, which value, and the value's text as it was given."""

    path: PathKey
    value: Any
    text: str

    @property
    def option(self) -> str:
        """How the edit is named in messages: `--set replica_count=x`."""
        text = self.text if len(self.text) <= 60 else self.text[:57] + "..."
        return f"--set {format_path(self.path)}={text}"


def parse_edit(argument: str) -> Edit:
    """The edit that `path=value` asks for. Raises BadEdit."""
    place, separator, text = _split(argument)
    if not separator:
        raise BadEdit(f"`--set {argument}` has no `=`", "write `--set path.to.field=value`")
    path = parse_path(place)
    return Edit(path, _value(argument, text), text)


def parse_path(text: str) -> PathKey:
    """`worker_pool_specs[0].replica_count` taken apart; keys with dots stand in quotes. Raises BadEdit."""
    path: list[str | int] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position) if position or text[0] != "." else None
        if not found:
            raise BadEdit(f"`{text}` is no path", "write `field.inner[0].name`; a key with dots stands in quotes")
        index, *names = found.groups()
        path.append(int(index) if index else next((name for name in names if name is not None), ""))
        if len(path) > DEEPEST:
            raise BadEdit(f"a path of more than {DEEPEST} steps", "no field of a job lies so deep")
        position = found.end()
    if not path or isinstance(path[0], int):
        raise BadEdit(f"`{text}` is no path", "a path begins with the name of a field")
    return tuple(path)


def apply(edit: Edit, value: Any) -> tuple[Any, PathKey]:
    """`value` changed in place as `edit` says, and the path in the spelling that the document has. Raises BadEdit."""
    path: list[str | int] = []
    holder = value
    for depth, wanted in enumerate(edit.path[:-1]):
        step = _known(holder, wanted, path)
        empty: Any = [] if isinstance(edit.path[depth + 1], int) else {}
        holder = _descend(holder, step, empty, path)
        path.append(step)
    last = _known(holder, edit.path[-1], path)
    _store(holder, last, edit.value, path)
    return value, (*path, last)


def _split(argument: str) -> tuple[str, str, str]:
    """At the first `=` outside quotes."""
    quote = ""
    for position, character in enumerate(argument):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "=":
            return argument[:position], "=", argument[position + 1 :]
    return argument, "", ""


def _value(argument: str, text: str) -> Any:
    building = Construction()
    try:
        nodes = list(compose(text))
        if len(nodes) > 1:
            raise BadEdit(f"`--set {argument}` holds more than one value", "quote the value")
        value = building.construct(nodes[0]) if nodes else None
    except (Flaw, TooMuch) as flaw:
        trouble = flaw.message if isinstance(flaw, Flaw) else flaw.fault.message
        raise BadEdit(f"the value of `--set {argument}` is no YAML: {trouble}", "quote the value") from flaw
    if building.faults:
        raise BadEdit(f"the value of `--set {argument}` is no YAML: {building.faults[0].message}", "quote the value")
    return value


def _known(holder: Any, step: str | int, path: list[str | int]) -> str | int:
    """The step in the spelling that the document already uses."""
    if isinstance(step, int) or not isinstance(holder, dict) or step in holder:
        return step
    if any(isinstance(key, str) and snake_case(key) in FREE_MAPS for key in path):
        return step
    return next((key for key in holder if snake_case(key) == snake_case(step)), step)


def _descend(holder: Any, step: str | int, empty: Any, path: list[str | int]) -> Any:
    if isinstance(step, int):
        _check_index(holder, step, path)
        if step == len(holder):
            holder.append(empty)
        return holder[step]
    _check_mapping(holder, step, path)
    if holder.get(step) is None:
        holder[step] = empty
    return holder[step]


def _store(holder: Any, step: str | int, value: Any, path: list[str | int]) -> None:
    if isinstance(step, int):
        _check_index(holder, step, path)
        if step == len(holder):
            holder.append(value)
        else:
            holder[step] = value
    else:
        _check_mapping(holder, step, path)
        holder[step] = value


def _check_index(holder: Any, step: int, path: list[str | int]) -> None:
    name = format_path(tuple(path))
    if not isinstance(holder, list):
        raise BadEdit(f"`{name}` is no list: it has no item [{step}]", "leave the index out")
    if step > len(holder):
        count = f"{len(holder)} item{'s' if len(holder) != 1 else ''}"
        raise BadEdit(
            f"`{name}` has {count}: there is no [{step}]", f"use an index up to [{len(holder)}], which appends"
        )


def _check_mapping(holder: Any, step: str, path: list[str | int]) -> None:
    if not isinstance(holder, dict):
        name = format_path(tuple(path))
        what = "a list" if isinstance(holder, list) else "a single value"
        where = f"`{name}` is {what}" if name else f"the document is {what}"
        raise BadEdit(
            f"{where}: it has no field `{step}`",
            "write an index such as [0]" if isinstance(holder, list) else "set the whole value",
        )
