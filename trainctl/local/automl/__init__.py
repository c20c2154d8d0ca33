"""AutoML on this machine: a pipeline's task as a custom job that runs our own trainer, or that only plays its states.

What Vertex AI does on nodes of its own happens in an environment with scikit-learn. A node hour is a few seconds here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local import models
from trainctl.local.automl.results import REPORT, SECONDS_PER_NODE_HOUR, base_of
from trainctl.local.automl.tasks import Task, budget_of, find_task, name_task
from trainctl.local.disk.files import read_json
from trainctl.local.protocol.bodies import check_body
from trainctl.local.protocol.faults import Fault
from trainctl.local.replicas.images import AUTOML_SIMULATION
from trainctl.local.replicas.wheels import store_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

NOTHING_TRAINED = "nothing was trained"
_TRAINER = "trainctl.local.automl.trainer"
_SIMULATED_SECONDS = 2.0
_SPLITS = ("fractionSplit", "filterSplit", "predefinedSplit", "timestampSplit", "stratifiedSplit")
_VIDEO_SPLIT = {"trainingFraction": 0.8, "testFraction": 0.2}
"""Videos train without a validation set: https://cloud.google.com/vertex-ai/docs/general/ml-use."""


def is_automl(pipeline: Mapping[str, Any]) -> bool:
    """Whether a pipeline's task is one of AutoML's."""
    return bool(name_task(pipeline))


def read_task(core: Core, pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """The CustomJobSpec that does what a pipeline's AutoML task asks for.

    Fault for what is not trained here; an engine that simulates plays the states of such a task instead.
    """
    if "inputDataConfig" not in pipeline:
        raise Fault("INVALID_ARGUMENT", "AutoML training needs a dataset (training_pipeline.input_data_config).")
    task, inputs = find_task(pipeline), pipeline["trainingTaskInputs"]
    if task is None or not task.model_types:
        _refuse_unless_simulating(core, f"`{name_task(pipeline)}` models")
    if task is not None:
        # Partly, since a study of Model Garden's may have parameters alone; the inputs themselves require nothing.
        at = "training_pipeline.training_task_inputs"
        inputs = check_body(inputs, task.inputs, service="vertex", at=at, partial=True)
        if inputs.get("modelType", "CLOUD") in task.model_types:
            return _make_spec(core, pipeline, task.environment, _arguments(core, pipeline, task, inputs))
        _refuse_unless_simulating(core, f"the Model Garden type `{inputs.get('modelType')}`")
    return _make_spec(core, pipeline, AUTOML_SIMULATION, [str(_SIMULATED_SECONDS)])


def _refuse_unless_simulating(core: Core, what: str) -> None:
    if not core.simulates:
        cure = "Vertex AI does, and `trainctl local start --simulate` lets such jobs go through their states"
        raise Fault("FAILED_PRECONDITION", f"The local engine does not train {what}; {cure} (training_pipeline).")


def is_simulated(pipeline: Mapping[str, Any]) -> bool:
    """Whether a pipeline only plays its states."""
    return "simulated" in pipeline.get("trainingTaskMetadata", {})


def describe_job(job_spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a pipeline's metadata says of its job from the beginning."""
    package = job_spec["workerPoolSpecs"][0].get("pythonPackageSpec", {})
    return {"simulated": NOTHING_TRAINED} if package.get("executorImageUri") == AUTOML_SIMULATION else {}


def complete(pipeline: Resource) -> Resource:
    """A pipeline as the hand-over of its data needs it: AutoML's own say neither where to nor which annotations."""
    if not is_automl(pipeline) or "inputDataConfig" not in pipeline:
        return pipeline
    task, config = find_task(pipeline), pipeline["inputDataConfig"]
    known: dict[str, Any] = {} if task is None else {"annotationSchemaUri": task.annotation_schema}
    if name_task(pipeline).startswith("video_") and not any(split in config for split in _SPLITS):
        known["fractionSplit"] = _VIDEO_SPLIT
    place = {"outputUriPrefix": f"{base_of(pipeline)}/data"}
    return {**pipeline, "inputDataConfig": {**known, **config, "gcsDestination": place}}


def describe_source(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """What a model says of how it was made."""
    return {"modelSourceInfo": {"sourceType": "AUTOML"}} if is_automl(pipeline) else {}


def _make_spec(core: Core, pipeline: Mapping[str, Any], environment: str, arguments: list[str]) -> dict[str, Any]:
    simulated = environment == AUTOML_SIMULATION
    package = {
        "executorImageUri": environment,
        "packageUris": [store_wheel(core.buckets, _TRAINER)],
        "pythonModule": f"{_TRAINER}.simulated" if simulated else _TRAINER,
        "args": arguments,
    }
    return {
        "workerPoolSpecs": [{"replicaCount": "1", "pythonPackageSpec": package}],
        "baseOutputDirectory": {"outputUriPrefix": base_of(pipeline)},
    }


def _arguments(core: Core, pipeline: Mapping[str, Any], task: Task, inputs: Mapping[str, Any]) -> list[str]:
    model_type = inputs.get("modelType", "CLOUD")
    seconds = budget_of(task, inputs) / 1000 * SECONDS_PER_NODE_HOUR
    words = ["--buckets", str(core.home.buckets), "--seconds", str(seconds), "--model-type", model_type]
    words += ["--multi-label"] * bool(inputs.get("multiLabel"))
    words += ["--patient"] * bool(inputs.get("disableEarlyStopping"))
    parent = pipeline["name"].rsplit("/", 2)[0]
    for field, more in (("baseModelId", []), ("uptrainBaseModelId", ["--go-on"])):
        if field in inputs:
            words += ["--base", _find_base(core, f"{parent}/models/{inputs[field]}", field, model_type), *more]
    return words


def _find_base(core: Core, name: str, field: str, model_type: str) -> str:
    """The folder of an earlier model's files. Fault for a model of another origin or of another model type."""
    _, model = models.find(core.store, name)
    path = core.buckets.find(f"{model.get('artifactUri', 'gs://none').rstrip('/')}/{REPORT}")
    report = read_json(path) if path is not None else None
    if path is None or report is None or not path.with_name("model.joblib").is_file():
        raise Fault("FAILED_PRECONDITION", f"`{field}`: the model `{name}` was not trained by AutoML on this engine.")
    if report.get("modelType", model_type) != model_type:
        wanted = f"the job's `model_type` is `{model_type}`, and they must be the same"
        raise Fault("INVALID_ARGUMENT", f"`{field}`: the model `{name}` is a `{report['modelType']}`; {wanted}.")
    return str(path.parent)
