"""Writes the schemas that follow Google's discovery document; run by developers, never by trainctl.

    python -m trainctl.spec.generate

`_rest.json` has the REST resources as they are (lowerCamelCase), for the raw kinds; `_vertex.json` those parts that
structured kinds take over whole, in snake_case; `_ml_rest.json` and `_ml.json` are the same of ml.v1,
`_automl_rest.json` of automl v1. Output-only fields are left out and listed in `x-read-only`.
The raw kinds' own files put `kind`, `project` and `location` beside a resource's fields.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainctl.reference import load_discovery_schema
from trainctl.reference.enums import name_numbers
from trainctl.spec import automl_limits, ml_limits, rest_limits
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = Path(__file__).with_name("schemas")
VERTEX_ROOTS = (
    "ExplanationMetadata",
    "ExplanationParameters",
    "Probe",
    "ModelBaseModelSource",
    "StudySpecMedianAutomatedStoppingSpec",
    "StudySpecDecayCurveAutomatedStoppingSpec",
    "StudySpecConvexAutomatedStoppingSpec",
)
RAW_KINDS = {
    "custom-job": ("CustomJob", "the REST body of customJobs.create"),
    "hyperparameter-tuning-job": ("HyperparameterTuningJob", "the REST body of hyperparameterTuningJobs.create"),
    "training-pipeline": ("TrainingPipeline", "the REST body of trainingPipelines.create"),
    "ml-job": ("Job", "the REST body of ml.v1 jobs.create"),
    "automl-model": ("Model", "the REST body of AutoML v1 models.create"),
}
_AUTOML = "SchemaTrainingjobDefinitionAutoMl"
TASKS = {
    "/custom_task_": "CustomJobSpec",
    "/hyperparameter_tuning_task_": "HyperparameterTuningTask",
    "/automl_image_classification_": f"{_AUTOML}ImageClassificationInputs",
    "/automl_image_object_detection_": f"{_AUTOML}ImageObjectDetectionInputs",
    "/automl_image_segmentation_": f"{_AUTOML}ImageSegmentationInputs",
    "/automl_video_classification_": f"{_AUTOML}VideoClassificationInputs",
    "/automl_video_object_tracking_": f"{_AUTOML}VideoObjectTrackingInputs",
    "/automl_video_action_recognition_": f"{_AUTOML}VideoActionRecognitionInputs",
}
"""Which inputs a training pipeline takes, by a part of its task definition's URI."""

_TUNING_TASK = TASKS["/hyperparameter_tuning_task_"]
REST_ROOTS = (
    "CustomJob",
    "HyperparameterTuningJob",
    "TrainingPipeline",
    *(inputs for inputs in TASKS.values() if inputs != _TUNING_TASK),
)
SINGLES = frozenset({"workerPoolSpecs"})
"""Lists that gcloud and Google's guides write as one mapping."""

