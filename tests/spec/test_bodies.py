"""REST bodies against the rules of specs: the same findings, at the body's own keys and in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.spec.running import check_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trainctl.spec.problems import Problem

STUDY = """\
  metrics:
  - {metricId: top accuracy, goal: MAXIMIZE}
  algorithm: GRID_SEARCH
  parameters:
  - parameterId: rate
    doubleValueSpec: {minValue: 0, maxValue: -1}
    scaleType: UNIT_LOG_SCALE
  - parameterId: units
    integerValueSpec: {minValue: '8', maxValue: 64}
    conditionalParameterSpecs:
    - parentIntValues: {values: ['8', 65]}
      parameterSpec: {parameterId: depth, discreteValueSpec: {values: [3, 2]}}
    - parameterSpec: {parameterId: loss, categoricalValueSpec: {values: [a, b]}, scaleType: UNIT_LINEAR_SCALE}
  - {parameterId: units, discreteValueSpec: {values: [1]}}
  - parameterId: nothing
  medianAutomatedStoppingSpec: {}
  convexAutomatedStoppingSpec: {learningRateParameterName: rat}
"""
FOUND = [
    ("study-name", "top accuracy,", "the metric's name `top accuracy` has a space in it"),
    ("grid-double", "doubleValueSpec", "grid search cannot try every value of `rate`, a double parameter"),
    ("parameter-scale", "0, maxValue", "scale log needs positive values, `rate` reaches 0"),
    ("parameter-bounds", "0, maxValue", "`minValue` of `rate` is 0, more than its `maxValue` -1"),
    ("parent-values", "65]", "`65` is no value of `units`"),
    ("parameter-order", "[3, 2]", "the values of `depth` do not increase"),
    ("parameter-parent", "loss,", "`loss` does not say for which values of `units` it exists"),
    ("parameter-fields", "scaleType: UNIT_LINEAR", "a categorical parameter has no `scaleType`"),
    ("parameter-twice", "units, d", "two parameters called `units` can exist in the same trial"),
    ("parameter-union", "nothing", "the parameter does not say which values it takes"),
    (
        "stopping-union",
        "convexAutomatedStoppingSpec:",
        "`convexAutomatedStoppingSpec` and `medianAutomatedStoppingSpec` are two ways to end trials early",
    ),
    ("stopping-rate", "rat}", "there is no parameter `rat`"),
]
TRIAL_JOB = "workerPoolSpecs: [{machineSpec: {machineType: n1-standard-4}, containerSpec: {imageUri: a/b}}]"
COUNTS = "maxTrialCount: 2\nparallelTrialCount: 3\nmaxFailedTrialCount: 5\n"
JOB = f"""\
kind: hyperparameter-tuning-job
displayName: digits
{COUNTS}\
studySpec:
{STUDY}\
trialJobSpec: {{{TRIAL_JOB}}}
"""
DEFINITIONS = "gs://google-cloud-aiplatform/schema/trainingjob/definition"


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def pipeline(task: str, inputs: str, rest: str = "") -> str:
    head = f"kind: training-pipeline\ndisplayName: digits\ntrainingTaskDefinition: {DEFINITIONS}/{task}_1.0.0.yaml\n"
    return f"{head}trainingTaskInputs:\n{indented(inputs, 2)}{rest}"


def told(problems: Iterable[Problem], text: str, length: Mapping[str, int]) -> set[tuple[str, str, str]]:
    """Code, the text at the place that is pointed to, and message of each problem."""
    lines = text.splitlines()
    return {
        (problem.code, lines[problem.line - 1][problem.column - 1 :][: length[problem.code]], problem.message)
        for problem in problems
    }


@pytest.mark.parametrize(
    "text",
    [
        JOB,
        pipeline("hyperparameter_tuning_task", f"{COUNTS}studySpec:\n{STUDY}trialJobSpec: {{{TRIAL_JOB}}}\n"),
    ],
    ids=["job", "pipeline"],
)
def test_a_study_in_a_body_is_held_against_the_rules_of_studies(text: str) -> None:
    problems = check_text(text).problems
    length = {code: len(piece) for code, piece, _ in FOUND}
    assert told((problem for problem in problems if problem.code in length), text, length) == set(FOUND)
    others = {problem.code: problem.message for problem in problems if problem.code not in length}
    expected = {
        "trial-count": "3 trials at the same time are more than the 2 in all",
        "failed-count": "5 failed trials cannot be reached with 2 in all",
    }
    if "trainingTaskInputs" in text:
        expected["tuning-output"] = (
            "a training pipeline around a tuning job has no `baseOutputDirectory.outputUriPrefix`"
        )
    assert others == expected


STUDY = f"""\
kind: hyperparameter-tuning-job
displayName: digits
maxTrialCount: 2
parallelTrialCount: 1
trialJobSpec: {{{TRIAL_JOB}}}
studySpec:
  metrics: [{{metricId: loss, goal: MINIMIZE}}]
  parameters:"""
"""A tuning job up to its parameters, which follow."""


def test_hints_speak_the_words_of_the_body() -> None:
    hints = {problem.code: problem.hint for problem in check_text(JOB).problems}
    assert hints["parameter-bounds"] == "exchange `minValue` and `maxValue`"
    assert hints["parameter-parent"] == "add `parentIntValues`, `parentCategoricalValues`, `parentDiscreteValues`"
    assert hints["trial-count"] == "write at most `maxTrialCount`"


def test_two_conditional_parameters_of_one_name_exclude_each_other() -> None:
    inner = "parameterSpec: {parameterId: depth, integerValueSpec: {maxValue: 3}}"
    text = f"""\
{STUDY}
  - parameterId: model
    categoricalValueSpec: {{values: [tree, forest]}}
    conditionalParameterSpecs:
    - {{parentCategoricalValues: {{values: [tree]}}, {inner}}}
    - {{parentCategoricalValues: {{values: [forest]}}, {inner}}}
