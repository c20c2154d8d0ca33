"""What Google's documents say in words about single REST fields, in JSON Schema: the discovery document cannot say it.

The codes are those of the rules that hold for the same fields of a spec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_FRACTION = {"minimum": 0, "maximum": 1, "x-code": "split-range"}
_FRACTIONS = {f"{part}Fraction": _FRACTION for part in ("training", "validation", "test")}
_NAME = {"minLength": 1, "maxLength": 128, "x-code": "display-name"}
_COUNT = {"minimum": 1, "x-code": "trial-count"}
_URI = {
    "pattern": "^gs://[a-z0-9][a-z0-9._-]*(/.*)?$",
    "x-form": "a Cloud Storage URI such as `gs://bucket/folder`",
    "x-code": "gcs-uri",
}
_SOME = {"minItems": 1}
_PORT = {"minimum": 1, "maximum": 65_535, "x-code": "port"}
_TEXT = {"minLength": 1}
_BOUNDS = {bound: {"required": False} for bound in ("minValue", "maxValue")}  # proto3 leaves out a number that is 0

_CONDITION = "StudySpecParameterSpecConditionalParameterSpec"
_AT_LEAST_ONE, _STEPS = {"minimum": 1}, {"minimum": 1, "maximum": 100}

SERVING: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "SampledShapleyAttribution": {"pathCount": {"minimum": 1, "maximum": 50}},
    "IntegratedGradientsAttribution": {"stepCount": _STEPS},
    "XraiAttribution": {"stepCount": _STEPS},
    "SmoothGradConfig": {"noisySampleCount": {"minimum": 0, "maximum": 50}},  # 0 is the default, which is 3
    "Probe": dict.fromkeys(("failureThreshold", "periodSeconds", "successThreshold"), _AT_LEAST_ONE)
    | {"timeoutSeconds": _AT_LEAST_ONE, "initialDelaySeconds": {"minimum": 0}},
    "ProbeGrpcAction": {"port": _PORT},
    "ProbeHttpGetAction": {"port": _PORT},
    "ProbeTcpSocketAction": {"port": _PORT},
}
"""The same of what serves a model and explains its predictions, which structured kinds take over whole."""

REST: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "CustomJob": {"displayName": _NAME},
    "HyperparameterTuningJob": {
        "displayName": _NAME,
        "maxTrialCount": _COUNT,
        "parallelTrialCount": _COUNT,
        "maxFailedTrialCount": {"minimum": 0},
    },
    "TrainingPipeline": {"displayName": _NAME},
    "Model": {"displayName": _NAME},
    "FractionSplit": _FRACTIONS,
    "TimestampSplit": _FRACTIONS,
    "StratifiedSplit": _FRACTIONS,
    "GcsDestination": {"outputUriPrefix": _URI},
    "DiskSpec": {
        "bootDiskSizeGb": {"minimum": 100, "maximum": 64_000, "x-code": "disk-size"},
        "bootDiskType": {"enum": ["pd-ssd", "pd-standard", "hyperdisk-balanced"], "x-code": "disk-type"},
    },
    "WorkerPoolSpec": {
        "replicaCount": {"minimum": 1, "pattern": "^0{0,9}[1-9][0-9]{0,17}$", "x-code": "replica-count"}
    },
    "EnvVar": {"value": {"required": False}},  # proto3 leaves out a text that is empty
    "Port": {"containerPort": _PORT},
    "ContainerSpec": {"imageUri": _TEXT},
    "PythonPackageSpec": {"executorImageUri": _TEXT, "pythonModule": _TEXT, "packageUris": _SOME},
    "StudySpec": {"metrics": _SOME, "parameters": _SOME},
    "StudySpecParameterSpecCategoricalValueSpec": {"values": _SOME},
    "StudySpecParameterSpecDiscreteValueSpec": {"values": {"minItems": 1, "maxItems": 1000}},
    "StudySpecParameterSpecDoubleValueSpec": _BOUNDS,
    "StudySpecParameterSpecIntegerValueSpec": _BOUNDS,
    **{f"{_CONDITION}{sort}ValueCondition": {"values": _SOME} for sort in ("Int", "Discrete", "Categorical")},
}
"""By schema and field, what is added to the field's own schema; `required: False` takes away the duty to give it."""
