"""Operations of AutoML Vision: those that create models are pipelines underneath, the others Vertex AI's operations."""

from __future__ import annotations

import heapq
import shutil
import time
from typing import TYPE_CHECKING, Any

from trainctl.local.automl.results import describe_cost
from trainctl.local.jobs.states import has_ended, state_of
from trainctl.local.logs.reading import read_tail
from trainctl.local.protocol.comparing import EXACT, ORDERED, TEXT, judge_resource
from trainctl.local.protocol.faults import CODE_OF, Fault, not_found
from trainctl.local.protocol.filters import Comparison, matches, parse_filter
from trainctl.local.vertex.behaviours import BEHAVIOURS
from trainctl.local.vision.models import keep_cost, name_of
from trainctl.local.vision.names import TYPES, parent_of, reveal
from trainctl.local.vision.trainings import COLLECTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_DETAILS = {
    "CreateDatasetOperationMetadata": "createDatasetDetails",
    "ImportDataOperationMetadata": "importDataDetails",
    "DeleteOperationMetadata": "deleteDetails",
}
_FILTERS = {
    "operation_id": EXACT,
    "done": EXACT,
    "works_on": TEXT,
    "create_time": ORDERED,
    "update_time": ORDERED,
}
_TRAINER, _LAST_WORDS = "workerpool0-0", 5
_LOOK = 0.1
"""Seconds between two looks at a training that someone waits for."""


def find(core: Core, parent: str, id_: str) -> Resource:
    """An operation as it is kept. Raises Fault."""
    for collection in (COLLECTION, "operations"):
        found = core.store.fetch(f"{parent}/{collection}/{id_}")
        if found is not None:
            return found
    raise not_found(f"{reveal(f'{parent}/operations')}/{id_}")


def is_training(kept: Mapping[str, Any]) -> bool:
    """Whether an operation creates a model."""
    return "trainingTaskDefinition" in kept


def show(core: Core, kept: Mapping[str, Any]) -> Resource:
    """An operation in AutoML's words."""
    return _show_training(core, kept) if is_training(kept) else _show_stored(kept)


def _show_training(core: Core, pipeline: Mapping[str, Any]) -> Resource:
    over = has_ended(pipeline)
    operation: Resource = {
        "name": reveal(pipeline["name"]).replace(f"/{COLLECTION}/", "/operations/"),
        "metadata": _metadata(
            pipeline, "createModelDetails", progressPercent=100 if over else _percent(pipeline), **_doubts(pipeline)
        ),
    }
    if not over:
        return operation
    if error := pipeline.get("error"):
        return {**operation, "done": True, "error": {**error, "message": _explain(core, pipeline)}}
    model = pipeline["modelToUpload"]
    named = {"name": name_of(model)} if "name" in model else {}  # an engine that simulates makes none
    return {**operation, "done": True, "response": {"@type": f"{TYPES}Model", **named}}


