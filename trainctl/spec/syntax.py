"""YAML text into a tree of nodes; whatever breaks the syntax is one Flaw with its place and its cure.

PyYAML's composer does the work, in C where libyaml is there. Its resolver is left out: tags of plain scalars
stay open (`PLAIN`) until `construct` reads them by YAML 1.2.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from trainctl.spec.flaw import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = "plain"
QUOTED = "quoted"
DEEPEST = 64
"""Levels of mappings and lists that a spec may nest; the deepest field of Vertex AI stands at level 14."""

MOST_VALUES = 100_000
"""Values that one document may hold once its aliases are written out."""

_SUSPICIOUS_OPENINGS = 500
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


class _Tags:
    """Stands in for PyYAML's resolver: says only whether a scalar was written plain, and counts."""

    nodes = 0

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:  # noqa: ARG002  PyYAML's signature
        self.nodes += 1
        if self.nodes > 3 * MOST_VALUES:
            raise too_many()
        return PLAIN if implicit.__class__ is tuple and implicit[0] else QUOTED

    def descend_resolver(self, parent: Any, index: Any) -> None:
        """Nothing: no tag depends on the path."""

    def ascend_resolver(self) -> None:
        """Nothing."""


@cache
def _composer() -> Any:
    import yaml

    if not yaml.__with_libyaml__:
        return _python_composer()
    from yaml._yaml import CParser

    class Composer(CParser, _Tags):
        """The parser of libyaml with open tags."""

    return Composer


@cache
def _python_composer() -> Any:
    from yaml.composer import Composer as Compose
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class Composer(Reader, Scanner, Parser, Compose, _Tags):
        """PyYAML's own parser with open tags, for installations without libyaml."""

        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
            Compose.__init__(self)

    return Composer


def compose(text: str, *, pure_python: bool = False) -> Iterator[Any]:
    """The root node of each document in `text`, one after the other; `pure_python` leaves libyaml aside.

    Raises Flaw at the first place where the text is no YAML; what was given out before it stands.
    """
    import yaml

    text = _as_yaml(text)
    try:
        if _may_be_deep(text):
            _refuse_depth(text)
        composer = (_python_composer() if pure_python else _composer())(text)
        while composer.check_node():
            yield composer.get_node()
    except yaml.YAMLError as error:
        from trainctl.spec.flaws import explain

        raise explain(error, text) from error
    except RecursionError as error:
        raise _too_deep(1, 1) from error


def _as_yaml(text: str) -> str:
    r"""JSON as YAML reads it, every character in its place.

    Characters beyond U+FFFF are two escapes in JSON (`\ud83d\ude00`), and Google's guides put `//` lines into bodies.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[", "//")):
        return text
    if "//" in text:
        text = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    return _SURROGATES.sub(_joined, text) if "\\u" in text else text


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return f"{pair[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _may_be_deep(text: str) -> bool:
    """Whether to measure first: the composer calls itself for every level and could overflow the stack."""
    openings = sum(
        text.count(opening) for opening in ("[", "{", "- ", "? ", ":\n", ":\r", "-\n", "-\r", "?\n", "-\t", "?\t")
    )
    return openings > _SUSPICIOUS_OPENINGS


def _refuse_depth(text: str) -> None:
    import yaml

    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    depth = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                mark: Any = event.start_mark
                raise _too_deep(mark.line + 1, mark.column + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def too_many() -> Flaw:
    """The flaw of a document that is larger than any spec; its place is not known."""
    message = f"the document holds more than {MOST_VALUES:,} values".replace(",", " ")
    return Flaw(1, 1, "too-many-values", message, "look for anchors and aliases that multiply each other")


def _too_deep(line: int, column: int) -> Flaw:
    return Flaw(
        line,
        column,
        "too-deep",
        f"mappings and lists nest deeper than {DEEPEST} levels",
        "no field of a job needs that",
    )
