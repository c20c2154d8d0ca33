"""The model that a pipeline uploads, and what a bare custom job cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where, by_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_STARTS = ("model_serving_container_image_uri", "model_artifact_uri")
_IMAGE_ONLY = "model_serving_container_"
_OTHERS = ("parent_model", "is_default_version", "explanation_metadata", "explanation_parameters")
_BARE = {"custom_job": "custom job", "hyperparameter_tuning_job": "hyperparameter tuning job"}
_LONGEST_NAME = 128
_SERVE = f"{IMAGE}{_STARTS[0]}: us-docker.pkg.dev/my-project/images/server:1\n"


def _is_model_option(name: str) -> bool:
    return (name.startswith("model_") and name not in _STARTS) or name in _OTHERS


def _option(fields: Fields, _: Where) -> Iterator[Finding]:
    uploads = any(name in fields for name in _STARTS)
    for name in fields:
        if not uploads and _is_model_option(name):
            yield Finding((name,), f"`{name}` has no effect without a model to upload", at_key=True)
        elif name.startswith(_IMAGE_ONLY) and _STARTS[0] not in fields:
            yield Finding((name,), f"`{name}` has no effect without `{_STARTS[0]}`", at_key=True)


MODEL_OPTION = Rule(
    code="model-option",
    sentence="What describes a model belongs to one that is uploaded: `model_serving_container_image_uri` or "
    "`model_artifact_uri` names it.",
    cure="add `model_serving_container_image_uri`, the image that serves the model",
    source=f"{SDK}: model_display_name was provided but model_serving_container_image_uri was not",
    check=_option,
    reads=_STARTS,
    bad=f"{IMAGE}model_display_name: flowers\n",
    good=f"{_SERVE}model_display_name: flowers\n",
)


def _derived_name(fields: Fields, _: Where) -> Iterator[Finding]:
    name = f"{fields.get('display_name', '')}-model"
    if _STARTS[0] in fields and "model_display_name" not in fields and len(name) > _LONGEST_NAME:
        yield Finding(("display_name",), f"the model would be called after the job, with {len(name)} characters")


MODEL_NAME = Rule(
    code="model-name",
    sentence="A model without a name of its own is called as the job with `-model`, which has at most 128 characters.",
    cure="add `model_display_name`",
    source=f"{SDK}: Display name needs to be less than 128 characters",
    check=_derived_name,
    reads=("model_display_name",),
    bad=_SERVE.replace("example", "x" * 123),
    good=_SERVE.replace("example", "x" * 122),
)


def _pipeline_only(fields: Fields, _: Where) -> Iterator[Finding]:
    if resource := _BARE.get(fields.get("resource", "")):
        for name in ("dataset", *_STARTS):
            if name in fields:
                yield Finding((name,), f"a {resource} has no `{name}`", at_key=True)


CUSTOM_JOB = Rule(
    code="pipeline-only",
    sentence="Custom jobs and tuning jobs have neither a managed dataset nor a model to upload: these need a training "
    "pipeline.",
    cure="write `resource: training_pipeline`, or leave `resource` out",
    source=f"{REST}CustomJob",
    check=_pipeline_only,
    reads=("resource",),
    bad=f"{_SERVE}resource: custom_job\n",
    good=f"{_SERVE}resource: training_pipeline\n",
)


def _both_models(fields: Fields, _: Where) -> Iterator[Finding]:
    if "model_id" in fields and "parent_model" in fields:
        yield Finding(("model_id",), "`model_id` names a new model, `parent_model` gets a new version", at_key=True)


MODEL_TWICE = Rule(
    code="model-twice",
    sentence="A model is new, with an id of its own, or a version of a parent model.",
    cure="keep one of them",
    source=f"{REST}TrainingPipeline.modelId, parentModel",
    check=_both_models,
    severity=WARNING,
    bad=f"{_SERVE}model_id: flowers\nparent_model: '7'\n",
    good=f"{_SERVE}parent_model: '7'\n",
)


def _routes(fields: Fields, _: Where) -> Iterator[Finding]:
    prefix, route = f"{_IMAGE_ONLY}invoke_route_prefix", f"{_IMAGE_ONLY}predict_route"
    if prefix in fields and route in fields:
        yield Finding((prefix,), f"`{prefix}` and `{route}` cannot both be given", at_key=True)


SERVING_ROUTE = Rule(
    code="serving-route",
    sentence="A serving container has a predict route or an invoke route prefix.",
    cure="keep one of them",
    source=f"{REST}ModelContainerSpec.invokeRoutePrefix",
    check=_routes,
    bad=f"{_SERVE}{_IMAGE_ONLY}invoke_route_prefix: /*\n{_IMAGE_ONLY}predict_route: /predict\n",
    good=f"{_SERVE}{_IMAGE_ONLY}predict_route: /predict\n",
)
PORT = Rule(
    code="port",
    sentence="Ports are numbers from 1 to 65535.",
    cure="write a number from 1 to 65535",
    source=f"{REST}Port.containerPort",
    check=by_schema,
    bad=f"{_SERVE}{_IMAGE_ONLY}ports: [80800]\n",
    good=f"{_SERVE}{_IMAGE_ONLY}ports: [8080]\n",
)


def _explanation(fields: Fields, _: Where) -> Iterator[Finding]:
    if "explanation_metadata" in fields and "explanation_parameters" not in fields:
        yield Finding(("explanation_metadata",), "`explanation_metadata` needs `explanation_parameters`", at_key=True)


EXPLANATION = Rule(
    code="explanation",
    sentence="An explanation needs parameters, which say how predictions are explained.",
    cure="add `explanation_parameters: {sampled_shapley_attribution: {path_count: 10}}`",
    source=f"{REST}ExplanationSpec.parameters is required",
    check=_explanation,
    reads=("explanation_parameters",),
    bad=f"{_SERVE}explanation_metadata: {{inputs: {{x: {{}}}}, outputs: {{y: {{}}}}}}\n",
    good=f"{_SERVE}explanation_parameters: {{sampled_shapley_attribution: {{path_count: 10}}}}\n",
)


def _metadata(fields: Fields, _: Where) -> Iterator[Finding]:
    if "model_metadata" in fields and "model_metadata_schema_uri" not in fields:
        yield Finding(("model_metadata",), "`model_metadata` has no schema that describes it", at_key=True)


MODEL_METADATA = Rule(
    code="model-metadata",
    sentence="A model's metadata follow the schema that `model_metadata_schema_uri` names.",
    cure="add `model_metadata_schema_uri`",
    source=f"{REST}Model.metadata",
    check=_metadata,
    severity=WARNING,
    bad=f"{_SERVE}model_metadata: {{rows: 5}}\n",
    good=f"{_SERVE}model_metadata: {{rows: 5}}\nmodel_metadata_schema_uri: gs://my-bucket/metadata.yaml\n",
)

GCS_URI = Rule(
    code="gcs-uri",
    sentence="Folders and files of a job are in Cloud Storage: `gs://BUCKET/PATH`.",
    cure="write a Cloud Storage URI such as `gs://my-bucket/folder`",
    source=f"{REST}GcsDestination.outputUriPrefix",
    check=by_schema,
    bad=f"{IMAGE}base_output_dir: /tmp/output\n",
    good=f"{IMAGE}base_output_dir: gs://my-bucket/output\n",
)

RULES = (MODEL_OPTION, MODEL_NAME, CUSTOM_JOB, MODEL_TWICE, SERVING_ROUTE, PORT, EXPLANATION, MODEL_METADATA, GCS_URI)
