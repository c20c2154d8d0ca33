"""`jobs rerun`: jobs once more, with fields changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.commands import Session
from trainctl.commands.exporting import export_job
from trainctl.commands.finding import expand, find_jobs
from trainctl.commands.jobs.choices import (
    CancelOnInterrupt,
    CancelOnTimeout,
    MaxSilence,
    PollInterval,
    References,
    Timeout,
    read_limits,
)
from trainctl.commands.sending import Parallel
from trainctl.commands.specs import DisplayName, Sets, Strict, choose
from trainctl.commands.submit import DryRun, IdempotencyKey, NoJournal, Order, Watch, carry_out
from trainctl.commands.tree import Leaf
from trainctl.errors import ExitCode, SpecInvalid
from trainctl.preparation import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.commands.specs import Choice
    from trainctl.jobs import Job
    from trainctl.spec.document import Document

FOLDER = "base_output_dir"
"""The field that names where a job writes."""


def rerun(
    session: Session,
    references: References,
    dry_run: DryRun = False,  # noqa: FBT002 - Typer's way to declare a flag
    watch: Watch = False,  # noqa: FBT002
    sets: Sets = None,
    display_name: DisplayName = None,
    strict: Strict = False,  # noqa: FBT002
    no_journal: NoJournal = False,  # noqa: FBT002
    idempotency_key: IdempotencyKey = None,
    parallel: Parallel = 1,
    timeout: Timeout = None,
    poll_interval: PollInterval = None,
    max_silence: MaxSilence = None,
    cancel_on_interrupt: CancelOnInterrupt = False,  # noqa: FBT002
    cancel_on_timeout: CancelOnTimeout = False,  # noqa: FBT002
) -> ExitCode:
    """Submit jobs again, with fields changed.

    What is submitted is what `trainctl jobs export` prints: --set takes the names of its fields. Code is run as it was
    uploaded then. An output folder that was made for the job gives way to a new one; one that its spec named is used
    again.
    """
    order = Order(
        dry_run=dry_run,
        watch=watch,
        recorded=session.settings.journal and not no_journal,
        key=idempotency_key,
        parallel=parallel,
        limits=read_limits(timeout, poll_interval, max_silence),
        cancel_on_interrupt=cancel_on_interrupt,
        cancel_on_timeout=cancel_on_timeout,
    )
    choice = choose(sets, None, display_name=display_name, strict=strict)
    texts = expand(session, references)
    jobs, code = find_jobs(session, texts)
    if code:  # what is not found was told already; of several jobs none runs again without the others
        return code
    return carry_out(session, [spec_of(session, job, texts, choice) for job in jobs], choice, order)


def spec_of(session: Session, job: Job, references: Sequence[str], choice: Choice) -> Document | Report:
    """The spec of a job with the changes in it, or what is wrong with these."""
    from trainctl.conversion.export import document_of

    fields = export_job(session, job, references).fields
    try:
        document = document_of(fields, file=job.name, sets=choice.sets)
    except SpecInvalid as error:
        return Report.on_file(job.name, error)
    folder = fields.get(FOLDER)
    if folder and isinstance(document.value, dict) and document.value.get(FOLDER) == folder:
        from trainctl.render.words import escape

        where = f"warning: it writes into {escape(str(folder))}, as {escape(job.id)} did"
        session.console.warn(f"{where}; `--set {FOLDER}=gs://...` names another")
    return document


NODE = Leaf(
    "rerun",
    rerun,
    (
        "trainctl jobs rerun @last --watch",
        "trainctl jobs rerun digits --set machine_type=n1-standard-8 --set args[1]=60",
        "trainctl jobs rerun @last --dry-run --set max_trial_count=40",
    ),
)
