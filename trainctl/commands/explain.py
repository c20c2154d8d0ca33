"""`explain`: what a field of a spec means, or a rule about specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.candidates import kind_names
from trainctl.commands.tree import Leaf
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from trainctl.spec.explain import Explanation
    from trainctl.spec.rules import Rule

Topic = Annotated[
    str,
    typer.Argument(
        help="A kind, a field of it (`custom.worker_pool_specs.machine_spec`), or the code of a rule",
        metavar="TOPIC",
        show_default=False,
        autocompletion=kind_names,
    ),
]


def explain(session: Session, topic: Topic) -> None:
    """Say what a field of a spec, or a rule about it, means.

    With the values that it takes, and where Google documents it. The word in brackets after `error` or `warning` is
    the code of a rule: it can be explained too.
    """
    from trainctl.render import explanation
    from trainctl.render.machine import write_value

    found = find(topic)
    if session.output.is_human:
        session.console.write(explanation.text(found, session.console))
    else:
        write_value(explanation.record(found), session.output, console=session.console)


def find(topic: str) -> Explanation | Rule:
    """The rule of that code, or the field at that path. Raises UsageError with a suggestion."""
    from trainctl.commands.init import checked_kind
    from trainctl.spec.explain import UnknownField
    from trainctl.spec.explain import explain as explain_field

    if rule := find_rule(topic):
        return rule
    kind, _, path = topic.partition(".")
    if not path and (meant := _rule_meant(kind)):
        raise UsageError(f"there is no kind and no rule `{kind}`", hint=f"did you mean `{meant}`?")
    try:
        return explain_field(checked_kind(kind), path)
    except UnknownField as error:
        raise UsageError(str(error), hint=error.hint) from error


def _rule_meant(word: str) -> str | None:
    """The rule that `word` is a slip of; none where it is a kind, or nearer to one."""
    from trainctl.kinds import all_rules
    from trainctl.spec.schema import kinds
    from trainctl.spec.suggest import closest

    if closest(word, kinds()):
        return None
    return closest(word, all_rules())


def find_rule(code: str) -> Rule | None:
    """The rule with this code, those that the loader and the schemas enforce among them."""
    from trainctl.kinds import all_rules
    from trainctl.spec.rules.general import RULES

    return all_rules().get(code) or next((rule for rule in RULES if rule.code == code), None)


NODE = Leaf(
    "explain",
    explain,
    (
        "trainctl explain custom",
        "trainctl explain custom.worker_pool_specs.machine_spec",
        "trainctl explain staging-bucket-missing",
    ),
    offline=True,
)
