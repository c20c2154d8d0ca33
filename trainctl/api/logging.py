"""Log lines of jobs, from Cloud Logging or from an engine that answers like it.

Filters: `resource.type="ml_job"` with `resource.labels.job_id` and `task_name`, as `gcloud ai custom-jobs
stream-logs` asks. Order of entries: timestamp, then insertId (logging v2, ListLogEntriesRequest.orderBy).
"""

from __future__ import annotations

import heapq
import itertools
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainctl.api.answers import read_object
from trainctl.api.transport import Request
from trainctl.catalog import LOGGING
from trainctl.errors import PermissionDenied
from trainctl.wire import dig, items, parse_time, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.api.transport import Transport

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
"""From the least to the most severe."""

PAGE_SIZE = 1000
LONGEST = 17_000
"""Characters of a query that ids may take: Cloud Logging's bound is 20 000 for the whole,
https://cloud.google.com/logging/quotas."""
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One log line; all its text is the job's own and has to be escaped before it is shown.

    `replica` is its task (`workerpool0-0`, or `service`), `trial` the trial's id, `message` may have several lines,
    `order` sorts entries as the service does.
    """

    timestamp: datetime
    severity: str
    message: str
    replica: str = ""
    trial: str = ""
    job_id: str = ""
    insert_id: str = ""
    order: tuple[str, str] = ("", "")
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines are wanted: of these jobs (numeric ids), from a moment on, from a severity up, of some replicas.

    `trial` leaves the lines of one trial of tuning jobs: those that name it, and those of `trial_ids`, which run it.
    """

    project: str
    job_ids: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None
    severity: str = ""
    replicas: tuple[str, ...] = ()
    search: str = ""
    trial: str = ""
    trial_ids: tuple[str, ...] = ()

    @property
    def filter(self) -> str:
        """The query in Cloud Logging's language."""
        parts = ['resource.type="ml_job"', _any("resource.labels.job_id", self.job_ids)]
        if self.trial:
            named = f'labels."ml.googleapis.com/trial_id"={_quote(self.trial)}'
            run = [_any("resource.labels.job_id", self.trial_ids)] if self.trial_ids else []
            parts.append(f"({' OR '.join([named, *run])})")
        if self.replicas:
            parts.append(_any("resource.labels.task_name", self.replicas))
        if self.since:
            parts.append(f'timestamp>="{_format(self.since)}"')
        if self.until:
            parts.append(f'timestamp<="{_format(self.until)}"')
        if self.severity:
            parts.append(f"severity>={self.severity}")
        if self.search:
            found = [f"{place}:{_quote(self.search)}" for place in _TEXTS]
            # Entries without a text are shown as their JSON, of which any part may match.
            bare = " AND ".join(f"NOT {place}:*" for place in _TEXTS)
            parts.append(f"({' OR '.join(found)} OR ({bare}))")
        return " AND ".join(parts)

    def split(self) -> list[LogQuery]:
        """This query, or several that together ask for the same lines of fewer jobs each."""
        share, run = LONGEST // 2 if self.trial_ids else LONGEST, set(self.trial_ids)
        if sum(map(_cost, self.job_ids)) <= share:
            return [self]
        groups, cost = [list[str]()], 0
        for job_id in self.job_ids:
            cost += _cost(job_id)
            if cost > share:
                groups.append([])
                cost = _cost(job_id)
            groups[-1].append(job_id)
        return [
            replace(self, job_ids=tuple(ids), trial_ids=tuple(each for each in ids if each in run)) for ids in groups
        ]


_TEXTS = ("textPayload", "jsonPayload.message")


