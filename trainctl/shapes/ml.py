"""Jobs of ml.v1 in the fields that Vertex AI gives its custom, tuning and prediction jobs.

Shapes: discovery document of ml v1, `GoogleCloudMlV1__Job` and what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Resource = Mapping[str, Any]

DEFAULT_METRIC = "training/hptuning/metric"
TRIAL_STATES = {
    "QUEUED": "REQUESTED",
    "PREPARING": "REQUESTED",
    "RUNNING": "ACTIVE",
    "CANCELLING": "STOPPING",
    "SUCCEEDED": "SUCCEEDED",
    "FAILED": "INFEASIBLE",
    "CANCELLED": "INFEASIBLE",
}
"""The states of a trial, which are a job's here."""
_NUMBERS = frozenset({"DOUBLE", "INTEGER", "DISCRETE"})
_FACTS = (
    # what it is called | where the job has it
    ("region", ("trainingInput", "region")),
    ("region", ("predictionInput", "region")),
    ("scale tier", ("trainingInput", "scaleTier")),
    ("ML units", ("trainingOutput", "consumedMLUnits")),
    ("algorithm", ("trainingOutput", "builtInAlgorithmOutput", "framework")),
    ("node hours", ("predictionOutput", "nodeHours")),
)


def job_shape(resource: Resource) -> Resource:
    """The job under Vertex AI's names; `study` has what a tuning job has, and `facts` what only ml.v1 says."""
    message = wire.text(resource.get("errorMessage"))
    directory = wire.dig(resource, "trainingInput", "jobDir") or wire.first_text(
        wire.dig(resource, field, "outputPath") for field in ("predictionOutput", "predictionInput")
    )
    return {
        **resource,
        "displayName": resource.get("jobId"),
        "error": {"message": message} if message else None,
        # No folder of a model is promised here, so that the directory stands where trials have theirs.
        "trialJobSpec": {"baseOutputDirectory": {"outputUriPrefix": directory}},
        "modelToUpload": {"artifactUri": wire.dig(resource, "trainingOutput", "builtInAlgorithmOutput", "modelPath")},
        "webAccessUris": wire.dig(resource, "trainingOutput", "webAccessUris"),
        "facts": dict(_facts(resource)),
        **_study(resource),
    }


def is_tuned(resource: Resource) -> bool:
    """Whether the job has trials."""
    return wire.dig(resource, "trainingInput", "hyperparameters") is not None


def replicas(resource: Resource) -> int:
    """How many machines a job of scale tier CUSTOM has; 1 for all others."""
    roles = ("workerCount", "parameterServerCount", "evaluatorCount")
    counts = [wire.number(wire.dig(resource, "trainingInput", role)) or 0 for role in roles]
    return 1 + int(sum(counts))


def _facts(resource: Resource) -> Iterator[tuple[str, str]]:
    position = wire.number(resource.get("jobPosition"))
    if position and resource.get("state") == "QUEUED":
        yield "queue", f"{position:g}. in line"
    for name, place in _FACTS:
        value = wire.dig(resource, *place)
        if value is not None and not isinstance(value, (dict, list)):
            yield name, f"{value:g}" if isinstance(value, float) else str(value)


def _study(resource: Resource) -> dict[str, Any]:
    given, found = wire.dig(resource, "trainingInput", "hyperparameters"), resource.get("trainingOutput")
    if given is None:
        return {}
    metric = wire.first_text((wire.dig(found, "hyperparameterMetricTag"), wire.dig(given, "hyperparameterMetricTag")))
    metric = metric or DEFAULT_METRIC
    params = wire.items(wire.dig(given, "params"))
    numbers = {wire.text(wire.dig(each, "parameterName")) for each in params if wire.dig(each, "type") in _NUMBERS}
    study = {
        "metrics": [{"metricId": metric, "goal": wire.dig(given, "goal") or "MAXIMIZE"}],
        "parameters": [
            {"parameterId": wire.dig(each, "parameterName"), "scaleType": wire.dig(each, "scaleType")}
            for each in params
        ],
    }
    trials = wire.dig(found, "trials")
    return {
        "studySpec": study,
        "maxTrialCount": wire.dig(given, "maxTrials") or 1,
        **({"trials": [_trial(each, metric, numbers) for each in wire.items(trials)]} if trials is not None else {}),
    }


def _trial(trial: object, metric: str, numbers: set[str]) -> dict[str, Any]:
    final, values = wire.dig(trial, "finalMetric"), wire.dig(trial, "hyperparameters")
    value, step = wire.dig(final, "objectiveValue"), wire.dig(final, "trainingStep")
    # The documents before 2020 have no state: they list the trials that succeeded.
    state = wire.text(wire.dig(trial, "state")) or ("SUCCEEDED" if final else "")
    early = wire.dig(trial, "isTrialStoppedEarly") is True
    cancelled = "was cancelled" if state == "CANCELLED" else ""
    return {
        "id": wire.text(wire.dig(trial, "trialId")),
        "state": TRIAL_STATES.get(state, state),
        "parameters": [
            {"parameterId": name, "value": _number(text) if name in numbers else text}
            for name, text in wire.texts(values).items()
        ],
        "finalMeasurement": {
            "stepCount": step,
            "metrics": [] if value is None else [{"metricId": metric, "value": value}],
        },
        "startTime": wire.dig(trial, "startTime"),
        "endTime": wire.dig(trial, "endTime"),
        "infeasibleReason": "stopped early" if early else cancelled,
        "webAccessUris": wire.dig(trial, "webAccessUris"),
        "original": trial,
    }


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text
