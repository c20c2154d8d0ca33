"""Which REST field each field of a spec stands for, as data: tables that are read from both sides.

The rules reach REST bodies through it, and a test holds it against Google's discovery document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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

STOPPING: Mapping[str, str] = {
    "median_automated_stopping_spec": "medianAutomatedStoppingSpec",
    "decay_curve_stopping_spec": "decayCurveStoppingSpec",
    "convex_automated_stopping_spec": "convexAutomatedStoppingSpec",
}
"""The early-stopping specs of a StudySpec; one that is empty asks for the rule with its defaults."""

STUDY: Mapping[str, str] = {
    "metric_spec": "metrics",
    "parameter_spec": "parameters",
    "search_algorithm": "algorithm",
    "measurement_selection": "measurementSelectionType",
    **STOPPING,
}
"""Fields of StudySpec; metrics and parameters are lists there, and mappings by name in a spec."""

TRIALS: Mapping[str, str] = {
    "max_trial_count": "maxTrialCount",
    "parallel_trial_count": "parallelTrialCount",
    "max_failed_trial_count": "maxFailedTrialCount",
}
"""Fields of HyperparameterTuningJob beside its study and the job of its trials."""

AUTOML: Mapping[str, str] = {
    "model_type": "modelType",
    "multi_label": "multiLabel",
    "budget_milli_node_hours": "budgetMilliNodeHours",
    "disable_early_stopping": "disableEarlyStopping",
    "base_model": "baseModelId",
    "incremental_train_base_model": "uptrainBaseModelId",
    "checkpoint_name": "tunableParameter.checkpointName",
    "trainer_config": "tunableParameter.trainerConfig",
}
"""Fields of the inputs of AutoML tasks."""

ALGORITHMS: Mapping[str, str] = {"grid": "GRID_SEARCH", "random": "RANDOM_SEARCH"}
MEASUREMENTS: Mapping[str, str] = {"best": "BEST_MEASUREMENT", "last": "LAST_MEASUREMENT"}
SCALES: Mapping[str, str] = {
    "linear": "UNIT_LINEAR_SCALE",
    "log": "UNIT_LOG_SCALE",
    "reverse_log": "UNIT_REVERSE_LOG_SCALE",
}
VALUE_SPECS: Mapping[str, str] = {
    "double": "doubleValueSpec",
    "integer": "integerValueSpec",
    "categorical": "categoricalValueSpec",
    "discrete": "discreteValueSpec",
}
"""The union of a ParameterSpec, by the type of the parameter."""
CONDITIONS: Mapping[str, str] = {
    "integer": "parentIntValues",
    "categorical": "parentCategoricalValues",
    "discrete": "parentDiscreteValues",
}
"""The union of a ConditionalParameterSpec, by the type of the parent."""

TASKS: Mapping[str, str] = {
    "/custom_task_": "custom",
    "/hyperparameter_tuning_task_": "tuning",
    "/automl_image_classification_": "image",
    "/automl_image_object_detection_": "image",
    "/automl_video_classification_": "video",
    "/automl_video_object_tracking_": "video",
    "/automl_video_action_recognition_": "video",
}
"""What a training pipeline does, by a part of its task definition's URI: those tasks that specs have fields for."""


def task_of(definition: object) -> str:
    """The task of a training pipeline in one word; empty for those that no spec has fields for."""
    return next((task for part, task in TASKS.items() if part in str(definition)), "")
