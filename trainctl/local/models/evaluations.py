"""Evaluations of model versions: imported by whoever made them, then read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.local import models
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.faults import not_found
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.listing import answer_list
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.protocol.times import now
from trainctl.local.vertex.resources import EVALUATIONS, SLICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.local.store import Resource


def list_routes() -> Iterator[Route]:
    """All routes of evaluations."""
    path = "/v1/projects/<project>/locations/<location>/models/<model>/evaluations"
    yield Route("POST", f"{path}:import", _import)
    yield Route("GET", path, _list)
    yield Route("GET", f"{path}/<id>", _get)
    yield Route("GET", f"{path}/<id>/slices", _list_slices)


def _import(call: Call) -> Answer:
    call.read_parameters(frozenset())
    body = check_body(call.read_json(), "ImportModelEvaluationRequest", service="vertex", at="")
    with call.core.store.transaction():
        evaluation = {
            **body["modelEvaluation"],
            "name": f"{_parent_of(call)}/evaluations/{make_id()}",
            "createTime": now(),
        }
        call.core.store.insert(evaluation)
    return evaluation


def _list(call: Call) -> Answer:
    parent = _parent_of(call)

    def rows(before: int | None) -> Iterator[tuple[int, Resource]]:
        return call.core.store.scan(parent, "evaluations", before=before)

    return answer_list(EVALUATIONS, call, rows, parent=parent, key="modelEvaluations")


def _get(call: Call) -> Answer:
    call.read_parameters(frozenset())
    plain, _, wanted = _model_of(call).partition("@")
    for version in models.list_versions(call.core.store, plain):
        if wanted in ("", version["versionId"], *version.get("versionAliases", ())):
            found = call.core.store.fetch(f"{plain}@{version['versionId']}/evaluations/{call.parts['id']}")
            if found is not None:
                return found
    raise not_found(f"{plain}/evaluations/{call.parts['id']}")


def _list_slices(call: Call) -> Answer:
    """The same metrics for parts of the data, such as each label."""
    evaluation = _get(call)
    parent = evaluation["name"] if isinstance(evaluation, dict) else ""

    def rows(before: int | None) -> Iterator[tuple[int, Resource]]:
        return call.core.store.scan(parent, "slices", before=before)

    return answer_list(SLICES, call, rows, parent=parent, key="modelEvaluationSlices")


def _model_of(call: Call) -> str:
    return f"{call.parent}/models/{call.parts['model']}"


def _parent_of(call: Call) -> str:
    """The version that is meant, as the parent of its evaluations."""
    plain, version = models.find(call.core.store, _model_of(call))
    return f"{plain}@{version['versionId']}"
