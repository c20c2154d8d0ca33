"""REST bodies of AutoML Vision: the rules of specs, and the words of a guide that its API does not have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trainctl.spec.reading import Reading, RestView, view_of
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where
from trainctl.spec.rules.vision import GUIDE, REFERENCE, RULES, TRAIN_BUDGET
from trainctl.spec.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_RAW = "kind: automl-model\ndisplayName: flowers\ndatasetId: ICN7\n"
_BODY = f"{_RAW}imageClassificationModelMetadata: {{}}\n"


@dataclass(frozen=True, slots=True, eq=False)
class ModelView(RestView):
    """How bodies of one sort of model are read: those that say what they are under `metadata`."""

    metadata: str = ""

    def read(self, body: Mapping[str, Any]) -> Reading | None:
        """The fields of a spec that the body holds; None for a body of the other sort."""
        return RestView.read(self, body) if isinstance(body.get(self.metadata), dict) else None


_TOP = {"display_name": "displayName", "labels": "labels", "dataset": "datasetId"}
_INSIDE = {
    "model_type": "modelType",
    "train_budget_milli_node_hours": "trainBudgetMilliNodeHours",
    "train_budget": "trainBudget",
    "base_model": "baseModelId",
}


def _view(metadata: str, prediction: str) -> ModelView:
    plain = view_of(("", _TOP), (metadata, _INSIDE), ("", {"base_model": "baseModelId"}))
    return ModelView(plain.names, None, {"prediction_type": prediction}, plain.words, metadata)


VIEWS = (
    _view("imageClassificationModelMetadata", "classification"),
    _view("imageObjectDetectionModelMetadata", "object_detection"),
)


def _guide(fields: Fields, _: Where) -> Iterator[Finding]:
    if "baseModelId" in fields:
        hint = "write it in `imageClassificationModelMetadata`, where the API has it"
        yield Finding(("baseModelId",), "`baseModelId` stands where a guide of Google's shows it", hint, at_key=True)
    for view in VIEWS:
        if "trainBudget" in (fields.get(view.metadata) or {}):
            hint = "write `trainBudgetMilliNodeHours`, the API's own word: 1000 are one node hour"
            message = "`trainBudget` is the word of a guide of Google's, and is sent as milli node hours"
            yield Finding((view.metadata, "trainBudget"), message, hint, at_key=True)


GUIDE_WORDS = Rule(
    code="vision-guide",
    sentence="Google's guide to Edge models writes `trainBudget` and a `baseModelId` at the top; the API has neither.",
    cure="write the API's own words: these are translated",
    source=f"{GUIDE}; {REFERENCE}Model",
    check=_guide,
    severity=WARNING,
    bad=_BODY.replace("{}", "{trainBudget: '24', modelType: mobile-versatile-1}"),
    good=_BODY.replace("{}", "{trainBudgetMilliNodeHours: '24000', modelType: mobile-versatile-1}"),
)


def _two_bases(fields: Fields, _: Where) -> Iterator[Finding]:
    if "baseModelId" in fields and "baseModelId" in (fields.get(VIEWS[0].metadata) or {}):
        yield Finding(("baseModelId",), "there are two `baseModelId`", at_key=True)


BASE_TWICE = Rule(
    code="vision-base-twice",
    sentence="A model has one base model.",
    cure="keep the one in `imageClassificationModelMetadata`",
    source=f"{REFERENCE}ImageClassificationModelMetadata.baseModelId",
    check=_two_bases,
    bad=f"{_BODY.replace('{}', '{baseModelId: ICN1}')}baseModelId: ICN2\n",
    good=_BODY.replace("{}", "{baseModelId: ICN1}"),
)


def _metadata(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [view.metadata for view in VIEWS if view.metadata in fields]
    if len(given) > 1:
        yield Finding((given[1],), f"`{given[1]}` and `{given[0]}` are two sorts of model", at_key=True)
    elif not given:
        yield Finding((), "the body does not say what sort of model it asks for")


METADATA = Rule(
    code="vision-metadata",
    sentence="A model is of one sort: it has one of the two metadata fields.",
    cure=f"write one of {listed([view.metadata for view in VIEWS])}",
    source=f"{REFERENCE}Model.model_metadata is a union",
    check=_metadata,
    bad=_RAW,
    good=_BODY,
)
RAW_RULES = (
    *(replace(rule, view=view, reads=()) for view in VIEWS for rule in RULES if rule is not TRAIN_BUDGET),
    GUIDE_WORDS,
    BASE_TWICE,
    METADATA,
)
