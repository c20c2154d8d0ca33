"""What PyYAML's scanner and parser complain about, in our words and with a cure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.spec.syntax import Flaw

if TYPE_CHECKING:
    import yaml

_QUOTE = "put the value in quotes"
_CLOSE = "close the bracket, or quote the value if the bracket belongs to it"
_SENTENCES: tuple[tuple[str, str, str, str], ...] = (
    # part of PyYAML's problem (C or Python parser) | code | our sentence | hint
    (
        "mapping values are not allowed",
        "yaml",
        "a second `: ` stands in one line",
        _QUOTE + " if the colon belongs to it",
    ),
    ("expected ',' or ']'", "yaml", "a list opened with `[` is not closed", _CLOSE),
    ("expected ',' or '}'", "yaml", "a mapping opened with `{` is not closed", _CLOSE),
    ("found unexpected end of stream", "yaml", "a quoted text is not closed", "add the closing quote"),
    ("found unexpected document", "yaml", "a quoted text is not closed", "add the closing quote"),
    ("could not find expected ':'", "yaml", "a key without a `:` after it", "write `key: value`"),
    (
        "expected '-' indicator",
        "yaml",
        "a list item was expected here",
        "start it with `- ` in the column of the items above",
    ),
    ("expected <block end>", "yaml", "this line does not fit the indentation above it", "align it with its sisters"),
    (
        "did not find expected key",
        "yaml",
        "this line does not fit the indentation above it",
        "align it with its sisters",
    ),
    ("unindent does not match", "yaml", "this line does not fit the indentation above it", "align it with its sisters"),
    (
        "found undefined alias",
        "unknown-alias",
        "an alias without an anchor",
        "name an anchor (`&name`) above it, or quote the value",
    ),
    (
        "undefined alias",
        "unknown-alias",
        "an alias without an anchor",
        "name an anchor (`&name`) above it, or quote the value",
    ),
    ("second occurrence", "duplicate-anchor", "this anchor is there already", "give each anchor a name of its own"),
    (
        "unknown escape character",
        "yaml",
        "an unknown escape after `\\` in double quotes",
        "write `\\\\`, or use single quotes",
    ),
    ("Unicode character escape", "yaml", "an escape that is no character", "write the character itself"),
    ("escape sequence", "yaml", "an escape that is not complete", "write `\\\\`, or use single quotes"),
    ("cannot start any token", "yaml", "a plain value cannot begin with this character", _QUOTE),
    ("found incompatible YAML document", "yaml", "a `%YAML` directive of another version", "leave the directive out"),
    ("undefined tag handle", "tag", "a tag that YAML does not define", "leave the `!...` out"),
    (
        "did not find expected <document start>",
        "yaml",
        "a second document without `---` before it",
        "write `---` between documents",
    ),
    ("expected <document start>", "yaml", "a second document without `---` before it", "write `---` between documents"),
    (
        "did not find expected node content",
        "yaml",
        "a value was expected here",
        _QUOTE + " if this character belongs to it",
    ),
    ("expected the node content", "yaml", "a value was expected here", _QUOTE + " if this character belongs to it"),
)
_TABS = re.compile(r"[ ]*\t")
_TAB_HINT = "indent with spaces: YAML allows no tabs there"


def explain(error: yaml.YAMLError, text: str) -> Flaw:
    """The flaw that PyYAML's exception stands for, at its place in `text`."""
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        return _unreadable(error, text)
    lines = text.split("\n")
    tab = _tab_near(lines, mark.line, getattr(error, "context_mark", None))
    if tab:
        return Flaw(*tab, "tab", "a tab is used for indentation", _TAB_HINT)
    problem = str(getattr(error, "problem", "") or error)
    line, column = _place(error, problem, lines)
    for part, code, sentence, hint in _SENTENCES:
        if part in problem:
            return Flaw(line, column, code, sentence, hint)
    return Flaw(line, column, "yaml", f"this is no YAML: {problem}", None)


def _place(error: Any, problem: str, lines: list[str]) -> tuple[int, int]:
    """Unclosed quotes and brackets are shown where they open; the rest where the parser stopped."""
    mark, context = error.problem_mark, getattr(error, "context_mark", None)
    opened = "end of stream" in problem or "unexpected document" in problem or "expected ',' or" in problem
    keyless = "could not find expected ':'" in problem
    if context is not None and (opened or keyless or mark.line >= len(lines)):
        mark = context
    return mark.line + 1, mark.column + 1


def _tab_near(lines: list[str], line: int, context: Any) -> tuple[int, int] | None:
    """Where a line at or before the trouble is indented with a tab."""
    first = context.line if context is not None and line - context.line < 3 else line
    for number in range(max(first, 0), min(line + 1, len(lines))):
        found = _TABS.match(lines[number])
        if found and lines[number].strip():
            return number + 1, found.end()
    return None


def _unreadable(error: Any, text: str) -> Flaw:
    """A character that YAML does not allow at all."""
    position = getattr(error, "position", 0) or 0
    before = text[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    character = getattr(error, "character", None)
    code = ord(character) if isinstance(character, str) else character
    name = f"U+{code:04X}" if isinstance(code, int) else "this"
    return Flaw(line, column, "control-character", f"the control character {name} is not allowed in YAML", "remove it")
