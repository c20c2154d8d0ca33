"""`automl-vision` specs as `automl-image` specs.

Sources: the descriptions of the model metadata in automl v1, and of the inputs of Vertex AI's AutoML image tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainctl.conversion.reading import Reading

MODEL_TYPES = {
    "cloud": "CLOUD",
    "cloud-high-accuracy-1": "CLOUD_HIGH_ACCURACY_1",
    "cloud-low-latency-1": "CLOUD_LOW_LATENCY_1",
    "mobile-low-latency-1": "MOBILE_TF_LOW_LATENCY_1",
    "mobile-versatile-1": "MOBILE_TF_VERSATILE_1",
    "mobile-high-accuracy-1": "MOBILE_TF_HIGH_ACCURACY_1",
}
MULTI_REGION, EUROPE = "eu", "europe-west4"
"""A place that AutoML Vision alone has, and where Vertex AI trains such models:
https://cloud.google.com/vertex-ai/docs/training/automl-training-overview."""
CORE_ML = "mobile-core-ml-"
NEW_DATASET = "${var.dataset}"
"""Stands for a dataset that is not there yet: `--var dataset=ID` gives it."""


def convert_vision(reading: Reading, name: str) -> tuple[str, dict[str, Any]]:
    """The kind and the fields of the spec that trains on Vertex AI what the document trains on AutoML Vision."""
    if reading.take("base_model"):
        why = "Vertex AI cannot go on from a model of AutoML Vision"
        reading.leave(
            ("base_model",), why, "train anew, or name a model of Vertex AI in `incremental_train_base_model`"
        )
    fields = {
        "location": _location(reading),
        "display_name": reading.take("display_name") or name,
        "labels": reading.take("labels"),
        "prediction_type": reading.take("prediction_type"),
        "model_type": _model_type(reading),
        "dataset": _dataset(reading),
        "budget_milli_node_hours": _budget(reading),
    }
    return "automl-image", {key: value for key, value in fields.items() if value not in (None, [], {})}


def _location(reading: Reading) -> str | None:
    """The region that takes the place of `eu`; None where the place stays."""
    if reading.take("location") != MULTI_REGION:
        return None
    sentence = f"Vertex AI has no `{MULTI_REGION}`; in Europe, it offers AutoML for images in {EUROPE}"
    reading.change(("location",), "location", sentence)
    return EUROPE


def _model_type(reading: Reading) -> str | None:
    """The model type in Vertex AI's words; the default is the same on both."""
    given = reading.take("model_type")
    if not isinstance(given, str):
        return None
    if given.startswith(CORE_ML):
        plain = given.replace(CORE_ML, "mobile-")
        reading.change(("model_type",), "model_type", f"`{given}` exported Core ML; Vertex AI exports TF Lite")
        return MODEL_TYPES.get(plain)
    if given not in MODEL_TYPES:
        reading.leave(
            ("model_type",), f"Vertex AI has no `{given}`", "`trainctl explain automl-image.model_type` lists types"
        )
    return MODEL_TYPES.get(given)


def _dataset(reading: Reading) -> str:
    """A variable: datasets of AutoML Vision are not Vertex AI's."""
    given = reading.take("dataset")
    sentence = (
        f"dataset `{given}` is AutoML Vision's: import its images with `trainctl datasets create`, and name that here"
    )
    reading.change(("dataset",), "dataset", sentence, "`--var dataset=ID` gives it too")
    return NEW_DATASET


def _budget(reading: Reading) -> int | None:
    """The budget in milli node hours, which both services limit alike; the walkthrough wrote whole hours."""
    milli, hours = reading.take("train_budget_milli_node_hours"), reading.take("train_budget")
    if milli is not None:
        return int(milli)
    return None if hours is None else round(float(hours) * 1000)
