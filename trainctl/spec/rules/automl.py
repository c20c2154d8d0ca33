"""AutoML for images and videos: model types, base models, splits of videos, where and until when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.spec.rules import datasets
from trainctl.spec.rules.rule import SDK, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGE_HEAD = "kind: automl-image\ndisplay_name: flowers\ndataset: '7'\n"
DETECTION = f"{IMAGE_HEAD}prediction_type: object_detection\n"
DOCUMENT = "AutoMLImageTrainingJob in Google's SDK reference"
LOCATIONS = ("us-central1", "europe-west4")
"""Where AutoML for images is offered: https://cloud.google.com/vertex-ai/docs/training/automl-training-overview."""

CLOUD_DETECTION = ("CLOUD_HIGH_ACCURACY_1", "CLOUD_LOW_LATENCY_1")
MOBILE = ("MOBILE_TF_LOW_LATENCY_1", "MOBILE_TF_VERSATILE_1", "MOBILE_TF_HIGH_ACCURACY_1")
GARDEN = {"classification": ("EFFICIENTNET", "MAXVIT", "VIT", "COCA"), "object_detection": ("SPINENET", "YOLO")}
"""Model Garden types: constants/base.py and training_jobs.py of the SDK; its documents leave out MAXVIT."""

GARDEN_TYPES = (*GARDEN["classification"], *GARDEN["object_detection"])
IMAGE_TYPES = {
    "classification": ("CLOUD", "CLOUD_1", *MOBILE, *GARDEN["classification"]),
    "object_detection": ("CLOUD", "CLOUD_1", *CLOUD_DETECTION, *MOBILE, *GARDEN["object_detection"]),
}
_VIDEO = ("CLOUD", "MOBILE_VERSATILE_1")
_DEVICES = tuple(f"MOBILE_{device}_1" for device in ("CORAL_VERSATILE", "CORAL_LOW_LATENCY"))
_JETSON = tuple(f"MOBILE_{device}_1" for device in ("JETSON_VERSATILE", "JETSON_LOW_LATENCY"))
VIDEO_TYPES = {
    "classification": _VIDEO,
    "action_recognition": _VIDEO,
    "object_tracking": (*_VIDEO, *_DEVICES, *_JETSON),
}


def task_of(fields: Fields) -> tuple[str, str]:
    """Prediction type and model type, defaults filled in."""
    return fields.get("prediction_type", "classification"), fields.get("model_type", "CLOUD")


def _model_type(types: Mapping[str, tuple[str, ...]], fields: Fields) -> Iterator[Finding]:
    prediction, wanted = task_of(fields)
    if wanted not in types[prediction]:
        others = [other for other, known in types.items() if wanted in known]
        whose = f", but for {listed(others)}" if others else ""
        yield Finding(
            ("model_type",),
            f"`{wanted}` is no model type for `{prediction}`{whose}",
            f"take one of {listed(types[prediction], most=16)}",
            needs=(("prediction_type",),),
        )


MODEL_TYPE = Rule(
    code="model-type",
    sentence="Each prediction type has model types of its own.",
    cure="take a model type of the prediction type",
    source=f"{SDK}: not a supported model_type for prediction_type",
    check=lambda fields, _: _model_type(IMAGE_TYPES, fields),
    reads=("prediction_type", "model_type"),
    bad=f"{IMAGE_HEAD}model_type: YOLO\n",
    good=f"{DETECTION}model_type: CLOUD_LOW_LATENCY_1\n",
)
VIDEO_MODEL_TYPE = replace(MODEL_TYPE, check=lambda fields, _: _model_type(VIDEO_TYPES, fields))


def _base_model(fields: Fields, _: Where) -> Iterator[Finding]:
    if "base_model" in fields and task_of(fields)[0] != "classification":
        hint = "remove it; `incremental_train_base_model` goes on training from an object detection model"
        yield Finding(("base_model",), "`base_model` is for image classification only", hint, at_key=True)


BASE_MODEL = Rule(
    code="base-model",
    sentence="Only an image classification model can be built on a base model.",
    cure="remove it",
    source=f"{SDK}: Training with a `base_model` is only supported in AutoML Image Classification",
    check=_base_model,
    reads=("prediction_type",),
    bad=f"{DETECTION}base_model: '3'\n",
    good=f"{IMAGE_HEAD}base_model: '3'\n",
)


def _two_bases(fields: Fields, _: Where) -> Iterator[Finding]:
    if "base_model" in fields and "incremental_train_base_model" in fields:
        message = "a model is built on a base model or trained on from an earlier one, and here are both"
        yield Finding(("incremental_train_base_model",), message, at_key=True)


