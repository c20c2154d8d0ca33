"""AutoML v1 at `/automl/v1`: the methods of datasets, models, their evaluations, and operations."""

from __future__ import annotations

import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.comparing import EXACT, judge_resource
from trainctl.local.protocol.faults import Fault
from trainctl.local.protocol.filters import Comparison, matches, parse_filter
from trainctl.local.protocol.listing import cut_list
from trainctl.local.protocol.routing import Answer, Call, Route
from trainctl.local.vision import datasets, models, operations, trainings
from trainctl.local.vision.names import hide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trainctl.local.store import Resource

_LIST = frozenset({"filter", "page_size", "page_token"})
_NONE: frozenset[str] = frozenset()
_PATH = "/automl/v1/projects/<project>/locations/<location>"
_LONGEST_WAIT = 30.0
_WAITERS = 3
"""More waits than these at once are answered at once: the server has eight threads for all of its services."""
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")


def list_routes() -> Iterator[Route]:
    """All routes of the API."""
    yield Route("POST", f"{_PATH}/datasets", _create_dataset)
    yield Route("GET", f"{_PATH}/datasets", _list_datasets)
    yield Route("GET", f"{_PATH}/datasets/<id>", lambda call: datasets.show(_dataset(call)))
    yield Route("DELETE", f"{_PATH}/datasets/<id>", _delete_dataset)
    yield Route("POST", f"{_PATH}/datasets/<id>:importData", _import_data)
    yield Route("GET", f"{_PATH}/datasets/<id>/annotationSpecs/<spec>", _get_spec)
    yield Route("POST", f"{_PATH}/models", _create_model)
    yield Route("GET", f"{_PATH}/models", _list_models)
    yield Route("GET", f"{_PATH}/models/<id>", lambda call: models.show(call.core, _model(call)))
    yield Route("DELETE", f"{_PATH}/models/<id>", _delete_model)
    yield Route("GET", f"{_PATH}/models/<id>/modelEvaluations", _list_evaluations)
    yield Route("GET", f"{_PATH}/models/<id>/modelEvaluations/<evaluation>", _get_evaluation)
    for verb in ("deploy", "undeploy", "export"):
        yield Route("POST", f"{_PATH}/models/<id>:{verb}", _refuse)
    yield Route("GET", f"{_PATH}/operations", _list_operations)
    yield Route("GET", f"{_PATH}/operations/<id>", lambda call: operations.show(call.core, _operation(call)))
    yield Route("DELETE", f"{_PATH}/operations/<id>", _delete_operation)
    yield Route("POST", f"{_PATH}/operations/<id>:wait", partial(_wait, threading.BoundedSemaphore(_WAITERS)))
    yield Route("POST", f"{_PATH}/operations/<id>:cancel", _cancel)


def _create_dataset(call: Call) -> Answer:
    call.read_parameters(_NONE)
    body = check_body(call.read_json(), "Dataset", service="automl", at="dataset")
    return operations.show(call.core, datasets.create(call.core, hide(call.parent), body))


def _list_datasets(call: Call) -> Answer:
    return _list(call, "datasets", "datasets", datasets.show)


def _delete_dataset(call: Call) -> Answer:
    return operations.show(call.core, datasets.delete(call.core, _dataset(call)))


def _import_data(call: Call) -> Answer:
    dataset = _dataset(call)
    body = call.read_json()
    # The message has the dataset's name, which the path gives.
    named = {"name": dataset["name"], **body} if isinstance(body, dict) else body
    request = check_body(named, "ImportDataRequest", service="automl", at="")
    return operations.show(call.core, datasets.start_import(call.core, dataset, request["inputConfig"]))


def _get_spec(call: Call) -> Answer:
    return datasets.show_spec(call.core, _dataset(call), call.parts["spec"])


def _create_model(call: Call) -> Answer:
    call.read_parameters(_NONE)
    body = check_body(call.read_json(), "Model", service="automl", at="model")
    return operations.show(call.core, trainings.create(call.core, hide(call.parent), body))


