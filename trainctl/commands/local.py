"""`local`: the engine that serves the same REST APIs on this machine and really runs the jobs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.commands import Session
from trainctl.commands.engine import check_installed, engine_home, start_engine, unreachable
from trainctl.commands.tree import Branch, Leaf
from trainctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.control import Status
    from trainctl.local.pruning import Leftover
    from trainctl.render.machine import Subject

Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", help="Jobs that run at a time [default: one a core]", metavar="N", min=1, show_default=False
    ),
]
Grace = Annotated[
    float | None,
    typer.Option(
        "--grace",
        help="Seconds between SIGTERM and SIGKILL of a cancelled job [default: 10]",
        metavar="SECONDS",
        min=0,
        show_default=False,
    ),
]
Retries = Annotated[
    int | None,
    typer.Option(
        "--retries",
        help="How often a job's killed replicas are started again [default: 0]",
        metavar="N",
        min=0,
        show_default=False,
    ),
]
Limits = Annotated[
    bool,
    typer.Option("--limits", help="Give jobs only the cores and the memory of their machine types", show_default=False),
]
Simulate = Annotated[
    bool | None,
    typer.Option(
        "--simulate/--no-simulate",
        help="Let AutoML jobs that cannot be trained here go through their states; kept for later starts",
        show_default=False,
    ),
]
Credentials = Annotated[
    bool,
    typer.Option("--pass-credentials", help="Let jobs use your own Google credentials", show_default=False),
]
Foreground = Annotated[
    bool, typer.Option("--foreground", help="Stay in this terminal until Ctrl-C", show_default=False)
]
Tail = Annotated[int, typer.Option("--tail", help="Lines from the end", metavar="N", min=0)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask", show_default=False)]
OlderThan = Annotated[
    str, typer.Option("--older-than", help="How long ago a job must have ended: 30d, 12h, 90m", metavar="DURATION")
]
Really = Annotated[bool, typer.Option("--yes", "-y", help="Delete what is listed", show_default=False)]


def start(
    session: Session,
    jobs: Jobs = None,
    grace: Grace = None,
    retries: Retries = None,
    limits: Limits = False,  # noqa: FBT002
    simulate: Simulate = None,
    credentials: Credentials = False,  # noqa: FBT002
    foreground: Foreground = False,  # noqa: FBT002
) -> ExitCode:
    """Start the engine, unless it runs already.

    Commands with --local do this by themselves. It listens on a random port of the loopback interface, and only who can
    read its token file can use it. With --simulate, AutoML jobs that it cannot train (detection, tracking, actions,
    Model Garden) are not refused: they go through their states, train nothing and say so. Jobs get none of your
    credentials: with --pass-credentials they find those that Google's libraries find now, in containers too, which
    cannot write to them.
    """
    from trainctl.local.control import Options, run

    options = Options(
        jobs=jobs, grace=grace, retries=retries, limits=limits, simulate=simulate, credentials=credentials
    )
    if foreground:
        check_installed()
        return ExitCode.OK if run(engine_home(session), options=options) == 0 else ExitCode.UNREACHABLE
    engine = start_engine(session, options=options)
    if different := options.list_differences(engine):
        given = " ".join(different)
        session.console.warn(f"warning: the engine runs already, without `{given}`; run `trainctl local stop` first")
    write_record(session, {"url": engine.url, "pid": engine.pid, "token_file": str(engine.token_file)})
    return ExitCode.OK


def stop(session: Session) -> None:
    """Stop the engine and the jobs that it runs; they are FAILED at its next start."""
    from trainctl.local import control

    try:
        stopped = control.stop(engine_home(session))
    except control.EngineProblem as problem:
        raise unreachable(problem) from problem
    session.console.say("the engine has stopped" if stopped else "no engine is running")


def status(session: Session) -> ExitCode:
    """Show whether the engine runs, its jobs by state, and where it keeps what it has.

    Exit code 1 when it does not run.
    """
    from trainctl.local import control

    found = control.status(engine_home(session))
    write_record(session, status_record(found))
    return ExitCode.OK if found.url else ExitCode.JOB_FAILED


def logs(session: Session, tail: Tail = 100) -> None:
    """Print the engine's own log; logs of jobs are with `trainctl jobs logs`."""
    path = engine_home(session).log_path
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    from trainctl.render.words import escape

    for line in lines[-tail:] if tail else lines:
        session.console.write(f"{escape(line)}\n")


