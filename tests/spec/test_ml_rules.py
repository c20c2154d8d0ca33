"""What the rules of AI Platform's jobs say of many ways to write one, in specs and in bodies alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.spec.running import check_text, codes_of
from trainctl.spec.spelling import camel_case

IMAGE = {"image_uri": "gcr.io/my-project/trainer"}
BOX: dict[str, Any] = {"region": "us-central1", "master_config": IMAGE}
CUSTOM = {**BOX, "scale_tier": "CUSTOM", "master_type": "n1-standard-8"}
PYTHON = {
    "region": "us-central1",
    "package_uris": ["gs://b/a.tar.gz"],
    "python_module": "trainer.task",
    "runtime_version": "2.11",
    "python_version": "3.7",
}
T4 = {"type": "NVIDIA_TESLA_T4", "count": 1}


def tuned(*params: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**BOX, "hyperparameters": {"params": list(params), **fields}}


def parameter(kind: str, **fields: Any) -> dict[str, Any]:
    return {"parameter_name": "x", "type": kind, **fields}


CASES: list[tuple[dict[str, Any], list[str]]] = [
    (BOX, []),
    (PYTHON, []),
    (CUSTOM, []),
    # machines
    ({**BOX, "master_type": "n1-standard-4"}, ["ml-tier-machines"]),
    ({**BOX, "scale_tier": "BASIC_GPU", "worker_count": 2, "worker_type": "standard"}, ["ml-tier-machines"] * 2),
    ({**BOX, "scale_tier": "CUSTOM"}, ["ml-custom-master"]),
    ({**CUSTOM, "evaluator_count": 1}, ["ml-worker-type"]),
    ({**CUSTOM, "parameter_server_count": "3", "parameter_server_type": "n1-highmem-2"}, []),
    ({**CUSTOM, "evaluator_config": IMAGE}, ["ml-worker-count"]),
    ({**CUSTOM, "worker_count": 0, "worker_type": "n1-standard-4"}, ["ml-worker-count"]),
    ({**CUSTOM, "worker_count": 1, "worker_type": "large_model"}, ["ml-machine-family"]),
    (
        {**CUSTOM, "worker_count": 1, "worker_type": "cloud_tpu", "worker_config": {**IMAGE, "tpu_tf_version": "2.11"}},
        [],
    ),
    ({**CUSTOM, "master_type": "n1-highcpu-2"}, ["ml-machine-unknown"]),
    ({**CUSTOM, "worker_count": "-2", "worker_type": "n1-standard-4"}, ["ml-count"]),
    ({**CUSTOM, "master_config": {**IMAGE, "accelerator_config": T4}}, []),
    (
        {**CUSTOM, "master_config": {**IMAGE, "accelerator_config": {"type": "TPU_V2", "count": 8}}},
        ["ml-accelerator-machine"],
    ),
    ({**CUSTOM, "master_config": {**IMAGE, "accelerator_config": {"count": 2}}}, ["ml-accelerator-count"]),
    (
        {**CUSTOM, "master_config": {**IMAGE, "accelerator_config": {"type": "NVIDIA_TESLA_P4", "count": 8}}},
        ["ml-accelerator-count"],
    ),
    (
        {**CUSTOM, "master_type": "standard_p100", "master_config": {**IMAGE, "accelerator_config": T4}},
        ["ml-accelerator-machine"],
    ),
    ({**BOX, "master_config": {**IMAGE, "accelerator_config": T4}}, ["ml-accelerator-machine"]),
    ({**CUSTOM, "master_config": {**IMAGE, "disk_config": {"boot_disk_type": "pd-extreme"}}}, ["disk-type"]),
    ({**CUSTOM, "master_config": {**IMAGE, "disk_config": {"boot_disk_size_gb": 10}}}, ["disk-size"]),
    # code
    ({**PYTHON, "master_config": IMAGE}, ["ml-code", "ml-runtime"]),
    ({**PYTHON, "package_uris": [f"gs://b/{n}.whl" for n in range(101)]}, ["package-count"]),
    ({**PYTHON, "package_uris": ["gs://b/a.egg"]}, ["package-form"]),
    ({**PYTHON, "python_module": "trainer/task.py"}, ["module-form"]),
    ({**PYTHON, "runtime_version": "1.4", "python_version": "3.5"}, []),
    ({**PYTHON, "runtime_version": "1.15", "python_version": "3.5"}, ["ml-python-version"]),
    ({**PYTHON, "runtime_version": "2.1", "python_version": "2.7"}, ["ml-python-version"]),
    ({**PYTHON, "python_version": "3.10"}, ["ml-python-version"]),
    ({**PYTHON, "args": ["x" * 100_001]}, ["args-length"]),
    ({**PYTHON, "master_config": {"container_command": ["sh"]}}, ["ml-container-args"]),
    # times and places
    ({**BOX, "scheduling": {"max_running_time": "0s"}}, ["ml-times"]),
    ({**BOX, "scheduling": {"max_wait_time": "1799s"}}, ["ml-times"]),
    ({**BOX, "scheduling": {"priority": -1}}, ["ml-priority"]),
    ({**BOX, "region": "europe"}, ["ml-region"]),
    ({**BOX, "network": "my-vpc"}, ["network"]),
    ({**BOX, "network": "projects/my-project/global/networks/my-vpc"}, ["network-project"]),
    ({**BOX, "service_account": "ada@example.com"}, ["service-account"]),
    ({**BOX, "job_dir": "/tmp/out"}, ["gcs-uri"]),
    (
        {**BOX, "encryption_config": {"kms_key_name": "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"}},
        ["kms-key"],
    ),
    # hyperparameters
    (tuned(parameter("DOUBLE", min_value=0, max_value=1)), []),
    (tuned(parameter("DOUBLE", min_value=0, max_value=1, scale_type="UNIT_LOG_SCALE")), ["parameter-scale"]),
    (tuned(parameter("DOUBLE", min_value=2, max_value=1)), ["parameter-bounds"]),
    (tuned(parameter("INTEGER", min_value=1)), ["parameter-fields"]),
    (tuned(parameter("INTEGER", min_value=1.5, max_value=2)), ["parameter-values"]),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"], scale_type="UNIT_LINEAR_SCALE")), ["parameter-fields"]),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"], scale_type="NONE")), []),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"], min_value=1)), ["parameter-fields"]),
    (tuned(parameter("CATEGORICAL")), ["parameter-fields"]),
    (tuned(parameter("DISCRETE", discrete_values=[2, 1])), ["parameter-order"]),
    (tuned(parameter("DISCRETE", discrete_values=[1, 1])), ["parameter-order"]),
    (tuned(parameter("PARAMETER_TYPE_UNSPECIFIED")), ["ml-parameter-kind"]),
    (tuned(parameter("DOUBLE", min_value=0, max_value=1), algorithm="GRID_SEARCH"), ["grid-double"]),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"]), max_trials=2, max_parallel_trials=3), ["trial-count"]),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"]), max_trials=2, max_failed_trials=3), ["failed-count"]),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"]), max_trials=0), ["trial-count"]),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"]), goal="BEST"), ["choice"]),
    (tuned(), ["empty-value"]),
    (tuned(parameter("CATEGORICAL", categorical_values=["a"]), resume_previous_job_id="example_1"), ["ml-resume"]),
]


def spec_of(fields: dict[str, Any]) -> str:
    return json.dumps({"kind": "ml-training", "job_id": "example_1", "training_input": fields})


def body_of(fields: dict[str, Any]) -> str:
    return json.dumps({"kind": "ml-job", "jobId": "example_1", "trainingInput": camel(fields)})


def camel(value: Any) -> Any:
    if isinstance(value, list):
        return [camel(inner) for inner in value]
    return {camel_case(key): camel(inner) for key, inner in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(("fields", "codes"), CASES)
def test_a_spec_and_a_body_break_the_same_rules(fields: dict[str, Any], codes: list[str]) -> None:
    found = [sorted(codes_of(text)) for text in (spec_of(fields), body_of(fields))]
    assert found == [sorted(codes)] * 2


def test_sentences_about_bodies_name_the_fields_of_bodies() -> None:
    fields = {**CUSTOM, "master_type": "complex_model_m", "evaluator_count": 1}
    [problem] = check_text(body_of(fields)).problems
    assert (problem.message, problem.hint) == ("`evaluatorCount` needs `evaluatorType`", "add `evaluatorType`")
    assert problem.path == ("trainingInput", "evaluatorCount")
    [problem] = check_text(spec_of(fields)).problems
    assert (problem.message, problem.path) == (
        "`evaluator_count` needs `evaluator_type`",
        ("training_input", "evaluator_count"),
    )


def test_the_running_time_stands_in_one_place() -> None:
    fields = {**BOX, "max_running_time": "1h"}
    assert codes_of(spec_of(fields)) == []
    assert codes_of(spec_of({**fields, "scheduling": {"max_running_time": "1h"}})) == ["ml-times"]
    [problem] = check_text(body_of({**BOX, "max_running_time": "3600s"})).problems
    assert problem.hint == "write `scheduling: {maxRunningTime: 3600s}`, where later documents have it"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("state", "remove it"),
        ("region", "write it in `training_input`"),
        ("display_name", "write `job_id`: these jobs have no other name"),
        ("prediction_input", "write `kind: ml-prediction`: a job either trains or predicts"),
    ],
)
def test_fields_that_stand_elsewhere_are_led_home(key: str, hint: str) -> None:
    spec = {"kind": "ml-training", "job_id": "example_1", "training_input": BOX, key: {}}
    [problem] = check_text(json.dumps(spec)).problems
    assert (problem.code, problem.hint) == ("unknown-field", hint)


def test_the_location_of_a_spec_is_its_region() -> None:
    text = f"location: europe-west4\nkind: ml-training\ntraining_input: {json.dumps(BOX)}\n"
    [problem] = check_text(text).problems
    assert problem.message == "the job is in us-central1, but `location` says europe-west4"


@pytest.mark.parametrize("name", ["max_running_time", "max_wait_time"])
def test_a_time_beyond_what_google_counts_is_refused(name: str) -> None:
    training = {"region": "us-central1", "master_config": IMAGE, "scheduling": {name: "9" * 400 + "s"}}
    assert codes_of(json.dumps({"kind": "ml-training", "job_id": "a", "training_input": training})) == ["ml-times"]


@pytest.mark.parametrize("budget", ["1e308", "'" + "9" * 400 + "'"])
def test_a_budget_of_node_hours_without_end_is_refused_without_a_crash(budget: str) -> None:
    text = f"kind: automl-vision\ndisplay_name: a\ndataset: ICN7\ntrain_budget: {budget}\n"
    assert codes_of(text) == ["vision-budget"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"runtime_version": f"{'9' * 5000}.1", "python_version": "3.7", "master_config": None}, "ml-version"),
        ({"scale_tier": "CUSTOM", "master_type": "standard", "worker_count": "9" * 5000}, "ml-count"),
    ],
)
def test_no_number_has_more_digits_than_python_reads(change: dict[str, Any], code: str) -> None:
    text = json.dumps({"kind": "ml-training", "job_id": "a", "training_input": {**BOX, **change}})
    assert code in codes_of(text)