def _doubts(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """What an operation says beside its success when it has only played its states."""
    played = pipeline["trainingTaskMetadata"].get("simulated")
    note = {"code": CODE_OF["UNIMPLEMENTED"], "message": f"simulated: {played}"}
    return {"partialFailures": [note]} if played else {}


def _explain(core: Core, pipeline: Mapping[str, Any]) -> str:
    """Why a training failed, in the trainer's own last words: nobody can ask for its lines."""
    message = str(pipeline["error"]["message"])
    if _TRAINER not in message:
        return message
    job = pipeline["trainingTaskMetadata"]["backingCustomJob"]
    told = read_tail(core.folder(job).log_file, task=_TRAINER, severity="ERROR", count=_LAST_WORDS)
    return "\n".join(["Training failed.", *told])


def _percent(pipeline: Mapping[str, Any]) -> int:
    spent = int(describe_cost(pipeline).get("costMilliNodeHours", 0)) if state_of(pipeline) == "RUNNING" else 0
    return min(99, 100 * spent // int(pipeline["trainingTaskInputs"]["budgetMilliNodeHours"]))


def _show_stored(operation: Mapping[str, Any]) -> Resource:
    metadata = operation["metadata"]
    generic = metadata["genericMetadata"]
    failures = {"partialFailures": generic["partialFailures"]} if "partialFailures" in generic else {}
    details = _DETAILS[metadata["@type"].rpartition(".")[2]]
    return {**operation, "name": reveal(operation["name"]), "metadata": _metadata(generic, details, **failures)}


def _metadata(times: Mapping[str, Any], details: str, **more: Any) -> dict[str, Any]:
    moments = {name: times[name] for name in ("createTime", "updateTime")}
    return {"@type": f"{TYPES}OperationMetadata", **moments, **more, details: {}}


def search(core: Core, parent: str, text: str, before: int | None) -> Iterator[tuple[int, Resource]]:
    """The operations that a filter chooses, newest first, with their places. Raises Fault.

    The whole filter may stand in quotes, as Google's guide writes it.
    """
    whole = text.strip()
    if whole.startswith('"') and whole.endswith('"') and len(whole) > 1:
        whole = whole[1:-1].replace('\\"', '"')
    tree = parse_filter(whole, lambda comparison: _judge(comparison, {"worksOn": [""]}))
    streams = [core.store.scan(parent, collection, before=before) for collection in (COLLECTION, "operations")]
    for place, kept in heapq.merge(*streams, key=lambda row: -row[0]):
        shown = show(core, kept)
        facts = _facts(core, kept, shown)
        if matches(tree, lambda comparison, facts=facts: _judge(comparison, facts)):  # type: ignore[misc]
            yield place, shown


def _facts(core: Core, kept: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """An operation as filters see it; a training works on its dataset and on the model that it makes."""
    if is_training(kept):
        parent, model = reveal(f"{parent_of(kept['name'])}/"), kept["modelToUpload"]
        works_on = [f"{parent}datasets/{kept['inputDataConfig']['datasetId']}"]
        works_on += [name_of(model)] if "name" in model else []
    else:
        works_on = [reveal(core.store.owner_of(kept["name"]) or "")]
    metadata = shown["metadata"]
    return {
        "operationId": shown["name"].rpartition("/")[2],
        "done": "true" if shown.get("done") else "false",
        "worksOn": works_on,
        "createTime": metadata["createTime"],
        "updateTime": metadata["updateTime"],
    }


def _judge(comparison: Comparison, facts: Mapping[str, Any]) -> bool:
    each = [judge_resource(comparison, {**facts, "worksOn": name}, _FILTERS) for name in facts["worksOn"]]
    return all(each) if comparison.operator == "!=" else any(each)


def wait(core: Core, kept: Resource, timeout: float) -> Resource:
    """The operation when it is done or the time is over."""
    name = kept["name"]
    if not is_training(kept):
        return core.operations.wait(name, timeout) or kept
    deadline = time.monotonic() + timeout
    while not has_ended(kept) and time.monotonic() < deadline:
        time.sleep(_LOOK)
        kept = core.store.fetch(name) or kept
    return kept


def cancel(core: Core, kept: Resource) -> None:
    """Asks for an operation's end. Raises Fault for one that is done."""
    ended = BEHAVIOURS[COLLECTION].cancel(core, kept) if is_training(kept) else core.operations.cancel(kept["name"])
    if not ended:
        raise Fault("FAILED_PRECONDITION", f"`{show(core, kept)['name']}` cannot be cancelled: it is done.")


def delete(core: Core, kept: Resource) -> None:
    """Forgets an operation; its model stays. Raises Fault for one that is not done."""
    shown = show(core, kept)
    if not shown.get("done"):
        raise Fault("FAILED_PRECONDITION", f"`{shown['name']}` cannot be deleted: it is not done.")
    if is_training(kept):
        keep_cost(core, kept)
        shutil.rmtree(core.folder(kept["name"]).path, ignore_errors=True)
    core.store.remove(kept["name"])
