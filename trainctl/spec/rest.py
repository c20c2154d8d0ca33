"""Which REST field each field of a `custom` spec stands for, as data: one table, read from both sides.

The rules reach REST bodies through it, and a test holds it against Google's discovery document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.spec.spelling import FREE_MAPS, camel_case, snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.spec.problems import PathKey

JOB_SPEC: Mapping[str, str] = {
    "worker_pool_specs": "workerPoolSpecs",
    "base_output_dir": "baseOutputDirectory.outputUriPrefix",
    "service_account": "serviceAccount",
    "network": "network",
    "reserved_ip_ranges": "reservedIpRanges",
    "psc_interface_config": "pscInterfaceConfig",
    "timeout": "scheduling.timeout",
    "max_wait_duration": "scheduling.maxWaitDuration",
    "restart_job_on_worker_restart": "scheduling.restartJobOnWorkerRestart",
    "disable_retries": "scheduling.disableRetries",
    "scheduling_strategy": "scheduling.strategy",
    "enable_web_access": "enableWebAccess",
    "enable_dashboard_access": "enableDashboardAccess",
    "tensorboard": "tensorboard",
    "experiment": "experiment",
    "experiment_run": "experimentRun",
    "persistent_resource_id": "persistentResourceId",
    "protected_artifact_location_id": "protectedArtifactLocationId",
    "models": "models",
}
"""Fields of CustomJobSpec. The flat machine and task fields make `workerPoolSpecs`."""

JOB: Mapping[str, str] = {
    "display_name": "displayName",
    "labels": "labels",
    "training_encryption_spec_key_name": "encryptionSpec.kmsKeyName",
}
"""Fields that every job has."""

INPUT_DATA: Mapping[str, str] = {
    "dataset": "datasetId",
    "annotation_schema_uri": "annotationSchemaUri",
    "annotations_filter": "annotationsFilter",
    "saved_query_id": "savedQueryId",
    "persist_ml_use_assignment": "persistMlUseAssignment",
    "training_filter_split": "filterSplit.trainingFilter",
    "validation_filter_split": "filterSplit.validationFilter",
    "test_filter_split": "filterSplit.testFilter",
    "predefined_split_column_name": "predefinedSplit.key",
    "timestamp_split_column_name": "timestampSplit.key",
    "stratified_split_column_name": "stratifiedSplit.key",
    "training_fraction_split": "fractionSplit.trainingFraction",
    "validation_fraction_split": "fractionSplit.validationFraction",
    "test_fraction_split": "fractionSplit.testFraction",
    "bigquery_destination": "bigqueryDestination.outputUri",
    "base_output_dir": "gcsDestination.outputUriPrefix",
}
"""Fields of InputDataConfig. Timestamp and stratified splits take the fractions too; see `COVERED_TOO`."""

PIPELINE: Mapping[str, str] = {
    **JOB,
    "model_id": "modelId",
    "parent_model": "parentModel",
}
"""Fields of TrainingPipeline itself."""

_SERVING = "model_serving_container_"
MODEL: Mapping[str, str] = {
    "model_display_name": "displayName",
    "model_description": "description",
    "model_labels": "labels",
    "model_artifact_uri": "artifactUri",
    "model_encryption_spec_key_name": "encryptionSpec.kmsKeyName",
    "model_version_aliases": "versionAliases",
    "model_version_description": "versionDescription",
    "model_instance_schema_uri": "predictSchemata.instanceSchemaUri",
    "model_parameters_schema_uri": "predictSchemata.parametersSchemaUri",
    "model_prediction_schema_uri": "predictSchemata.predictionSchemaUri",
    "model_metadata": "metadata",
    "model_metadata_schema_uri": "metadataSchemaUri",
    "model_base_model_source": "baseModelSource",
    "explanation_metadata": "explanationSpec.metadata",
    "explanation_parameters": "explanationSpec.parameters",
    f"{_SERVING}image_uri": "containerSpec.imageUri",
    f"{_SERVING}command": "containerSpec.command",
    f"{_SERVING}args": "containerSpec.args",
    f"{_SERVING}predict_route": "containerSpec.predictRoute",
    f"{_SERVING}health_route": "containerSpec.healthRoute",
    f"{_SERVING}invoke_route_prefix": "containerSpec.invokeRoutePrefix",
    f"{_SERVING}deployment_timeout": "containerSpec.deploymentTimeout",
    f"{_SERVING}shared_memory_size_mb": "containerSpec.sharedMemorySizeMb",
    f"{_SERVING}startup_probe": "containerSpec.startupProbe",
    f"{_SERVING}health_probe": "containerSpec.healthProbe",
    f"{_SERVING}liveness_probe": "containerSpec.livenessProbe",
}
"""Fields of Model, as a pipeline uploads it."""

COVERED_TOO: Mapping[str, str] = {
    "timestampSplit.trainingFraction": "training_fraction_split",
    "timestampSplit.validationFraction": "validation_fraction_split",
    "timestampSplit.testFraction": "test_fraction_split",
    "stratifiedSplit.trainingFraction": "training_fraction_split",
    "stratifiedSplit.validationFraction": "validation_fraction_split",
    "stratifiedSplit.testFraction": "test_fraction_split",
    "containerSpec.env": f"{_SERVING}environment_variables",
    "containerSpec.ports": f"{_SERVING}ports",
    "containerSpec.grpcPorts": f"{_SERVING}grpc_ports",
}
"""REST fields that a spec writes in another form, and the field of the spec."""

LEFT_OUT: Mapping[str, str] = {
    "name": "the service names the model; `model_id` chooses the last part",
    "etag": "for updates of a model that exists",
    "pipelineJob": "set by Vertex AI Pipelines",
    "dataStats": "set when the model is trained by AutoML",
    "defaultCheckpointId": "set when a foundation model is tuned",
    "trainingTaskDefinition": "chosen by the kind",
}
"""Fields that nobody writes into a spec, and why."""


@dataclass(frozen=True, slots=True)
class RestView:
    """A REST body seen as the fields of a `custom` spec, so that the same rules read both.

    `names` leads from a spec's field to the places (`a.b.c`) in the body that may hold it, the first found counts.
    """

    names: tuple[tuple[str, tuple[str, ...]], ...]

    def flatten(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a spec that the body holds."""
        body = _checked(body)
        fields: dict[str, Any] = {name: body[name] for name in ("project", "location") if name in body}
        for name, places in self.names:
            found = next((value for place in places if (value := _dig(body, place)) is not None), None)
            if found is not None:
                fields[name] = _spelt(found, name)
        return fields

    def restore(self, path: PathKey, body: Mapping[str, Any]) -> PathKey:
        """The path in the body of what stands at `path` in the fields."""
        if not path:
            return ()
        places = dict(self.names).get(str(path[0]), (camel_case(str(path[0])),))
        place = next((place for place in places if _dig(body, place) is not None), places[0])
        free = path[0] in FREE_MAPS
        inner = (step if free or isinstance(step, int) else camel_case(step) for step in path[1:])
        return (*place.split("."), *inner)

    def respell(self, text: str) -> str:
        """A sentence with the names of REST fields in it instead of the spec's."""
        for name, places in self.names:
            text = text.replace(f"`{name}`", f"`{places[0].rsplit('.', 1)[-1]}`")
        return text


def view_of(*parts: tuple[str, Mapping[str, str]]) -> RestView:
    """The view that takes each table at its place in the body: `("jobSpec", JOB_SPEC)`."""
    names: dict[str, tuple[str, ...]] = {}
    for prefix, table in parts:
        for name, place in table.items():
            names[name] = (*names.get(name, ()), f"{prefix}.{place}".lstrip("."))
    return RestView(tuple(names.items()))


def _checked(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body without task inputs that the schema leaves open: those of AutoML may have any shape."""
    definition = str(body.get("trainingTaskDefinition"))
    if any(task in definition for task in ("/custom_task_", "/hyperparameter_tuning_task_")):
        return body
    return {name: value for name, value in body.items() if name != "trainingTaskInputs"}


def _dig(body: Any, place: str) -> Any:
    for step in place.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(step)
    return body


def _spelt(value: Any, name: str) -> Any:
    """A value of a body in the spelling of specs; keys of free maps stay."""
    if isinstance(value, list):
        return [_spelt(inner, name) for inner in value]
    if isinstance(value, dict) and name not in FREE_MAPS:
        return {snake_case(key): _spelt(inner, snake_case(key)) for key, inner in value.items()}
    return value
