"""The command tree as data, and what Typer makes of the one branch that argv names.

Building ninety Typer commands costs 35 ms, building one costs one: so a branch's module is imported, and its commands
are built, only when the words of the command line lead there or a help text lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One command: `function` takes a Session first and Typer's parameters after it.

    `examples` are whole command lines, shown in the help and parsed by a test; `offline` commands have no options for
    projects, locations and credentials.
    """

    name: str
    function: Function
    examples: tuple[str, ...] = ()
    offline: bool = False
    hidden: bool = False

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Branch:
    """Commands under one word; `default` is the one meant when no other is named."""

    name: str
    summary: str
    children: tuple[Node, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Lazy:
    """A node that stands in a module as `NODE`, known by name and summary until it is needed."""

    name: str
    summary: str
    module: str
    group: bool = False

    def load(self) -> Leaf | Branch:
        """The node itself."""
        return cast("Leaf | Branch", import_module(self.module).NODE)


Node = Leaf | Branch | Lazy


def resolve(node: Node) -> Leaf | Branch:
    """A node with its module imported."""
    return node.load() if isinstance(node, Lazy) else node


def child(branch: Branch, name: str) -> Node | None:
    """The node of that name right below `branch`."""
    return next((node for node in branch.children if node.name == name), None)


def route(branch: Branch, words: Sequence[str]) -> list[str]:
    """`words` with the default command filled in where a branch on the way has one and none was named."""
    if not words or (node := child(branch, words[0])) is None:
        return list(words)
    resolved = resolve(node) if isinstance(node, Branch) or (isinstance(node, Lazy) and node.group) else node
    if not isinstance(resolved, Branch):
        return list(words)
    rest = list(words[1:])
    if resolved.default and (not rest or (rest[0] not in ("--help", "-h") and child(resolved, rest[0]) is None)):
        rest.insert(0, resolved.default)
    return [words[0], *route(resolved, rest)]
