"""A HyperparameterSpec as the study of a tuning job."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from trainctl.local.protocol.faults import Fault, refuse_fields
from trainctl.local.tuning.metrics import DEFAULT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_AT = "training_input.hyperparameters"
_MOST_POINTS = 1000
_TOO_LARGE = 2**63
_DEFAULT_GOAL = "MAXIMIZE"
_ALGORITHMS = ("GRID_SEARCH", "RANDOM_SEARCH")
_WORDS = (("study_spec.parameters", f"{_AT}.params"), ("study_spec.algorithm", f"{_AT}.algorithm"))


def tag_of(spec: Mapping[str, Any]) -> str:
    """The metric that trials are judged by."""
    tag: str = spec.get("hyperparameterMetricTag", DEFAULT_TAG)
    return tag


def check(spec: Mapping[str, Any]) -> None:
    """Raises Fault for a HyperparameterSpec that AI Platform refuses."""
    params = spec.get("params", [])
    problems = [problem for place, param in enumerate(params) for problem in _check_param(param, f"params[{place}]")]
    names = [param.get("parameterName") for param in params]
    problems += [("params", f"`{name}` is there twice.") for name in sorted({n for n in names if names.count(n) > 1})]
    for name, field in (("maxTrials", "max_trials"), ("maxParallelTrials", "max_parallel_trials")):
        if spec.get(name, 1) < 1:
            problems.append((field, "It must be at least 1."))
    if spec.get("maxFailedTrials", 0) < 0:
        problems.append(("max_failed_trials", "It must not be negative."))
    if problems:
        raise refuse_fields([(f"job.{_AT}.{field}", f"{_AT}.{field}: {text}") for field, text in problems])


def make_task(spec: Mapping[str, Any], job_spec: Mapping[str, Any]) -> dict[str, Any]:
    """Study, counts and trial job of the tuning job for a HyperparameterSpec and the trials' CustomJobSpec."""
    study: dict[str, Any] = {
        "metrics": [{"metricId": tag_of(spec), "goal": spec.get("goal", _DEFAULT_GOAL)}],
        "parameters": [_make_parameter(param) for param in spec["params"]],
    }
    if spec.get("algorithm") in _ALGORITHMS:
        study["algorithm"] = spec["algorithm"]
    if spec.get("enableTrialEarlyStopping"):
        study["decayCurveStoppingSpec"] = {}
    counts = {"maxTrialCount": spec.get("maxTrials", 1), "parallelTrialCount": spec.get("maxParallelTrials", 1)}
    if "maxFailedTrials" in spec:
        counts["maxFailedTrialCount"] = spec["maxFailedTrials"]
    return {"studySpec": study, **counts, "trialJobSpec": job_spec}


def _make_parameter(param: Mapping[str, Any]) -> dict[str, Any]:
    parameter = {"parameterId": param["parameterName"], **_VALUES[param["type"]](param)}
    if param.get("scaleType", "NONE") != "NONE":
        parameter["scaleType"] = param["scaleType"]
    return parameter


def _make_integers(param: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {name: str(int(param.get(name, 0))) for name in ("minValue", "maxValue")}
    return {"integerValueSpec": bounds}


def _make_doubles(param: Mapping[str, Any]) -> dict[str, Any]:
    return {"doubleValueSpec": {name: param.get(name, 0.0) for name in ("minValue", "maxValue")}}


_VALUES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "DOUBLE": _make_doubles,
    "INTEGER": _make_integers,
    "CATEGORICAL": lambda param: {"categoricalValueSpec": {"values": param["categoricalValues"]}},
    "DISCRETE": lambda param: {"discreteValueSpec": {"values": param["discreteValues"]}},
}


def _check_param(param: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    match param["type"]:
        case "DOUBLE" | "INTEGER":
            yield from _check_bounds(param, at)
        case "CATEGORICAL":
            if not param.get("categoricalValues"):
                yield f"{at}.categorical_values", "It is required if `type` is CATEGORICAL."
        case "DISCRETE":
            points = param.get("discreteValues", [])
            if not all(map(_is_number, points)):
                yield f"{at}.discrete_values", "They must be finite numbers."
                return
            if not 0 < len(points) <= _MOST_POINTS:
                yield f"{at}.discrete_values", f"There must be 1 to {_MOST_POINTS} if `type` is DISCRETE."
            if any(left >= right for left, right in pairwise(points)):
                yield f"{at}.discrete_values", "They must be in strictly increasing order."
        case _:
            pass


def _check_bounds(param: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    low, high = param.get("minValue", 0), param.get("maxValue", 0)
    if not (_is_number(low) and _is_number(high)):
        yield at, "`min_value` and `max_value` must be finite numbers."
        return
    if low > high:
        yield f"{at}.max_value", "It must not be less than `min_value`."
    if param["type"] == "INTEGER" and not all(each == int(each) and abs(each) < _TOO_LARGE for each in (low, high)):
        yield at, "`min_value` and `max_value` must be whole numbers of 64 bits if `type` is INTEGER."


def _is_number(value: Any) -> bool:
    """Whether a double is finite: JSON has the others as words."""
    return isinstance(value, int | float)


def reword(fault: Fault) -> Fault:
    """The refusal of a study, in the words of the HyperparameterSpec that it was made of."""
    message = fault.message
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    return Fault(fault.status, message, details=fault.details)


def refuse_resumption(name: str, why: str) -> Fault:
    """What is said of a `resumePreviousJobId` that cannot be resumed."""
    return Fault("INVALID_ARGUMENT", f"{_AT}.resume_previous_job_id: `{name}` {why}.")
