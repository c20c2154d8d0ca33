"""`submit`, for all kinds and for one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.catalog import DRY_RUN_STAMP, Stamp
from trainctl.commands import Session
from trainctl.commands.interruption import interrupted, terminable
from trainctl.commands.jobs.choices import (
    CancelOnInterrupt,
    CancelOnTimeout,
    MaxSilence,
    PollInterval,
    Timeout,
    read_limits,
)
from trainctl.commands.sending import Parallel, Sending, submit_all
from trainctl.commands.specs import (
    Choice,
    DisplayName,
    Sets,
    Specs,
    Strict,
    Variables,
    choose,
    load_documents,
    tell_unused,
)
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, SpecInvalid, UsageError
from trainctl.kinds import words_of
from trainctl.preparation import UNKNOWN_PROJECT, Defaults, Prepared, Report, found_in, identify, prepare
from trainctl.spec.problems import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.commands.jobs.choices import Limits
    from trainctl.commands.tree import Function
    from trainctl.spec.document import Document

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the exact requests and uploads, send nothing", show_default=False)
]
NoJournal = Annotated[
    bool, typer.Option("--no-journal", help="Submit without a record, where none can be kept", show_default=False)
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        help="Adopt the job that this key was used for, if any; the second of several documents has KEY#1",
        metavar="KEY",
    ),
]
CheckRemote = Annotated[
    bool,
    typer.Option(
        "--check-remote", help="Look up the datasets, models and buckets that the specs name first", show_default=False
    ),
]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Follow the jobs until they end", show_default=False)]


def make_submit(kind: str | None) -> Function:
    """The `submit` command of one kind, or of all."""

    def submit(
        session: Session,
        specs: Specs,
        dry_run: DryRun = False,  # noqa: FBT002 - Typer's way to declare a flag
        watch: Watch = False,  # noqa: FBT002
        sets: Sets = None,
        variables: Variables = None,
        display_name: DisplayName = None,
        strict: Strict = False,  # noqa: FBT002
        no_journal: NoJournal = False,  # noqa: FBT002
        idempotency_key: IdempotencyKey = None,
        check_remote: CheckRemote = False,  # noqa: FBT002
        parallel: Parallel = 1,
        timeout: Timeout = None,
        poll_interval: PollInterval = None,
        max_silence: MaxSilence = None,
        cancel_on_interrupt: CancelOnInterrupt = False,  # noqa: FBT002
        cancel_on_timeout: CancelOnTimeout = False,  # noqa: FBT002
    ) -> ExitCode:
        """Submit the jobs of one or more specs.

        Every document of every file is one job. All are checked before anything is sent: if one is invalid, none is
        submitted. Each submission is recorded before its request leaves this machine; `trainctl history` shows them.
        """
        limits = read_limits(timeout, poll_interval, max_silence)
        choice = choose(sets, variables, display_name=display_name, strict=strict, kind=kind)
        order = Order(
            dry_run=dry_run,
            watch=watch,
            recorded=session.settings.journal and not no_journal,
            key=idempotency_key,
            check_remote=check_remote,
            parallel=parallel,
            limits=limits,
            cancel_on_interrupt=cancel_on_interrupt,
            cancel_on_timeout=cancel_on_timeout,
        )
        return carry_out(session, load_all(session, specs, choice), choice, order)

    return submit


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line says about a submission: whether to send it, to record it, to follow it, and how.

    With `check_remote`, what the specs take for granted is looked up first, for a dry run too. `parallel` jobs are
    submitted at once.
    """

    dry_run: bool
    watch: bool
    recorded: bool
    key: str | None
    limits: Limits
    cancel_on_interrupt: bool
    cancel_on_timeout: bool
    check_remote: bool = False
    parallel: int = 1

    def __post_init__(self) -> None:
        """Raise UsageError for options that have no effect: a key or a timeout that protects nothing fools a script."""
        if self.key is not None and not self.key.strip():
            raise UsageError("`--idempotency-key` is empty", hint="is the variable set that it comes from?")
        given = {
            "--timeout": self.limits.timeout is not None,
            "--poll-interval": self.limits.poll_interval is not None,
            "--max-silence": self.limits.max_silence is not None,
            "--cancel-on-interrupt": self.cancel_on_interrupt,
            "--cancel-on-timeout": self.cancel_on_timeout,
        }
        for option, there in given.items():
            if there and not self.watch:
                raise UsageError(f"`{option}` is about following jobs", hint="add `--watch`")


