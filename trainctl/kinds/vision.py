"""Kinds `automl-vision` and `automl-model`: image models of AutoML Vision v1, a service that Google has closed.

The request is `models.create` of automl v1, whose answer is an operation: that is the job. The raw kind takes the body
itself, in the words of the guide to Edge models too (`trainBudget`, `baseModelId` at the top), which the API's own
reference does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.catalog import AUTOML, VISION_TRAININGS, Call
from trainctl.kinds import Kind
from trainctl.kinds._pipelines import last_part
from trainctl.kinds._wire import present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.catalog import Collection, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule

    Fields = Mapping[str, Any]

CLASSIFICATION, DETECTION = "imageClassificationModelMetadata", "imageObjectDetectionModelMetadata"
METADATA = {"classification": CLASSIFICATION, "object_detection": DETECTION}
"""Where a model says what it is, by the prediction type."""
MILLI = 1000
OURS = frozenset({"kind", "project", "location", "baseModelId"})


def build(spec: Spec, target: Target, stamp: Stamp) -> Call:  # noqa: ARG001 - nothing in it has a stamp
    """The create call of an automl-vision spec."""
    fields = spec.fields
    base, budget = fields.get("base_model"), budget_of(fields)
    metadata = {
        "modelType": fields.get("model_type"),
        "trainBudgetMilliNodeHours": None if budget is None else str(budget),
        "baseModelId": last_part(base) if base else None,
    }
    body = {
        "displayName": fields["display_name"],
        "datasetId": last_part(fields["dataset"]),
        METADATA[fields.get("prediction_type", "classification")]: present(metadata),
        **present({"labels": fields.get("labels")}),
    }
    return Call(VISION_TRAININGS, target.project, target.location, body, endpoints=target.endpoints)


def budget_of(fields: Fields) -> int | None:
    """The budget in milli node hours, however the spec writes it; None where it leaves that to the service."""
    budget, hours = fields.get("train_budget_milli_node_hours"), fields.get("train_budget")
    return round(float(hours) * MILLI) if budget is None and hours is not None else budget


def recover(collection: Collection, body: Fields) -> Iterator[dict[str, Any]]:
    """The fields of an automl-vision spec that may build this body."""
    prediction = next((word for word, name in METADATA.items() if name in body), None)
    if collection is VISION_TRAININGS and prediction:
        metadata = body[METADATA[prediction]]
        yield present(
            {
                "display_name": body.get("displayName"),
                "prediction_type": prediction,
                "dataset": body.get("datasetId"),
                "model_type": metadata.get("modelType"),
                "train_budget_milli_node_hours": _whole(metadata.get("trainBudgetMilliNodeHours")),
                "base_model": metadata.get("baseModelId"),
                "labels": body.get("labels"),
            }
        )


def build_raw(spec: Spec, target: Target, stamp: Stamp) -> Call:  # noqa: ARG001 - a raw body has nothing to stamp
    """The create call of a raw body, the guide's words for budget and base model in those of the API."""
    fields = spec.fields
    body = {key: value for key, value in fields.items() if key not in OURS}
    for name in METADATA.values():
        if name in body:
            body[name] = _translated(body[name], fields.get("baseModelId") if name == CLASSIFICATION else None)
    return Call(VISION_TRAININGS, target.project, target.location, body, endpoints=target.endpoints)


def recover_raw(collection: Collection, body: Fields) -> tuple[Fields, ...]:
    """The body itself."""
    return (body,) if collection is VISION_TRAININGS else ()


def _translated(metadata: Fields, base: Any) -> dict[str, Any]:
    kept = {key: value for key, value in metadata.items() if key != "trainBudget"}
    if "trainBudget" in metadata:
        kept.setdefault("trainBudgetMilliNodeHours", str(round(float(metadata["trainBudget"]) * MILLI)))
    if base is not None:
        kept.setdefault("baseModelId", str(base))
    return kept


def _whole(value: Any) -> int | None:
    return int(value) if str(value).isdigit() else None


def rules() -> tuple[Rule, ...]:
    """What AutoML Vision says of names, model types, budgets and base models."""
    from trainctl.spec.rules import vision

    return vision.RULES


def raw_rules() -> tuple[Rule, ...]:
    """The same about a body, and the words of the guide."""
    from trainctl.spec.rules import vision_bodies

    return vision_bodies.RAW_RULES


def notes(fields: Fields) -> tuple[str, ...]:
    """The budget in words."""
    from trainctl.spec.rules.vision import budget_note

    return budget_note(fields)


KINDS = (
    Kind(
        name="automl-vision",
        command=("automl", "vision"),
        summary="Image models of AutoML Vision, for phones and edge devices too (a service that Google closed)",
        rules=rules,
        build=build,
        recover=recover,
        notes=notes,
        service=AUTOML,
        is_slow=True,
    ),
    Kind(
        name="automl-model",
        summary="The REST body of a model of AutoML Vision",
        rules=raw_rules,
        build=build_raw,
        recover=recover_raw,
        service=AUTOML,
        is_slow=True,
    ),
)
