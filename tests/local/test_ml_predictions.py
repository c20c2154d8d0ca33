"""Batch prediction jobs of ml.v1 on the engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import Bench, refused
from tests.local.ml import JOBS, list_output, name_of, run
from tests.local.ml import make_job as make_training
from tests.local.packages import build_package
from trainctl.local.ml.predictions import make_spec

if TYPE_CHECKING:
    from pathlib import Path

DOUBLER = """
import os, sys
import factors

class Doubler:
    def __init__(self, offset):
        self._offset = offset

    def predict(self, instances, **kwargs):
        return [factors.TWO * each + self._offset for each in instances]

    @classmethod
    def from_path(cls, model_dir):
        with open(os.path.join(model_dir, "offset.txt")) as stream:
            return cls(int(stream.read()))
"""
RESULTS, ERRORS = "prediction.results-00000-of-00001", "prediction.errors_stats-00000-of-00001"


def make_job(**fields: Any) -> dict[str, Any]:
    given = {
        "dataFormat": "JSON",
        "inputPaths": ["gs://data/in/*.json"],
        "outputPath": "gs://data/out",
        "region": "us-central1",
        "uri": "gs://data/model",
    }
    return {"jobId": "predict_1", "predictionInput": {**given, **fields}}


@pytest.fixture
def data(bench: Bench) -> Path:
    """A bucket with a model of the user's own and two input files."""
    folder = bench.bucket("data")
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "predictor.py").write_text(DOUBLER)
    (folder / "model" / "factors.py").write_text("TWO = 2\n")
    (folder / "model" / "offset.txt").write_text("100")
    (folder / "in").mkdir()
    (folder / "in" / "a.json").write_text("1\n2\n\n3\n")
    (folder / "in" / "b.json").write_text("[4]\n5\nnot json\n")
    return folder


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_class_predicts_over_all_files_and_errors_are_counted(bench: Bench, data: Path) -> None:
    job = run(bench, make_job())
    assert job["state"] == "SUCCEEDED"
    output = job["predictionOutput"]
    assert 0 < output.pop("nodeHours") < 1
    assert output == {"outputPath": "gs://data/out", "predictionCount": "4", "errorCount": "2"}
    assert read_lines(data / "out" / RESULTS) == [102, 104, 106, 110]
    problems = {line["first"]: line for line in read_lines(data / "out" / ERRORS)}
    assert {place: line["count"] for place, line in problems.items()} == {"b.json:3": 1, "b.json:1": 1}
    assert problems["b.json:3"]["error"].startswith("The line is not JSON")
    assert problems["b.json:1"]["error"].startswith("TypeError")
    assert list_output(bench, job)[-1] == "4 predictions, 2 errors"


def test_text_is_taken_as_it_stands(bench: Bench, data: Path) -> None:
    (data / "model" / "predictor.py").write_text(
        "class Lengths:\n"
        "    from_path = classmethod(lambda cls, folder: cls())\n"
        "    def predict(self, instances): return [{'length': len(each)} for each in instances]\n"
    )
    (data / "in" / "words.txt").write_text("five5\nthree\n")
    job = run(bench, make_job(dataFormat="TEXT", inputPaths=["gs://data/in/words.txt"], batchSize="1"))
    assert job["state"] == "SUCCEEDED"
    assert read_lines(data / "out" / RESULTS) == [{"length": 5}, {"length": 5}]
    assert (data / "out" / ERRORS).read_text() == ""


def test_a_job_without_input_files_fails_and_says_which(bench: Bench, data: Path) -> None:
    job = run(bench, make_job(inputPaths=["gs://data/none*"]))
    assert job["state"] == "FAILED"
    assert job["errorMessage"].startswith("The replica master-replica-0 exited with a non-zero status of 1.")
    assert list_output(bench, job) == [f"There is no input file `{data}/none*`"]
    assert job["predictionOutput"]["outputPath"] == "gs://data/out"


