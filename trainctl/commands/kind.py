"""Each kind's own commands, made from its entry: `submit`, `validate`, `get` and `schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.commands.tree import Branch, Lazy
from trainctl.kinds import find_kind, kinds

if TYPE_CHECKING:
    from trainctl.kinds import Kind

FAMILIES = {"automl": "AutoML training jobs", "ml": "AI Platform Training jobs (a service that Google closed)"}
"""What the words that several kinds share stand for."""


def branches(word: str = "") -> tuple[Branch, ...]:
    """The commands of every kind that has a word of its own, nested as their words are; one kind's, if `word` is its.

    Words that several kinds share (`automl`) name no kind: then all are looked for.
    """
    if (named := find_kind(word)) and named.command == (word,):
        return (branch(named, word),)
    found: dict[str, Branch] = {}
    for kind in kinds().values():
        match kind.command:
            case (word,):
                found[word] = branch(kind, word)
            case (family, word):
                siblings = found[family].children if family in found else ()
                found[family] = Branch(family, FAMILIES[family], (*siblings, branch(kind, word)))
            case _:
                pass
    return tuple(found.values())


def branch(kind: Kind, word: str) -> Branch:
    """The commands of one kind."""
    own = (
        Lazy("submit", "Submit the jobs of one or more specs", "trainctl.commands.submit", kind=kind.name),
        Lazy(
            "validate",
            "Check specs without a network; every problem with its place",
            "trainctl.commands.validate",
            kind=kind.name,
        ),
        Lazy("get", "Show all that is known of jobs of this kind", "trainctl.commands.jobs.get", kind=kind.name),
        Lazy("schema", "Print the self-contained JSON Schema of this kind", "trainctl.commands.schema", kind=kind.name),
    )
    return Branch(word, kind.summary, own)
