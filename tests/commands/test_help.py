"""The help of every command, and the examples in it, walked from the tree itself."""

from __future__ import annotations

import io
import os
import re
import shlex
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

from trainctl.cli import tree
from trainctl.commands import Seams
from trainctl.commands.app import build, invoke
from trainctl.commands.tree import Branch, Lazy, Leaf, resolve, route
from trainctl.settings.names import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.running import Runner
    from trainctl.commands.tree import Node

WIDTH = 80


def walk(node: Node, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every node below the root with the words that lead to it."""
    found = resolve(node)
    for below in found.children if isinstance(found, Branch) else ():
        here = (*words, below.name)
        yield here, below
        yield from walk(below, here)


NODES = dict(walk(tree()))
LEAVES = {words: leaf for words, node in NODES.items() if isinstance(leaf := resolve(node), Leaf)}
BRANCHES = {(): tree(), **{words: found for words, node in NODES.items() if isinstance(found := resolve(node), Branch)}}


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_a_command_says_what_it_does_and_shows_examples(words: tuple[str, ...], run: Runner) -> None:
    outcome = run(*words, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert " ".join(LEAVES[words].summary.split()) in " ".join(outcome.out.split())
    assert LEAVES[words].examples
    assert "\n    ".join(["\n  Examples:", *LEAVES[words].examples]) + "\n\n" in outcome.out
    lines = outcome.out.splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []
    assert [line for line in lines if line.endswith("-") and line.strip() not in LEAVES[words].examples] == []


@pytest.mark.parametrize("words", BRANCHES, ids=" ".join)
def test_a_list_of_commands_shows_each_with_its_summary(words: tuple[str, ...], run: Runner) -> None:
    outcome = run(*words, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    shown = " ".join(outcome.out.split())
    assert [node.name for node in BRANCHES[words].children if f"{node.name} {node.summary}" not in shown] == []
    assert [line for line in outcome.out.splitlines() if len(line) > WIDTH] == []


def test_every_flag_of_a_setting_is_an_option(run: Runner) -> None:
    shown = run("submit", "--help").out
    assert [name.flag for name in NAMES.values() if name.flag and f"{name.flag} " not in shown.replace(",", " ")] == []


def test_what_is_known_of_a_command_before_it_is_imported_is_true() -> None:
    known = {words: (node.name, node.summary) for words, node in NODES.items() if isinstance(node, Lazy)}
    found = {words: resolve(NODES[words]) for words in known}
    assert known == {words: (node.name, node.summary) for words, node in found.items()}


def examples() -> Iterator[str]:
    """Every `trainctl ...` of every example, without what a shell does around it."""
    for leaf in LEAVES.values():
        for example in leaf.examples:
            yield from re.findall(r"trainctl [^|<>()#;]+", example)


@pytest.mark.parametrize("example", sorted(set(examples())))
def test_an_example_is_a_command_line_that_trainctl_reads(example: str, tmp_path: Path) -> None:
    read: list[str] = []
    seams = Seams(io.StringIO(), io.StringIO(), io.StringIO(), {"TRAINCTL_HOME": str(tmp_path), "HOME": os.devnull})
    root = recording(tree(), read)
    assert isinstance(root, Branch)
    arguments = route(root, shlex.split(example)[1:])
    assert invoke(build(root, arguments), arguments, seams) == 0
    assert len(read) == 1


def recording(node: Node, read: list[str]) -> Branch | Leaf:
    """The same commands, which note that they were called and do nothing."""
    found = resolve(node)
    if isinstance(found, Branch):
        return replace(found, children=tuple(recording(below, read) for below in found.children))

    @wraps(found.function)
    def record(*_: Any, **__: Any) -> None:
        read.append(found.name)

    return replace(found, function=record)