_ADDRESS = "urn:trainctl:schema:"
_POOL = {
    "machineSpec": {"machineType": "n1-standard-4"},
    "replicaCount": 1,
    "containerSpec": {"imageUri": "us-docker.pkg.dev/my-project/images/trainer:1", "args": ["--epochs=30"]},
}
_STUDY = {
    "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
    "parameters": [{"parameterId": "learning_rate", "doubleValueSpec": {"minValue": 0.001, "maxValue": 0.1}}],
}
_DEFINITION = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"
STARTS: Mapping[str, Mapping[str, Any]] = {
    "custom-job": {"displayName": "my-job", "jobSpec": {"workerPoolSpecs": [_POOL]}},
    "hyperparameter-tuning-job": {
        "displayName": "my-study",
        "studySpec": _STUDY,
        "maxTrialCount": 10,
        "parallelTrialCount": 2,
        "trialJobSpec": {"workerPoolSpecs": [_POOL]},
    },
    "training-pipeline": {
        "displayName": "my-pipeline",
        "trainingTaskDefinition": _DEFINITION,
        "trainingTaskInputs": {"workerPoolSpecs": [_POOL]},
    },
    "ml-job": {
        "jobId": "my_job_1",
        "trainingInput": {
            "region": "us-central1",
            "scaleTier": "BASIC",
            "packageUris": ["gs://my-bucket/trainer-0.1.tar.gz"],
            "pythonModule": "trainer.task",
            "runtimeVersion": "2.11",
            "pythonVersion": "3.7",
        },
    },
    "automl-model": {
        "displayName": "flowers",
        "datasetId": "ICN3104518874390609379",
        "imageClassificationModelMetadata": {
            "modelType": "mobile-versatile-1",
            "trainBudgetMilliNodeHours": "24000",
        },
    },
}
"""What `init` fills in for each raw kind."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "int64": {"type": ["integer", "string"], "pattern": "^-?[0-9]{1,19}$", "x-form": "a whole number"},
    "google-duration": {
        "type": "string",
        "x-unit": "s",
        "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
        "x-form": "seconds with an `s` such as `3600s`",
        "examples": ["3600s"],
    },
}
_PREFIX = re.compile(r"^GoogleCloud(?:AiplatformV1|MlV1__)")
_TRIVIA = re.compile(r"^(?:(?:Required|Optional|Immutable|Output only)\. ?)+")


def documents() -> dict[str, str]:
    """The text of every generated file by name."""
    rest = _limited(_definitions(REST_ROOTS, str), {**rest_limits.REST, **rest_limits.SERVING})
    serving = {
        name: {snake_case(field): change for field, change in fields.items()}
        for name, fields in rest_limits.SERVING.items()
    }
    rest[_TUNING_TASK] = _tuning_task(rest["HyperparameterTuningJob"])
    texts = {
        "_rest.json": _render(rest),
        "_vertex.json": _render(_limited(_definitions(VERTEX_ROOTS, snake_case), serving)),
    }
    ml_rest = _limited(_definitions(("Job",), str, "ml"), ml_limits.REST)
    ml_input = _limited(_definitions(("TrainingInput", "PredictionInput"), snake_case, "ml"), ml_limits.SPEC)
    texts |= {"_ml_rest.json": _render(ml_rest, "ml"), "_ml.json": _render(ml_input, "ml")}
    automl_rest = _limited(_definitions(("Model",), str, "automl"), automl_limits.REST)
    texts["_automl_rest.json"] = _render(automl_rest, "automl")
    others = {"ml-job": (ml_rest, "_ml_rest.json"), "automl-model": (automl_rest, "_automl_rest.json")}
    for kind, (resource, title) in RAW_KINDS.items():
        source, file = others.get(kind, (rest, "_rest.json"))
        texts[f"{kind}.json"] = _dump(_raw_kind(kind, title, source[resource], file))
    return texts


def _limited(definitions: dict[str, Any], changes: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """The definitions with each one's own changes over their fields, as `ml_limits` writes them."""
    for name, fields in changes.items():
        if fields is None:
            del definitions[name]
            continue
        for field, change in fields.items():
            _change(definitions[name], field, change)
    return definitions


def _change(definition: dict[str, Any], field: str, change: Any) -> None:
    """Apply one change to one field of a definition, or to the keyword `x-...` of the definition itself."""
    properties = definition["properties"]
    if field.startswith("x-"):
        definition[field] = change
    elif change is None:
        del properties[field]
        definition["x-read-only"] = sorted([*definition.get("x-read-only", ()), field])
    else:
        if change.get("required") is False:
            definition["required"].remove(field)
        known = properties.get(field, {})
        base = _description(known) if "$ref" in change else known
        properties[field] = {**base, **{key: value for key, value in change.items() if key != "required"}}


