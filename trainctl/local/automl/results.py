"""What an AutoML pipeline has spent and what came of it: the cost as it grows, the evaluation of its model."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from trainctl.local.automl.tasks import budget_of, find_task, name_task
from trainctl.local.jobs.states import has_ended, state_of
from trainctl.local.protocol.identity import make_id
from trainctl.local.protocol.times import now, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

METRICS = "gs://google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml"
REPORT = "automl.json"
_BUCKET = "trainctl-automl"
SECONDS_PER_NODE_HOUR = 7.5
"""The least budget of a cloud model, 8 node hours, is a minute."""

_TICK = 0.5
"""Seconds after which a running pipeline's cost is written anew."""


def base_of(pipeline: Mapping[str, Any]) -> str:
    """The `gs://` folder of a pipeline's data and model."""
    return f"gs://{_BUCKET}/{pipeline['name'].rpartition('/')[2]}"


def begin_counting(core: Core, pipeline: Mapping[str, Any]) -> None:
    """Has the cost of a pipeline that begins to run written into its metadata until it ends."""
    task = find_task(pipeline)
    if task is not None and task.has_budget and state_of(pipeline) == "RUNNING":
        core.alarms.set(time.time() + _TICK, partial(_count, core, str(pipeline["name"])))


def _count(core: Core, name: str) -> None:
    def edit(pipeline: Resource) -> Resource | None:
        if has_ended(pipeline):
            return None
        metadata = {**pipeline["trainingTaskMetadata"], **describe_cost(pipeline)}
        return {**pipeline, "trainingTaskMetadata": metadata, "updateTime": now()}

    if core.store.change(name, edit) is not None:
        core.alarms.set(time.time() + _TICK, partial(_count, core, name))


def describe_cost(pipeline: Mapping[str, Any]) -> dict[str, str]:
    """The milli node hours spent since a pipeline began to run, never more than its budget; none without one."""
    task = find_task(pipeline)
    began = parse_time(pipeline.get("startTime", ""))
    if task is None or not task.has_budget or began is None:
        return {}
    hours = (time.time() - began / 1_000_000_000) / SECONDS_PER_NODE_HOUR
    return {"costMilliNodeHours": str(min(round(hours * 1000), budget_of(task, pipeline["trainingTaskInputs"])))}


def record_result(core: Core, pipeline: Mapping[str, Any], model: Resource) -> dict[str, Any]:
    """Stores the evaluation of a model that was just added; what becomes part of the pipeline's metadata."""
    path = core.buckets.find(f"{base_of(pipeline)}/model/{REPORT}") if name_task(pipeline) else None
    if path is None:
        return {}
    report = json.loads(path.read_text(encoding="utf-8"))
    if "metrics" in report:
        _store_evaluation(core, report, model)
    cost = describe_cost(pipeline)
    return {**cost, "successfulStopReason": report["stopReason"]} if cost else {}


def _store_evaluation(core: Core, report: Mapping[str, Any], model: Resource) -> None:
    parent = f"{model['name']}@{model['versionId']}/evaluations"
    name, moment = f"{parent}/{make_id()}", now()
    about = {"metricsSchemaUri": METRICS, "createTime": moment}
    note = {"pipeline": report["pipeline"], "crossValidation": report["crossValidation"], "heldOut": report["heldOut"]}
    head = {"displayName": "held out", "metrics": report["metrics"], "metadata": note}
    core.store.insert({"name": name, **about, **head, "sliceDimensions": ["annotationSpec"]})
    for label, metrics in report["slices"].items():
        part = {"dimension": "annotationSpec", "value": label}
        core.store.insert({"name": f"{name}/slices/{make_id()}", **about, "slice": part, "metrics": metrics})
