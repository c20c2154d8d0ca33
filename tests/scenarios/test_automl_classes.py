"""Google's reference of `AutoMLImageTrainingJob` and `AutoMLVideoTrainingJob`, parameter by parameter and method by
method, on the local engine.

https://cloud.google.com/python/docs/reference/aiplatform/latest/google.cloud.aiplatform.AutoMLImageTrainingJob and the
page of the other class.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.test_automl_vision import Reader

if TYPE_CHECKING:
    from tests.running import Runner

TOP = Path(__file__).parents[2]
SCHEMAS = TOP / "trainctl" / "spec" / "schemas"
SHARED = (
    *("display_name", "prediction_type", "model_type", "project", "location", "labels"),
    *("training_encryption_spec_key_name", "model_encryption_spec_key_name"),
    *("dataset", "training_fraction_split", "test_fraction_split", "training_filter_split", "test_filter_split"),
    *("model_display_name", "model_labels", "model_id", "parent_model", "is_default_version", "model_version_aliases"),
    "model_version_description",
)
PARAMETERS = {
    "automl-image": (
        *SHARED,
        *("multi_label", "base_model", "incremental_train_base_model", "checkpoint_name", "trainer_config"),
        *("metric_spec", "parameter_spec", "search_algorithm", "measurement_selection"),
        *("validation_fraction_split", "validation_filter_split", "budget_milli_node_hours", "disable_early_stopping"),
    ),
    "automl-video": SHARED,
}
"""What the constructors and `run` take and a spec says."""

OPTIONS = {"credentials": "--credentials-file", "sync": "--watch", "create_request_timeout": "--request-timeout"}
"""What they take that is no matter of the job, and the option of `submit` that says it."""

PROPERTIES = (
    *("createTime", "displayName", "encryptionSpec", "endTime", "labels", "name", "startTime", "state", "updateTime"),
)
"""Those of the classes that a succeeded job has, as `to_dict` spells them."""

KEY = "projects/classes/locations/us-central1/keyRings/ring/cryptoKeys/key"
SPEC = f"""\
kind: automl-image
display_name: classes
model_type: MOBILE_TF_LOW_LATENCY_1
budget_milli_node_hours: 1000
training_encryption_spec_key_name: {KEY}
labels: {{team: drawing}}
"""
USER = {"TRAINCTL_LOCAL": "1", "TRAINCTL_PROJECT": "classes", "TRAINCTL_LOCATION": "us-central1"}


@pytest.mark.parametrize("kind", PARAMETERS)
def test_every_parameter_of_a_class_is_a_described_field_of_its_kind_and_there_are_no_others(
    trainctl: Runner, kind: str
) -> None:
    known = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))["properties"]
    explained = trainctl("explain", kind).out
    assert sorted(known.keys() - {"kind"}) == sorted(PARAMETERS[kind])
    assert [name for name in PARAMETERS[kind] if name not in explained] == []


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_a_parameter_that_is_no_matter_of_the_job_is_an_option(trainctl: Runner, option: str) -> None:
    assert option in trainctl("automl", "image", "submit", "--help").out


@pytest.mark.slow
def test_every_method_of_the_classes_is_a_command(machine: Runner, tmp_path: Path) -> None:
    user = Reader(machine, tmp_path, environment=USER)
    runpy.run_path(str(TOP / "configs" / "automl" / "make_shapes.py"))["main"](tmp_path)
    spec = tmp_path / "classes.yaml"
    made = user("datasets", "create", "shapes", "--kind", "image", "--import", str(tmp_path / "shapes.csv"))
    spec.write_text(f"{SPEC}dataset: '{made.out.strip()}'\n", encoding="utf-8")

    # run(sync=False), wait_for_resource_creation, done, state; then wait, has_failed, get_model
    name = user("automl", "image", "submit", str(spec), "-o", "name").out.strip()
    assert user("jobs", "status", name, code=7).out.strip() in ("QUEUED", "PENDING", "RUNNING")
    user("jobs", "wait", name)
    assert user("jobs", "status", name).out == "SUCCEEDED\n"
    model = user("jobs", "model", name).out.strip()
    assert model.endswith("@1")
    assert user.read("models", "get", model)["displayName"] == "classes"

    # get, to_dict and the properties; list with filter and order_by
    job = user.read("automl", "image", "get", name)
    assert [word for word in PROPERTIES if word not in job] == []
    assert user("automl", "video", "get", name, code=2).out == ""
    listed = ("jobs", "list", "--filter", 'display_name="classes"', "--sort", "create_time desc")
    assert name in user.names(*listed)

    # cancel: a RuntimeError for what does not run; delete
    user("jobs", "cancel", name, "--yes", code=5)
    user("jobs", "cancel", name, "--yes", "--if-running")
    user("jobs", "delete", name, "--yes")
    user("automl", "image", "get", name, code=5)
