"""In which Python a job of AI Platform Training runs, for how long, and what counts and versions look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.spec.rules.ml_code import CODE, PACKAGE, image_of, path_of
from trainctl.spec.rules.ml_machines import IMAGE, ML, training
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.values import LONGEST_DURATION, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST_WAIT = 1800
_PYTHONS = {  # the runtime versions that have each Python, source: TrainingInput.pythonVersion
    "3.7": ((1, 15), (99, 0)),
    "3.5": ((1, 4), (1, 14)),
    "2.7": ((0, 0), (1, 15)),
}


def _runtime(fields: Fields, _: Where) -> Iterator[Finding]:
    given, image = training(fields), image_of(fields)
    if image and "runtime_version" in given:
        yield Finding(
            path_of("runtime_version"),
            "`runtime_version` and an image of your own exclude each other",
            "keep one of them",
            at_key=True,
        )
    elif given and not image and "runtime_version" not in given:
        yield Finding(("training_input",), "the job names neither `runtime_version` nor an image", at_key=True)


RUNTIME = Rule(
    code="ml-runtime",
    sentence="A job has a `runtime_version` or an image of your own, not both.",
    cure="add `runtime_version: '2.11'`",
    source=f"{ML}TrainingInput.runtimeVersion: you must either specify this field or masterConfig.imageUri",
    check=_runtime,
    bad=PACKAGE,
    good=CODE,
)


def _python_missing(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    if "runtime_version" in given and "python_version" not in given:
        yield Finding(
            path_of("runtime_version"),
            "`runtime_version` without `python_version` leaves Python 2.7 or the service's choice",
            at_key=True,
        )


PYTHON_MISSING = Rule(
    code="ml-python-missing",
    sentence="A runtime version has more than one Python: `python_version` says which.",
    cure="add `python_version: '3.7'`",
    source=f"{ML}TrainingInput.pythonVersion",
    check=_python_missing,
    severity=WARNING,
    bad=f"{PACKAGE}  runtime_version: '2.11'\n",
    good=CODE,
)


def _python(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    runtime, python = given.get("runtime_version"), given.get("python_version")
    if not isinstance(runtime, str) or not isinstance(python, str):
        return
    place = path_of("python_version")
    if python not in _PYTHONS:
        yield Finding(place, f"no runtime version has Python {python}", "write '3.7', '3.5' or '2.7'")
        return
    (first, last), version = _PYTHONS[python], _numbers(runtime)
    if not first <= version <= last:
        fitting = [name for name, (low, high) in _PYTHONS.items() if low <= version <= high]
        hint = f"write `'{fitting[0]}'`" if fitting else None
        yield Finding(
            place, f"runtime version {runtime} has no Python {python}", hint, needs=(path_of("runtime_version"),)
        )


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor or 0)


PYTHON = Rule(
    code="ml-python-version",
    sentence="Python 3.7 is in runtime versions from 1.15 on, 3.5 in 1.4 to 1.14, 2.7 up to 1.15.",
    cure="choose a Python that the runtime version has",
    source=f"{ML}TrainingInput.pythonVersion",
    check=_python,
    bad=f"{PACKAGE}  runtime_version: '1.14'\n  python_version: '3.7'\n",
    good=f"{PACKAGE}  runtime_version: '1.15'\n  python_version: '3.7'\n",
)

VERSION_FORM = Rule(
    code="ml-version",
    sentence="Versions have two numbers: `2.11`.",
    cure="write for example `'2.11'`",
    source=f"{ML}TrainingInput.runtimeVersion, pythonVersion",
    check=by_schema,
    bad=f"{PACKAGE}  runtime_version: latest\n  python_version: '3.7'\n",
    good=CODE,
)
COUNT_FORM = Rule(
    code="ml-count",
    sentence="Counts are whole numbers; of replicas 0 or more, of all else 1 or more.",
    cure="write a whole number",
    source=f"{ML}TrainingInput.workerCount, PredictionInput.maxWorkerCount",
    check=by_schema,
    bad=f"{IMAGE}  scale_tier: CUSTOM\n  master_type: n1-standard-4\n  worker_count: -1\n",
    good=f"{IMAGE}  scale_tier: CUSTOM\n  master_type: n1-standard-4\n  worker_count: 0\n",
)
PRIORITY = Rule(
    code="ml-priority",
    sentence="A priority is between 0 and 1000.",
    cure="write a number from 0 to 1000",
    source=f"{ML}Scheduling.priority",
    check=by_schema,
    bad=f"{IMAGE}  scheduling: {{priority: 1001}}\n",
    good=f"{IMAGE}  scheduling: {{priority: 1000}}\n",
)


def _times(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    scheduling = given.get("scheduling") or {}
    if "max_running_time" in given and "max_running_time" in scheduling:
        yield Finding(
            path_of("max_running_time"), "`max_running_time` stands in `scheduling` too", "keep one", at_key=True
        )
    for place, holder in (
        (path_of("max_running_time"), given),
        (path_of("scheduling", "max_running_time"), scheduling),
    ):
        if (seconds := _seconds(holder, "max_running_time", 1)) <= 0:
            yield Finding(place, "`max_running_time` must be longer than 0 seconds")
        elif seconds > LONGEST_DURATION:
            yield Finding(place, "`max_running_time` is longer than 10 000 years", "write a shorter time")
    if _seconds(scheduling, "max_wait_time", _SHORTEST_WAIT) < _SHORTEST_WAIT:
        yield Finding(
            path_of("scheduling", "max_wait_time"), "`max_wait_time` is shorter than 30 minutes", "write at least `30m`"
        )
    elif _seconds(scheduling, "max_wait_time", _SHORTEST_WAIT) > LONGEST_DURATION:
        place = path_of("scheduling", "max_wait_time")
        yield Finding(place, "`max_wait_time` is longer than 10 000 years", "write a shorter time")


def _seconds(given: Any, name: str, default: float) -> float:
    value = given.get(name, default)
    return -1 if isinstance(value, str) and value.startswith("-") else parse_duration(value)


TIMES = Rule(
    code="ml-times",
    sentence="A job may run for longer than 0 seconds, and waits at least 30 minutes for its machines.",
    cure="write a longer time",
    source=f"{ML}Scheduling.maxRunningTime, maxWaitTime",
    check=_times,
    bad=f"{IMAGE}  scheduling: {{max_wait_time: 600s}}\n",
    good=f"{IMAGE}  scheduling: {{max_wait_time: 1h, max_running_time: 2h}}\n",
)

RULES = (RUNTIME, PYTHON_MISSING, PYTHON, VERSION_FORM, COUNT_FORM, PRIORITY, TIMES)
