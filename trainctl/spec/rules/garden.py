"""Model Garden models of AutoML for images: fields that only they take, and that they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.spec.rules.automl import GARDEN_TYPES, IMAGE_HEAD, task_of
from trainctl.spec.rules.rule import SDK, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.suggest import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = (
    "checkpoint_name",
    "trainer_config",
    "metric_spec",
    "parameter_spec",
    "search_algorithm",
    "measurement_selection",
)
_NEEDED = FIELDS[:4]
SETTINGS = (
    "global_batch_size",
    "learning_rate",
    "optimizer_type",
    "optimizer_momentum",
    "train_steps",
    "accelerator_count",
    "anchor_size",
)
NUMBERS = tuple(name for name in SETTINGS if name != "optimizer_type")
METRICS = ("loss", "accuracy")
_DOCUMENT = "AutoMLImageTrainingJob in Google's SDK reference"
_GARDEN = (
    f"{IMAGE_HEAD}model_type: VIT\ncheckpoint_name: my-checkpoint\ntrainer_config: {{train_steps: '100'}}\n"
    "parameter_spec: {learning_rate: {type: double, min: 0.001, max: 0.1, scale: log}}\n"
)
_WHOLE = f"{_GARDEN}metric_spec: {{accuracy: maximize}}\n"


def _only(fields: Fields, _: Where) -> Iterator[Finding]:
    wanted = task_of(fields)[1]
    for name in FIELDS:
        if name in fields and wanted not in GARDEN_TYPES:
            yield Finding(
                (name,),
                f"`{name}` is for Model Garden models, and `{wanted}` is none",
                f"remove it, or take a model type of {listed(GARDEN_TYPES)}",
                at_key=True,
            )


MODEL_GARDEN = Rule(
    code="model-garden",
    sentence="Checkpoint, trainer configuration and study belong to the model types of Model Garden.",
    cure="remove it",
    source=f"{SDK}: only supported in Model Garden models",
    check=_only,
    reads=("model_type",),
    bad=f"{IMAGE_HEAD}checkpoint_name: my-checkpoint\n",
    good=_WHOLE,
)


def _needs(fields: Fields, _: Where) -> Iterator[Finding]:
    wanted = task_of(fields)[1]
    missing = [name for name in _NEEDED if not fields.get(name)]
    if wanted in GARDEN_TYPES and missing:
        verb = "is" if len(missing) == 1 else "are"
        yield Finding(
            ("model_type",), f"{listed(missing)} {verb} missing, which `{wanted}` needs by Google's documents"
        )


MODEL_GARDEN_NEEDS = Rule(
    code="model-garden-needs",
    sentence="Model Garden models need a checkpoint, a trainer configuration, metrics and parameters.",
    cure="add what is missing",
    source=f"{_DOCUMENT}; the SDK does not check it",
    check=_needs,
    severity=WARNING,
    reads=("model_type", *_NEEDED),
    bad=f"{IMAGE_HEAD}model_type: VIT\n",
    good=_WHOLE,
)


def _metric(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in fields.get("metric_spec") or ():
        if name not in METRICS:
            yield Finding(("metric_spec", name), f"Model Garden trainers report no metric `{name}`", at_key=True)


GARDEN_METRIC = Rule(
    code="garden-metric",
    sentence="Model Garden trainers report the metrics `loss` and `accuracy`.",
    cure="write `loss` or `accuracy`",
    source=f"{_DOCUMENT}: metric_spec",
    check=_metric,
    bad=f"{_GARDEN}metric_spec: {{f1: maximize}}\n",
    good=_WHOLE,
)


def _setting(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in fields.get("trainer_config") or ():
        if name not in SETTINGS:
            hint = suggestion(name, SETTINGS) or f"known are {listed(SETTINGS)}"
            yield Finding(
                ("trainer_config", name), f"`{name}` is no documented setting of a trainer", hint, at_key=True
            )


TRAINER_SETTING = Rule(
    code="trainer-setting",
    sentence="The settings of a Model Garden trainer are those of Google's documents.",
    cure=f"take one of {listed(SETTINGS)}",
    source=f"{_DOCUMENT}: trainer_config",
    check=_setting,
    severity=WARNING,
    bad=_WHOLE.replace("train_steps", "steps"),
    good=_WHOLE,
)


def _value(fields: Fields, _: Where) -> Iterator[Finding]:
    for name, value in (fields.get("trainer_config") or {}).items():
        if name in NUMBERS and not _is_amount(value):
            message = f"`{name}` is a number of 0 or more, in quotes, and `{value}` is none"
            yield Finding(("trainer_config", name), message)


def _is_amount(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


TRAINER_VALUE = Rule(
    code="trainer-value",
    sentence="But for `optimizer_type`, the settings of a trainer are numbers of 0 or more, written as texts.",
    cure="write a number in quotes, such as '0.001'",
    source=f"{_DOCUMENT}: trainer_config",
    check=_value,
    severity=WARNING,
    bad=_WHOLE.replace("'100'", "many"),
    good=_WHOLE.replace("train_steps: '100'", "learning_rate: '1e-3', optimizer_type: sgd"),
)
_GOALS = {"loss": "minimize", "accuracy": "maximize"}


def _goal(fields: Fields, _: Where) -> Iterator[Finding]:
    for name, goal in (fields.get("metric_spec") or {}).items():
        usual = _GOALS.get(name)
        if usual and str(goal).lower() in _GOALS.values() and str(goal).lower() != usual:
            yield Finding(("metric_spec", name), f"the best `{name}` would be the worst one", f"write `{usual}`")


GARDEN_GOAL = Rule(
    code="garden-goal",
    sentence="A loss is minimized, an accuracy maximized.",
    cure="turn the goal around",
    source=f"{_DOCUMENT}: metric_spec = {{'loss': 'minimize', 'accuracy': 'maximize'}}",
    check=_goal,
    severity=WARNING,
    bad=f"{_GARDEN}metric_spec: {{loss: maximize}}\n",
    good=_WHOLE,
)


def _anchor(fields: Fields, _: Where) -> Iterator[Finding]:
    if "anchor_size" in (fields.get("trainer_config") or ()) and task_of(fields)[0] != "object_detection":
        yield Finding(("trainer_config", "anchor_size"), "`anchor_size` is for object detection only", at_key=True)


ANCHOR_SIZE = Rule(
    code="anchor-size",
    sentence="Only object detection has anchor boxes, and a size of them.",
    cure="remove it",
    source=f"{_DOCUMENT}: trainer_config",
    check=_anchor,
    reads=("prediction_type",),
    bad=_WHOLE.replace("train_steps", "anchor_size"),
    good=_WHOLE.replace("train_steps", "anchor_size").replace("VIT", "YOLO\nprediction_type: object_detection"),
)
RULES = (
    MODEL_GARDEN,
    MODEL_GARDEN_NEEDS,
    GARDEN_METRIC,
    GARDEN_GOAL,
    TRAINER_SETTING,
    TRAINER_VALUE,
    ANCHOR_SIZE,
)
