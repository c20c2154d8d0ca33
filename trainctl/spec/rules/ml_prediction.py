"""Batch prediction on AI Platform: which model, which files, in which form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.spec.rules.ml_machines import ML
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.problems import PathKey

_MODELS = {
    "model_name": (re.compile(r"projects/[^/\s]+/models/[^/\s]+"), "projects/PROJECT/models/MODEL"),
    "version_name": (
        re.compile(r"projects/[^/\s]+/models/[^/\s]+/versions/[^/\s]+"),
        "projects/PROJECT/models/MODEL/versions/VERSION",
    ),
}
_SOURCES = (*_MODELS, "uri")
_INPUT_PATH = re.compile(r"gs://[a-z0-9][a-z0-9._-]*/\S.*")
_UNSPECIFIED = "DATA_FORMAT_UNSPECIFIED"
_FILES = (
    "  region: us-central1\n  data_format: JSON\n  output_path: gs://my-bucket/predictions\n"
    "  input_paths: [gs://my-bucket/inputs/*.jsonl]\n"
)
_HEAD = f"kind: ml-prediction\njob_id: example_1\nprediction_input:\n{_FILES}"
_URI = f"{_HEAD}  uri: gs://my-bucket/model/\n"


def _given(fields: Fields) -> Mapping[str, Any]:
    found = fields.get("prediction_input")
    return found if isinstance(found, dict) else {}


def _path(name: str, *steps: int) -> PathKey:
    return ("prediction_input", name, *steps)


def _model(fields: Fields, _: Where) -> Iterator[Finding]:
    given = _given(fields)
    named = [name for name in _SOURCES if name in given]
    if given and not named:
        yield Finding(("prediction_input",), "the job names no model", at_key=True)
    for name in named[1:]:
        yield Finding(_path(name), f"`{name}` and `{named[0]}` both name a model", "keep one of them", at_key=True)


MODEL = Rule(
    code="ml-model",
    sentence="A prediction job names its model once: `model_name`, `version_name` or `uri`.",
    cure="add `uri: gs://BUCKET/FOLDER`, `model_name` or `version_name`",
    source=f"{ML}PredictionInput.model_version is a union",
    check=_model,
    bad=_HEAD,
    good=_URI,
)


def _name(fields: Fields, _: Where) -> Iterator[Finding]:
    for name, (form, words) in _MODELS.items():
        value = _given(fields).get(name)
        if isinstance(value, str) and not form.fullmatch(value):
            yield Finding(_path(name), f"`{value}` is no `{name}`", f"write `{words}`")


MODEL_NAME = Rule(
    code="ml-model-name",
    sentence="A model is named `projects/P/models/M`, a version `projects/P/models/M/versions/V`.",
    cure="write the full name",
    source=f"{ML}PredictionInput.modelName, versionName",
    check=_name,
    bad=f"{_HEAD}  model_name: flowers\n",
    good=f"{_HEAD}  model_name: projects/my-project/models/flowers\n",
)


def _inputs(fields: Fields, _: Where) -> Iterator[Finding]:
    for index, value in enumerate(_given(fields).get("input_paths") or ()):
        if isinstance(value, str) and not _INPUT_PATH.fullmatch(value):
            wild = value.startswith("gs://") and any(char in value[5:].partition("/")[0] for char in "*?[")
            message = "a wildcard cannot stand for buckets" if wild else f"`{value}` is no file in Cloud Storage"
            yield Finding(_path("input_paths", index), message)


INPUT_PATH = Rule(
    code="ml-input-path",
    sentence="Input files are `gs://BUCKET/OBJECT`, with wildcards after the bucket.",
    cure="write for example `gs://my-bucket/inputs/*.jsonl`",
    source=f"{ML}PredictionInput.inputPaths; gsutil's wildcard names",
    check=_inputs,
    bad=_URI.replace("gs://my-bucket/inputs/*.jsonl", "inputs/*.jsonl"),
    good=_URI,
)


def _format(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in ("data_format", "output_data_format"):
        if _given(fields).get(name) == _UNSPECIFIED:
            yield Finding(_path(name), f"`{name}` says no form")


DATA_FORMAT = Rule(
    code="ml-data-format",
    sentence="Input files have a form: JSON, TEXT, TF_RECORD, TF_RECORD_GZIP or CSV.",
    cure="write JSON, TEXT, TF_RECORD, TF_RECORD_GZIP or CSV",
    source=f"{ML}PredictionInput.dataFormat",
    check=_format,
    bad=_URI.replace("JSON", _UNSPECIFIED),
    good=_URI,
)


def _runtime(fields: Fields, _: Where) -> Iterator[Finding]:
    given = _given(fields)
    if "runtime_version" in given and "uri" not in given and any(name in given for name in _MODELS):
        yield Finding(_path("runtime_version"), "the model's version has a `runtime_version` of its own", at_key=True)


RUNTIME = Rule(
    code="ml-prediction-runtime",
    sentence="`runtime_version` is for a model that a `uri` names: a version has its own.",
    cure="remove it, unless the model has to run in another one",
    source=f"{ML}PredictionInput.runtimeVersion",
    check=_runtime,
    severity=WARNING,
    bad=f"{_HEAD}  model_name: projects/my-project/models/flowers\n  runtime_version: '2.11'\n",
    good=f"{_URI}  runtime_version: '2.11'\n",
)

RULES = (MODEL, MODEL_NAME, INPUT_PATH, DATA_FORMAT, RUNTIME)
