"""What a job said at its end: why it failed, in the lines of the replica that failed first, or what it achieved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.catalog import ResourceName
from trainctl.errors import TrainctlError
from trainctl.lookup.backing import log_ids
from trainctl.phases import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.api.logging import LogEntry, LogQuery, Logs
    from trainctl.commands import Session
    from trainctl.jobs import Job

LINES = 10
LAST_WORDS = 2
PRIMARIES = ("workerpool0-0", "master-replica-0")
"""The replica that ends a job, as Vertex AI and as AI Platform call it."""
PATIENCE = 10.0
"""Seconds that the look into the logs may take: it is an addition, and nobody waits for it."""
_REPLICA = re.compile(r"\b(?:workerpool\d+-|(?:master|worker|ps|evaluator)-replica-)\d+\b")


def error_lines(session: Session, job: Job) -> list[str]:
    """Lines to show below a failed job, escaped; none for other jobs or where there are no logs.

    Logs that cannot be read are no failure: one line says why.
    """
    name = ResourceName.parse(job.name)
    if job.phase is not Phase.FAILED or name is None or not job.log_ids:
        return []
    from trainctl.api.logging import LogQuery, Logs
    from trainctl.render.logs import short_lines
    from trainctl.render.words import escape

    query = LogQuery(name.project, log_ids(session.client, job), since=job.create_time)
    try:
        entries = last_errors(Logs(session.transport, session.endpoints), query, job)
    except TrainctlError as error:
        hint = f" ({escape(error.hint)})" if error.hint else ""
        return [f"its log lines are not at hand: {escape(error.message)}{hint}"]
    if not entries:
        return []
    lines = [line for entry in entries for line in short_lines(entry, colour=False)][-LINES:]
    where = f" of {escape(entries[-1].replica)}" if entries[-1].replica else ""
    return [f"last lines{where}:", *(f"  {line}" for line in lines)]


def last_words(session: Session, job: Job) -> list[str]:
    """The last lines of a job that succeeded on the engine, escaped: training code ends by saying what it achieved.

    None for a job elsewhere, whose lines would cost a request and come late.
    """
    name = ResourceName.parse(job.name)
    if job.phase is not Phase.SUCCEEDED or session.engine is None or name is None or not job.log_ids:
        return []
    from trainctl.api.logging import LogQuery, Logs
    from trainctl.render.logs import short_lines

    query = LogQuery(name.project, log_ids(session.client, job), since=job.create_time, replicas=PRIMARIES)
    logs = Logs(session.transport, session.endpoints)
    try:
        newest = list(logs.fetch_entries(query, newest_first=True, limit=LAST_WORDS, deadline=PATIENCE))
    except TrainctlError:
        return []
    lines = [
        line for entry in sorted(newest, key=lambda entry: entry.order) for line in short_lines(entry, colour=False)
    ]
    return ["last lines:", *(f"  {line}" for line in lines[-LAST_WORDS:])] if lines else []


def last_errors(logs: Logs, query: LogQuery, job: Job) -> Sequence[LogEntry]:
    """The last errors of the replica that the job's error names, else of the one with the earliest error."""
    from dataclasses import replace

    named = _REPLICA.search(job.error.message) if job.error else None
    errors = replace(query, severity="ERROR")
    if named is None:
        first = next(iter(logs.fetch_entries(errors, limit=1, deadline=PATIENCE)), None)
        replica = first.replica if first else ""
    else:
        replica = named[0]
    if replica:
        query, errors = replace(query, replicas=(replica,)), replace(errors, replicas=(replica,))
    for wanted in (errors, query):
        newest = list(logs.fetch_entries(wanted, newest_first=True, limit=LINES, deadline=PATIENCE))
        if newest:
            return sorted(newest, key=lambda entry: entry.order)
    return []
