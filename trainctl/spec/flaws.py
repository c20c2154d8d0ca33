"""What PyYAML's scanner and parser complain about, in our words and with a cure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from trainctl.spec.flaw import Flaw
from trainctl.spec.problems import lines_of

if TYPE_CHECKING:
    import yaml

Place: TypeAlias = "tuple[int, int]"

_QUOTE = "put the value in quotes"
_CLOSE = "close the bracket, or quote the value if the bracket belongs to it"
_INDENT = ("yaml", "this line does not fit the indentation above it", "align it with its sisters")
_UNCLOSED_LIST = ("yaml", "a list opened with `[` is not closed", _CLOSE)
_UNCLOSED_MAPPING = ("yaml", "a mapping opened with `{` is not closed", _CLOSE)
_ALIAS = ("unknown-alias", "an alias without an anchor", "name an anchor (`&name`) above it, or quote the value")
_NO_VALUE = ("yaml", "a value was expected here", _QUOTE + " if this character belongs to it")
_NO_DIVIDER = ("yaml", "a second document without `---` before it", "write `---` between documents")
_SENTENCES: tuple[tuple[str, tuple[str, str, str]], ...] = (
    # part of the problem, from the C or the Python parser | code, our sentence, hint
    (
        "mapping values are not allowed",
        ("yaml", "a second `: ` stands in one line", _QUOTE + " if the colon belongs to it"),
    ),
    ("expected ',' or ']'", _UNCLOSED_LIST),
    ("expected ',' or '}'", _UNCLOSED_MAPPING),
    ("found unexpected end of stream", ("yaml", "a quoted text is not closed", "add the closing quote")),
    ("found unexpected document", ("yaml", "a quoted text is not closed", "add the closing quote")),
    ("could not find expected ':'", ("yaml", "a key without a `:` after it", "write `key: value`")),
    (
        "expected '-' indicator",
        ("yaml", "a list item was expected here", "begin it with `- `, in the column of the others"),
    ),
    ("expected <block end>", _INDENT),
    ("did not find expected key", _INDENT),
    ("unindent does not match", _INDENT),
    ("undefined alias", _ALIAS),
    ("second occurrence", ("duplicate-anchor", "this anchor is there already", "give each anchor a name of its own")),
    (
        "unknown escape character",
        ("yaml", "an unknown escape after `\\` in double quotes", "write `\\\\`, or use single quotes"),
    ),
    ("Unicode character escape", ("yaml", "an escape that is no character", "write the character itself")),
    ("escape sequence", ("yaml", "an escape that is not complete", "write `\\\\`, or use single quotes")),
    ("found incompatible YAML document", ("yaml", "a `%YAML` directive of another version", "leave the directive out")),
    ("undefined tag handle", ("tag", "a tag that YAML does not define", "leave the `!...` out")),
    ("expected <document start>", _NO_DIVIDER),
    ("expected node content", _NO_VALUE),
    ("expected the node content", _NO_VALUE),
)
_TAB = re.compile(r"[ ]*\t")
_GLUED = re.compile(r"(-|\w+:)(?![/\s-])(.+)")
_FENCE = "```"
_CLOSERS = {"]": "[", "}": "{"}


def explain(error: yaml.YAMLError, text: str) -> Flaw:
    """The flaw that PyYAML's exception stands for, at its place in `text`."""
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        return _unreadable(error, text)
    problem = str(getattr(error, "problem", "") or error)
    if "<block end>" in problem and "block collection" in str(getattr(error, "context", "")):
        problem = "expected '-' indicator"
    lines = lines_of(text)
    for look in (_fence, _tab, _unclosed_at_end, _after_quote, _extra_bracket, _deeper, _bad_start, _glued):
        if flaw := look(error, problem, lines):
            return flaw
    line, column = _place(error, problem)
    for part, words in _SENTENCES:
        if part in problem:
            return Flaw(line, column, *words)
    return Flaw(line, column, "yaml", f"this is no YAML: {problem}", "see https://yaml.org/spec/1.2.2")


def _place(error: Any, problem: str) -> Place:
    """Unclosed quotes and brackets and keys without colon are shown where they begin; the rest where it stopped."""
    begun = ("end of stream", "unexpected document", "expected ',' or", "could not find expected ':'")
    context = getattr(error, "context_mark", None)
    mark = context if context is not None and any(part in problem for part in begun) else error.problem_mark
    return mark.line + 1, mark.column + 1


def _fence(error: Any, problem: str, lines: list[str]) -> Flaw | None:
    """Text that was copied from a chat or a web page with its fence."""
    line = error.problem_mark.line
    if line < len(lines) and lines[line].startswith(_FENCE) and "cannot start any token" in problem:
        return Flaw(line + 1, 1, "yaml", "this line is a fence of Markdown", "remove the lines that begin with ```")
    return None