def test_a_model_of_the_users_that_cannot_be_loaded_fails_the_job(bench: Bench, data: Path) -> None:
    (data / "model" / "predictor.py").write_text("x = 1\n")
    job = run(bench, make_job())
    assert job["state"] == "FAILED"
    assert list_output(bench, job) == ["`predictor.py` must have one class with `from_path`, and has 0"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (
        {"uri": None, "modelName": "projects/p/models/m"},
        "FAILED_PRECONDITION",
        (
            "The local engine keeps no models of AI Platform Prediction; give the model's folder as `uri` "
            "(prediction_input.model_name)."
        ),
    ),
    (
        {"uri": None, "versionName": "projects/p/models/m/versions/v"},
        "FAILED_PRECONDITION",
        (
            "The local engine keeps no models of AI Platform Prediction; give the model's folder as `uri` "
            "(prediction_input.version_name)."
        ),
    ),
    (
        {"uri": None},
        "INVALID_ARGUMENT",
        "prediction_input: `model_name`, `version_name` or `uri` must be set.",
    ),
    (
        {"dataFormat": "TF_RECORD"},
        "FAILED_PRECONDITION",
        "The local engine reads JSON and TEXT, one instance a line, not TF_RECORD (prediction_input.data_format).",
    ),
    (
        {"outputDataFormat": "CSV"},
        "FAILED_PRECONDITION",
        "The local engine writes JSON lines, not CSV (prediction_input.output_data_format).",
    ),
    (
        {"uri": "gs://data/none"},
        "FAILED_PRECONDITION",
        (
            "The local engine predicts with `model.joblib` or `model.pkl` of scikit-learn, or with a class in "
            "`predictor.py`, and `gs://data/none` holds no model (prediction_input.uri)."
        ),
    ),
    (
        {"uri": "gs://data/tf"},
        "FAILED_PRECONDITION",
        (
            "The local engine predicts with `model.joblib` or `model.pkl` of scikit-learn, or with a class in "
            "`predictor.py`, and `gs://data/tf` holds a TensorFlow model (prediction_input.uri)."
        ),
    ),
    (
        {"uri": "gs://data/options"},
        "FAILED_PRECONDITION",
        (
            "The local engine installs what `requirements.txt` lists and knows no option `-r other.txt` there "
            "(prediction_input.uri)."
        ),
    ),
    (
        {"inputPaths": ["/etc/passwd"]},
        "INVALID_ARGUMENT",
        "prediction_input.input_paths: `/etc/passwd` is not a `gs://` URI.",
    ),
    (
        {"inputPaths": ["gs://data/../../x*"]},
        "INVALID_ARGUMENT",
        "The local engine cannot keep an object named '../../xx'.",
    ),
    (
        {"batchSize": "-1"},
        "INVALID_ARGUMENT",
        "prediction_input.batch_size: It must be at least 1.",
    ),
]


@pytest.mark.parametrize(("fields", "code", "message"), REFUSED, ids=[str(fields)[:50] for fields, _, _ in REFUSED])
def test_what_cannot_be_predicted_is_refused_with_the_reason(
    bench: Bench, data: Path, fields: dict[str, Any], code: str, message: str
) -> None:
    (data / "options").mkdir()
    (data / "options" / "predictor.py").write_text(DOUBLER)
    (data / "options" / "requirements.txt").write_bytes(b"# \xfcber\nnumpy  # for arrays\n-r other.txt\n")
    (data / "tf").mkdir()
    (data / "tf" / "saved_model.pb").write_bytes(b"")
    assert refused(bench.client.post(JOBS, json=make_job(**fields))) == (400, code, message)
    assert bench.client.get(JOBS).json() == {}


def test_requirements_keep_the_fragments_of_urls_and_lose_their_comments(bench: Bench, data: Path) -> None:
    (data / "remote").mkdir()
    (data / "remote" / "predictor.py").write_text(DOUBLER)
    line = "x @ https://example.invalid/x-1-py3-none-any.whl#sha256=00"
    (data / "remote" / "requirements.txt").write_text(f"# none\nnumpy # 2\n{line}\t# pinned\n")
    spec = make_spec(bench.core, make_job(uri="gs://data/remote")["predictionInput"])
    assert spec["workerPoolSpecs"][0]["pythonPackageSpec"]["requirements"] == ["numpy", line]


def test_folders_are_no_files_of_a_model(bench: Bench, data: Path) -> None:
    for name in ("model.joblib", "requirements.txt"):
        (data / "folders" / name).mkdir(parents=True)
    answer = refused(bench.client.post(JOBS, json=make_job(uri="gs://data/folders")))
    assert answer[2].endswith("and `gs://data/folders` holds no model (prediction_input.uri).")
    (data / "folders" / "predictor.py").write_text(DOUBLER)
    spec = make_spec(bench.core, make_job(uri="gs://data/folders")["predictionInput"])
    assert spec["workerPoolSpecs"][0]["pythonPackageSpec"]["requirements"] == []


def test_a_prediction_is_cancelled_as_any_job(bench: Bench, data: Path) -> None:
    slow = DOUBLER.replace("        return [", "        import time; time.sleep(60)\n        return [")
    (data / "model" / "predictor.py").write_text(slow)
    name = name_of(bench.client.post(JOBS, json=make_job()).json())
    bench.await_state(name, "RUNNING")
    bench.client.post(f"/v1/{name}:cancel", json={})
    assert bench.await_end(name)["state"] == "CANCELLED"


@pytest.mark.slow
def test_a_model_of_scikit_learn_predicts_in_an_environment_that_has_it(bench: Bench, data: Path) -> None:
    code = "import joblib, sys; from sklearn.linear_model import LinearRegression as L; import numpy as n; "
    code += "joblib.dump(L().fit(n.array([[0, 1], [1, 0], [1, 1]]), [1, 2, 3]), sys.argv[-1] + '/model.joblib')"
    task = "import joblib, sklearn, sys\nexec(sys.argv.pop(1))\n"
    build_package(bench.bucket("stage") / "sk-1.0.tar.gz", task=task)
    trained = run(bench, make_training(code, packageUris=["gs://stage/sk-1.0.tar.gz"], jobDir="gs://data/sk"))
    assert trained["state"] == "SUCCEEDED", trained
    (data / "in" / "rows.json").write_text("[2, 2]\n[0, 0]\n")
    job = run(bench, make_job(uri="gs://data/sk", inputPaths=["gs://data/in/rows.json"]))
    assert job["state"] == "SUCCEEDED", job
    assert read_lines(data / "out" / RESULTS) == [pytest.approx(6), pytest.approx(0)]
