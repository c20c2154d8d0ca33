"""`history`: what was submitted from this machine, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.commands import Session
from trainctl.commands.tree import Branch, Leaf
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from trainctl.journal import Submission
    from trainctl.render.machine import Subject

Limit = Annotated[int, typer.Option("--limit", "-n", help="The newest so many; 0 shows all", metavar="N", min=0)]
State = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only submissions in this state (repeatable)", metavar="STATE", show_default=False),
]
Id = Annotated[
    str,
    typer.Argument(
        help="Id of a submission or its beginning, `@last`, `@2`, or a resource name", metavar="ID", show_default=False
    ),
]


def list_submissions(session: Session, limit: Limit = 20, state: State = None) -> None:
    """List submissions from this machine, newest first.

    States: prepared, sent, created, refused, uncertain, abandoned. `sent` and `uncertain` mean that a job may exist
    whose name is not known yet.
    """
    from trainctl.render.machine import write_list

    found = session.journal.list(limit=limit or None, states=tuple(state or ()))
    write_list([found], subject(), session.output, console=session.console, now=session.clock.now())


def show_submission(session: Session, id_: Id) -> None:
    """Show everything that is recorded of one submission."""
    from trainctl.commands.local import write_record
    from trainctl.render.machine import write_one

    found = find_submission(session, id_)
    if session.output.is_human:
        write_record(session, record(found))
    else:
        write_one(found, subject(), session.output, console=session.console, now=session.clock.now())


def find_submission(session: Session, reference: str) -> Submission:
    """The one submission that `reference` means. Raises UsageError when there is none or more than one."""
    if reference.startswith("@"):
        back = 1 if reference == "@last" else int(reference[1:]) if reference[1:].isdecimal() else 0
        found = tuple(each for each in [session.journal.latest(back) if back else None] if each)
    else:
        found = session.journal.find(reference)
    if len(found) == 1:
        return found[0]
    what = "no submission is" if not found else f"{len(found)} submissions are"
    raise UsageError(f"{what} called `{reference}`", hint="`trainctl history` lists them")


def record(submission: Submission) -> dict[str, Any]:
    """A submission as data."""
    values = {name: getattr(submission, name) for name in type(submission).__slots__}
    return values | {"created": submission.created.isoformat(), "changed": submission.changed.isoformat()}


def subject() -> Subject[Submission]:
    """How submissions are shown."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject
    from trainctl.render.words import age, stamp

    styles = {"created": "good", "refused": "bad", "uncertain": "warn", "sent": "warn", "prepared": "warn"}
    return Subject(
        columns=(
            Column("id", lambda each: each.id, width=26),
            Column(
                "created",
                lambda each: stamp(each.created),
                lambda each, now: age(each.created, now),
                header="AGE",
                width=20,
            ),
            Column("state", lambda each: each.state, style=lambda each: styles.get(each.state, ""), width=9),
            Column("kind", lambda each: each.kind, width=10),
            Column("display_name", lambda each: each.display_name or "-", width=16),
            Column("file", lambda each: each.file, width=20, wide=True),
            Column("reason", lambda each: each.reason or "-", width=20, wide=True),
            Column("name", lambda each: each.name or "-", elastic=True),
        ),
        raw=record,
        name=lambda each: each.name or each.id,
    )


NODE = Branch(
    "history",
    "What was submitted from this machine",
    (
        Leaf(
            "list",
            list_submissions,
            ("trainctl history", "trainctl history list --state uncertain -o json"),
            offline=True,
        ),
        Leaf("show", show_submission, ("trainctl history show @last",), offline=True),
    ),
    default="list",
)
