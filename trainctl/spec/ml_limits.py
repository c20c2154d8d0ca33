"""What Google's documents say in words about single fields of ml.v1, in JSON Schema, and what specs write differently.

Sources: the discovery document of ml v1 and the reference of `projects.jobs` that came before it. By definition and
field, what is added to the field's own schema; None takes the field (or definition) away, `required: False` the duty to
give it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Changes = Mapping[str, Mapping[str, Any] | None]

_FREE = {"required": False}
_SOME = {"minItems": 1}
_TEXT = {"minLength": 1}
_URI = {
    "pattern": "^gs://[a-z0-9][a-z0-9._-]*(/.*)?$",
    "x-form": "a Cloud Storage URI such as `gs://bucket/folder`",
    "x-code": "gcs-uri",
}
_OBJECT = {
    "pattern": "^gs://[a-z0-9][a-z0-9._-]*/.+$",
    "x-form": "a Cloud Storage URI such as `gs://bucket/folder/file`",
    "x-code": "gcs-uri",
}
_COUNT = {"minimum": 0, "pattern": "^[0-9]{1,18}$", "x-code": "ml-count", "x-form": "a whole number, 0 or more"}
_POSITIVE = {"minimum": 1, "pattern": "^0{0,9}[1-9][0-9]{0,17}$", "x-code": "ml-count"} | {
    "x-form": "a whole number of 1 or more"
}
_TRIALS = {"minimum": 1, "x-code": "trial-count"}
_RUNTIME = {
    "pattern": r"^[0-9]{1,4}\.[0-9]{1,4}$",
    "x-form": "a version such as `2.11`, in quotes",
    "x-code": "ml-version",
    "examples": ["2.11"],
}
_DISK_TYPE = {"enum": ["pd-ssd", "pd-standard"], "x-code": "disk-type"}
_PACKAGES = {**_FREE, "maxItems": 100, "x-code": "package-count"}
_ARGS = {"items": {"type": ["string", "number", "boolean"]}}
_DURATION = {"$ref": "_defs.json#/$defs/duration"}

_BOUNDS: Changes = {
    "AcceleratorConfig": {"count": _POSITIVE},
    "DiskConfig": {
        "bootDiskSizeGb": {"minimum": 100, "maximum": 64_000, "x-code": "disk-size"},
        "bootDiskType": _DISK_TYPE,
    },
    "EncryptionConfig": {"kmsKeyName": _TEXT},
    "HyperparameterSpec": {
        "goal": _FREE,
        "maxTrials": _TRIALS,
        "maxParallelTrials": _TRIALS,
        "maxFailedTrials": {"minimum": 0},
        "params": _SOME,
        "hyperparameterMetricTag": _TEXT,
        "resumePreviousJobId": _TEXT,
    },
    "ParameterSpec": {
        "parameterName": _TEXT,
        "categoricalValues": _SOME,
        "discreteValues": {"minItems": 1, "maxItems": 1000, "x-code": "parameter-count"},
    },
    "Scheduling": {"priority": {"minimum": 0, "maximum": 1000, "x-code": "ml-priority"}},
    "ReplicaConfig": {"imageUri": _TEXT, "tpuTfVersion": _RUNTIME},
    "TrainingInput": {
        "scaleTier": _FREE,
        "packageUris": _PACKAGES,
        "pythonModule": _FREE,
        "jobDir": _URI,
        "masterType": _TEXT,
        "workerCount": _COUNT,
        "parameterServerCount": _COUNT,
        "evaluatorCount": _COUNT,
        "runtimeVersion": _RUNTIME,
        "pythonVersion": {**_RUNTIME, "x-form": "a version such as `3.7`, in quotes", "examples": ["3.7"]},
    },
    "PredictionInput": {
        "uri": _URI,
        "outputPath": _URI,
        "inputPaths": _SOME,
        "batchSize": _POSITIVE,
        "maxWorkerCount": _POSITIVE,
        "signatureName": _TEXT,
        "runtimeVersion": _RUNTIME,
    },
}
_OUTPUT_FIELDS = (
    "createTime",
    "endTime",
    "errorMessage",
    "etag",
    "predictionOutput",
    "startTime",
    "state",
    "trainingOutput",
)
_OLD_TIME = {"maxRunningTime": "write `scheduling: {maxRunningTime: 3600s}`, where later documents have it"}

REST: Changes = {
    **_BOUNDS,
    "Job": {**dict.fromkeys(_OUTPUT_FIELDS), "jobId": {"minLength": 1}},
    "TrainingInput": {
        **(_BOUNDS["TrainingInput"] or {}),
        "x-elsewhere": _OLD_TIME,
    },
    "TrainingOutput": None,
    "PredictionOutput": None,
    "HyperparameterOutput": None,
    "GoogleCloudMlV1_HyperparameterOutput_HyperparameterMetric": None,
    "BuiltInAlgorithmOutput": None,
}
"""The changes for the raw kind."""


def _snake(changes: Changes) -> Changes:
    from trainctl.spec.spelling import snake_case

    return {
        name: {snake_case(field): change for field, change in (fields or {}).items()}
        for name, fields in changes.items()
    }


_SNAKE = _snake(_BOUNDS)
SPEC: Changes = {
    **_SNAKE,
    "Scheduling": {
        **(_SNAKE["Scheduling"] or {}),
        "max_running_time": _DURATION,
        "max_wait_time": _DURATION,
    },
    "TrainingInput": {
        **(_SNAKE["TrainingInput"] or {}),
        "region": _FREE,
        "args": _ARGS,
        "max_running_time": {
            **_DURATION,
            "description": "The maximum job running time, as earlier documents have it: `scheduling.max_running_time`.",
        },
    },
    "ReplicaConfig": {**(_SNAKE["ReplicaConfig"] or {}), "container_args": _ARGS, "container_command": _ARGS},
    "PredictionInput": {**(_SNAKE["PredictionInput"] or {}), "region": _FREE},
}
"""The changes for `ml-training` and `ml-prediction`: durations of specs, and a field of earlier documents."""
