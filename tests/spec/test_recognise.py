"""Documents without `kind`: REST bodies of Google's guides, gcloud configurations, and what is neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.spec.running import check_document
from trainctl.spec.load import load, load_text
from trainctl.spec.recognise import recognise

BODIES = sorted((Path(__file__).parent / "bodies").iterdir())


@pytest.mark.parametrize("file", BODIES, ids=lambda file: file.name)
def test_a_body_of_googles_guides_passes_unchanged(file: Path) -> None:
    (document,) = load(str(file))
    found = recognise(document)
    assert found is not None
    assert found.kind == "training-pipeline"
    checked = check_document(document)
    assert checked.errors == ()
    assert checked.fields == document.value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("trainingTaskDefinition: x", "training-pipeline"),
        ("training_task_inputs: {}", "training-pipeline"),
        ("jobSpec: {}", "custom-job"),
        ("studySpec: {}\ntrialJobSpec: {}", "hyperparameter-tuning-job"),
        ("workerPoolSpecs: []", "custom-job"),
        ("workerPoolSpecs: {}\nbogus: 1", "custom-job"),
        ("worker_pool_specs: []\ndisplay_name: x", "custom"),
        ("worker_pool_specs: []\nbase_output_dir: gs://b", "custom"),
        ("trainingInput: {}", "ml-training"),
        ("jobId: a\npredictionInput: {}", "ml-prediction"),
        ("imageClassificationModelMetadata: {}", "automl-model"),
        ("studySpec: {}", None),
        ("display_name: x\nscript_path: train.py", None),
        ("- a", None),
    ],
)
def test_content_shows_its_kind_or_none(text: str, kind: str | None) -> None:
    found = recognise(load_text(text, file="spec.yaml", folder=Path())[0])
    assert (found.kind if found else None) == kind


CONFIG = """\
workerPoolSpecs:
  machineSpec:
    machineType: n1-standard-4
  replicaCount: 1
  containerSpec:
    imageUri: gcr.io/my-project/trainer
scheduling:
  timeout: 3600s
project: my-project
"""


def test_a_gcloud_configuration_becomes_a_job_named_by_its_file() -> None:
    (document,) = load_text(CONFIG, file="jobs/train.v2.yaml", folder=Path())
    checked = check_document(document)
    assert checked.fields == {
        "displayName": "train.v2",
        "project": "my-project",
        "jobSpec": {
            "workerPoolSpecs": [
                {
                    "machineSpec": {"machineType": "n1-standard-4"},
                    "replicaCount": 1,
                    "containerSpec": {"imageUri": "gcr.io/my-project/trainer"},
                }
            ],
            "scheduling": {"timeout": "3600s"},
        },
    }
    assert [(problem.code, problem.line, problem.message) for problem in checked.problems] == [
        ("single-item", 2, "`workerPoolSpecs` is a mapping, read as a list of one")
    ]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("machineType:", "machineTyp:", (3, 5, "workerPoolSpecs.machineSpec.machineTyp")),
        ("replicaCount: 1", "replicaCount: many", (4, 17, "workerPoolSpecs.replicaCount")),
        ("3600s", "1h", (8, 12, "scheduling.timeout")),
    ],
)
def test_problems_of_a_configuration_point_into_the_file_as_it_is(
    old: str, new: str, place: tuple[int, int, str]
) -> None:
    from trainctl.spec.problems import format_path

    (document,) = load_text(CONFIG.replace(old, new), file="train.yaml", folder=Path())
    (problem,) = check_document(document).errors
    assert (problem.line, problem.column, format_path(problem.path)) == place


def test_a_tuning_configuration_without_a_name_gets_the_files() -> None:
    text = "studySpec: {}\ntrialJobSpec: {}\n"
    found = recognise(load_text(text, file="<stdin>", folder=Path())[0])
    assert found is not None
    value: dict[str, Any] = found.document.value
    assert value["displayName"] == "job"


TUNING = """\
studySpec:
  metrics: [{metricId: accuracy, goal: MAXIMIZE}]
  parameters: [{parameterId: lr, doubleValueSpec: {minValue: 0.1, maxValue: 1}}]
trialJobSpec:
  workerPoolSpecs:
  - {machineSpec: {machineType: n1-standard-4}, replicaCount: 1, containerSpec: {imageUri: gcr.io/p/t}}
"""


@pytest.mark.parametrize(
    ("more", "told", "counts"),
    [
        ("", ["maxTrialCount", "parallelTrialCount"], (1, 1)),
        ("maxTrialCount: 4\n", ["parallelTrialCount"], (4, 1)),
        ("max_trial_count: 4\nparallelTrialCount: 2\n", [], (4, 2)),
    ],
)
def test_counts_that_gcloud_has_flags_for_are_1_without_them_and_told(
    more: str, told: list[str], counts: tuple[int, int]
) -> None:
    (document,) = load_text(TUNING + more, file="tune.yaml", folder=Path())
    checked = check_document(document)
    assert [problem.code for problem in checked.problems] == ["gcloud-flag"] * len(told)
    assert [problem.message.split("`")[1] for problem in checked.problems] == told
    assert (checked.fields["maxTrialCount"], checked.fields["parallelTrialCount"]) == counts


def test_a_body_that_names_its_job_has_its_counts_itself() -> None:
    (document,) = load_text(f"displayName: tune\n{TUNING}", file="tune.json", folder=Path())
    assert [problem.code for problem in check_document(document).errors] == ["missing", "missing"]
