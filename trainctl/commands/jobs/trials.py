"""`jobs trials`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl import wire
from trainctl.catalog import ML_JOBS
from trainctl.commands import Session
from trainctl.commands.candidates import recent_jobs
from trainctl.commands.finding import find_job
from trainctl.commands.following import Plan, follow, pace
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, UsageError
from trainctl.jobs import study_of
from trainctl.lookup.backing import worker_of
from trainctl.shapes.ml import is_tuned

if TYPE_CHECKING:
    from datetime import datetime

    from trainctl.jobs import Job
    from trainctl.render.console import Console
    from trainctl.trials import Study, Trial
    from trainctl.watch import Snapshot

Reference = Annotated[
    str,
    typer.Argument(
        help="The tuning job: its name, id, `@last`, or unique display name",
        metavar="REF",
        show_default=False,
        autocompletion=recent_jobs,
    ),
]


def trials(
    session: Session,
    reference: Reference,
    *,
    best: Annotated[bool, typer.Option("--best", help="Only the best trial", show_default=False)] = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Follow the job first, until it has ended", show_default=False)
    ] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw the study instead", show_default=False)] = False,
    plot_to: Annotated[
        Path | None, typer.Option("--plot-to", help="Draw it into a .png, .svg or .html file", metavar="FILE")
    ] = None,
) -> ExitCode:
    """Show the trials of a tuning job, the best first.

    The best has a star; then come trials that run and those that failed, with the reason. With --best -o yaml, the
    best trial's parameters as the `args` of a spec that trains once with them. The trials of a training pipeline are
    those of the tuning job behind it.
    """
    if plot_to is not None:
        from trainctl.render.pictures import check_picture

        check_picture(plot_to)
    job, code = _tuning_job(session, reference), ExitCode.OK
    if watch and not job.phase.ended:
        latest: list[Job] = [job]
        plan = Plan(
            pace(session, [job]),
            tail=False,
            report=lambda _, snapshots: _keep(latest, snapshots),
            below=partial(_table, session.console),
        )
        code = follow(session, [job], plan)
        job = latest[0]
    shown = study_of(job)
    if plot or plot_to:
        _draw(session, job, shown, plot_to)
    elif best:
        _write_best(session, job, shown)
    else:
        _write(session, shown)
    return code


def _keep(latest: list[Job], snapshots: Sequence[Snapshot]) -> None:
    latest[:] = [snapshot.job for snapshot in snapshots]


def _table(console: Console, snapshots: Sequence[Snapshot], now: datetime) -> list[str]:
    """The trials so far, in the part of the screen that the lines of the job and the hint leave."""
    from trainctl.render.trials import live_table

    shown = study_of(snapshots[0].job)
    return live_table(shown, width=console.width, most=console.height - 6, now=now, colour=console.err_colour)


def _tuning_job(session: Session, reference: str) -> Job:
    """The tuning job that a reference names, or that a pipeline of that name has made. Raises UsageError."""
    found = find_job(session, reference)
    job = worker_of(session.client, found)
    if job.collection.id != "hyperparameterTuningJobs" and not (job.collection is ML_JOBS and is_tuned(job.raw)):
        kinds = "`trainctl jobs list --kind hptune` shows those that have"
        raise UsageError(f"{job.collection.noun} {job.id} has no trials", hint=kinds)
    return job


def _write(session: Session, shown: Study) -> None:
    from trainctl.render.machine import write_list
    from trainctl.render.trials import trial_subject

    now = session.clock.now()
    if not write_list([shown.trials], trial_subject(shown), session.output, console=session.console, now=now):
        session.console.say("no trials yet")


def _write_best(session: Session, job: Job, shown: Study) -> None:
    """The best trial: as a row, as a resource, or as a part of a spec."""
    from trainctl.render.machine import write_one, write_value
    from trainctl.render.trials import as_fragment, trial_subject

    trial = _best(shown)
    output = session.output
    if output.format == "yaml" and output.query is None:
        write_value(as_fragment(trial, _arguments(job)), output, console=session.console)
        return
    write_one(trial, trial_subject(shown), output, console=session.console, now=session.clock.now())
    if output.is_human:
        from trainctl.spec.flow import flow

        words = flow(as_fragment(trial, _arguments(job))["args"])
        session.console.say("to train once with it, where SPEC is a `kind: custom` spec of the same code:")
        session.console.say(f"  trainctl custom submit SPEC --set 'args={words}'")


def _best(shown: Study) -> Trial:
    if shown.best is None:
        raise UsageError("no trial has succeeded yet", hint="without `--best`, the trials and their states are shown")
    return shown.best


def _arguments(job: Job) -> list[Any]:
    """The arguments that every trial has before those of its own."""
    pools = wire.items(wire.dig(job.raw, "trialJobSpec", "workerPoolSpecs"))
    tasks = [wire.dig(pools[0], name, "args") for name in ("containerSpec", "pythonPackageSpec")] if pools else []
    tasks += [wire.dig(job.raw, "trainingInput", "args")]
    return next((args for args in tasks if isinstance(args, list)), [])


def _draw(session: Session, job: Job, shown: Study, path: Path | None) -> None:
    if path is None:
        from trainctl.render.plots import plot

        session.console.write(plot(shown, width=session.console.width))
        return
    if not shown.history():
        raise UsageError("no trial has a value yet", hint="without `--plot-to`, the trials and their states are shown")
    from trainctl.render.study_picture import draw_study

    draw_study(shown, path, title=job.display_name or job.id)
    session.console.say(f"wrote {path}")


NODE = Leaf(
    "trials",
    trials,
    (
        "trainctl jobs trials @last",
        "trainctl jobs trials digits-search --watch",
        "trainctl jobs trials @last --best -o yaml",
        "trainctl jobs trials @last -o csv > trials.csv",
        "trainctl jobs trials @last --plot-to study.html",
    ),
)
