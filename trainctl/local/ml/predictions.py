"""Batch prediction over files: a PredictionInput as the CustomJobSpec that does it, and what came of that.

The model is a folder with `model.joblib` or `model.pkl` (scikit-learn), or with `predictor.py`: a class with
`from_path(model_dir)` and `predict(instances)`, as in AI Platform's custom prediction routines, and a
`requirements.txt` if it needs packages.
Sources: https://cloud.google.com/ai-platform/prediction/docs/batch-predict, .../exporting-for-prediction and
.../custom-prediction-routines.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault, refuse_fields
from trainctl.local.protocol.times import parse_time
from trainctl.local.replicas.images import PREDICTOR
from trainctl.local.replicas.wheels import store_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from trainctl.local.core import Core

_PROGRAM = "trainctl.local.ml.predictor"
REPORT = "report.json"
_AT = "prediction_input"
_INPUTS, _OUTPUTS = ("JSON", "TEXT"), ("JSON", "DATA_FORMAT_UNSPECIFIED")
_OTHER_MODELS = {"saved_model.pb": "TensorFlow", "saved_model.pbtxt": "TensorFlow", "model.bst": "XGBoost"}
_BATCH = "64"
_HOUR = 3600 * 10**9
_COMMENT = re.compile(r"(^|\s)#.*")
"""As pip knows it: the URL of a distribution may have a fragment."""


def make_spec(core: Core, prediction: Mapping[str, Any]) -> dict[str, Any]:
    """The CustomJobSpec of a PredictionInput. Raises Fault for what is wrong, and for what is not done here."""
    _check(core, prediction)
    folder = core.buckets.locate_folder(prediction["uri"])
    package = {
        "executorImageUri": PREDICTOR,
        "packageUris": [store_wheel(core.buckets, _PROGRAM)],
        "requirements": list(_list_requirements(prediction["uri"], folder)),
        "pythonModule": _PROGRAM,
        "args": [
            f"--model={folder}",
            *(f"--input={_map(core, uri)}" for uri in prediction["inputPaths"]),
            f"--output={core.buckets.locate_folder(prediction['outputPath'])}",
            f"--format={prediction['dataFormat']}",
            f"--batch={prediction.get('batchSize', _BATCH)}",
            f"--report={REPORT}",
        ],
    }
    return {"workerPoolSpecs": [{"replicaCount": "1", "pythonPackageSpec": package}]}


def report(core: Core, job: Mapping[str, Any], backing: Mapping[str, Any]) -> dict[str, Any]:
    """The `predictionOutput` of a job that is over."""
    output = dict(job["predictionOutput"])
    try:
        counts = json.loads((core.folder(backing["name"]).work / REPORT).read_text(encoding="utf-8"))
        output |= {"predictionCount": str(counts["predictions"]), "errorCount": str(counts["errors"])}
    except (OSError, ValueError, KeyError):
        pass  # it failed before the first line
    begin, end = (parse_time(backing.get(name, "")) for name in ("startTime", "endTime"))
    if begin and end:
        output["nodeHours"] = round((end - begin) / _HOUR, 6)
    return output


def _check(core: Core, prediction: Mapping[str, Any]) -> None:
    for name, field in (("modelName", "model_name"), ("versionName", "version_name")):
        if name in prediction:
            raise _refuse("keeps no models of AI Platform Prediction; give the model's folder as `uri`", field)
    if "uri" not in prediction:
        raise refuse_fields([(f"job.{_AT}.uri", f"{_AT}: `model_name`, `version_name` or `uri` must be set.")])
    if prediction["dataFormat"] not in _INPUTS:
        raise _refuse(f"reads JSON and TEXT, one instance a line, not {prediction['dataFormat']}", "data_format")
    if prediction.get("outputDataFormat", "JSON") not in _OUTPUTS:
        raise _refuse(f"writes JSON lines, not {prediction['outputDataFormat']}", "output_data_format")
    if int(prediction.get("batchSize", _BATCH)) < 1:
        raise refuse_fields([(f"job.{_AT}.batch_size", f"{_AT}.batch_size: It must be at least 1.")])
    core.buckets.locate_folder(prediction["outputPath"])


def _list_requirements(uri: str, folder: Path) -> tuple[str, ...]:
    """What a model's folder needs installed. Raises Fault for one that holds no model that is served here."""
    names = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    found = next((name for name in ("predictor.py", "model.joblib", "model.pkl") if name in names), None)
    if found is None:
        other = next((kind for name, kind in _OTHER_MODELS.items() if name in names), "")
        what = f"holds a {other} model" if other else "holds no model"
        wanted = "predicts with `model.joblib` or `model.pkl` of scikit-learn, or with a class in `predictor.py`"
        raise _refuse(f"{wanted}, and `{uri}` {what}", "uri")
    if "requirements.txt" in names:
        return tuple(_read_requirements(folder / "requirements.txt"))
    return () if found == "predictor.py" else ("scikit-learn",)


def _read_requirements(path: Path) -> Iterator[str]:
    """The lines that name distributions. Raises Fault for one that is an option of pip."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        requirement = _COMMENT.sub("", line).strip()
        if requirement.startswith("-"):
            raise _refuse(f"installs what `requirements.txt` lists and knows no option `{requirement}` there", "uri")
        if requirement:
            yield requirement


def _map(core: Core, uri: str) -> str:
    """The path of an input, wildcards and all. Raises Fault for one that cannot be in a bucket."""
    if not uri.startswith("gs://"):
        raise refuse_fields([(f"job.{_AT}.input_paths", f"{_AT}.input_paths: `{uri}` is not a `gs://` URI.")])
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    for mark in "*?[]":
        name = name.replace(mark, "x")
    core.buckets.locate(bucket, name.rstrip("/") or "x")
    return f"{core.buckets.root}/{uri.removeprefix('gs://')}"


def _refuse(what: str, field: str) -> Fault:
    return Fault("FAILED_PRECONDITION", f"The local engine {what} ({_AT}.{field}).")
