"""What the discovery documents do not say about Google's messages; from the .proto files of googleapis."""

from __future__ import annotations

_SORTS = ("translation", "textClassification", "textExtraction", "textSentiment", "imageClassification")
_METADATA = {
    message: tuple(f"{sort}{message}Metadata" for sort in (*_SORTS, "imageObjectDetection"))
    for message in ("Model", "Dataset")
}
"""The sorts of models and datasets of automl v1."""

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
    "Job": {"input": ("predictionInput", "trainingInput"), "output": ("predictionOutput", "trainingOutput")},
    "PredictionInput": {"model_version": ("modelName", "versionName", "uri")},
    "Model": {"model_metadata": _METADATA["Model"]},
    "Dataset": {"dataset_metadata": _METADATA["Dataset"]},
    "LogEntry": {"payload": ("protoPayload", "textPayload", "jsonPayload")},
}
"""Message to oneof to its members: at most one member may be set."""

_VALUE_SPECS = ("StudySpecParameterSpecDoubleValueSpec", "StudySpecParameterSpecIntegerValueSpec")
_BOUNDS = frozenset(f"{spec}.{bound}" for spec in _VALUE_SPECS for bound in ("minValue", "maxValue"))
_CODE = frozenset({"TrainingInput.packageUris", "TrainingInput.pythonModule", "TrainingInput.scaleTier"})
OPTIONAL_DESPITE_WORD = frozenset({"EnvVar.value", "Dataset.metadata", "HyperparameterSpec.goal"}) | _BOUNDS | _CODE
"""Fields called "Required." that may be empty: an environment variable without a value is one, and Google's SDK makes
datasets of images without `metadata`, and leaves out bounds that are 0, as all of proto3 does. Of ml.v1, `goal` and
`scaleTier` have defaults, and a container needs no package."""
