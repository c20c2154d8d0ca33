"""How a watch asks after jobs: one by one while they are few, by listing when they are many."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from trainctl.catalog import VERTEX, ResourceName
from trainctl.errors import TrainctlError, Unreachable
from trainctl.jobs import view
from trainctl.lookup.parallel import side_by_side
from trainctl.watch import is_passing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trainctl.api.client import Client
    from trainctl.catalog import Collection
    from trainctl.clock import Clock
    from trainctl.jobs import Job

FEW = 20
"""Jobs up to which a GET for each is cheaper than pages of a list."""


def fetch(client: Client, job: Job) -> Job:
    """The job as it is now."""
    name = ResourceName.parse(job.name)
    if name is None:
        raise Unreachable(f"the service gave {job.collection.noun} the name `{job.name}`, which cannot be asked for")
    return view(client.get(name), job.collection)


def await_operation(client: Client, operation: Job, seconds: float) -> Job:
    """The operation when it is done or when the service has waited for so long."""
    if ResourceName.parse(operation.name) is None:
        raise Unreachable(f"the service gave an operation the name `{operation.name}`, which cannot be asked for")
    return view(client.await_operation(operation.name, seconds), operation.collection)


def wait_operation(client: Client, clock: Clock, name: str, *, timeout: float = 300.0) -> dict[str, Any]:
    """The operation once it is done, or as it stands when `timeout` seconds are over.

    The service itself does the waiting; where it cannot, requests begin from 1 to 10 s apart, ever more slowly.
    Its `error`, if any, is for the caller to judge.
    """
    ends, pause = clock.monotonic() + timeout, 1.0
    while True:
        asked = clock.monotonic()
        operation = client.await_operation(name, min(client.patience, ends - asked))
        rest = max(0.0, asked + pause - clock.monotonic())
        if operation.get("done") or clock.monotonic() + rest >= ends:
            return operation
        clock.sleep(rest)
        pause = min(pause * 1.5, 10.0)


def fetch_all(client: Client, jobs: Sequence[Job]) -> Mapping[str, Job | TrainctlError]:
    """Every job's state or error, by its name, in about as many requests as jobs or as pages, whichever is fewer."""
    listed = _listed(client, jobs) if len(jobs) > FEW else {}
    rest = [job for job in jobs if job.name not in listed]
    answers = side_by_side(lambda job: fetch(client, job), rest)
    return {**listed, **{job.name: answer for job, answer in zip(rest, answers, strict=True)}}


def _listed(client: Client, jobs: Sequence[Job]) -> dict[str, Job | TrainctlError]:
    """What lists from the oldest job on say, an error where that may pass.

    A job that they leave out is missing, and so are all of a list that is refused: who may see jobs may see no lists.
    """

    def place(job: Job) -> tuple[str, str, str]:
        name = ResourceName.parse(job.name)
        return (job.collection.id, name.project, name.location) if name else ("", "", "")

    groups = [list(group) for _, group in groupby(sorted(jobs, key=place), key=place)]

    def look(group: Sequence[Job]) -> dict[str, Job]:
        collection, (_, project, location) = group[0].collection, place(group[0])
        times = [job.create_time for job in group if job.create_time and collection.service is VERTEX]
        since = f'create_time>="{min(times):%Y-%m-%dT%H:%M:%SZ}"' if len(times) == len(group) else ""
        return _pick({job.name for job in group}, client.list(collection, project, location, filter=since), collection)

    answers: dict[str, Job | TrainctlError] = {}
    for group, answer in zip(groups, side_by_side(look, groups), strict=True):
        if not isinstance(answer, TrainctlError):
            answers |= answer
        elif is_passing(answer, fed=True):  # with a bad token, asking for each would be as vain
            answers |= {job.name: answer for job in group}
    return answers


def _pick(wanted: set[str], resources: Iterable[Mapping[str, Any]], collection: Collection) -> dict[str, Job]:
    """Views of the wanted ones; asks for no page beyond the last of them."""
    found: dict[str, Job] = {}
    for resource in resources:
        if resource.get("name") in wanted:
            job = view(resource, collection)
            found[job.name] = job
            if len(found) == len(wanted):
                break
    return found
