"""The requests of AutoML specs, held against what Google's SDK sent for the same parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.kinds.protojson import canonical
from tests.kinds.test_custom_requests import found, prepared, rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Runner

URL = "https://us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1/trainingPipelines"
DEFINITION = "gs://google-cloud-aiplatform/schema/trainingjob/definition/automl_image_classification_1.0.0.yaml"
FLOWERS = "kind: automl-image\ndisplay_name: flowers\ndataset: '7'\n"


def comparable(body: dict[str, Any], row: dict[str, Any]) -> Any:
    """The body without the labels and the description that the SDK takes from a base model after a look-up."""
    value = canonical(body)
    if "base_model" in row["spec"]:
        value["modelToUpload"].pop("labels", None)
        value["modelToUpload"].pop("description", None)
    return value


@pytest.mark.parametrize("row", rows("automl_sent"))
def test_an_automl_spec_sends_what_the_sdk_sends(row: dict[str, Any], tmp_path: Path) -> None:
    call = prepared(row, tmp_path).call
    assert call.url == row["url"]
    assert comparable(dict(call.body), row) == comparable(row["body"], row)


@pytest.mark.parametrize("row", rows("automl_refused"))
def test_a_wrong_automl_spec_is_told_what_is_wrong(row: dict[str, Any], tmp_path: Path) -> None:
    """`refused` is the reason; where it is a matter of judgement, a warning is enough."""
    refused, problems = found(row, tmp_path)
    assert sorted({problem.code for problem in problems}) == row["codes"], row["refused"]
    assert refused or row.get("judgement"), row["refused"]


def test_a_dry_run_shows_the_request_and_the_budget_in_node_hours(trainctl: Runner) -> None:
    text = (
        f"{FLOWERS}project: my-project\nmodel_type: MOBILE_TF_VERSATILE_1\ntraining_fraction_split: 0.8\n"
        "budget_milli_node_hours: 1500\nmodel_version_aliases: [candidate]\n"
    )
    outcome = trainctl("automl", "image", "submit", "--dry-run", "-", stdin=text)
    body = {
        "displayName": "flowers",
        "inputDataConfig": {"datasetId": "7", "fractionSplit": {"trainingFraction": 0.8}},
        "trainingTaskDefinition": DEFINITION,
        "trainingTaskInputs": {
            "modelType": "MOBILE_TF_VERSATILE_1",
            "multiLabel": False,
            "budgetMilliNodeHours": 1500,
            "disableEarlyStopping": False,
        },
        "modelToUpload": {"displayName": "flowers", "versionAliases": ["candidate", "default"]},
        "labels": {"trainctl-submission": "dry-run"},
    }
    note = "budget: 1500 milli node hours, that is 1.5 node hours"
    assert outcome.out == f"POST {URL}\n{json.dumps(body, indent=2)}\n{note}\n"


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ("budget_milli_node_hours: 8000\n", "budget: 8000 milli node hours, that is 8 node hours"),
        ("model_type: MOBILE_TF_VERSATILE_1\n", "budget: left to Vertex AI, by its documents 24 node hours"),
        ("prediction_type: object_detection\n", "budget: left to Vertex AI, by its documents 216 node hours"),
        ("model_type: CLOUD_1\n", "budget: left to Vertex AI"),
    ],
)
def test_validation_shows_the_budget_in_node_hours(lines: str, note: str, trainctl: Runner) -> None:
    outcome = trainctl("validate", "-", stdin=FLOWERS + lines)
    assert outcome.out == f"<stdin>: valid (automl-image)\n  {note}\n"


def test_video_is_told_to_be_deprecated_with_the_date(trainctl: Runner) -> None:
    outcome = trainctl("validate", "-", stdin=FLOWERS.replace("image", "video"))
    assert outcome.code == 0
    assert outcome.out == (
        "<stdin>:1:7: warning[automl-video-deprecated]: Google deprecated AutoML for video on 31 July 2025 and may "
        "have removed it since\n"
        "  1 | kind: automl-video\n"
        "            ^^^^^^^^^^^^\n"
        "  hint: train a model of your own with `kind: custom`\n"
        "<stdin>: valid (automl-video), 1 warning\n"
    )