def prune(session: Session, older_than: OlderThan = "30d", yes: Really = False) -> ExitCode:  # noqa: FBT002
    """List what old jobs have left on this machine; with --yes, delete it.

    That is logs and working files, outputs that no model is made of, packages that no later job ran, unused
    environments, and uploads that were never completed. The records of the jobs stay.
    """
    from datetime import timedelta

    from trainctl.commands.jobs.choices import seconds
    from trainctl.local import pruning
    from trainctl.render.machine import write_list
    from trainctl.render.words import plural, size

    before = session.clock.now() - timedelta(seconds=seconds("--older-than", older_than) or 0)
    leftovers = pruning.find_leftovers(engine_home(session), before)
    write_list([leftovers], leftover_subject(), session.output, console=session.console, now=session.clock.now())
    failed = pruning.remove(leftovers) if yes else []
    total = size(sum(leftover.size for leftover in leftovers if leftover.path not in failed))
    count = plural(len(leftovers) - len(failed), "thing")
    if not leftovers:
        session.console.say("nothing is older than that")
    elif not yes:
        session.console.say(f"{count}, {total}; nothing is deleted without `--yes`")
    else:
        session.console.say(f"{count} deleted, {total}")
    for path in failed:
        session.console.warn(f"`{path}` could not be deleted; run `trainctl local prune` again")
    return ExitCode.REFUSED if failed else ExitCode.OK


def leftover_subject() -> Subject[Leftover]:
    """How leftovers of old jobs are shown."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject
    from trainctl.render.words import size

    return Subject(
        columns=(
            Column("what", lambda item: item.what, width=11),
            Column("size", lambda item: str(item.size), lambda item, _: size(item.size), width=11),
            Column("since", lambda item: item.since.strftime("%Y-%m-%d"), width=10),
            Column("of", lambda item: item.of.rpartition("/")[2] or "-", width=19),
            Column("path", lambda item: str(item.path), elastic=True),
        ),
        raw=lambda item: {
            "what": item.what,
            "size": item.size,
            "since": item.since.isoformat(),
            "of": item.of,
            "path": str(item.path),
        },
        name=lambda item: str(item.path),
    )


def reset(session: Session, yes: Yes = False) -> None:  # noqa: FBT002
    """Stop the engine and delete all its jobs, logs, outputs and environments."""
    from trainctl.local import control

    home = engine_home(session)
    if not yes:
        if not session.seams.stdin.isatty():
            raise UsageError("this deletes every local job and output", hint="say so with `--yes`")
        typer.confirm(f"Delete every local job and output in {home.root}?", abort=True, err=True)
    try:
        control.reset(home)
    except control.EngineProblem as problem:
        raise unreachable(problem) from problem
    session.console.say(f"{home.root} is deleted")


def status_record(found: Status) -> dict[str, Any]:
    """An engine's status as data."""
    return {
        "running": found.url is not None,
        "url": found.url,
        "pid": found.pid,
        "version": found.version,
        "simulates": found.simulates,
        "options": dict(found.options),
        "jobs": dict(found.jobs),
        "folders": {name: str(path) for name, path in found.folders.items()},
    }


def write_record(session: Session, record: dict[str, Any]) -> None:
    """Write named facts: aligned lines for people, data otherwise; a csv has one row of them."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject, write_one
    from trainctl.render.words import escape

    texts = dict(_facts(record))
    if session.output.is_human:
        session.console.write("".join(f"{name:<26}{escape(text)}".rstrip() + "\n" for name, text in texts.items()))
        return
    columns = [Column(name, partial(_fact, name), elastic=True) for name in texts]
    subject: Subject[dict[str, Any]] = Subject(columns, raw=dict, name=lambda _: next(iter(texts.values())))
    write_one(record, subject, session.output, console=session.console, now=session.clock.now())


def _fact(name: str, record: Mapping[str, Any]) -> str:
    return dict(_facts(record))[name]


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every fact with its text, those of a group as `group.name`; nothing is no text."""
    from trainctl.render.query import scalar

    for key, value in record.items():
        for name, inner in value.items() if isinstance(value, dict) else [("", value)]:
            yield f"{key}.{name}" if name else key, "" if inner is None else scalar(inner)


NODE = Branch(
    "local",
    "The local engine: the same jobs on this machine",
    (
        Leaf(
            "start",
            start,
            ("trainctl local start", "trainctl local start --foreground --jobs 2", "trainctl local start --simulate"),
            offline=True,
        ),
        Leaf("stop", stop, ("trainctl local stop",), offline=True),
        Leaf("status", status, ("trainctl local status -o json",), offline=True),
        Leaf("logs", logs, ("trainctl local logs --tail 20",), offline=True),
        Leaf(
            "prune",
            prune,
            ("trainctl local prune", "trainctl local prune --older-than 7d --yes"),
            offline=True,
        ),
        Leaf("reset", reset, ("trainctl local reset --yes",), offline=True),
    ),
    default="status",
)
