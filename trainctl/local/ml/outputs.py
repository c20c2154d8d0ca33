"""What a training job has to show: units and, for a tuned one, its trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.states import state_of
from trainctl.local.ml.hyperparameters import tag_of
from trainctl.local.ml.tiers import count_units
from trainctl.local.protocol.times import parse_time
from trainctl.local.tuning.goals import Goal
from trainctl.local.tuning.trials import list_trials, was_stopped, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_STATES = {"REQUESTED": "QUEUED", "ACTIVE": "RUNNING", "STOPPING": "CANCELLING", "SUCCEEDED": "SUCCEEDED"}
_HOUR = 3600 * 10**9


def describe(core: Core, job: Mapping[str, Any]) -> dict[str, Any]:
    """The `trainingOutput` of a job as it is now."""
    training = job["trainingInput"]
    if "hyperparameters" not in training:
        return dict(_describe_units(training, [job]))
    tag = tag_of(training["hyperparameters"])
    trials = [_describe_trial(core, trial, tag) for trial in list_trials(core, job["backing"])]
    completed = sum(trial["state"] == "SUCCEEDED" for trial in trials)
    output: dict[str, Any] = {"isHyperparameterTuningJob": True, "hyperparameterMetricTag": tag}
    if trials:
        output |= {"completedTrialCount": str(completed), "trials": trials}
    return {**output, **dict(_describe_units(training, trials))}


def _describe_units(training: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    """What runs that are over would have counted on AI Platform."""
    hours = sum(_measure(run) for run in runs)
    if units := round(hours * count_units(training), 4):
        yield "consumedMLUnits", units


def _measure(run: Mapping[str, Any]) -> float:
    begin, end = (parse_time(run.get(name, "")) for name in ("startTime", "endTime"))
    return (end - begin) / _HOUR if begin and end else 0.0


def _describe_trial(core: Core, trial: Resource, tag: str) -> dict[str, Any]:
    backing = core.store.fetch(trial["customJob"])
    ended = state_of(backing) if backing else ""
    metrics = [_describe_metric(each, tag) for each in trial.get("measurements", ())]
    described: dict[str, Any] = {
        "trialId": trial["id"],
        "hyperparameters": {each["parameterId"]: write(each["value"]) for each in trial["parameters"]},
        "state": _STATES.get(trial["state"], "CANCELLED" if ended == "CANCELLED" else "FAILED"),
    }
    described |= {name: trial[name] for name in ("startTime", "endTime") if name in trial}
    if "finalMeasurement" in trial:
        described["finalMetric"] = _describe_metric(trial["finalMeasurement"], tag)
    if metrics:
        described["allMetrics"] = metrics
    if was_stopped(core, trial):
        described["isTrialStoppedEarly"] = True
    return described


def _describe_metric(measurement: Mapping[str, Any], tag: str) -> dict[str, Any]:
    value = Goal(tag, is_maximized=True).value(measurement)
    return {"trainingStep": measurement.get("stepCount", "0"), "objectiveValue": value or 0.0}