TWO_BASES = Rule(
    code="two-base-models",
    sentence="A model begins with a base model or with one to train on, not with both.",
    cure="keep `base_model` or `incremental_train_base_model`",
    source=f"{DOCUMENT}: base_model and incremental_train_base_model",
    check=_two_bases,
    severity=WARNING,
    bad=f"{IMAGE_HEAD}base_model: '3'\nincremental_train_base_model: '4'\n",
    good=f"{IMAGE_HEAD}incremental_train_base_model: '4'\n",
)


def _base_version(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in ("base_model", "incremental_train_base_model"):
        value = fields.get(name)
        if value and "@" in value:
            yield Finding(
                (name,), f"the request names a model and no version: `@{value.partition('@')[2]}` is not sent"
            )


BASE_VERSION = Rule(
    code="base-version",
    sentence="A base model is sent by its bare id: Vertex AI takes the default version.",
    cure="write it without `@VERSION`, and make that version the default one",
    source=f"{SDK}: baseModelId and uptrainBaseModelId are the model's name",
    check=_base_version,
    severity=WARNING,
    bad=f"{IMAGE_HEAD}base_model: projects/my-project/locations/us-central1/models/3@2\n",
    good=f"{IMAGE_HEAD}base_model: projects/my-project/locations/us-central1/models/3\n",
)


def _multi_label(fields: Fields, _: Where) -> Iterator[Finding]:
    if fields.get("multi_label") and task_of(fields)[0] != "classification":
        yield Finding(("multi_label",), "object detection ignores `multi_label`", at_key=True)


MULTI_LABEL = Rule(
    code="multi-label",
    sentence="Several labels for one image are for classification; object detection ignores `multi_label`.",
    cure="remove it",
    source=f"{DOCUMENT}: multi_label",
    check=_multi_label,
    severity=WARNING,
    reads=("prediction_type",),
    bad=f"{DETECTION}multi_label: true\n",
    good=f"{IMAGE_HEAD}multi_label: true\n",
)


def _image_location(_: Fields, where: Where) -> Iterator[Finding]:
    if where.location and where.location not in LOCATIONS:
        yield Finding(("location",), f"AutoML for images is not offered in `{where.location}`, as of November 2026")


IMAGE_LOCATION = Rule(
    code="automl-location",
    sentence="AutoML for images is offered in us-central1 and europe-west4 only.",
    cure=f"take {listed(LOCATIONS, last='or')}, where the dataset must be too",
    source="https://cloud.google.com/vertex-ai/docs/training/automl-training-overview",
    check=_image_location,
    severity=WARNING,
    bad=f"location: us-east1\n{IMAGE_HEAD}",
    good=f"location: europe-west4\n{IMAGE_HEAD}",
)


def _deprecated(_: Fields, __: Where) -> Iterator[Finding]:
    yield Finding(("kind",), "Google deprecated AutoML for video on 31 July 2025 and may have removed it since")


VIDEO_DEPRECATED = Rule(
    code="automl-video-deprecated",
    sentence="AutoML for video is deprecated since 31 July 2025; Google announced its removal six months later.",
    cure="train a model of your own with `kind: custom`",
    source="https://cloud.google.com/vertex-ai/docs/deprecations",
    check=_deprecated,
    severity=WARNING,
    bad="kind: automl-video\ndisplay_name: traffic\ndataset: '7'\n",
    good=IMAGE_HEAD,
)
_VIDEO_FILTERS = ("training_filter_split", "test_filter_split")


def _video_filters(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [name for name in _VIDEO_FILTERS if name in fields]
    if len(given) == 1:
        [missing] = [name for name in _VIDEO_FILTERS if name not in fields]
        message = f"`{missing}` is missing: both filters are given or neither"
        yield Finding((given[0],), message, "add the other; the filter `-` matches nothing", at_key=True)


VIDEO_FILTERS = replace(datasets.SPLIT_FILTERS, check=_video_filters, reads=_VIDEO_FILTERS)
OWN = (
    MODEL_TYPE,
    BASE_MODEL,
    TWO_BASES,
    BASE_VERSION,
    MULTI_LABEL,
    IMAGE_LOCATION,
)
"""The rules about images that no other kind has."""

VIDEO = (
    VIDEO_DEPRECATED,
    VIDEO_MODEL_TYPE,
    datasets.SPLIT_RANGE,
    datasets.SPLIT_SUM,
    VIDEO_FILTERS,
    datasets.SPLIT_KINDS,
)
"""The rules about videos; those that an image rule has a word for carry its code."""