class Logs:
    """Reads entries; everything it does is a read and is repeated over passing faults."""

    def __init__(self, transport: Transport, endpoints: Mapping[str, str]) -> None:
        self._transport = transport
        self._url = f"{LOGGING.base_url('', endpoints)}/{LOGGING.version}/entries:list"

    def fetch_entries(
        self, query: LogQuery, *, newest_first: bool = False, limit: int | None = None, deadline: float | None = None
    ) -> Iterator[LogEntry]:
        """The entries of a query in the order of their timestamps, each page fetched when it is reached.

        A query that is too long is put as several, whose entries are merged. Raises PermissionDenied that names the
        missing role, RequestRefused, Unreachable.
        """
        reads = [self._read(part, newest_first=newest_first, limit=limit, deadline=deadline) for part in query.split()]
        if len(reads) == 1:
            return reads[0]
        merged = heapq.merge(*reads, key=lambda entry: entry.order, reverse=newest_first)
        return itertools.islice(merged, limit)

    def _read(
        self, query: LogQuery, *, newest_first: bool, limit: int | None, deadline: float | None
    ) -> Iterator[LogEntry]:
        body: dict[str, Any] = {
            "resourceNames": [f"projects/{query.project}"],
            "filter": query.filter,
            "orderBy": "timestamp desc" if newest_first else "timestamp asc",
            "pageSize": PAGE_SIZE if limit is None else min(PAGE_SIZE, limit),
        }
        given, seen = 0, set[str]()
        while True:
            page = self._fetch_page(body, query.project, deadline)
            for entry in items(page.get("entries")):
                if not isinstance(entry, dict):
                    continue
                yield view_entry(entry)
                given += 1
                if given == limit:
                    return
            # A page without entries is no end: the search may only have run out of time.
            token = text(page.get("nextPageToken"))
            if not token or token in seen:
                return
            seen.add(token)
            body["pageToken"] = token

    def _fetch_page(self, body: Mapping[str, Any], project: str, deadline: float | None) -> dict[str, Any]:
        request = Request("POST", self._url, json=dict(body), repeat=True, deadline=deadline)
        try:
            return read_object(self._transport.send(request), self._url)
        except PermissionDenied as error:
            raise PermissionDenied(
                f"the logs of project {project} may not be read: {error.message}",
                http_status=error.http_status,
                status=error.status,
                details=error.details,
                request_id=error.request_id,
                hint=error.hint or f"the caller needs the role `roles/logging.viewer` on the project {project}",
            ) from error


def view_entry(raw: Mapping[str, Any]) -> LogEntry:
    """One entry of the API, whatever of it is missing or of another type."""
    stamp, insert_id = text(raw.get("timestamp")) or text(raw.get("receiveTimestamp")), text(raw.get("insertId"))
    return LogEntry(
        timestamp=parse_time(stamp) or _EPOCH,
        severity=text(raw.get("severity")) or "DEFAULT",
        message=_message(raw).rstrip("\n"),
        replica=text(dig(raw, "resource", "labels", "task_name")),
        trial=text(dig(raw, "labels", "ml.googleapis.com/trial_id")),
        job_id=text(dig(raw, "resource", "labels", "job_id")),
        insert_id=insert_id,
        order=(_sortable(stamp), insert_id),
        raw=raw,
    )


def _message(raw: Mapping[str, Any]) -> str:
    """The text of an entry: a text payload, the message of a JSON one, else the JSON itself."""
    for found in (raw.get("textPayload"), dig(raw, "jsonPayload", "message")):
        if isinstance(found, str):
            return found
    payload = raw.get("jsonPayload") or raw.get("protoPayload")
    return json.dumps(payload, ensure_ascii=False) if payload else ""


def _sortable(stamp: str) -> str:
    """A timestamp that sorts as text: Google drops zeros at the end of its nanoseconds."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


def _format(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _cost(job_id: str) -> int:
    """Characters that an id takes in a query."""
    return len(job_id) + len('"" OR ')


def _any(path: str, values: tuple[str, ...]) -> str:
    if len(values) == 1:
        return f"{path}={_quote(values[0])}"
    return f"{path}=({' OR '.join(_quote(value) for value in values)})"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
