"""What may be spent on an AutoML image model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.spec.rules.automl import CLOUD_DETECTION, DOCUMENT, IMAGE_HEAD, MOBILE, task_of
from trainctl.spec.rules.rule import REST, WARNING, Fields, Finding, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent on a model, in milli node hours; `stated` is false where Google's documents are silent."""

    least: int
    most: int
    default: int
    stated: bool = True


def budget_of(fields: Fields) -> Budget:
    """The limits for a spec's model: those of the cloud types also for types of which nothing is stated."""
    prediction, wanted = task_of(fields)
    if wanted in MOBILE:
        return Budget(1_000, 100_000, 24_000)
    stated = wanted in ("CLOUD", *CLOUD_DETECTION)
    if prediction == "object_detection":
        return Budget(20_000, 900_000, 216_000, stated)
    return Budget(8_000, 800_000, 192_000, stated)


def budget_note(fields: Fields) -> tuple[str, ...]:
    """The budget in words, for people."""
    budget = fields.get("budget_milli_node_hours")
    limits = budget_of(fields)
    if budget is not None:
        return (f"budget: {budget} milli node hours, that is {node_hours(budget)}",)
    if limits.stated:
        return (f"budget: left to Vertex AI, by its documents {node_hours(limits.default)}",)
    return ("budget: left to Vertex AI",)


def node_hours(milli: float) -> str:
    """`8 node hours`, `1 node hour`, `53.217 node hours`."""
    return "1 node hour" if milli == 1000 else f"{milli / 1000:.10g} node hours"


def _budget_range(fields: Fields, _: Where) -> Iterator[Finding]:
    yield from _outside(fields, stated=True)


def _budget_unstated(fields: Fields, _: Where) -> Iterator[Finding]:
    yield from _outside(fields, stated=False)


def _outside(fields: Fields, *, stated: bool) -> Iterator[Finding]:
    budget, limits = fields.get("budget_milli_node_hours"), budget_of(fields)
    if budget is None or limits.stated is not stated or limits.least <= budget <= limits.most:
        return
    prediction, wanted = task_of(fields)
    allowed = f"{limits.least} to {limits.most} milli node hours ({node_hours(limits.least)} and more)"
    whose = f"`{wanted}` models for `{prediction}`" if stated else f"other cloud models for `{prediction}`"
    yield Finding(
        ("budget_milli_node_hours",),
        f"{budget} milli node hours are {node_hours(budget)}; {whose} take {allowed}",
        _thousandfold(budget, limits),
        needs=(("prediction_type",), ("model_type",)),
    )


def _thousandfold(budget: int, limits: Budget) -> str:
    """What to write instead: node hours are a common slip for thousandths of them."""
    if limits.least <= budget * 1000 <= limits.most:
        return f"write `{budget * 1000}` for {node_hours(budget * 1000)}"
    return f"write a number from {limits.least} to {limits.most}"


BUDGET_RANGE = Rule(
    code="budget-range",
    sentence="A budget is within the limits of its prediction type and model type, in milli node hours.",
    cure="write a number within the limits",
    source=f"{DOCUMENT}; {REST}AutoMlImageClassificationInputs.budgetMilliNodeHours",
    check=_budget_range,
    reads=("prediction_type", "model_type"),
    bad=f"{IMAGE_HEAD}budget_milli_node_hours: 8\n",
    good=f"{IMAGE_HEAD}budget_milli_node_hours: 8000\n",
)
BUDGET_UNUSUAL = Rule(
    code="budget-unusual",
    sentence="No limits are stated for CLOUD_1 and Model Garden types; those of the other cloud types may hold.",
    cure="write a number within the limits of the other cloud types",
    source=f"{DOCUMENT}: `for Cloud models`",
    check=_budget_unstated,
    severity=WARNING,
    reads=("prediction_type", "model_type"),
    bad=f"{IMAGE_HEAD}model_type: CLOUD_1\nbudget_milli_node_hours: 7999\n",
    good=f"{IMAGE_HEAD}model_type: CLOUD_1\nbudget_milli_node_hours: 8000\n",
)

RULES = (BUDGET_RANGE, BUDGET_UNUSUAL)
