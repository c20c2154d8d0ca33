"""Kinds `automl-image` and `automl-video`: models that Google trains on a managed dataset.

The request is that of `AutoMLImageTrainingJob` and `AutoMLVideoTrainingJob` in google-cloud-aiplatform 1.77.0, without
the `null`s that it sends for what is left to the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.catalog import TRAINING_PIPELINES, Call
from trainctl.kinds import Kind
from trainctl.kinds._pipelines import (
    DEFINITIONS,
    encryption,
    input_data_config,
    last_part,
    registered_under,
    version_options,
)
from trainctl.kinds._recovery import PIPELINE_PARTS, read_fields, version_fields
from trainctl.kinds._study import study_spec
from trainctl.kinds._study_recovery import recover_study
from trainctl.kinds._wire import present
from trainctl.spec.rest import AUTOML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.catalog import Collection, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule

    Fields = Mapping[str, Any]


def build_image(spec: Spec, target: Target, stamp: Stamp) -> Call:  # noqa: ARG001 - nothing in it has a stamp
    """The create call of an automl-image spec."""
    return call("image", spec.fields, image_inputs(spec.fields), target)


def build_video(spec: Spec, target: Target, stamp: Stamp) -> Call:  # noqa: ARG001 - nothing in it has a stamp
    """The create call of an automl-video spec."""
    fields = spec.fields
    if "training_filter_split" in fields:
        fields = {**fields, "validation_filter_split": "-"}
    return call("video", fields, {"modelType": fields.get("model_type", "CLOUD")}, target)


def call(data: str, fields: Fields, inputs: Mapping[str, Any], target: Target) -> Call:
    """trainingPipelines.create around an AutoML task on this sort of data."""
    prediction = fields.get("prediction_type", "classification")
    key = fields.get("training_encryption_spec_key_name") or target.encryption_key
    body = present(
        {
            "displayName": fields["display_name"],
            "inputDataConfig": input_data_config(fields),
            "trainingTaskDefinition": f"{DEFINITIONS}/automl_{data}_{prediction}_1.0.0.yaml",
            "trainingTaskInputs": inputs,
            "modelToUpload": model(fields, target),
            **registered_under(fields, target),
            "labels": fields.get("labels"),
            "encryptionSpec": encryption(key),
        }
    )
    return Call(TRAINING_PIPELINES, target.project, target.location, body, endpoints=target.endpoints)


def image_inputs(fields: Fields) -> dict[str, Any]:
    """The task's inputs; `multi_label` means nothing to object detection and is left out there."""
    detects = fields.get("prediction_type") == "object_detection"
    wanted = fields.get("model_type", "CLOUD")
    return present(
        {
            "modelType": "CLOUD_HIGH_ACCURACY_1" if detects and wanted == "CLOUD" else wanted,
            "multiLabel": None if detects else fields.get("multi_label", False),
            "budgetMilliNodeHours": fields.get("budget_milli_node_hours"),
            "disableEarlyStopping": fields.get("disable_early_stopping", False),
            "baseModelId": model_id(fields.get("base_model")),
            "uptrainBaseModelId": model_id(fields.get("incremental_train_base_model")),
            "tunableParameter": tunable_parameter(fields),
        }
    )


def tunable_parameter(fields: Fields) -> dict[str, Any]:
    """What a Model Garden model is trained with."""
    return present(
        {
            "checkpointName": fields.get("checkpoint_name"),
            "trainerConfig": fields.get("trainer_config"),
            "studySpec": study_spec(fields),
        }
    )


def model_id(name: str | None) -> str | None:
    """The bare id of a model that is named by id or in full, with or without a version."""
    return last_part(name).partition("@")[0] if name else None


def model(fields: Fields, target: Target) -> dict[str, Any]:
    """The model to upload, called and labelled as the job where the spec does not say otherwise."""
    return present(
        {
            "displayName": fields.get("model_display_name") or fields["display_name"],
            "labels": fields.get("model_labels") or fields.get("labels"),
            "encryptionSpec": encryption(fields.get("model_encryption_spec_key_name") or target.encryption_key),
            **version_options(fields),
        }
    )


def recover_image(collection: Collection, body: Fields) -> Iterator[dict[str, Any]]:
    """The fields of an automl-image spec that may build this body."""
    found = recover_task("image", collection, body)
    if found is not None:
        tunable = (body.get("trainingTaskInputs") or {}).get("tunableParameter") or {}
        own = read_fields(body, ("trainingTaskInputs", AUTOML))
        yield found | own | recover_study(tunable.get("studySpec") or {})


def recover_video(collection: Collection, body: Fields) -> Iterator[dict[str, Any]]:
    """The fields of an automl-video spec that may build this body."""
    found = recover_task("video", collection, body)
    if found is not None:
        found.pop("validation_filter_split", None)
        yield found | {"model_type": (body.get("trainingTaskInputs") or {}).get("modelType", "CLOUD")}


def recover_task(data: str, collection: Collection, body: Fields) -> dict[str, Any] | None:
    """What both have in common; None for the body of another task."""
    start = f"{DEFINITIONS}/automl_{data}_"
    definition = str(body.get("trainingTaskDefinition"))
    if collection is not TRAINING_PIPELINES or not definition.startswith(start):
        return None
    prediction = definition.removeprefix(start).removesuffix("_1.0.0.yaml")
    fields = read_fields(body, *PIPELINE_PARTS)
    return {**fields, "prediction_type": prediction, **version_fields(body.get("modelToUpload") or {})}


def image_rules() -> tuple[Rule, ...]:
    """The rules of image models: tasks and model types, budgets, architectures, their studies, and names and places."""
    from trainctl.spec.rules import automl, budgets, datasets, garden, study

    return (*automl.OWN, *budgets.RULES, *garden.RULES, *datasets.SPLITS, *study.STUDY_RULES, *shared_rules())


def video_rules() -> tuple[Rule, ...]:
    """The rules of video models, and of names and places."""
    from trainctl.spec.rules import automl

    return (*automl.VIDEO, *shared_rules())


def shared_rules() -> tuple[Rule, ...]:
    """What holds for the names, the place and the model of both."""
    from trainctl.spec.rules import models, names, places

    return (*names.GENERAL, *names.MODEL, *places.GENERAL, models.MODEL_TWICE)


def image_notes(fields: Fields) -> tuple[str, ...]:
    """The budget in words."""
    from trainctl.spec.rules.budgets import budget_note

    return budget_note(fields)


KINDS = (
    Kind(
        name="automl-image",
        command=("automl", "image"),
        summary="Image classification and object detection models that Google trains for you",
        rules=image_rules,
        build=build_image,
        recover=recover_image,
        is_slow=True,
        notes=image_notes,
    ),
    Kind(
        name="automl-video",
        command=("automl", "video"),
        summary="Video models that Google trains for you (deprecated by Google since 31 July 2025)",
        rules=video_rules,
        build=build_video,
        recover=recover_video,
        is_slow=True,
    ),
)
