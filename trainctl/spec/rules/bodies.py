"""What only a REST body can break: unions that a spec has no words for, and lists where a spec has names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.spec.rest import CONDITIONS, VALUE_SPECS, task_of
from trainctl.spec.rules.rule import REST, Fields, Finding, Rule, Where
from trainctl.spec.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.problems import PathKey

_SPLITS = ("fractionSplit", "filterSplit", "predefinedSplit", "timestampSplit", "stratifiedSplit")
_STUDIES: Mapping[str, tuple[PathKey, ...]] = {
    "tuning": (("trainingTaskInputs", "studySpec"),),
    "image": (("trainingTaskInputs", "tunableParameter", "studySpec"),),
}
_IMAGE = "us-docker.pkg.dev/my-project/images/trainer:1"
_POOL = f"machineSpec: {{machineType: n1-standard-4}}, replicaCount: 1, containerSpec: {{imageUri: '{_IMAGE}'}}"
_URI = "gs://google-cloud-aiplatform/schema/trainingjob/definition"
_PIPELINE = (
    f"kind: training-pipeline\ndisplayName: example\ntrainingTaskDefinition: {_URI}/custom_task_1.0.0.yaml\n"
    f"trainingTaskInputs:\n  workerPoolSpecs: [{{{_POOL}}}]\n"
)
_AUTOML = (
    "kind: training-pipeline\nlocation: us-central1\ndisplayName: example\ntrainingTaskInputs: {}\n"
    f"trainingTaskDefinition: {_URI}/automl_image_classification_1.0.0.yaml\n"
)
_TUNING = (
    "kind: hyperparameter-tuning-job\ndisplayName: example\nmaxTrialCount: 8\nparallelTrialCount: 2\n"
    f"trialJobSpec: {{workerPoolSpecs: [{{{_POOL}}}]}}\nstudySpec:\n"
)
_ACCURACY = "{metricId: accuracy, goal: MAXIMIZE}"
_STUDY = f"{_TUNING}  metrics: [{_ACCURACY}]\n"
_UNITS = "parameterId: units, integerValueSpec: {minValue: 8, maxValue: 64}"
_RATE = "{parameterId: rate, doubleValueSpec: {minValue: 0.1, maxValue: 1}}"
_TIME = "{key: created_at, trainingFraction: 0.8}"


def _split(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [name for name in _SPLITS if name in (fields.get("inputDataConfig") or {})]
    for name in given[1:]:
        message = f"`{name}` and `{given[0]}` are two ways to divide a dataset"
        yield Finding(("inputDataConfig", name), message, at_key=True)


SPLIT_UNION = Rule(
    code="split-union",
    sentence="An input data configuration has one split.",
    cure="keep one way",
    source=f"{REST}InputDataConfig.split is a union",
    check=_split,
    bad=f"{_PIPELINE}inputDataConfig: {{datasetId: '7', fractionSplit: {{}}, timestampSplit: {_TIME}}}\n",
    good=f"{_PIPELINE}inputDataConfig: {{datasetId: '7', timestampSplit: {_TIME}}}\n",
)


def _dataset(fields: Fields, _: Where) -> Iterator[Finding]:
    if task_of(fields.get("trainingTaskDefinition")) in ("image", "video") and "inputDataConfig" not in fields:
        message = "AutoML trains on a managed dataset, and the pipeline names none"
        yield Finding(("trainingTaskDefinition",), message, needs=(("inputDataConfig",),))


AUTOML_DATASET = Rule(
    code="automl-dataset",
    sentence="A training pipeline with an AutoML task names the dataset that it trains on.",
    cure="add `inputDataConfig: {datasetId: ID}`",
    source="https://cloud.google.com/vertex-ai/docs/image-data/classification/train-model",
    check=_dataset,
    bad=_AUTOML,
    good=f"{_AUTOML}inputDataConfig: {{datasetId: '7'}}\n",
)


def _study(fields: Fields) -> tuple[PathKey, Mapping[str, Any]]:
    """The StudySpec of a body with its path; an empty one where the body has none."""
    definition = fields.get("trainingTaskDefinition")
    for path in (("studySpec",),) if definition is None else _STUDIES.get(task_of(definition), ()):
        found: Any = fields
        for step in path:
            found = found.get(step) or {}
        return path, found
    return (), {}


def _metrics(fields: Fields, _: Where) -> Iterator[Finding]:
    path, study = _study(fields)
    seen: set[str] = set()
    for index, metric in enumerate(study.get("metrics") or ()):
        if (name := metric.get("metricId")) in seen:
            yield Finding((*path, "metrics", index, "metricId"), f"the study has two metrics `{name}`")
        seen.add(name)


METRIC_TWICE = Rule(
    code="metric-twice",
    sentence="No two metrics of a study have the same id.",
    cure="remove one of them",
    source=f"{REST}StudySpec.MetricSpec.metricId: must be unique amongst specs",
    check=_metrics,
    bad=f"{_TUNING}  metrics: [{_ACCURACY}, {_ACCURACY}]\n  parameters: [{_RATE}]\n",
    good=f"{_STUDY}  parameters: [{_RATE}]\n",
)


def _parameters(fields: Fields) -> Iterator[tuple[PathKey, Mapping[str, Any]]]:
    """Every ParameterSpec with its path, a parent before those that depend on it."""
    path, study = _study(fields)
    waiting = [((*path, "parameters", index), spec) for index, spec in enumerate(study.get("parameters") or ())]
    while waiting:
        place, spec = waiting.pop(0)
        yield place, spec
        for index, inner in enumerate(spec.get("conditionalParameterSpecs") or ()):
            inside: PathKey = (*place, "conditionalParameterSpecs", index, "parameterSpec")
            waiting.append((inside, inner.get("parameterSpec") or {}))


def _values(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, spec in _parameters(fields):
        given = [wire for wire in VALUE_SPECS.values() if wire in spec]
        for wire in given[1:]:
            yield Finding((*path, wire), f"`{wire}` and `{given[0]}` are two sorts of values", "keep one", at_key=True)
        if not given:
            needs = tuple((*path, wire) for wire in VALUE_SPECS.values())
            hint = f"add {listed(VALUE_SPECS.values(), last='or')}"
            yield Finding((*path, "parameterId"), "the parameter does not say which values it takes", hint, needs=needs)


PARAMETER_UNION = Rule(
    code="parameter-union",
    sentence="A parameter has one sort of values: doubles, integers, categories or discrete numbers.",
    cure=f"give it {listed(VALUE_SPECS.values(), last='or')}",
    source=f"{REST}StudySpec.ParameterSpec.parameterValueSpec is a union",
    check=_values,
    bad=f"{_STUDY}  parameters: [{{{_UNITS}, discreteValueSpec: {{values: [8, 16]}}}}]\n",
    good=f"{_STUDY}  parameters: [{{{_UNITS}}}]\n",
)


def _conditions(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, spec in _parameters(fields):
        kind = next((kind for kind, wire in VALUE_SPECS.items() if wire in spec), "")
        fitting = CONDITIONS.get(kind)
        for index, inner in enumerate(spec.get("conditionalParameterSpecs") or ()):
            for wire in CONDITIONS.values():
                if fitting and wire in inner and wire != fitting:
                    message = (
                        f"`{wire}` does not fit `{spec.get('parameterId')}`, whose values are in `{VALUE_SPECS[kind]}`"
                    )
                    place = (*path, "conditionalParameterSpecs", index, wire)
                    yield Finding(place, message, f"write `{fitting}`", at_key=True)


CONDITION_UNION = Rule(
    code="condition-union",
    sentence="A condition lists values of its parent's sort.",
    cure=f"write {listed(CONDITIONS.values(), last='or')}, as the parent has it",
    source=f"{REST}StudySpec.ParameterSpec.ConditionalParameterSpec.parentValueCondition is a union",
    check=_conditions,
    bad=(
        f"{_STUDY}  parameters:\n  - {{{_UNITS}, conditionalParameterSpecs: "
        f"[{{parentDiscreteValues: {{values: [8]}}, parameterSpec: {_RATE}}}]}}\n"
    ),
    good=(
        f"{_STUDY}  parameters:\n  - {{{_UNITS}, conditionalParameterSpecs: "
        f"[{{parentIntValues: {{values: [8]}}, parameterSpec: {_RATE}}}]}}\n"
    ),
)

STUDY = (METRIC_TWICE, PARAMETER_UNION, CONDITION_UNION)
PIPELINE = (SPLIT_UNION, AUTOML_DATASET, *STUDY)
"""The rules of each resource; they read the body itself, not a view of it."""
