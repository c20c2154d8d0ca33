"""`history`: what was submitted from this machine, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.commands import Session
from trainctl.commands.tree import Branch, Leaf
from trainctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
Ids = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of submissions or their beginnings; none means all that are open", metavar="ID..."),
]
Abandon = Annotated[bool, typer.Option("--abandon", help="Give up those that are not found", show_default=False)]


def list_submissions(session: Session, limit: Limit = 20, state: State = None) -> None:
    """List submissions from this machine, newest first.

    States: prepared, sent, created, refused, uncertain, abandoned. `sent` and `uncertain` mean that a job may exist
    whose name is not known yet.
    """
    from trainctl.journal import STATES
    from trainctl.render.machine import write_list
    from trainctl.spec.suggest import listed

    for each in state or ():
        if each not in STATES:
            raise UsageError(f"`--state {each}` is no state of a submission", hint=f"states are {listed(STATES)}")
    found = session.journal.list(limit=limit or None, states=tuple(state or ()))
    write_list([found], subject(), session.output, console=session.console, now=session.clock.now())
    if not found:
        session.console.say("no submissions that match" if state else "no submissions from this machine")


def show_submission(session: Session, id_: Id) -> None:
    """Show everything that is recorded of one submission."""
    from trainctl.commands.local import write_record
    from trainctl.render.machine import write_one

    found = find_submission(session, id_)
    if session.output.is_human:
        write_record(session, record(found))
    else:
        write_one(found, subject(), session.output, console=session.console, now=session.clock.now())


def resolve_submissions(session: Session, ids: Ids = None, *, abandon: Abandon = False) -> ExitCode:
    """Settle what is open: look for the jobs of submissions whose outcome is not known.

    Looks every submission up by its label, for 15 seconds if need be. A job that is found is adopted. One whose request
    never left, or that no list shows five minutes later (more with a long --request-timeout), is given up. The rest
    stays as it is, with exit code 6. Trainings of AutoML Vision show their labels only at their end: until then, what
    may be one of them is named.
    """
    from trainctl.journal import UNSETTLED
    from trainctl.render.machine import write_list

    if ids:
        rows = [find_submission(session, each) for each in dict.fromkeys(ids)]
    else:
        rows = list(session.journal.list(states=UNSETTLED))
    if not rows:
        session.console.say("nothing is open")
    settled = settle_all(session, [row for row in rows if not row.settled], abandon=abandon)
    now = [settled.get(row.id, row) for row in rows]
    write_list([now], subject(), session.output, console=session.console, now=session.clock.now())
    left = [row for row in now if not row.settled]
    if left:
        names = " ".join(row.id for row in left)
        session.console.warn(
            f"{len(left)} may or may not have made a job, which no list shows yet\n"
            f"  to look again:    trainctl history resolve {names}\n"
            f"  to give them up:  trainctl history resolve {names} --abandon"
        )
    return ExitCode.UNREACHABLE if left else ExitCode.OK


def settle_all(session: Session, rows: Sequence[Submission], *, abandon: bool) -> dict[str, Submission]:
    """The rows by their ids after they were looked up where they were sent to; why one could not be is told."""
    from trainctl.api.client import Client
    from trainctl.commands.finding import tell
    from trainctl.errors import TrainctlError
    from trainctl.render.words import escape
    from trainctl.submission import absent_after, settle

    found: dict[str, Submission] = {}
    patience = absent_after(session.settings.request_timeout)
    for place in dict.fromkeys((row.local, row.service, row.endpoint) for row in rows):
        local, service, endpoint = place
        group = [row for row in rows if (row.local, row.service, row.endpoint) == place]
        try:
            there = session.towards(engine=local)
            client = there.client if local else Client(there.transport, {service: endpoint})
            settled = settle(client, session.clock, session.journal, group, patience=patience, abandon=abandon)
        except TrainctlError as error:
            tell(session, error)
            continue
        found |= {each.row.id: each.row for each in settled}
        for each in settled:
            if each.suspects and not each.row.settled:
                session.console.warn(
                    f"submission {each.row.id} may have begun {' or '.join(map(escape, each.suspects))}"
                )
        for silence in {str(each.silence): each.silence for each in settled if each.silence}.values():
            tell(session, silence)
    return found


def find_submission(session: Session, reference: str) -> Submission:
    """The one submission that `reference` means. Raises UsageError when there is none or more than one."""
    from trainctl.lookup.references import back_of

    if back := back_of(reference):
        found = tuple(each for each in [session.journal.latest(back)] if each)
    else:
        found = session.journal.find(reference) if reference else ()
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
    from trainctl.journal import Submission
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
            Column("kind", lambda each: each.kind, width=17, spare=True),
            Column("display_name", lambda each: each.display_name or "-", width=16, elastic=True),
            Column("file", lambda each: each.file, width=20, wide=True),
            Column("reason", lambda each: each.reason or "-", width=20, wide=True),
            Column(
                "name",
                lambda each: each.name or "-",
                lambda each, _: (each.name or "-").rpartition("/")[2],
                header="JOB",
            ),
        ),
        raw=record,
        fields=tuple(Submission.__slots__),
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
        Leaf(
            "resolve",
            resolve_submissions,
            ("trainctl history resolve", "trainctl history resolve 01m7yk4v59r153q60bjqa9ydpw --abandon"),
        ),
    ),
    default="list",
)
