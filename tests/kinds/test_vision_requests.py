"""What specs of AutoML Vision ask for, and what is refused before anybody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.kinds.test_bodies_match_discovery import judge
from tests.spec.running import check_text
from trainctl.catalog import DRY_RUN_STAMP, VISION_TRAININGS, Call
from trainctl.kinds import find_kind
from trainctl.preparation import Defaults, prepare
from trainctl.spec.load import load
from trainctl.spec.schema import load_schema

if TYPE_CHECKING:
    from pathlib import Path

CLASSIFICATION, DETECTION = "imageClassificationModelMetadata", "imageObjectDetectionModelMetadata"
EDGE = ("mobile-low-latency-1", "mobile-versatile-1", "mobile-high-accuracy-1")
CORE_ML = tuple(name.replace("mobile", "mobile-core-ml") for name in EDGE)
SPEC = {"kind": "automl-vision", "display_name": "flowers", "dataset": "ICN7"}
RAW = {"kind": "automl-model", "displayName": "flowers", "datasetId": "ICN7"}
FULL = "projects/my-project/locations/us-central1"
BODIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {CLASSIFICATION: {}}),
    ({"prediction_type": "classification", "model_type": "cloud"}, {CLASSIFICATION: {"modelType": "cloud"}}),
    *(({"model_type": name}, {CLASSIFICATION: {"modelType": name}}) for name in (*EDGE, *CORE_ML)),
    *(
        ({"prediction_type": "object_detection", "model_type": name}, {DETECTION: {"modelType": name}})
        for name in ("cloud-high-accuracy-1", "cloud-low-latency-1", *EDGE)
    ),
    ({"train_budget_milli_node_hours": 8000}, {CLASSIFICATION: {"trainBudgetMilliNodeHours": "8000"}}),
    ({"train_budget": 24}, {CLASSIFICATION: {"trainBudgetMilliNodeHours": "24000"}}),
    ({"train_budget": "24"}, {CLASSIFICATION: {"trainBudgetMilliNodeHours": "24000"}}),
    ({"train_budget": 8.5}, {CLASSIFICATION: {"trainBudgetMilliNodeHours": "8500"}}),
    ({"base_model": "ICN3"}, {CLASSIFICATION: {"baseModelId": "ICN3"}}),
    ({"base_model": f"{FULL}/models/ICN3"}, {CLASSIFICATION: {"baseModelId": "ICN3"}}),
    ({"dataset": f"{FULL}/datasets/ICN8"}, {"datasetId": "ICN8", CLASSIFICATION: {}}),
    ({"dataset": "3104518874390609379"}, {"datasetId": "3104518874390609379", CLASSIFICATION: {}}),
    ({"labels": {"team": "plants"}}, {CLASSIFICATION: {}, "labels": {"team": "plants"}}),
]
RAW_BODIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {CLASSIFICATION: {"trainBudget": "1", "modelType": EDGE[0]}},
        {CLASSIFICATION: {"trainBudgetMilliNodeHours": "1000", "modelType": EDGE[0]}},
    ),
    ({DETECTION: {"trainBudget": 20}}, {DETECTION: {"trainBudgetMilliNodeHours": "20000"}}),
    ({CLASSIFICATION: {}, "baseModelId": "ICN3"}, {CLASSIFICATION: {"baseModelId": "ICN3"}}),
    ({CLASSIFICATION: {}, "baseModelId": 3}, {CLASSIFICATION: {"baseModelId": "3"}}),
    (
        {CLASSIFICATION: {"trainBudgetMilliNodeHours": "9000", "baseModelId": "ICN3"}},
        {CLASSIFICATION: {"trainBudgetMilliNodeHours": "9000", "baseModelId": "ICN3"}},
    ),
]


def call_of(spec: dict[str, Any], folder: Path) -> Call:
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    defaults = Defaults(project="my-project", location="us-central1", local=True)
    return prepare(load(str(path))[0], defaults, DRY_RUN_STAMP).call


def body_of(call: Call) -> dict[str, Any]:
    """The body without the label that every submission has."""
    labels = {key: value for key, value in call.body["labels"].items() if key != "trainctl-submission"}
    rest = {key: value for key, value in call.body.items() if key != "labels"}
    return rest | ({"labels": labels} if labels else {})


@pytest.mark.parametrize(("fields", "expected"), BODIES)
def test_a_spec_becomes_the_body_of_a_create_call_which_google_knows(
    fields: dict[str, Any], expected: dict[str, Any], tmp_path: Path
) -> None:
    call = call_of({**SPEC, **fields}, tmp_path)
    assert call.url == f"https://automl.googleapis.com/v1/{FULL}/models"
    assert body_of(call) == {"displayName": "flowers", "datasetId": "ICN7", **expected}
    assert judge(f"/automl{call.url.partition('.com')[2]}", dict(call.body)) == []


@pytest.mark.parametrize(("fields", "expected"), RAW_BODIES)
def test_a_body_of_the_guide_is_sent_in_the_words_of_the_api(
    fields: dict[str, Any], expected: dict[str, Any], tmp_path: Path
) -> None:
    call = call_of({**RAW, **fields}, tmp_path)
    assert body_of(call) == {"displayName": "flowers", "datasetId": "ICN7", **expected}
    assert judge(f"/automl{call.url.partition('.com')[2]}", dict(call.body)) == []


@pytest.mark.parametrize("expected", [expected for _, expected in BODIES])
def test_a_body_is_read_back_into_a_spec_that_makes_it_again(expected: dict[str, Any], tmp_path: Path) -> None:
    body = {"displayName": "flowers", "datasetId": "ICN7", **expected}
    kind = find_kind("automl-vision")
    assert kind is not None
    [found] = kind.recover(VISION_TRAININGS, body)
    assert body_of(call_of({"kind": "automl-vision", **found}, tmp_path)) == body


def test_every_field_is_in_some_body() -> None:
    used = {name for fields, _ in BODIES for name in (*SPEC, *fields)}
    assert set(load_schema("automl-vision").shape.fields) - used <= {"project", "location", "matrix"}


@pytest.mark.parametrize(
    ("prediction", "model_type", "least", "most"),
    [
        ("classification", "", 8_000, 800_000),
        ("classification", "cloud", 8_000, 800_000),
        *(("classification", name, 1_000, 100_000) for name in (*EDGE, *CORE_ML)),
        ("object_detection", "", 20_000, 900_000),
        ("object_detection", "cloud-low-latency-1", 20_000, 900_000),
        *(("object_detection", name, 1_000, 100_000) for name in EDGE),
    ],
)
def test_a_budget_is_within_the_limits_of_its_model_type(
    prediction: str, model_type: str, least: int, most: int
) -> None:
    head = f"kind: automl-vision\ndisplay_name: x\ndataset: '7'\nprediction_type: {prediction}\n"
    head += f"model_type: {model_type}\n" if model_type else ""

    def refused(budget: int, name: str = "train_budget_milli_node_hours") -> bool:
        return "vision-budget" in [each.code for each in check_text(f"{head}{name}: {budget}\n").errors]

    assert [refused(budget) for budget in (least - 1, least, most, most + 1)] == [True, False, False, True]
    hours = (least // 1000, most // 1000)
    assert [refused(budget, "train_budget") for budget in (hours[0] - 1, *hours, hours[1] + 1)] == [
        *(True, False, False, True)
    ]


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"display_name": "flowers-2026"}, ["vision-name"]),
        ({"display_name": "1flowers"}, ["vision-name"]),
        ({"display_name": "f" * 33}, ["vision-name"]),
        ({"display_name": "F_1" + "x" * 29}, []),
        ({"dataset": "my-dataset"}, ["resource-name"]),
        ({"dataset": f"{FULL}/models/ICN1"}, ["resource-name"]),
        ({"dataset": "projects/12345/locations/eu/datasets/ICN1"}, []),
        ({"location": "eu", "dataset": f"{FULL}/datasets/ICN1"}, ["resource-place"]),
        ({"location": "europe-west4"}, ["vision-location"]),
        ({"location": "us-central1-a"}, ["location-form"]),
        ({"model_type": CORE_ML[1], "prediction_type": "object_detection", "dataset": "IOD1"}, ["model-type"]),
        ({"model_type": "cloud-low-latency-1"}, ["model-type"]),
        ({"model_type": "MOBILE_TF_VERSATILE_1"}, ["choice"]),
        ({"base_model": "ICN3", "prediction_type": "object_detection", "dataset": "IOD1"}, ["base-model"]),
        ({"dataset": "IOD1"}, ["vision-dataset"]),
        ({"labels": {"Team": "x"}}, ["label-form"]),
        ({"train_budget": 24, "train_budget_milli_node_hours": 24_000}, ["vision-budget-twice"]),
        ({"model_type": "mobile-versatile-1", "train_budget": 7}, ["vision-budget-small"]),
        ({"model_type": "mobile-versatile-1", "train_budget": 8}, []),
        (
            {
                "model_type": "mobile-versatile-1",
                "prediction_type": "object_detection",
                "dataset": "IOD1",
                "train_budget": 19,
            },
            ["vision-budget-small"],
        ),
        ({"train_budget": "a day"}, ["vision-train-budget"]),
    ],
)
def test_what_a_spec_breaks(fields: dict[str, Any], codes: list[str]) -> None:
    assert sorted(each.code for each in check_text(yaml.safe_dump({**SPEC, **fields})).problems) == sorted(codes)


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, ["vision-metadata"]),
        ({CLASSIFICATION: {}, DETECTION: {}}, ["vision-dataset", "vision-metadata"]),
        ({CLASSIFICATION: {"trainBudget": "1", "modelType": EDGE[0]}}, ["vision-budget-small", "vision-guide"]),
        ({CLASSIFICATION: {"trainBudget": "1"}}, ["vision-budget"]),
        ({CLASSIFICATION: {"baseModelId": "ICN1"}, "baseModelId": "ICN2"}, ["vision-base-twice"]),
        ({DETECTION: {"baseModelId": "ICN1"}}, ["unknown-field", "vision-dataset"]),
        ({CLASSIFICATION: {"nodeQps": 3.2}}, ["unknown-field"]),
        ({"textClassificationModelMetadata": {}, CLASSIFICATION: {}}, ["unknown-field"]),
        ({CLASSIFICATION: {}, "displayName": "my-model"}, ["vision-name"]),
        ({DETECTION: {}, "baseModelId": "ICN2"}, ["base-model", "vision-dataset"]),
    ],
)
def test_what_a_body_breaks(fields: dict[str, Any], codes: list[str]) -> None:
    assert sorted(each.code for each in check_text(yaml.safe_dump({**RAW, **fields})).problems) == sorted(codes)
