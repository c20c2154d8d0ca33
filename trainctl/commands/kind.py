"""Each kind's own commands, made from its entry: `submit`, `validate` and `schema`."""

from __future__ import annotations

from trainctl.commands.schema import make_show
from trainctl.commands.submit import make_submit
from trainctl.commands.tree import Branch, Leaf
from trainctl.commands.validate import make_validate
from trainctl.kinds import Kind, kinds

FAMILIES = {"automl": "AutoML training jobs", "ml": "AI Platform Training jobs (a service that Google closed)"}
"""What the words that several kinds share stand for."""


def branches() -> tuple[Branch, ...]:
    """The commands of every kind that has a word of its own, nested as their words are."""
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
    prefix = f"trainctl {' '.join(kind.command)}"
    return Branch(
        word,
        kind.summary,
        (
            Leaf(
                "submit",
                make_submit(kind.name),
                (f"{prefix} submit spec.yaml --watch", f"{prefix} submit spec.yaml --dry-run"),
            ),
            Leaf("validate", make_validate(kind.name), (f"{prefix} validate spec.yaml",), offline=True),
            Leaf("schema", make_show(kind.name), (f"{prefix} schema > spec.schema.json",), offline=True),
        ),
    )
