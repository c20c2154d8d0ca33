"""`explain`: what a field of a spec means, or a rule about specs."""

from __future__ import annotations

from typing import Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.tree import Leaf

Topic = Annotated[
    str,
    typer.Argument(
        help="A kind, a field of it (`custom.worker_pool_specs.machine_spec`), or the code of a rule",
        metavar="TOPIC",
        show_default=False,
    ),
]


def explain(session: Session, topic: Topic) -> None:
    """Say what a field of a spec means, which values it takes, and where Google documents it.

    The word in brackets after `error` or `warning` is the code of a rule: it can be explained too.
    """
    from trainctl.render.explanation import explanation_record, explanation_text
    from trainctl.render.machine import write_value
    from trainctl.spec.explain import explain as find_explanation

    found = find_explanation(topic)
    if session.output.is_human:
        session.console.write(explanation_text(found, session.console))
    else:
        write_value(explanation_record(found), session.output, console=session.console)


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
