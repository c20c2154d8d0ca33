"""How jobs are made, moved and ended, and how what depends on them hears of it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from trainctl.local.disk.reserve import is_full
from trainctl.local.jobs.states import DEADLINE_EXCEEDED, WAS_CANCELLED, Problem, advance, has_ended, state_of
from trainctl.local.logs.writing import SERVICE, LogWriter
from trainctl.local.protocol.times import parse_duration, parse_time
from trainctl.local.tuning.trials import is_trial
from trainctl.local.vertex.pipelines import follow_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_DAY = "86400s"

_LAST_WORDS = {
    "SUCCEEDED": ("INFO", "Job completed successfully."),
    "FAILED": ("ERROR", "Job failed."),
    "CANCELLED": ("NOTICE", "Job is cancelled."),
}


def begin_job(core: Core, name: str) -> None:
    """Puts a job that was just stored into the queue. One that has no room for its files fails when its turn comes."""
    with suppress(OSError):
        core.folder(name).prepare()
    _write_log(core, name, "INFO", "Waiting for job to be provisioned.")
    queue_job(core, name)


def queue_job(core: Core, name: str) -> None:
    """Puts a job into the queue; it fails there when it may not wait any longer (`scheduling.maxWaitDuration`)."""
    job = core.store.fetch(name)
    if job is not None and (patience := _find_patience(job)):
        created = (parse_time(job["createTime"]) or 0) / 1_000_000_000
        core.alarms.set(created + patience, lambda: expire_job(core, name))
    core.runner.enqueue(name)


def expire_job(core: Core, name: str) -> None:
    """Fails a job that still waits in the queue."""
    problem = Problem(DEADLINE_EXCEEDED, "The job waited longer than `scheduling.maxWaitDuration` allows.")
    _change_job(core, name, lambda job: advance(job, "FAILED", problem) if state_of(job) == "QUEUED" else None)


def _find_patience(job: Resource) -> float:
    """Seconds that a job may wait, 0 for ever. Only flexible ones have such a bound; a day if they say nothing."""
    scheduling = job["jobSpec"].get("scheduling", {})
    flexible = scheduling.get("strategy") == "FLEX_START"
    return parse_duration(scheduling.get("maxWaitDuration", _DAY)) if flexible else 0.0


def move_job(core: Core, name: str, state: str, problem: Problem | None = None) -> Resource | None:
    """The job in its next state; None when it is not there or that state cannot follow. Its pipeline follows it.

    With its last state its log gets a last line, which is there when the state can be seen: who follows a job reads
    its log no longer then.
    """
    return _change_job(core, name, lambda job: advance(job, state, problem))


def cancel_job(core: Core, name: str) -> bool:
    """Cancels a job: at once while it waits, else through its supervisor; False when it has ended or is not there.

    On a full disk, which the job itself may keep full, it is ended before that can be written down.
    """
    try:
        job = core.reserve.insist(lambda: _change_job(core, name, _cancel))
    except sqlite3.OperationalError as problem:
        if not is_full(problem) or not core.runner.stop(name):
            raise
        return True
    if job is None:
        return False
    if not has_ended(job):
        core.runner.stop(name)
    return True


def _cancel(job: Resource) -> Resource | None:
    match state_of(job):
        case "QUEUED":
            return advance(job, "CANCELLED", WAS_CANCELLED)
        case "CANCELLING":
            return job
        case _:
            return advance(job, "CANCELLING")


def _change_job(core: Core, name: str, edit: Callable[[Resource], Resource | None]) -> Resource | None:
    with core.store.transaction():
        job = core.store.change(name, edit)
        owner = core.store.owner_of(name) if job else None
        if job is not None and owner is not None and not is_trial(owner):
            follow_job(core, owner, job)
        if job is not None and has_ended(job):
            _write_last_words(core, job)
    if owner is not None and is_trial(owner):
        core.studies.wake(owner)
    return job


def _write_last_words(core: Core, job: Resource) -> None:
    state = state_of(job)
    severity, words = _LAST_WORDS[state]
    reason = job["error"]["message"].partition("\n")[0] if state == "FAILED" and "error" in job else ""
    _write_log(core, job["name"], severity, *([reason] if reason else []), words)


def _write_log(core: Core, name: str, severity: str, *lines: str) -> None:
    try:
        log = LogWriter(core.folder(name).log_file)
    except OSError:
        return
    log.write(SERVICE, severity, lines)
    log.close()
