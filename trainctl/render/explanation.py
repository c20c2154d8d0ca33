"""What `explain` shows: a field as its schema has it, or a rule with its reasons and examples."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from trainctl.render.console import paint
from trainctl.render.human import aligned
from trainctl.spec.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trainctl.render.console import Console
    from trainctl.spec.explain import Explanation


def text(found: Explanation | Rule, console: Console) -> str:
    """An explanation for people."""
    return rule_text(found, console) if isinstance(found, Rule) else field_text(found, console)


def record(found: Explanation | Rule) -> dict[str, Any]:
    """An explanation as data."""
    return rule_record(found) if isinstance(found, Rule) else field_record(found)


def field_record(found: Explanation) -> dict[str, Any]:
    """A field's explanation as data."""
    return asdict(found)


def rule_record(rule: Rule) -> dict[str, Any]:
    """A rule as data."""
    return {
        "code": rule.code,
        "severity": rule.severity.value,
        "sentence": rule.sentence,
        "cure": rule.cure,
        "source": rule.source,
        "bad": rule.bad,
        "good": rule.good,
    }


def field_text(found: Explanation, console: Console) -> str:
    """A field for people: type, description, values, examples, and the fields it holds."""
    title = f"{found.kind}.{found.path}" if found.path else found.kind
    head = f"{paint(title, 'bold', colour=console.out_colour)}  {found.type}{', required' if found.required else ''}"
    lines = [head, "", *wrapped(found.description, console)]
    facts = [
        ("default", found.default or ""),
        ("values", ", ".join(found.choices)),
        ("limits", "; ".join(found.limits)),
        ("examples", "  ".join(found.examples)),
    ]
    lines += block(labelled(name, text, console) for name, text in facts if text)
    if found.fields:
        rows = [(f"{each.name}{' *' if each.required else ''}", each.summary) for each in found.fields]
        lines += ["", "fields (* must be there):", *cut(aligned(rows), console)]
        lines += ["", f"hint: `trainctl explain {title}.FIELD` tells all of one"]
    return "\n".join(lines) + "\n"


def rule_text(rule: Rule, console: Console) -> str:
    """A rule for people: what it says, how to comply, where it comes from, and both examples if a spec can break it."""
    head = f"{paint(rule.code, 'bold', colour=console.out_colour)}  {rule.severity.value}"
    facts = block(labelled(name, text, console) for name, text in (("cure", rule.cure), ("source", rule.source)))
    named = {"bad": rule.bad, "good": rule.good} if rule.bad else {}
    examples = [line for name, text in named.items() for line in ("", f"{name}:", *indented(text))]
    return "\n".join([head, "", *wrapped(rule.sentence, console), *facts, *examples]) + "\n"


def wrapped(text: str, console: Console) -> list[str]:
    """A text as lines that fit the width, at most 100."""
    return textwrap.wrap(text, min(console.width, 100)) if text else []


def labelled(name: str, text: str, console: Console) -> list[str]:
    """A fact with its name before it, continued under itself."""
    label = f"{name}:".ljust(10)
    indent = " " * len(label)
    return textwrap.wrap(
        text, min(console.width, 100), initial_indent=label, subsequent_indent=indent, break_on_hyphens=False
    )


def block(parts: Iterable[list[str]]) -> list[str]:
    """Lines with an empty one before them, if there are any."""
    lines = [line for part in parts for line in part]
    return ["", *lines] if lines else []


def indented(text: str) -> list[str]:
    """An example, set in; a line that is long on purpose is cut."""
    return [f"  {line if len(line) <= 200 else line[:97] + '...'}" for line in text.strip().splitlines()]


def cut(lines: list[str], console: Console) -> list[str]:
    """Lines that fit a terminal's width; what does not is shown by explaining the field itself."""
    if not console.out_terminal:
        return lines
    return [line if len(line) <= console.width else f"{line[: console.width - 4].rstrip()} ..." for line in lines]