def _list_models(call: Call) -> Answer:
    return _list(call, "models", "model", lambda model: models.show(call.core, model))


def _delete_model(call: Call) -> Answer:
    return operations.show(call.core, models.delete(call.core, _model(call)))


def _list_evaluations(call: Call) -> Answer:
    asked, model = call.read_parameters(_LIST), _model(call)
    found = list(enumerate(models.list_evaluations(call.core, model), 1))
    scope = (model["name"], "modelEvaluations")
    return cut_list(lambda after: iter(found[after or 0 :]), asked, key="modelEvaluation", scope=scope)


def _get_evaluation(call: Call) -> Answer:
    return models.find_evaluation(call.core, _model(call), call.parts["evaluation"])


def _refuse(call: Call) -> Answer:
    _model(call)
    raise Fault("UNIMPLEMENTED", "The local engine neither deploys nor exports models of AutoML Vision.")


def _list_operations(call: Call) -> Answer:
    asked, parent = call.read_parameters(_LIST), hide(call.parent)
    text = asked.get("filter", "")
    return cut_list(
        lambda before: operations.search(call.core, parent, text, before), asked, key="operations", scope=(parent, text)
    )


def _delete_operation(call: Call) -> Answer:
    operations.delete(call.core, _operation(call))
    return {}


def _wait(waiters: threading.BoundedSemaphore, call: Call) -> Answer:
    asked = call.read_parameters(frozenset({"timeout"}))
    body = call.read_json()
    text = asked.get("timeout") or (body.get("timeout", "") if isinstance(body, dict) else "")
    seconds, kept = _seconds(text), _operation(call)
    if not waiters.acquire(blocking=False):
        return operations.show(call.core, kept)
    try:
        return operations.show(call.core, operations.wait(call.core, kept, seconds))
    finally:
        waiters.release()


def _seconds(text: object) -> float:
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if text and found is None:
        raise Fault("INVALID_ARGUMENT", f"Invalid value at 'timeout' (google.protobuf.Duration), \"{text}\"")
    return min(float(found.group(1)), _LONGEST_WAIT) if found else _LONGEST_WAIT


def _cancel(call: Call) -> Answer:
    call.read_parameters(_NONE)
    operations.cancel(call.core, _operation(call))
    return {}


def _dataset(call: Call) -> Resource:
    return datasets.find(call.core, f"{hide(call.parent)}/datasets/{call.parts['id']}")


def _model(call: Call) -> Resource:
    return trainings.find_model(call.core, f"{hide(call.parent)}/models/{call.parts['id']}")


def _operation(call: Call) -> Resource:
    return operations.find(call.core, hide(call.parent), call.parts["id"])


def _list(call: Call, collection: str, key: str, show: Callable[[Resource], Resource]) -> Answer:
    """A list of datasets or models; their filters ask for a metadata field, or for models of a dataset."""
    asked, parent = call.read_parameters(_LIST), hide(call.parent)
    text = asked.get("filter", "")
    tree = parse_filter(text, lambda comparison: _judge(comparison, {}))

    def rows(before: int | None) -> Iterator[tuple[int, Resource]]:
        for place, kept in call.core.store.scan(parent, collection, before=before):
            shown = show(kept)
            if matches(tree, lambda comparison, it=shown: _judge(comparison, it)):  # type: ignore[misc]
                yield place, shown

    return cut_list(rows, asked, key=key, scope=(parent, collection, text))


def _judge(comparison: Comparison, shown: dict[str, Any]) -> bool:
    field = comparison.path[0] if comparison.path else ""
    if field.endswith("_metadata") and (comparison.operator, comparison.argument) == (":", "*"):
        first, *others = field.split("_")
        return "".join([first, *(word.capitalize() for word in others)]) in shown
    return judge_resource(comparison, shown, {"dataset_id": EXACT})
