"""The parts of a training pipeline that several kinds share: its dataset and split, its model, its encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.kinds._wire import duration, env, present, text, to_wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Target

    Fields = Mapping[str, Any]

DEFINITIONS = "gs://google-cloud-aiplatform/schema/trainingjob/definition"
FRACTIONS = {f"{part}_fraction_split": f"{part}Fraction" for part in ("training", "validation", "test")}
FILTERS = {f"{part}_filter_split": f"{part}Filter" for part in ("training", "validation", "test")}


def last_part(name: str) -> str:
    """The id at the end of a full resource name; an id stays itself."""
    return name.rsplit("/", 1)[-1]


def encryption(key: str | None) -> dict[str, str] | None:
    """An EncryptionSpec, or None without a key."""
    return {"kmsKeyName": key} if key else None


def split(fields: Fields) -> dict[str, Any]:
    """How a dataset is divided; empty when the spec leaves it to the service."""
    fractions = {wire: fields[name] for name, wire in FRACTIONS.items() if fields.get(name) is not None}
    filters = {wire: fields[name] for name, wire in FILTERS.items() if fields.get(name) is not None}
    if column := fields.get("timestamp_split_column_name"):
        return {"timestampSplit": {"key": column, **fractions}}
    if column := fields.get("stratified_split_column_name"):
        return {"stratifiedSplit": {"key": column, **fractions}}
    if column := fields.get("predefined_split_column_name"):
        return {"predefinedSplit": {"key": column}}
    if filters:
        return {"filterSplit": filters}
    return {"fractionSplit": fractions} if fractions else {}


def input_data_config(fields: Fields, output: str | None = None) -> dict[str, Any] | None:
    """The managed dataset of a pipeline, exported to `output`; None when the spec names none."""
    if not (dataset := fields.get("dataset")):
        return None
    return {"datasetId": last_part(dataset)} | split(fields) | annotation_choice(fields) | destination(fields, output)


def annotation_choice(fields: Fields) -> dict[str, Any]:
    """Which annotations of the dataset count."""
    return present(
        {
            "annotationsFilter": fields.get("annotations_filter"),
            "annotationSchemaUri": fields.get("annotation_schema_uri"),
            "savedQueryId": fields.get("saved_query_id"),
            "persistMlUseAssignment": fields.get("persist_ml_use_assignment") or None,
        }
    )


def destination(fields: Fields, output: str | None) -> dict[str, Any]:
    """Where the service writes the exported dataset; BigQuery replaces Cloud Storage, as in the SDK."""
    if table := fields.get("bigquery_destination"):
        return {"bigqueryDestination": {"outputUri": table}}
    return {"gcsDestination": {"outputUriPrefix": output}} if output else {}


def version_options(fields: Fields) -> dict[str, Any]:
    """Aliases and description of the model version; `default` is among the aliases unless it is refused."""
    aliases = list(fields.get("model_version_aliases") or ())
    if fields.get("is_default_version", True) and "default" not in aliases:
        aliases.append("default")
    return {"versionAliases": aliases, "versionDescription": fields.get("model_version_description")}


def registered_under(fields: Fields, target: Target) -> dict[str, Any]:
    """The id of a new model, or the model that gets a new version."""
    parent = fields.get("parent_model")
    if parent and "/" not in parent:
        parent = f"projects/{target.project}/locations/{target.location}/models/{parent}"
    return {"modelId": fields.get("model_id"), "parentModel": parent}


def uploads_model(fields: Fields) -> bool:
    """Whether a custom or tuning spec asks for a model at its end."""
    return bool(fields.get("model_serving_container_image_uri") or fields.get("model_artifact_uri"))


def custom_model(fields: Fields, target: Target) -> dict[str, Any] | None:
    """The model that a custom or tuning pipeline uploads; None when the spec asks for none."""
    if not uploads_model(fields):
        return None
    key = fields.get("model_encryption_spec_key_name") or target.encryption_key
    return present(
        {
            "displayName": fields.get("model_display_name") or f"{fields['display_name']}-model",
            "description": fields.get("model_description"),
            "labels": fields.get("model_labels") or fields.get("labels"),
            "artifactUri": fields.get("model_artifact_uri"),
            "containerSpec": serving_container(fields),
            "predictSchemata": predict_schemata(fields),
            "explanationSpec": explanation_spec(fields),
            "metadata": fields.get("model_metadata"),
            "metadataSchemaUri": fields.get("model_metadata_schema_uri"),
            "baseModelSource": to_wire(fields.get("model_base_model_source")),
            "encryptionSpec": encryption(key),
            **version_options(fields),
        }
    )


def serving_container(fields: Fields) -> dict[str, Any]:
    """The container that serves the model's predictions."""
    prefix = "model_serving_container_"
    option = {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}
    return present(
        {
            "imageUri": option.get("image_uri"),
            "command": [text(value) for value in option.get("command") or ()],
            "args": [text(value) for value in option.get("args") or ()],
            "env": env(option.get("environment_variables") or {}),
            "ports": [{"containerPort": port} for port in option.get("ports") or ()],
            "grpcPorts": [{"containerPort": port} for port in option.get("grpc_ports") or ()],
            "predictRoute": option.get("predict_route"),
            "healthRoute": option.get("health_route"),
            "invokeRoutePrefix": option.get("invoke_route_prefix"),
            "deploymentTimeout": duration(option.get("deployment_timeout")),
            "sharedMemorySizeMb": to_wire(option.get("shared_memory_size_mb"), "sharedMemorySizeMb"),
            **{f"{probe}Probe": to_wire(option.get(f"{probe}_probe")) for probe in ("startup", "health", "liveness")},
        }
    )


def explanation_spec(fields: Fields) -> dict[str, Any]:
    """How predictions of the model are explained."""
    return present({part: to_wire(fields.get(f"explanation_{part}")) for part in ("metadata", "parameters")})


def predict_schemata(fields: Fields) -> dict[str, Any]:
    """Where the schemas of instances, parameters and predictions are."""
    parts = ("instance", "parameters", "prediction")
    return present({f"{part}SchemaUri": fields.get(f"model_{part}_schema_uri") for part in parts})


def is_pipeline(fields: Fields) -> bool:
    """Whether a custom or tuning spec becomes a pipeline: as it says, else when it asks for what only these can do."""
    asked = fields.get("resource")
    return bool(asked == "training_pipeline" if asked else fields.get("dataset") or uploads_model(fields))


def around_task(
    fields: Fields, target: Target, *, task: Mapping[str, Any], definition: str, output: str | None
) -> dict[str, Any]:
    """The body of trainingPipelines.create around a custom or tuning task; a dataset is exported to `output`."""
    return present(
        {
            "displayName": fields["display_name"],
            "inputDataConfig": input_data_config(fields, output),
            "trainingTaskDefinition": definition,
            "trainingTaskInputs": task,
            "modelToUpload": custom_model(fields, target),
            **registered_under(fields, target),
            "labels": fields.get("labels"),
            "encryptionSpec": encryption(training_key(fields, target)),
        }
    )


def training_key(fields: Fields, target: Target) -> str | None:
    """The key that encrypts the job: both names that Google's SDK has for it, then the setting."""
    return (
        fields.get("training_encryption_spec_key_name")
        or fields.get("encryption_spec_key_name")
        or target.encryption_key
    )
