"""What the discovery documents do not say about Google's messages; from the .proto files of googleapis."""

from __future__ import annotations

ONEOFS: dict[str, dict[str, tuple[str, ...]]] = {
    "WorkerPoolSpec": {"task": ("containerSpec", "pythonPackageSpec")},
    "InputDataConfig": {
        "split": ("fractionSplit", "filterSplit", "predefinedSplit", "timestampSplit", "stratifiedSplit"),
        "destination": ("gcsDestination", "bigqueryDestination"),
    },
    "StudySpec": {
        "automated_stopping_spec": (
            "decayCurveStoppingSpec",
            "medianAutomatedStoppingSpec",
            "convexAutomatedStoppingSpec",
        )
    },
    "StudyTimeConstraint": {"constraint": ("maxDuration", "endTime")},
    "StudySpecParameterSpec": {
        "parameter_value_spec": ("doubleValueSpec", "integerValueSpec", "categoricalValueSpec", "discreteValueSpec")
    },
    "StudySpecParameterSpecConditionalParameterSpec": {
        "parent_value_condition": ("parentDiscreteValues", "parentIntValues", "parentCategoricalValues")
    },
    "ExportDataConfig": {"split": ("fractionSplit", "filterSplit")},
    "ModelBaseModelSource": {"source": ("modelGardenSource", "genieSource")},
    "Probe": {"probe_type": ("exec", "httpGet", "grpc", "tcpSocket")},
    "ExplanationMetadataOutputMetadata": {"display_name_mapping": ("indexDisplayNameMapping", "displayNameMappingKey")},
    "ExplanationParameters": {
        "method": ("sampledShapleyAttribution", "integratedGradientsAttribution", "xraiAttribution", "examples")
    },
    "SmoothGradConfig": {"GradientNoiseSigma": ("noiseSigma", "featureNoiseSigma")},
    "Examples": {"config": ("nearestNeighborSearchConfig", "presets")},
    "LogEntry": {"payload": ("protoPayload", "textPayload", "jsonPayload")},
}
"""Message to oneof to its members: at most one member may be set."""

_VALUE_SPECS = ("StudySpecParameterSpecDoubleValueSpec", "StudySpecParameterSpecIntegerValueSpec")
_BOUNDS = frozenset(f"{spec}.{bound}" for spec in _VALUE_SPECS for bound in ("minValue", "maxValue"))
OPTIONAL_DESPITE_WORD = frozenset({"EnvVar.value", "Dataset.metadata"}) | _BOUNDS
"""Fields called "Required." that may be empty: an environment variable without a value is one, and Google's SDK makes
datasets of images without `metadata`, and leaves out bounds that are 0, as all of proto3 does."""