def _tab(error: Any, _: str, lines: list[str]) -> Flaw | None:
    """A line at or shortly before the trouble that is indented with a tab."""
    line, context = error.problem_mark.line, getattr(error, "context_mark", None)
    first = context.line if context is not None and line - context.line < 3 else line
    for number in range(max(first, 0), min(line + 1, len(lines))):
        found = _TAB.match(lines[number])
        if found and lines[number].strip():
            hint = "indent with spaces: YAML allows no tabs there"
            return Flaw(number + 1, found.end(), "tab", "a tab is used for indentation", hint)
    return None


def _unclosed_at_end(error: Any, problem: str, lines: list[str]) -> Flaw | None:
    """A bracket that is still open where the text ends."""
    mark = error.problem_mark
    rest = "".join([lines[mark.line][mark.column :], *lines[mark.line + 1 :]]) if mark.line < len(lines) else ""
    if rest.strip() or "expected node content" not in problem.replace("the node", "node"):
        return None
    opened: list[tuple[str, Place]] = []
    for number, line in enumerate(lines, 1):
        for column, character in enumerate(line, 1):
            if character in "[{":
                opened.append((character, (number, column)))
            elif opened and _CLOSERS.get(character) == opened[-1][0]:
                opened.pop()
    if not opened:
        return None
    bracket, place = opened[-1]
    return Flaw(*place, *(_UNCLOSED_LIST if bracket == "[" else _UNCLOSED_MAPPING))


def _after_quote(error: Any, problem: str, lines: list[str]) -> Flaw | None:
    """Text, or the next value without its comma, right after a closing quote."""
    if not any(part in problem for part in ("expected ',' or", "expected key", "expected <block end>")):
        return None
    mark = error.problem_mark
    line = lines[mark.line] if mark.line < len(lines) else ""
    before, after = line[: mark.column].rstrip(), line[mark.column :]
    if not before.endswith(("'", '"')) or not after.strip() or after[0] in "]}":
        return None
    place = (mark.line + 1, mark.column + 1)
    if after[0] in "'\"" and "," in problem:
        return Flaw(*place, "yaml", "a comma is missing before this", "write `,` between values")
    hint = "write `''` for a quote within single quotes, or use double quotes"
    return Flaw(*place, "yaml", "text stands after a closing quote", hint)


def _extra_bracket(error: Any, _: str, lines: list[str]) -> Flaw | None:
    mark = error.problem_mark
    character = lines[mark.line][mark.column : mark.column + 1] if mark.line < len(lines) else ""
    if character not in _CLOSERS:
        return None
    message = f"this `{character}` closes nothing"
    return Flaw(mark.line + 1, mark.column + 1, "yaml", message, "remove it, or quote the value that it belongs to")


def _deeper(error: Any, problem: str, lines: list[str]) -> Flaw | None:
    """A field indented below one that has a value already."""
    mark = error.problem_mark
    if "mapping values are not allowed" not in problem or not 0 < mark.line < len(lines):
        return None
    line = lines[mark.line]
    indent = len(line) - len(line.lstrip())
    above = next((other for other in reversed(lines[: mark.line]) if other.strip()), "")
    if ":" in line[indent : mark.column] or indent <= len(above) - len(above.lstrip(" -")):
        return None
    message = "this line is indented below a field that has a value already"
    return Flaw(mark.line + 1, indent + 1, "yaml", message, "align it with the line above, or remove the value there")


def _bad_start(error: Any, problem: str, lines: list[str]) -> Flaw | None:
    if "cannot start any token" not in problem:
        return None
    mark = error.problem_mark
    character = lines[mark.line][mark.column : mark.column + 1]
    return Flaw(mark.line + 1, mark.column + 1, "yaml", f"a plain value cannot begin with `{character}`", _QUOTE)


def _glued(error: Any, problem: str, lines: list[str]) -> Flaw | None:
    """A field or a list item whose `:` or `-` has no space after it."""
    if "could not find expected ':'" not in problem:
        return None
    line, column = _place(error, problem)
    text = lines[line - 1][column - 1 :].rstrip() if line <= len(lines) else ""
    if cure := spaced(text):
        return Flaw(line, column, "yaml", f"a space is missing after `{cure[0]}`", f"write `{cure[1]}`")
    return None


def spaced(text: str) -> tuple[str, str] | None:
    """The sign that lacks a space in `name:value` or `-item`, and the text with the space; None for any other."""
    found = _GLUED.fullmatch(text)
    if found is None:
        return None
    head, value = found.groups()
    return head[-1], f"{head} {value}"


def _unreadable(error: Any, text: str) -> Flaw:
    """A character that YAML does not allow at all."""
    position = getattr(error, "position", 0) or 0
    before = text[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    character = getattr(error, "character", None)
    code = ord(character) if isinstance(character, str) else character
    name = f"U+{code:04X}" if isinstance(code, int) else "this"
    return Flaw(line, column, "control-character", f"the control character {name} is not allowed in YAML", "remove it")
