"""`submit`, for all kinds and for one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.catalog import DRY_RUN_STAMP, Stamp
from trainctl.commands import Session
from trainctl.commands.specs import Choice, DisplayName, Sets, Specs, Strict, Variables, choose, load_documents
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, SpecInvalid, UsageError
from trainctl.preparation import Prepared, identify, prepare

if TYPE_CHECKING:
    from trainctl.commands.tree import Function
    from trainctl.spec.document import Document
    from trainctl.spec.problems import Problem
    from trainctl.submission import Submitted


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document (or a whole file) that cannot become a job; `kind` is None where even that is unknown."""

    file: str
    document: int
    kind: str | None
    problems: tuple[Problem, ...]
    source: str = ""


DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the exact requests and uploads, send nothing", show_default=False)
]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Follow the jobs until they end", show_default=False)]


def make_submit(kind: str | None) -> Function:
    """The `submit` command of one kind, or of all."""

    def submit(
        session: Session,
        specs: Specs,
        dry_run: DryRun = False,  # noqa: FBT002 - Typer's way to declare a flag
        watch: Watch = False,  # noqa: FBT002
        sets: Sets = (),
        variables: Variables = (),
        display_name: DisplayName = None,
        strict: Strict = False,  # noqa: FBT002
    ) -> ExitCode:
        """Submit the jobs of one or more specs.

        Every document of every file is one job. All are checked before anything is sent: if one is invalid, none is
        submitted. Each submission is recorded before its request leaves this machine; `trainctl history` shows them.
        """
        choice = choose(sets, variables, display_name=display_name, strict=strict, kind=kind)
        outcomes = prepare_all(session, specs, choice, dry_run=dry_run)
        if dry_run:
            return show_dry_run(session, outcomes)
        rejected = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
        if rejected:
            raise SpecInvalid([problem for outcome in rejected for problem in outcome.problems])
        ready = [outcome for outcome in outcomes if isinstance(outcome, Prepared)]
        return submit_all(session, ready, watch=watch)

    return submit


def prepare_all(session: Session, specs: list[str], choice: Choice, *, dry_run: bool) -> list[Prepared | Rejected]:
    """Every document of every file, ready or rejected, in their order."""
    outcomes: list[Prepared | Rejected] = []
    offline = dry_run
    defaults = session.defaults(display_name=choice.display_name, offline=offline)
    if not dry_run and defaults.project is None:
        defaults = replace(defaults, project=session.authorizer.project())
    for spec in specs:
        try:
            documents = load_documents(session, spec, choice)
        except SpecInvalid as error:
            outcomes.append(rejection(spec, 0, None, error))
            continue
        for document in documents:
            stamp = DRY_RUN_STAMP if dry_run else new_stamp(session)
            try:
                outcomes.append(prepare(document, defaults, stamp, strict=choice.strict, expected=choice.kind))
            except SpecInvalid as error:
                outcomes.append(
                    rejection(document.file, document.index, kind_of(document, choice), error, document.source)
                )
    return outcomes


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


def rejection(file: str, document: int, kind: str | None, error: SpecInvalid, source: str = "") -> Rejected:
    """What is said of a document that cannot become a job."""
    return Rejected(file, document, kind, error.problems, source)  # type: ignore[arg-type]


def show_dry_run(session: Session, outcomes: list[Prepared | Rejected]) -> ExitCode:
    """Write what would be sent; invalid documents beside it."""
    from trainctl.render.machine import write_records
    from trainctl.render.submission import dry_run_record, write_dry_run

    if session.output.is_human:
        write_dry_run(outcomes, session.console)
    else:
        write_records((dry_run_record(outcome) for outcome in outcomes), session.console, session.output)
    wrong = any(isinstance(outcome, Rejected) for outcome in outcomes)
    return ExitCode.SPEC_INVALID if wrong else ExitCode.OK


def submit_all(session: Session, ready: list[Prepared], *, watch: bool) -> ExitCode:
    """Submit one after the other, then follow them all if that is wanted; the first failure ends it."""
    from trainctl.render.submission import write_submitted, write_warnings
    from trainctl.submission import Submitter

    for prepared in ready:
        if prepared.call.project == "PROJECT_ID":
            raise UsageError("no project is given", hint="add `project:` to the spec or `--project`")
        write_warnings(prepared, session.console)
    submitter = Submitter(
        client=session.client,
        storage=session.storage,
        journal=session.journal,
        clock=session.clock,
        packages=session.paths.cache / "packages",
        tell=session.console.say,
        local=session.settings.local,
        profile=session.settings.profile,
    )
    done: list[Submitted] = []
    for prepared in ready:
        done.append(submitter.submit(prepared, submission_of(prepared)))
        write_submitted(done[-1], session, watching=watch)
    return follow_all(session, done) if watch else ExitCode.OK


def submission_of(prepared: Prepared) -> str:
    """The submission id that a call carries."""
    from trainctl.catalog import SUBMISSION_LABEL

    return str(prepared.call.body["labels"][SUBMISSION_LABEL])


def follow_all(session: Session, done: list[Submitted]) -> ExitCode:
    """Watch the jobs that were just created."""
    from trainctl.commands.jobs import follow
    from trainctl.jobs import view

    jobs = [view(dict(each.resource), each.prepared.call.collection) for each in done]
    return follow(session, jobs)


EXAMPLES: tuple[Any, ...] = (
    "trainctl submit train.yaml --watch",
    "trainctl submit configs/*.yaml --dry-run -o jsonl",
    "trainctl submit train.yaml --set machine_type=n1-standard-8 --set args[1]=20",
    "trainctl submit configs/quickstart.yaml --local --watch",
)

NODE = Leaf("submit", make_submit(None), EXAMPLES)