"""
    assert check_text(text).problems == ()
    again = [problem.code for problem in check_text(text.replace("[forest]", "[tree]")).problems]
    assert again == ["parameter-twice"]


def test_a_category_of_digits_is_a_value_of_its_parent() -> None:
    text = f"""\
{STUDY}
  - parameterId: layers
    categoricalValueSpec: {{values: ['1', '2']}}
    conditionalParameterSpecs:
    - parentCategoricalValues: {{values: ['2']}}
      parameterSpec: {{parameterId: depth, integerValueSpec: {{maxValue: 3}}}}
"""
    assert check_text(text).problems == ()
    assert [problem.code for problem in check_text(text.replace("values: ['2']", "values: ['3']")).problems] == [
        "parent-values"
    ]


def test_a_variable_without_a_value_is_an_empty_one() -> None:
    text = f"kind: custom-job\ndisplayName: digits\njobSpec: {{{TRIAL_JOB.replace('a/b', 'a/b, env: [{name: A}]')}}}\n"
    assert check_text(text).problems == ()


@pytest.mark.parametrize(
    ("task", "inputs", "codes"),
    [
        ("automl_image_classification", "budgetMilliNodeHours: '8'", ["budget-range"]),
        ("automl_image_classification", "budgetMilliNodeHours: 8000", []),
        ("automl_image_object_detection", "budgetMilliNodeHours: 8000", ["budget-range"]),
        (
            "automl_image_object_detection",
            "{budgetMilliNodeHours: 8000, modelType: YOLO}",
            ["budget-unusual", "model-garden-needs"],
        ),
        ("automl_image_object_detection", "{modelType: MODEL_TYPE_UNSPECIFIED, multiLabel: true}", ["unknown-field"]),
        ("automl_image_classification", "modelType: YOLO", ["choice"]),
        ("automl_image_classification", "model_type: CLOUD_1", []),
        ("automl_image_classification", "{baseModelId: '1', uptrainBaseModelId: '2'}", ["two-base-models"]),
        ("automl_image_classification", "{tunableParameter: {checkpointName: x}}", ["model-garden"]),
        (
            "automl_image_classification",
            (
                "modelType: VIT\ntunableParameter:\n  checkpointName: x\n  trainerConfig: {steps: '1'}\n  studySpec:\n"
                "    metrics: [{metricId: f1, goal: MAXIMIZE}]\n"
                "    parameters: [{parameterId: rate, doubleValueSpec: {maxValue: 1}, scaleType: UNIT_LOG_SCALE}]\n"
            ),
            ["parameter-scale", "garden-metric", "trainer-setting"],
        ),
        ("automl_image_segmentation", "modelType: CLOUD_HIGH_ACCURACY_1", []),
        ("automl_image_segmentation", "modelTyp: CLOUD_HIGH_ACCURACY_1", ["unknown-field"]),
        ("automl_video_object_tracking", "modelType: MOBILE_CORAL_VERSATILE_1", ["automl-video-deprecated"]),
        ("automl_video_classification", "modelType: MOBILE_CORAL_VERSATILE_1", ["automl-video-deprecated", "choice"]),
        ("automl_tabular", "{targetColumn: price, network: false}", []),
    ],
)
def test_the_inputs_of_automl_tasks_are_read(task: str, inputs: str, codes: list[str]) -> None:
    text = pipeline(task, inputs, "inputDataConfig: {datasetId: '7'}\n")
    assert sorted(problem.code for problem in check_text(text).problems) == sorted(codes)


@pytest.mark.parametrize(
    ("split", "codes"),
    [
        ("fractionSplit: {trainingFraction: 0.8, testFraction: 0.3}", ["split-sum"]),
        ("fractionSplit: {trainingFraction: 80}", ["split-range"]),
        ("timestampSplit: {key: t, trainingFraction: -1}", ["split-range"]),
        ("filterSplit: {trainingFilter: a, validationFilter: '-', testFilter: b}", []),
        ("filterSplit: {trainingFilter: a, testFilter: b}", ["missing"]),
        ("filterSplit: {trainingFilter: a, validationFilter: '-', testFilter: b}, fractionSplit: {}", ["split-union"]),
    ],
)
def test_splits_of_automl_pipelines(split: str, codes: list[str]) -> None:
    text = pipeline("automl_image_classification", "{}", f"inputDataConfig: {{datasetId: '7', {split}}}\n")
    assert [problem.code for problem in check_text(text).problems] == codes


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("maxTrialCount: 2", "maxTrialCount: 0", "trial-count"),
        ("displayName: digits", f"displayName: {'x' * 129}", "display-name"),
        ("machineSpec:", "replicaCount: 0, machineSpec:", "replica-count"),
        ("machineSpec:", "diskSpec: {bootDiskSizeGb: 99}, machineSpec:", "disk-size"),
        ("machineSpec:", "diskSpec: {bootDiskType: floppy}, machineSpec:", "disk-type"),
        ("{workerPoolSpecs", "{baseOutputDirectory: {outputUriPrefix: my-bucket}, workerPoolSpecs", "gcs-uri"),
        ("machineSpec:", f"replicaCount: '{'9' * 5000}', machineSpec:", "replica-count"),
        ("machineSpec:", "replicaCount: 3.0, machineSpec:", "pool-primary"),
    ],
)
def test_limits_of_single_fields_hold_in_bodies(old: str, new: str, code: str) -> None:
    text = JOB.replace(old, new)
    assert text != JOB
    assert [problem.code for problem in check_text(text).problems].count(code) == 1


def test_a_rule_is_silent_where_what_it_reads_is_malformed() -> None:
    """The output folder is there, only badly written: nobody says that it is missing."""
    inputs = (
        "maxTrialCount: 2\nparallelTrialCount: 1\n"
        "studySpec:\n  metrics: [{metricId: loss, goal: MINIMIZE}]\n"
        "  parameters: [{parameterId: rate, doubleValueSpec: {maxValue: 1}}]\n"
        f"trialJobSpec: {{baseOutputDirectory: {{outputUriPrefix: my-bucket}}, {TRIAL_JOB}}}\n"
    )
    problems = check_text(pipeline("hyperparameter_tuning_task", inputs)).problems
    assert [problem.code for problem in problems] == ["gcs-uri"]


def test_a_container_of_a_body_has_an_image() -> None:
    pool = "machineSpec: {machineType: n1-standard-4}, containerSpec: {imageUri: ''}"
    found = check_text(f"kind: custom-job\ndisplayName: digits\njobSpec: {{workerPoolSpecs: [{{{pool}}}]}}\n").problems
    assert [(problem.code, problem.message) for problem in found] == [
        ("empty-value", "`jobSpec.workerPoolSpecs[0].containerSpec.imageUri` is empty")
    ]


def test_a_condition_in_a_body_names_values() -> None:
    rate = "{parameterId: rate, doubleValueSpec: {minValue: 0.1, maxValue: 1}}"
    conditions = f"[{{parentIntValues: {{values: []}}, parameterSpec: {rate}}}]"
    units = f"{{parameterId: units, integerValueSpec: {{maxValue: 9}}, conditionalParameterSpecs: {conditions}}}"
    text = (
        f"kind: hyperparameter-tuning-job\ndisplayName: digits\nmaxTrialCount: 2\nparallelTrialCount: 1\n"
        f"trialJobSpec: {{{TRIAL_JOB}}}\n"
        f"studySpec: {{metrics: [{{metricId: loss, goal: MINIMIZE}}], parameters: [{units}]}}\n"
    )
    assert [problem.code for problem in check_text(text).problems] == ["empty-value"]