def _tuning_task(job: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a tuning task: the job without its name and key. Source: Google's guide to training pipelines.

    The discovery document has no labels there; the guide does.
    """
    own = {"displayName", "encryptionSpec"}
    fields = {name: inner for name, inner in job["properties"].items() if name not in own}
    required = [name for name in job["required"] if name in fields]
    return {"type": "object", "properties": fields, "additionalProperties": False, "required": required}


def _raw_kind(kind: str, title: str, resource: Mapping[str, Any], file: str = "_rest.json") -> dict[str, Any]:
    own = {
        "kind": {"const": kind, "description": f"The sort of document: {title}."},
        "project": {"$ref": "_defs.json#/$defs/project"},
        "location": {"$ref": "_defs.json#/$defs/location"},
    }
    schema: dict[str, Any] = {
        "$schema": _DIALECT,
        "$id": f"{_ADDRESS}{kind}",
        "title": f"{kind}: {title}",
        "description": resource.get("description") or f"{title[:1].upper()}{title[1:]}.",
        "type": "object",
        "required": ["kind", *resource["required"]],
        "properties": own | {name: _moved(inner, file) for name, inner in resource["properties"].items()},
        "additionalProperties": False,
        "x-read-only": resource["x-read-only"],
        "x-init": STARTS[kind],
        **{word: resource[word] for word in ("x-elsewhere",) if word in resource},
    }
    return schema | ({"allOf": _task_inputs()} if kind == "training-pipeline" else {})


def _task_inputs() -> list[dict[str, Any]]:
    return [
        {
            "if": {
                "properties": {"trainingTaskDefinition": {"type": "string", "pattern": definition}},
                "required": ["trainingTaskDefinition"],
            },
            "then": {"properties": {"trainingTaskInputs": {"$ref": f"_rest.json#/$defs/{inputs}"}}},
        }
        for definition, inputs in TASKS.items()
    ]


def _moved(value: Any, file: str) -> Any:
    """References within a file as they read from another beside it."""
    if isinstance(value, dict):
        return {
            key: f"{file}{inner}" if key == "$ref" and str(inner).startswith("#") else _moved(inner, file)
            for key, inner in value.items()
        }
    return [_moved(inner, file) for inner in value] if isinstance(value, list) else value


def _render(definitions: dict[str, Any], service: str = "vertex") -> str:
    data = load_discovery_schema(service)
    head = {
        "$schema": _DIALECT,
        "title": f"Generated from Google's discovery document of {data['version']}, revision {data['revision']}",
        "$defs": definitions,
    }
    return _dump(head)


def _dump(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _definitions(roots: tuple[str, ...], spell: Callable[[str], str], service: str = "vertex") -> dict[str, Any]:
    """Every schema that can be reached from `roots` without passing through output-only fields."""
    data = load_discovery_schema(service)
    definitions: dict[str, Any] = {}
    waiting = [data["prefix"] + root for root in roots]
    while waiting:
        name = waiting.pop()
        short = name.removeprefix(data["prefix"])
        if short not in definitions:
            found: list[str] = []
            definitions[short] = _convert(data["schemas"][name], spell, found)
            if spell is str and service == "vertex":
                _number(definitions[short], short)
            waiting += found
    return dict(sorted(definitions.items()))


def _number(definition: dict[str, Any], owner: str) -> None:
    """Adds to the enums among a definition's fields what their numbers mean, which Google's SDK sends over REST."""
    for name, inner in definition.get("properties", {}).items():
        if "enum" in inner and (numbers := name_numbers(f"{owner}.{name}", inner["enum"])):
            inner["x-numbers"] = {str(number): word for number, word in numbers.items()}


def _convert(schema: Mapping[str, Any], spell: Callable[[str], str], found: list[str]) -> dict[str, Any]:
    """One schema of the discovery document as JSON Schema; names that it refers to are added to `found`."""
    if "$ref" in schema:
        found.append(schema["$ref"])
        short = _PREFIX.sub("", schema["$ref"])
        return {"$ref": f"#/$defs/{short}", **_description(schema)}
    result: dict[str, Any] = {**_type(schema), **_description(schema)}
    if "enum" in schema:
        result["enum"] = schema["enum"]
    if "items" in schema:
        result["items"] = _convert(schema["items"], spell, found)
    if "properties" in schema:
        result |= _object(schema, spell, found)
    elif "additionalProperties" in schema:
        result["additionalProperties"] = _convert(schema["additionalProperties"], spell, found)
    return result


def _object(schema: Mapping[str, Any], spell: Callable[[str], str], found: list[str]) -> dict[str, Any]:
    fields = {name: inner for name, inner in schema["properties"].items() if not inner.get("readOnly")}
    result: dict[str, Any] = {
        "properties": {
            spell(name): _convert(inner, spell, found) | ({"x-single": True} if name in SINGLES else {})
            for name, inner in fields.items()
        },
        "additionalProperties": False,
    }
    required = [spell(name) for name in schema.get("required", ()) if name in fields]
    read_only = sorted(spell(name) for name in set(schema["properties"]) - set(fields))
    return result | ({"required": required} if required else {}) | ({"x-read-only": read_only} if read_only else {})


def _type(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema.get("format") in _FORMATS:
        return dict(_FORMATS[schema["format"]])
    kind = schema.get("type", "any")
    return {} if kind == "any" else {"type": kind}


def _description(schema: Mapping[str, Any]) -> dict[str, str]:
    text = _TRIVIA.sub("", schema.get("description", "")).strip()
    return {"description": text} if text else {}


def main() -> int:
    """Writes every generated file into the folder of the schemas."""
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stderr.write(f"{name}: {len(text)} characters\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
