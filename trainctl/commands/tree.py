"""The command tree as data. A command's module is imported only when the words of the command line lead there."""

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
    projects, locations and credentials; a `new_profile` command may name a profile that does not exist yet.
    """

    name: str
    function: Function
    examples: tuple[str, ...] = ()
    offline: bool = False
    hidden: bool = False
    new_profile: bool = False

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0].rstrip(".")


@dataclass(frozen=True, slots=True)
class Branch:
    """Commands under one word; `default` is the one meant when no other is named."""

    name: str
    summary: str
    children: tuple[Node, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Lazy:
    """A node that stands in a module as `NODE`, known by name and summary until it is needed.

    One that belongs to a `kind` is what the module's `of_kind` makes of the kind's name.
    """

    name: str
    summary: str
    module: str
    group: bool = False
    kind: str | None = None

    def load(self) -> Leaf | Branch:
        """The node itself."""
        module = import_module(self.module)
        return cast("Leaf | Branch", module.of_kind(self.kind) if self.kind else module.NODE)


Node = Leaf | Branch | Lazy


def resolve(node: Node) -> Leaf | Branch:
    """A node with its module imported."""
    return node.load() if isinstance(node, Lazy) else node


def child(branch: Branch, name: str) -> Node | None:
    """The node of that name right below `branch`."""
    return next((node for node in branch.children if node.name == name), None)


def subtree(branch: Branch, name: str) -> Branch | None:
    """The branch of that name right below `branch`; None when there is none or it is a command."""
    node = child(branch, name)
    if isinstance(node, Branch) or (isinstance(node, Lazy) and node.group):
        found = resolve(node)
        return found if isinstance(found, Branch) else None
    return None


def route(branch: Branch, words: Sequence[str]) -> list[str]:
    """`words` with the default command filled in where a branch on the way has one and none was named."""
    below = subtree(branch, words[0]) if words else None
    if below is None:
        return list(words)
    rest = list(words[1:])
    if below.default and (not rest or (rest[0].startswith("-") and rest[0] not in ("--help", "-h"))):
        rest.insert(0, below.default)
    return [words[0], *route(below, rest)]


def names_branch(branch: Branch, words: Sequence[str]) -> bool:
    """Whether `words` end at a branch, where the name of a command is still missing."""
    if not words:
        return True
    below = subtree(branch, words[0])
    return below is not None and names_branch(below, words[1:])
