"""Cloud Logging's `entries:list` over the logs of the jobs."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from trainctl.local.logs.reading import LogLine, read_backward, read_forward
from trainctl.local.ml.names import COLLECTION, id_of, job_of, task_of
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.comparing import judge_entry
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.filters import Node, matches, parse_filter, required, required_values
from trainctl.local.protocol.paging import make_token, read_size, read_token
from trainctl.local.protocol.times import format_time, parse_time
from trainctl.local.tuning.trials import trial_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.core import Core

_DEFAULT_PAGE, _LARGEST_PAGE = 50, 1000
_LOGGED = ("customJobs", "hyperparameterTuningJobs")
_ORDERS = {"": False, "timestamp asc": False, "timestamp": False, "timestamp desc": True}

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Query:
    """A request in the form in which it is answered. `start` and `end` are nanoseconds, inclusive."""

    projects: frozenset[str]
    tree: Node | None
    backward: bool
    start: int
    end: int | None


def list_entries(core: Core, body: Any) -> dict[str, Any]:
    """The answer to `POST /v2/entries:list`. Raises Fault."""
    request = check_body(body, "ListLogEntriesRequest", service="logging", at="list_log_entries_request")
    query = _read_query(request)
    size = read_size(str(request.get("pageSize", "")), default=_DEFAULT_PAGE, largest=_LARGEST_PAGE)
    scope = (request.get("filter", ""), request.get("orderBy", ""), *sorted(query.projects))
    place = read_token(request.get("pageToken", ""), *scope)
    after: Key | None = (place[0], place[1]) if place else None
    entries: list[dict[str, Any]] = []
    last: Key | None = None
    for key, entry in _search(core, query, after):
        if len(entries) == size:
            return {"entries": entries, "nextPageToken": make_token(last, *scope)}
        entries.append(entry)
        last = key
    return {"entries": entries} if entries else {}


def _read_query(request: dict[str, Any]) -> _Query:
    names = [*request.get("resourceNames", ()), *(f"projects/{name}" for name in request.get("projectIds", ()))]
    projects = frozenset(name.split("/")[1] for name in names if name.startswith("projects/") and len(name) > 9)
    if not projects:
        raise Fault("INVALID_ARGUMENT", "resource_names must name at least one project as `projects/PROJECT_ID`.")
    order = request.get("orderBy", "").strip().lower()
    if order not in _ORDERS:
        raise Fault("INVALID_ARGUMENT", f"order_by must be `timestamp asc` or `timestamp desc`, not `{order}`.")
    tree = parse_filter(request.get("filter", ""))
    start, end = _find_bounds(tree)
    return _Query(projects, tree, _ORDERS[order], start, end)


def _find_bounds(tree: Node | None) -> tuple[int, int | None]:
    """The span of time that the filter allows in any case; what it says exactly is judged entry by entry."""
    start, end = 0, None
    for comparison in required(tree):
        if comparison.path == ("timestamp",) and (time := parse_time(comparison.argument)) is not None:
            if comparison.operator in (">", ">=", "="):
                start = max(start, time)
            if comparison.operator in ("<", "<=", "="):
                end = time if end is None else min(end, time)
    return start, end


def _search(core: Core, query: _Query, after: Key | None) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Matching entries of all jobs in order, behind the entry `after` of the last page."""
    start, end = query.start, query.end
    if after is not None:
        start, end = (start, after[0]) if query.backward else (max(start, after[0]), end)
    streams = [_read_job(core, name, start, end, backward=query.backward) for name in _find_jobs(core, query)]
    for key, entry in heapq.merge(*streams, key=lambda pair: pair[0], reverse=query.backward):
        if after is not None and ((key >= after) if query.backward else (key <= after)):
            continue
        if matches(query.tree, partial(_judge, entry)):
            yield key, entry


def _judge(entry: dict[str, Any], comparison: Any) -> bool:
    return judge_entry(comparison, entry)


def _find_jobs(core: Core, query: _Query) -> list[str]:
    """The jobs whose logs are looked through: those that the filter names, if it names any."""
    ids = required_values(query.tree, ("resource", "labels", "job_id"))
    names = [name for collection in _LOGGED for name in core.store.names_of(collection, ids=ids)]
    if ids is not None:  # without ids they are among all
        jobs = core.store.names_of(COLLECTION, ids=ids)
        names += [name for collection in _LOGGED for name in core.store.names_below(jobs, collection)]
    return [name for name in names if name.split("/")[1] in query.projects]


def _read_job(
    core: Core, name: str, start: int, end: int | None, *, backward: bool
) -> Iterator[tuple[Key, dict[str, Any]]]:
    path = core.folder(name).log_file
    log_id = name.rpartition("/")[2]
    trial = trial_of(core, name)
    for line in read_backward(path, end=end) if backward else read_forward(path, start=start):
        if (end is not None and line.time > end) or line.time < start:
            return
        yield (line.time, log_id), _describe(name, line, trial)


def _describe(name: str, line: LogLine, trial: str) -> dict[str, Any]:
    _, project, _, location, _, log_id = name.split("/")
    job_id, task = id_of(name), task_of(name, line.task)
    payload: dict[str, Any] = {"textPayload": line.text} if line.payload is None else {"jsonPayload": line.payload}
    time = format_time(line.time)
    return {
        "insertId": f"{line.time:x}-{log_id}",
        **payload,
        "resource": {
            "type": "ml_job",
            "labels": {"job_id": job_id, "project_id": project, "task_name": task},
        },
        "timestamp": time,
        "receiveTimestamp": time,
        "severity": line.severity,
        "logName": f"projects/{project}/logs/{'ml.googleapis.com%2F' if line.task == 'service' else ''}{task}",
        "labels": {
            "ml.googleapis.com/job_id": job_id,
            **({} if job_of(name) else {"ml.googleapis.com/location": location}),
            **({"ml.googleapis.com/trial_id": trial} if trial else {}),
        },
    }
