"""What a job of AI Platform Training runs, in which Python or container, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.spec.rules.ml_machines import HEAD, IMAGE, ML, TPU, roles, training
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.values import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.problems import PathKey

_PACKAGE = f"{HEAD}  package_uris: [gs://my-bucket/trainer-0.1.tar.gz]\n  python_module: trainer.task\n"
CODE = f"{_PACKAGE}  runtime_version: '2.11'\n  python_version: '3.7'\n"
"""The beginning of examples that run a Python package."""
_SHORTEST_WAIT = 1800
_PYTHONS = {  # the runtime versions that have each Python, source: TrainingInput.pythonVersion
    "3.7": ((1, 15), (99, 0)),
    "3.5": ((1, 4), (1, 14)),
    "2.7": ((0, 0), (1, 15)),
}


def _path(*steps: str) -> PathKey:
    return ("training_input", *steps)


def _image(fields: Fields) -> str | None:
    return (training(fields).get("master_config") or {}).get("image_uri")


def _source(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    python = [name for name in ("package_path", "module_name") if name in fields]
    inner = [name for name in ("package_uris", "python_module") if name in given]
    if not given:
        return
    if not python and not inner and not _image(fields):
        yield Finding(("training_input",), "the job names no code to run", at_key=True)
    elif _image(fields) and (python or inner):
        place = _path(inner[0]) if inner else (python[0],)
        yield Finding(
            place, f"`{place[-1]}` and an image of your own both say what runs", "keep one of them", at_key=True
        )


CODE_SOURCE = Rule(
    code="ml-code",
    sentence="A job runs a Python package or an image of your own.",
    cure="add `package_path` and `module_name`, or `master_config: {image_uri: ...}`",
    source=f"{ML}TrainingInput.packageUris, pythonModule, masterConfig",
    check=_source,
    bad=f"{HEAD}  runtime_version: '2.11'\n  python_version: '3.7'\n",
    good=IMAGE,
)


def _module(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    packages, local = "package_uris" in given, "package_path" in fields
    module = [name for name in ("module_name",) if name in fields] or ["python_module"] * ("python_module" in given)
    if (packages or local) and not module:
        name, wanted = ("package_path", "module_name") if local else ("package_uris", "python_module")
        place = (name,) if local else _path(name)
        yield Finding(
            place, f"`{name}` needs `{wanted}`, the module to run", f"add `{wanted}: trainer.task`", at_key=True
        )
    elif module and not packages and not local:
        place = (module[0],) if module[0] in fields else _path(module[0])
        yield Finding(place, f"`{module[0]}` is in no package", "add `package_path` or `package_uris`", at_key=True)
    if "module_name" in fields and given.get("python_module", fields["module_name"]) != fields["module_name"]:
        yield Finding(("module_name",), "`module_name` and `python_module` name two modules", "keep one", at_key=True)


MODULE = Rule(
    code="ml-module",
    sentence="Packages and the module to run belong together.",
    cure="add the other one",
    source=f"{ML}TrainingInput.packageUris, pythonModule: Required",
    check=_module,
    bad=f"{HEAD}  package_uris: [gs://my-bucket/a.whl]\n  runtime_version: '2.11'\n  python_version: '3.7'\n",
    good=CODE,
)


def _local(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in ("requirements", "include", "exclude"):
        if name in fields and "package_path" not in fields:
            yield Finding((name,), f"`{name}` has no effect without `package_path`", at_key=True)


LOCAL_OPTION = Rule(
    code="ml-local-option",
    sentence="`requirements`, `include` and `exclude` belong to `package_path`.",
    cure="remove it, or add `package_path`",
    source="trainctl",
    check=_local,
    bad=f"requirements: [pandas]\n{CODE}",
    good=CODE,
)


def _runtime(fields: Fields, _: Where) -> Iterator[Finding]:
    given, image = training(fields), _image(fields)
    if image and "runtime_version" in given:
        yield Finding(
            _path("runtime_version"),
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
    bad=_PACKAGE,
    good=CODE,
)


def _python_missing(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    if "runtime_version" in given and "python_version" not in given:
        yield Finding(
            _path("runtime_version"),
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
    bad=f"{_PACKAGE}  runtime_version: '2.11'\n",
    good=CODE,
)


def _python(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    runtime, python = given.get("runtime_version"), given.get("python_version")
    if not isinstance(runtime, str) or not isinstance(python, str):
        return
    place = _path("python_version")
    if python not in _PYTHONS:
        yield Finding(place, f"no runtime version has Python {python}", "write '3.7', '3.5' or '2.7'")
        return
    (first, last), version = _PYTHONS[python], _numbers(runtime)
    if not first <= version <= last:
        fitting = [name for name, (low, high) in _PYTHONS.items() if low <= version <= high]
        hint = f"write `'{fitting[0]}'`" if fitting else None
        yield Finding(
            place, f"runtime version {runtime} has no Python {python}", hint, needs=(_path("runtime_version"),)
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
    bad=f"{_PACKAGE}  runtime_version: '1.14'\n  python_version: '3.7'\n",
    good=f"{_PACKAGE}  runtime_version: '1.15'\n  python_version: '3.7'\n",
)

VERSION_FORM = Rule(
    code="ml-version",
    sentence="Versions have two numbers: `2.11`.",
    cure="write for example `'2.11'`",
    source=f"{ML}TrainingInput.runtimeVersion, pythonVersion",
    check=by_schema,
    bad=f"{_PACKAGE}  runtime_version: latest\n  python_version: '3.7'\n",
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


def _command(fields: Fields, _: Where) -> Iterator[Finding]:
    args = "args" in training(fields)
    for role in roles(fields):
        for name in ("container_command", "container_args"):
            if name not in role.config:
                continue
            place = role.at("config", name)
            if not (role.config.get("image_uri") or _image(fields)):
                yield Finding(place, f"`{name}` needs an image of your own", "add `image_uri`", at_key=True)
            elif args:
                yield Finding(place, f"`{name}` and `args` exclude each other", "keep one of them", at_key=True)


CONTAINER_ARGS = Rule(
    code="ml-container-args",
    sentence="`container_command` and `container_args` need an image of your own, and exclude `args`.",
    cure="keep one of them",
    source=f"{ML}ReplicaConfig.containerCommand, containerArgs",
    check=_command,
    bad=f"{HEAD}  args: [--epochs=3]\n  master_config: {{image_uri: gcr.io/p/trainer, container_args: [a]}}\n",
    good=f"{HEAD}  master_config: {{image_uri: gcr.io/p/trainer, container_args: [a]}}\n",
)


def _chief(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    if given.get("use_chief_in_tf_config") and not any(role.config.get("image_uri") for role in roles(fields)):
        yield Finding(
            _path("use_chief_in_tf_config"),
            "`use_chief_in_tf_config` has no effect without an image of your own",
            at_key=True,
        )


CHIEF = Rule(
    code="ml-chief",
    sentence="`use_chief_in_tf_config` is for jobs with an image of their own.",
    cure="remove it: the runtime version decides between `chief` and `master`",
    source=f"{ML}TrainingInput.useChiefInTfConfig",
    check=_chief,
    severity=WARNING,
    bad=f"{CODE}  use_chief_in_tf_config: true\n",
    good=f"{IMAGE}  use_chief_in_tf_config: true\n",
)


def _tpu(fields: Fields, _: Where) -> Iterator[Finding]:
    for role in roles(fields):
        needed = role.machine == TPU and bool(role.config.get("image_uri"))
        place = role.at("config", "tpu_tf_version")
        if needed and "tpu_tf_version" not in role.config:
            yield Finding(
                role.at("config"),
                "a TPU replica with an image of its own has no `tpu_tf_version`",
                "add `tpu_tf_version: '2.11'`",
                at_key=True,
            )
        elif "tpu_tf_version" in role.config and not needed:
            yield Finding(
                place, "`tpu_tf_version` is for TPU replicas with an image of their own", "remove it", at_key=True
            )


_WORKER = f"{IMAGE}  scale_tier: CUSTOM\n  master_type: n1-standard-4\n  worker_type: cloud_tpu\n  worker_count: 1\n"
TPU_VERSION = Rule(
    code="ml-tpu-version",
    sentence="A TPU replica with an image of its own names its TensorFlow in `tpu_tf_version`, no other replica does.",
    cure="add it, or remove it",
    source=f"{ML}ReplicaConfig.tpuTfVersion",
    check=_tpu,
    bad=f"{_WORKER}  worker_config: {{image_uri: gcr.io/p/tpu}}\n",
    good=f"{_WORKER}  worker_config: {{image_uri: gcr.io/p/tpu, tpu_tf_version: '2.11'}}\n",
)


def _times(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    scheduling = given.get("scheduling") or {}
    if "max_running_time" in given and "max_running_time" in scheduling:
        yield Finding(
            _path("max_running_time"), "`max_running_time` stands in `scheduling` too", "keep one", at_key=True
        )
    for place in (_path("max_running_time"), _path("scheduling", "max_running_time")):
        if _seconds(given if len(place) == 2 else scheduling, "max_running_time", 1) <= 0:
            yield Finding(place, "`max_running_time` must be longer than 0 seconds")
    if _seconds(scheduling, "max_wait_time", _SHORTEST_WAIT) < _SHORTEST_WAIT:
        yield Finding(
            _path("scheduling", "max_wait_time"), "`max_wait_time` is shorter than 30 minutes", "write at least `30m`"
        )


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

RULES = (
    CODE_SOURCE,
    MODULE,
    LOCAL_OPTION,
    RUNTIME,
    PYTHON_MISSING,
    PYTHON,
    VERSION_FORM,
    COUNT_FORM,
    PRIORITY,
    CONTAINER_ARGS,
    CHIEF,
    TPU_VERSION,
    TIMES,
)
