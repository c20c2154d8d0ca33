"""AutoML image classification on this machine: a pipeline's task as a custom job that runs our own trainer.

What Vertex AI does on nodes of its own happens in an environment with scikit-learn. A node hour is a few seconds here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainctl.local import automl_package, models
from trainctl.local.bodies import check_body
from trainctl.local.faults import Fault
from trainctl.local.formats import SCHEMAS
from trainctl.local.identity import make_id
from trainctl.local.images import AUTOML
from trainctl.local.times import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

DEFINITIONS = "gs://google-cloud-aiplatform/schema/trainingjob/definition/automl_"
IMAGE_CLASSIFICATION = f"{DEFINITIONS}image_classification_1.0.0.yaml"
METRICS = "gs://google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml"
BUCKET = f"gs://{automl_package.BUCKET}"
SECONDS_PER_NODE_HOUR = 7.5
"""The least budget of a cloud model, 8 node hours, is a minute."""

_BUDGETS = {"CLOUD": 192_000, "CLOUD_1": 192_000}
_MOBILE_BUDGET = 24_000
_MOBILE = ("MOBILE_TF_LOW_LATENCY_1", "MOBILE_TF_VERSATILE_1", "MOBILE_TF_HIGH_ACCURACY_1")


def is_automl(pipeline: Mapping[str, Any]) -> bool:
    """Whether a pipeline's task is one of AutoML's."""
    return str(pipeline["trainingTaskDefinition"]).startswith(DEFINITIONS)


def read_task(core: Core, pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """The CustomJobSpec that does what a pipeline's AutoML task asks for. Fault for what is not trained here."""
    definition = pipeline["trainingTaskDefinition"]
    if definition != IMAGE_CLASSIFICATION:
        raise _refuse(f"does not train `{definition.removeprefix(DEFINITIONS)}` models, only image classification")
    if "inputDataConfig" not in pipeline:
        raise Fault("INVALID_ARGUMENT", "AutoML training needs a dataset (training_pipeline.input_data_config).")
    at = "training_pipeline.training_task_inputs"
    schema = "SchemaTrainingjobDefinitionAutoMlImageClassificationInputs"
    inputs = check_body(pipeline["trainingTaskInputs"], schema, service="vertex", at=at)
    wanted = inputs.get("modelType", "CLOUD")
    if wanted not in (*_BUDGETS, *_MOBILE):
        raise _refuse(f"does not train the Model Garden type `{wanted}`")
    package = {
        "executorImageUri": AUTOML,
        "packageUris": [automl_package.store(core.buckets)],
        "pythonModule": automl_package.MODULE,
        "args": _arguments(core, pipeline, inputs),
    }
    return {
        "workerPoolSpecs": [{"replicaCount": "1", "pythonPackageSpec": package}],
        "baseOutputDirectory": {"outputUriPrefix": _base_of(pipeline)},
    }


def complete(pipeline: Resource) -> Resource:
    """A pipeline as the hand-over of its data needs it: AutoML's own say neither where to nor which annotations."""
    if not is_automl(pipeline) or "inputDataConfig" not in pipeline:
        return pipeline
    config = {
        "annotationSchemaUri": f"{SCHEMAS}annotation/image_classification_1.0.0.yaml",
        **pipeline["inputDataConfig"],
        "gcsDestination": {"outputUriPrefix": f"{_base_of(pipeline)}/data"},
    }
    return {**pipeline, "inputDataConfig": config}


def describe_source(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """What a model says of how it was made."""
    return {"modelSourceInfo": {"sourceType": "AUTOML"}} if is_automl(pipeline) else {}


def record_result(core: Core, pipeline: Mapping[str, Any], model: Resource) -> dict[str, Any]:
    """Stores the evaluation of a model that was just added; what becomes part of the pipeline's metadata."""
    path = core.buckets.find(f"{_base_of(pipeline)}/model/automl.json") if is_automl(pipeline) else None
    if path is None:
        return {}
    report = json.loads(path.read_text(encoding="utf-8"))
    if "metrics" in report:
        _store_evaluation(core, report, model)
    cost = round(report["seconds"] / SECONDS_PER_NODE_HOUR * 1000)
    return {"costMilliNodeHours": str(cost), "successfulStopReason": report["successfulStopReason"]}


def _store_evaluation(core: Core, report: Mapping[str, Any], model: Resource) -> None:
    parent = f"{model['name']}@{model['versionId']}/evaluations"
    name, time = f"{parent}/{make_id()}", now()
    about = {"metricsSchemaUri": METRICS, "createTime": time}
    note = {"pipeline": report["pipeline"], "crossValidation": report["crossValidation"], "heldOut": report["heldOut"]}
    head = {"displayName": "held out", "metrics": report["metrics"], "metadata": note}
    core.store.insert({"name": name, **about, **head, "sliceDimensions": ["annotationSpec"]})
    for label, metrics in report["slices"].items():
        part = {"dimension": "annotationSpec", "value": label}
        core.store.insert({"name": f"{name}/slices/{make_id()}", **about, "slice": part, "metrics": metrics})


def _arguments(core: Core, pipeline: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    budget = int(inputs.get("budgetMilliNodeHours", 0)) or _BUDGETS.get(
        inputs.get("modelType", "CLOUD"), _MOBILE_BUDGET
    )
    words = ["--buckets", str(core.home.buckets), "--seconds", str(budget / 1000 * SECONDS_PER_NODE_HOUR)]
    words += ["--multi-label"] * bool(inputs.get("multiLabel")) + ["--patient"] * bool(
        inputs.get("disableEarlyStopping")
    )
    parent = pipeline["name"].rsplit("/", 2)[0]
    for field, more in (("baseModelId", []), ("uptrainBaseModelId", ["--go-on"])):
        if field in inputs:
            words += ["--base", _find_base(core, f"{parent}/models/{inputs[field]}", field), *more]
    return words


def _find_base(core: Core, name: str, field: str) -> str:
    """The folder of an earlier model's files."""
    _, model = models.find(core.store, name)
    path = core.buckets.find(f"{model.get('artifactUri', 'gs://none').rstrip('/')}/model.joblib")
    if path is None:
        raise Fault("FAILED_PRECONDITION", f"`{field}`: the model `{name}` was not trained by AutoML on this engine.")
    return str(path.parent)


def _base_of(pipeline: Mapping[str, Any]) -> str:
    return f"{BUCKET}/{pipeline['name'].rpartition('/')[2]}"


def _refuse(what: str) -> Fault:
    return Fault("FAILED_PRECONDITION", f"The local engine {what}; Vertex AI does (training_pipeline).")
