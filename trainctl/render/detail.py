"""All that is known of one job, and how it ended."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from trainctl.jobs import study_of
from trainctl.phases import Phase
from trainctl.render.columns import phase_style, progress, state
from trainctl.render.console import paint
from trainctl.render.words import duration, escape, escape_lines, pad, plural, stamp_and_age

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from trainctl.jobs import Job, JobError

RPC_CODES = {
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    11: "OUT_OF_RANGE",
    12: "UNIMPLEMENTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    15: "DATA_LOSS",
    16: "UNAUTHENTICATED",
}
"""google.rpc.Code, https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto."""

SHOWN = 3
"""Reasons, and trials of each, that are named before the rest is only counted."""
_STATUS = re.compile(r"non-zero status of (\d+)")
STATUS_NOTES = {
    126: "what was to be run is not executable",
    127: "what was to be run was not found",
    134: "aborted itself (SIGABRT)",
    137: "killed, most often because memory ran out (SIGKILL)",
    139: "a fault in native code (SIGSEGV)",
    143: "ended from outside (SIGTERM)",
}
"""What well-known exit statuses of a replica mean, in words."""

NOTES = {
    Phase.QUEUED: "waits for quota or for earlier jobs; no code runs yet",
    Phase.PENDING: "its machines are being prepared; no code runs yet",
    Phase.CANCELLING: "asked to end, and not yet over",
    Phase.PARTIAL: "some results may be missing",
    Phase.EXPIRED: "not started, or not over, within the time allowed for it",
    Phase.UNKNOWN: "a state that this version does not know; taken as not over",
}
"""What a phase means where the word alone does not say it."""


def job_text(
    job: Job,
    *,
    now: datetime,
    colour: bool,
    again: str,
    link: bool = True,
    folder: str = "",
    log_lines: Sequence[str] = (),
) -> str:
    """One job as `key: value` lines, values aligned; only what the job has, then the last lines it wrote.

    `again` names the job in commands; `link` is false where Google's console cannot know it; `folder` is where its
    outputs are on this machine.
    """
    pairs = [*_identity(job), *_times(job, now), *_results(job, folder, link=link)]
    if link and job.console_url:
        pairs.append(("console", escape(job.console_url)))
    if job.log_ids:
        pairs.append(("logs", f"trainctl jobs logs {escape(again)}"))
    if is_tuned(job):
        pairs.append(("trials", f"trainctl jobs trials {escape(again)}"))
    width = max(len(key) for key, _ in pairs) + 1
    lines = []
    for key, value in pairs:
        shown = paint(value, phase_style(job), colour=colour) if key == "state" else value
        lines.append(f"{pad(f'{key}:', width)}  {shown}" if key else f"{' ' * width}  {shown}")
    return "\n".join([*lines, *log_lines]) + "\n"


def _identity(job: Job) -> Iterator[tuple[str, str]]:
    yield "name", escape(job.name) or "-"
    if job.title or (job.log_ids and not job.display_name):
        yield "display name", escape(job.title) or "-"
    yield "kind", f"{job.kind} ({job.collection.noun})"
    yield "state", escape(state(job))
    if job.phase in NOTES:
        yield "", NOTES[job.phase]
    if job.notice:
        yield "", escape(job.notice)
    if job.about:
        yield "about", escape(job.about)
    if job.progress:
        yield "progress", progress(job.progress)
    for key, value in job.facts.items():
        yield key, escape(value)


def _times(job: Job, now: datetime) -> Iterator[tuple[str, str]]:
    for key, moment in (("created", job.create_time), ("started", job.start_time), ("ended", job.end_time)):
        if moment:
            yield key, stamp_and_age(moment, now)
    if job.update_time and not job.end_time:
        yield "updated", stamp_and_age(job.update_time, now)
    if (ran := job.run_time(now)) is not None:
        yield "ran", duration(ran)


def _results(job: Job, folder: str, *, link: bool) -> Iterator[tuple[str, str]]:
    for at, (key, value) in enumerate(sorted(job.labels.items())):
        yield "" if at else "labels", escape(f"{key}={value}")
    yield from _outputs(job, folder, link=link)
    if job.backing:
        yield "runs as", escape(job.backing)
    for at, (replica, uri) in enumerate(sorted(job.outputs.web_access.items())):
        yield "" if at else "shells", escape(f"{replica} {uri}")
    yield from _shortcomings(job)


def _shortcomings(job: Job) -> Iterator[tuple[str, str]]:
    """Why it failed, and what it could not do otherwise."""
    if job.error:
        yield from _error(job.error)
    for at, line in enumerate(_failed_trials(job)):
        yield "" if at else "reasons", line
    for at, failure in enumerate(job.partial_failures):
        yield "" if at else "not done", escape(failure)


def is_tuned(job: Job) -> bool:
    """Whether `trainctl jobs trials` has something to show of the job."""
    return job.kind == "hptune" or (job.progress is not None and job.progress.unit == "trials")


def _failed_trials(job: Job) -> Iterator[str]:
    """What the error of a study only counts: the reasons for which trials failed, each with its trials."""
    if job.phase is not Phase.FAILED or not is_tuned(job):
        return
    ids: dict[str, list[str]] = {}
    for trial in study_of(job).trials:
        if trial.state == "INFEASIBLE" and trial.reason:
            ids.setdefault(escape(trial.reason), []).append(escape(trial.id))
    for reason, named in islice(ids.items(), SHOWN):
        more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
        yield f"{'trials' if len(named) > 1 else 'trial'} {', '.join(named[:SHOWN])}{more}: {reason}"
    if len(ids) > SHOWN:
        yield f"and {plural(len(ids) - SHOWN, 'other reason')}"


def _outputs(job: Job, folder: str, *, link: bool) -> Iterator[tuple[str, str]]:
    outputs = job.outputs
    if outputs.model:
        yield "model", escape(f"{outputs.model}@{outputs.model_version}" if outputs.model_version else outputs.model)
        if job.model_type:
            yield "", escape(f"{job.display_name}, {job.model_type}")
        if outputs.model_aliases:
            yield "aliases", escape(", ".join(outputs.model_aliases))
        if link and job.model_url:
            yield "model page", escape(job.model_url)
        yield from _package(job)
    if outputs.resource:
        yield "made", escape(outputs.resource)
    if outputs.artifacts:
        yield "model files", escape(outputs.artifacts)
    if outputs.directory:
        yield "outputs", escape(outputs.directory)
    if folder:
        yield "folder", escape(folder)


def _package(job: Job) -> Iterator[tuple[str, str]]:
    """As what a model of AutoML Vision can be had, which not every one can: its type says it, once that is known."""
    if job.kind != "automl-vision" or (job.model_type and not job.model_type.startswith("mobile-")):
        return
    form = "Core ML" if "core-ml" in job.model_type else "TensorFlow Lite"
    doubt = "" if job.model_type else ", if it is an Edge model"
    yield "package", f"{form}{doubt}; `trainctl models get` says how to export it"


def _error(error: JobError) -> Iterator[tuple[str, str]]:
    head = RPC_CODES.get(error.code, f"code {error.code}" if error.code else "")
    lines = escape_lines(error.message.rstrip())
    yield "error", ": ".join(part for part in (head, *lines[:1]) if part) or "-"
    for line in lines[1:]:
        yield "", line
    if (status := _STATUS.search(error.message)) and int(status[1]) in STATUS_NOTES:
        yield "", f"({status[1]}: {STATUS_NOTES[int(status[1])]})"


def ending_text(
    job: Job,
    *,
    now: datetime,
    colour: bool,
    again: str,
    link: bool = False,
    folder: str = "",
    log_lines: Sequence[str] = (),
) -> str:
    """How a job ended: one sentence, its error and last error lines or what it left behind.

    `again` names the job in commands, `folder` is where its outputs are on this machine; with `link`, the model's page
    in Google's console is shown.
    """
    ran = job.run_time(now)
    span = f" (ran {duration(ran)})" if ran is not None else ""
    verdict = paint(_VERDICTS.get(job.phase, f"is {state(job)}"), phase_style(job), colour=colour)
    lines = [f"{job.collection.noun} {escape(job.id)} {verdict}{span}"]
    pairs = list(_shortcomings(job))
    if job.notice:
        pairs.append(("notice", escape(job.notice)))
    if job.phase in (Phase.SUCCEEDED, Phase.PARTIAL):
        pairs += _outputs(job, folder, link=link)
    width = max((len(key) for key, _ in pairs), default=0) + 1
    lines += [f"  {pad(f'{key}:' if key else '', width)}  {value}" for key, value in pairs]
    lines += [f"  {line}" for line in log_lines]
    if job.log_ids and job.phase not in (Phase.SUCCEEDED, Phase.CANCELLED):
        lines.append(f"  all of its lines: trainctl jobs logs {escape(again)}")
    if is_tuned(job):
        lines.append(f"  its trials: trainctl jobs trials {escape(again)}")
    return "\n".join(lines) + "\n"


_VERDICTS = {
    Phase.SUCCEEDED: "succeeded",
    Phase.PARTIAL: "succeeded in part",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "was cancelled",
    Phase.EXPIRED: "expired",
}
