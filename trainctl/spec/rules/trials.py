"""The trials of a tuning job: how many, which end early, what its pipeline needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.spec.rules.parameters import each_parameter
from trainctl.spec.rules.rule import REST, STUDY, TUNING, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

STOPPING = ("median_automated_stopping_spec", "decay_curve_stopping_spec", "convex_automated_stopping_spec")
_CONVEX = STOPPING[2]
_MODEL = ("dataset", "model_serving_container_image_uri", "model_artifact_uri")
_RATE = "parameter_spec: {learning_rate: {type: double, min: 0.0001, max: 0.1, scale: log}}\n"
_SPEC = f"{TUNING}{_RATE}"
_COUNTED = (
    STUDY.replace("max_trial_count: 8\nparallel_trial_count: 2\n", "") + f"metric_spec: {{loss: minimize}}\n{_RATE}"
)


def _counts(fields: Fields, _: Where) -> Iterator[Finding]:
    most, parallel = fields.get("max_trial_count"), fields.get("parallel_trial_count")
    if most is not None and parallel is not None and parallel > most:
        message = f"{parallel} trials at the same time are more than the {most} in all"
        yield Finding(("parallel_trial_count",), message)


TRIAL_COUNT = Rule(
    code="trial-count",
    sentence="A tuning job has at least one trial, and no more at the same time than in all.",
    cure="write at most `max_trial_count`",
    source=f"{REST}HyperparameterTuningJob.parallelTrialCount",
    check=_counts,
    bad=f"{_COUNTED}max_trial_count: 2\nparallel_trial_count: 9\n",
    good=f"{_COUNTED}max_trial_count: 9\nparallel_trial_count: 2\n",
)


def _failures(fields: Fields, _: Where) -> Iterator[Finding]:
    most, failed = fields.get("max_trial_count"), fields.get("max_failed_trial_count")
    if most is not None and failed is not None and failed > most:
        message = f"{failed} failed trials cannot be reached with {most} in all"
        yield Finding(("max_failed_trial_count",), message)


FAILED_COUNT = Rule(
    code="failed-count",
    sentence="The number of failed trials that end a job is within its trials.",
    cure="write at most `max_trial_count`, or 0 to let Vertex AI decide",
    source=f"{REST}HyperparameterTuningJob.maxFailedTrialCount",
    check=_failures,
    severity=WARNING,
    bad=f"{_SPEC}max_failed_trial_count: 9\n",
    good=f"{_SPEC}max_failed_trial_count: 3\n",
)


def _one_rule(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [name for name in STOPPING if name in fields]
    for name in given[1:]:
        yield Finding((name,), f"`{name}` and `{given[0]}` are two ways to end trials early", at_key=True)


STOPPING_UNION = Rule(
    code="stopping-union",
    sentence="A study has one early-stopping rule.",
    cure="keep one of them",
    source=f"{REST}StudySpec.automatedStoppingSpec is a union",
    check=_one_rule,
    bad=f"{_SPEC}{STOPPING[0]}: {{}}\n{STOPPING[1]}: {{}}\n",
    good=f"{_SPEC}{STOPPING[0]}: {{use_elapsed_duration: true}}\n",
)


def _rate(fields: Fields, _: Where) -> Iterator[Finding]:
    name = (fields.get(_CONVEX) or {}).get("learning_rate_parameter_name")
    known = [parameter.name for parameter in each_parameter(fields)]
    if name and name not in known:
        path = (_CONVEX, "learning_rate_parameter_name")
        yield Finding(path, f"there is no parameter `{name}`", suggestion(name, known), needs=(("parameter_spec",),))


STOPPING_RATE = Rule(
    code="stopping-rate",
    sentence="The learning rate that early stopping looks at is a parameter of the study.",
    cure="name a parameter of `parameter_spec`, or leave it out",
    source=f"{REST}StudySpec.ConvexAutomatedStoppingSpec.learningRateParameterName",
    check=_rate,
    bad=f"{_SPEC}{_CONVEX}: {{learning_rate_parameter_name: rate}}\n",
    good=f"{_SPEC}{_CONVEX}: {{learning_rate_parameter_name: learning_rate}}\n",
)


def _several_metrics(fields: Fields, _: Where) -> Iterator[Finding]:
    stopping = next((name for name in STOPPING if name in fields), None)
    if stopping and len(fields.get("metric_spec") or ()) > 1:
        yield Finding((stopping,), "early stopping judges by one metric, the study has several", at_key=True)


STOPPING_METRIC = Rule(
    code="stopping-metric",
    sentence="Early stopping is for studies with one metric.",
    cure="keep one metric, or leave early stopping out",
    source=f"{REST}StudySpec.automatedStoppingSpec",
    check=_several_metrics,
    severity=WARNING,
    bad=f"{STUDY}{_RATE}metric_spec: {{accuracy: maximize, loss: minimize}}\n{STOPPING[0]}: {{}}\n",
    good=f"{_SPEC}{STOPPING[0]}: {{}}\n",
)


def _output(fields: Fields, _: Where) -> Iterator[Finding]:
    asked = fields.get("resource")
    pipeline = asked == "training_pipeline" or (asked is None and any(name in fields for name in _MODEL))
    if pipeline and "base_output_dir" not in fields:
        yield Finding((), "a training pipeline around a tuning job has no `base_output_dir`")


TUNING_OUTPUT = Rule(
    code="tuning-output",
    sentence="A training pipeline around a tuning job says where its trials write, in `base_output_dir`.",
    cure="add `base_output_dir: gs://BUCKET/FOLDER`",
    source="https://cloud.google.com/vertex-ai/docs/training/create-training-pipeline: baseOutputDirectory is required",
    check=_output,
    reads=("resource", "base_output_dir", *_MODEL),
    bad=f"{_SPEC}resource: training_pipeline\n",
    good=f"{_SPEC}resource: training_pipeline\nbase_output_dir: gs://my-bucket/study\n",
)

RULES = (TRIAL_COUNT, FAILED_COUNT, STOPPING_UNION, STOPPING_RATE, STOPPING_METRIC, TUNING_OUTPUT)