def carry_out(session: Session, loaded: list[Document | Report], choice: Choice, order: Order) -> ExitCode:
    """Check, submit and follow documents as ordered."""
    from trainctl.render.submission import write_warnings

    defaults = session.defaults(display_name=choice.display_name, offline=order.dry_run, keyed=order.key is not None)
    outcomes = prepare_all(session, loaded, choice, defaults, dry_run=order.dry_run)
    if order.dry_run:
        return show_dry_run(session, ask(session, outcomes, everything=True) if order.check_remote else outcomes)
    ready = sound(outcomes)
    if any(prepared.call.project == UNKNOWN_PROJECT for prepared in ready):
        defaults = replace(defaults, project=session.project)
        ready = sound(prepare_all(session, loaded, choice, defaults, dry_run=False))
    ready = sound(ask(session, ready, everything=order.check_remote))
    cancel = order.watch and order.cancel_on_interrupt
    with terminable(wanted=cancel):
        write_warnings(ready, session.console, set())
        sending = Sending.make(session, ready, recorded=order.recorded, key=order.key)
        finished, jobs = submit_all(sending, order.parallel, write=not order.watch), sending.jobs
        if not finished:
            count = "all jobs were" if len(jobs) == len(ready) else "not every job was"
            return interrupted(session, jobs, cancel=cancel, words=f"{count} submitted;")
        if not order.watch:
            return ExitCode.OK
        from trainctl.commands.following import Plan, follow
        from trainctl.commands.jobs.watch import make_policy

        policy = make_policy(session, jobs, order.limits)
        plan = Plan(policy, cancel_on_interrupt=order.cancel_on_interrupt, cancel_on_timeout=order.cancel_on_timeout)
        return follow(session, jobs, plan)


def ask(session: Session, outcomes: Sequence[Prepared | Report], *, everything: bool) -> list[Prepared | Report]:
    """The outcomes after the services were asked about what the sound ones take for granted.

    Unless `everything` is asked about, only what nobody would find out in time: a training that resumes another is
    accepted, and fails long afterwards.
    """
    from trainctl.lookup.premises import Premises
    from trainctl.lookup.resuming import resumes

    premises: Premises | None = None
    checked: list[Prepared | Report] = []
    for outcome in outcomes:
        if isinstance(outcome, Prepared) and (everything or resumes(outcome.call)):
            premises = premises or Premises(session.client, session.storage, session.clock.now())
            checked.append(premises.check(outcome))
        else:
            checked.append(outcome)
    return checked


def load_all(session: Session, specs: list[str], choice: Choice) -> list[Document | Report]:
    """Every document of every file; a report in the place of a file that holds none."""
    loaded: list[Document | Report] = []
    for spec in specs:
        try:
            loaded += load_documents(session, spec, choice)
        except SpecInvalid as error:
            loaded.append(Report.on_file(spec, error))
    tell_unused(session, choice, (each.source for each in loaded))
    return loaded


def prepare_all(
    session: Session, loaded: list[Document | Report], choice: Choice, defaults: Defaults, *, dry_run: bool
) -> list[Prepared | Report]:
    """Every document, ready or with what is wrong about it, in their order."""
    return [
        each
        if isinstance(each, Report)
        else prepare_one(each, defaults, DRY_RUN_STAMP if dry_run else new_stamp(session), choice)
        for each in loaded
    ]


def prepare_one(document: Document, defaults: Defaults, stamp: Stamp, choice: Choice) -> Prepared | Report:
    """One document, ready or with what is wrong about it."""
    try:
        return prepare(document, defaults, stamp, strict=choice.strict, expected=choice.kind)
    except SpecInvalid as error:
        return Report.on_document(document, kind_of(document, choice), found_in(error))


def sound(outcomes: Sequence[Prepared | Report]) -> list[Prepared]:
    """All of them, ready. Raises SpecInvalid with every problem when one is invalid: then none is submitted."""
    wrong = [outcome for outcome in outcomes if isinstance(outcome, Report)]
    if wrong:
        problems = distinct((problem for report in wrong for problem in report.problems), set())
        raise SpecInvalid(problems, sources={report.file: report.source for report in wrong})
    return [outcome for outcome in outcomes if isinstance(outcome, Prepared)]


def new_stamp(session: Session) -> Stamp:
    """The id and the time of a new submission."""
    from trainctl.journal import new_id

    return Stamp(new_id(session.clock), session.clock.now())


def kind_of(document: Document, choice: Choice) -> str | None:
    """The kind of a document that is otherwise wrong, if that much is clear."""
    try:
        return identify(document, expected=choice.kind)[0].name
    except SpecInvalid:
        return None


def show_dry_run(session: Session, outcomes: list[Prepared | Report]) -> ExitCode:
    """Write what would be sent; invalid documents beside it."""
    from trainctl.render.machine import write_records
    from trainctl.render.submission import dry_run_record, write_dry_run

    if session.output.is_human:
        write_dry_run(outcomes, session.console)
    else:
        write_records((dry_run_record(outcome) for outcome in outcomes), session.console, session.output)
    wrong = any(isinstance(outcome, Report) for outcome in outcomes)
    return ExitCode.SPEC_INVALID if wrong else ExitCode.OK


EXAMPLES = (
    "trainctl submit train.yaml --watch",
    "trainctl submit configs/*.yaml --dry-run -o jsonl",
    "trainctl submit train.yaml --set machine_type=n1-standard-8 --set args[1]=20",
    "trainctl submit train.yaml --watch --timeout 2h --cancel-on-interrupt",
    "trainctl submit train.yaml --watch --idempotency-key nightly-20261121",
    "trainctl submit train.yaml --dry-run --check-remote",
    "trainctl submit sweep.yaml --parallel 8 --idempotency-key sweep-7",
    "trainctl submit configs/quickstart.yaml --local --watch",
)

NODE = Leaf("submit", make_submit(None), EXAMPLES)


def of_kind(kind: str) -> Leaf:
    """The command of one kind."""
    command = f"trainctl {words_of(kind)} submit"
    return Leaf("submit", make_submit(kind), (f"{command} spec.yaml --watch", f"{command} spec.yaml --dry-run"))
