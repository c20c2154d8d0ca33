"""ml.v1: the methods of `projects.jobs` but those about access, which are in `iam`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.local.ml import iam, jobs
from trainctl.local.ml.following import revise
from trainctl.local.ml.names import COLLECTION
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.comparing import ORDERED, TEXT
from trainctl.local.protocol.etags import check_etag
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.protocol.listing import answer_list
from trainctl.local.protocol.masks import apply_update, read_update
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.vertex.resources import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource

_PATH = f"/v1/projects/<project>/{COLLECTION}"
_TIMES = ("create_time", "start_time", "end_time")
_NESTED = ("training_input", "prediction_input", "training_output", "prediction_output")
ROW = Row(
    COLLECTION,
    "Job",
    "job",
    frozenset(),
    {
        **dict.fromkeys(("job_id", "state", "labels", "error_message", *_NESTED), TEXT),
        **dict.fromkeys(_TIMES, ORDERED),
    },
    service="ml",
    updatable=frozenset({"labels", "etag"}),
    read_masked=False,
    page_sizes=(20, 100),
)


def list_routes() -> Iterator[Route]:
    """All routes of `projects.jobs`; jobs cannot be deleted."""
    yield Route("POST", _PATH, _create)
    yield Route("GET", _PATH, _list)
    yield Route("GET", f"{_PATH}/<id>", _get)
    yield Route("PATCH", f"{_PATH}/<id>", _patch)
    yield Route("POST", f"{_PATH}/<id>:cancel", _cancel)
    yield from iam.list_routes(f"{_PATH}/<id>")


def _create(call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), ROW.schema, service=ROW.service, at=ROW.body)
    return jobs.describe(call.core, jobs.create(call.core, call.parent, body))


def _get(call: Call) -> Answer:
    call.read_parameters(frozenset())
    return jobs.describe(call.core, _fetch(call))


def _list(call: Call) -> Answer:
    def rows(before: int | None) -> Iterator[tuple[int, Resource]]:
        for place, job in call.core.store.scan(call.parent, COLLECTION, before=before):
            yield place, jobs.describe(call.core, job)

    return answer_list(ROW, call, rows, parent=call.parent, key=COLLECTION)


def _patch(call: Call) -> Answer:
    """Changes labels. An etag in the body must fit, whether the mask names it or not."""
    asked = call.read_parameters(frozenset({"update_mask"}))
    body = check_body(call.read_json(), ROW.schema, service=ROW.service, at=ROW.body, partial=True)
    fields = read_update(asked.get("update_mask", ""), ROW.fields, ROW.updatable) - {"etag"}
    name = _fetch(call)["name"]

    def edit(job: Resource) -> Resource:
        check_etag(job, body)
        return revise(apply_update(job, body, fields))

    return jobs.describe(call.core, call.core.store.change(name, edit) or {})


def _cancel(call: Call) -> Answer:
    call.read_parameters(frozenset())
    check_body(call.read_json(), "CancelJobRequest", service=ROW.service, at="")
    job = _fetch(call)
    if not jobs.cancel(call.core, job):
        state = _fetch(call)["state"]
        raise Fault("FAILED_PRECONDITION", f"`{job['name']}` cannot be cancelled: it has ended in state {state}.")
    return {}


def _fetch(call: Call) -> Resource:
    name = f"{call.parent}/{COLLECTION}/{call.parts['id']}"
    job = call.core.store.fetch(name)
    if job is None:
        raise not_found(name)
    return job
