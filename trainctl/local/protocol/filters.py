"""Google's filter language, for lists (https://google.aip.dev/160) and for Cloud Logging, which agree on all we need.

    expression := sequence {AND sequence};  sequence := factor {factor};  factor := term {OR term}
    term := [NOT | -] (comparison | "(" expression ")");  comparison := path [operator argument]

OR binds tighter than AND, as both documents say. An argument in parentheses is a list of alternatives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.local.protocol.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<operator>!=|<=|>=|=~|!~|[=<>:])|(?P<mark>[(),])"""
    r"""|(?P<word>\d{4}-\d\d-\d\d[Tt][\d:.]+(?:[Zz]|[+-]\d\d:\d\d)?|(?:"(?:\\.|[^"\\])*"|[^\s=<>:!(),"'])+))"""
)
_NEGATIONS = ("NOT", "-")
_KEYWORDS = ("AND", "OR", "NOT")
_DEEPEST = 50
"""Negations and parentheses that may stand in one another."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator argument`; an empty operator stands for a bare word, that is looked for everywhere."""

    path: tuple[str, ...]
    operator: str
    argument: str


@dataclass(frozen=True, slots=True)
class Combination:
    """AND, OR or NOT over other nodes."""

    kind: str
    parts: tuple[Node, ...]


Node = Comparison | Combination


def parse_filter(text: str, judge: Callable[[Comparison], bool] | None = None) -> Node | None:
    """The tree of a filter; None for an empty one. Raises Fault INVALID_ARGUMENT.

    Every comparison is put to `judge` once, which raises Fault for one that it does not know: an unsound filter is
    refused also where there is nothing to be filtered.
    """
    tokens = _tokenize(text)
    if not tokens:
        return None
    parser = _Parser(text, tokens)
    node = parser.read_expression()
    if parser.peek() is not None:
        raise parser.refuse()
    if judge is not None:
        for comparison in _list_comparisons(node):
            judge(comparison)
    return node


def matches(node: Node | None, judge: Callable[[Comparison], bool]) -> bool:
    """Whether the tree holds when `judge` says which comparisons do."""
    if node is None:
        return True
    if isinstance(node, Comparison):
        return judge(node)
    if node.kind == "NOT":
        return not matches(node.parts[0], judge)
    return (all if node.kind == "AND" else any)(matches(part, judge) for part in node.parts)


def required(node: Node | None) -> list[Comparison]:
    """The comparisons that must hold whatever else does: those that only ANDs join."""
    if isinstance(node, Comparison):
        return [node]
    if isinstance(node, Combination) and node.kind == "AND":
        return [comparison for part in node.parts for comparison in required(part)]
    return []


def required_values(node: Node | None, path: tuple[str, ...]) -> set[str] | None:
    """The values that a path may have where the tree holds, of which one is a must; None when it may have any."""
    match node:
        case Comparison() if node.path == path and node.operator == "=":
            return {node.argument}
        case Combination(kind="AND"):
            known = [values for part in node.parts if (values := required_values(part, path)) is not None]
            return set.intersection(*known) if known else None
        case Combination(kind="OR"):
            alternatives = [required_values(part, path) for part in node.parts]
            if None in alternatives:
                return None
            return {value for values in alternatives for value in values or ()}
        case _:
            return None


def _list_comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    else:
        yield from (comparison for part in node.parts for comparison in _list_comparisons(part))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokenize(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    end = len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise Fault("INVALID_ARGUMENT", f"Invalid filter `{text}`: cannot be read from position {place}.")
        tokens.append(_Token(found.lastgroup, found.group(found.lastgroup)))
        place = found.end()
    return tokens


@dataclass(slots=True)
class _Parser:
    text: str
    tokens: list[_Token]
    place: int = 0
    depth: int = 0

    def peek(self) -> _Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def refuse(self) -> Fault:
        token = self.peek()
        where = f"at `{token.text}`" if token else "at its end"
        return Fault("INVALID_ARGUMENT", f"Invalid filter `{self.text}`: not understood {where}.")

    def read_expression(self) -> Node:
        parts = [self.read_factor()]
        while (token := self.peek()) is not None and token != _Token("mark", ")"):
            if token == _Token("word", "AND"):
                self.place += 1
            parts.append(self.read_factor())
        return parts[0] if len(parts) == 1 else Combination("AND", tuple(parts))

    def read_factor(self) -> Node:
        parts = [self.read_term()]
        while self.peek() == _Token("word", "OR"):
            self.place += 1
            parts.append(self.read_term())
        return parts[0] if len(parts) == 1 else Combination("OR", tuple(parts))

    def read_term(self) -> Node:
        if self.depth == _DEEPEST:
            raise Fault("INVALID_ARGUMENT", f"Invalid filter: more than {_DEEPEST} levels stand in one another.")
        self.depth += 1
        node = self._read_term()
        self.depth -= 1
        return node

    def _read_term(self) -> Node:
        token = self.peek()
        if token is None:
            raise self.refuse()
        if token.kind == "word" and token.text in _NEGATIONS:
            self.place += 1
            return Combination("NOT", (self.read_term(),))
        if token.kind == "word" and token.text.startswith("-"):
            self.tokens[self.place] = _Token("word", token.text[1:])
            return Combination("NOT", (self.read_comparison(),))
        return self.read_group(self.read_expression) if token == _Token("mark", "(") else self.read_comparison()

    def read_group(self, inner: Callable[[], Node]) -> Node:
        self.place += 1
        node = inner()
        if self.peek() != _Token("mark", ")"):
            raise self.refuse()
        self.place += 1
        return node

    def read_comparison(self) -> Node:
        left = self._take("word", "quoted")
        operator = self.peek()
        if operator is None or operator.kind != "operator":
            return Comparison((), "", _unquote(left.text))
        self.place += 1
        path = _split_path(left.text)
        if self.peek() == _Token("mark", "("):
            return self.read_group(lambda: self._read_alternatives(path, operator.text))
        return Comparison(path, operator.text, _unquote(self._take("word", "quoted").text))

    def _read_alternatives(self, path: tuple[str, ...], operator: str) -> Node:
        parts: list[Node] = [Comparison(path, operator, _unquote(self._take("word", "quoted").text))]
        kind = "OR"
        while (token := self.peek()) is not None and token.kind == "word" and token.text in ("OR", "AND"):
            self.place += 1
            kind = token.text
            parts.append(Comparison(path, operator, _unquote(self._take("word", "quoted").text)))
        return Combination(kind, tuple(parts))

    def _take(self, *kinds: str) -> _Token:
        token = self.peek()
        if token is None or token.kind not in kinds or (token.kind == "word" and token.text in _KEYWORDS):
            raise self.refuse()
        self.place += 1
        return token


def _split_path(text: str) -> tuple[str, ...]:
    """`labels."a.b/c".d` as its parts."""
    parts = re.findall(r'"((?:\\.|[^"\\])*)"|([^."]+)', text)
    return tuple(_unescape(quoted) if quoted else plain for quoted, plain in parts)


def _unquote(text: str) -> str:
    return _unescape(text[1:-1]) if text[:1] in ("'", '"') and len(text) > 1 else text


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
