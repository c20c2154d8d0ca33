"""A TrainingInput as the CustomJobSpec that does its work.

Source of the rules: the descriptions of the fields in the REST reference of ml.v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.admission import LARGEST_CLUSTER
from trainctl.local.ml.tiers import CUSTOM, DEFAULT, TPU, list_groups
from trainctl.local.protocol.faults import Fault, refuse_fields
from trainctl.local.protocol.times import parse_duration
from trainctl.local.replicas.containers import describe_lack, find_runtime
from trainctl.local.replicas.images import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.local.core import Core

_AT = "training_input"
_ROLES = {"worker": "worker", "parameterServer": "parameter_server", "evaluator": "evaluator"}
_MOST_PACKAGES, _HIGHEST_PRIORITY, _LEAST_WAIT = 100, 1000, 1800.0
_ALGORITHMS = "gcr.io/cloud-ml-algos/"


def check(core: Core, training: Mapping[str, Any]) -> None:
    """Raises Fault for what AI Platform refuses, and for what this machine cannot run."""
    problems = [*_check_code(training), *_check_cluster(training), *_check_scheduling(training.get("scheduling", {}))]
    if problems:
        raise refuse_fields([(f"job.{_AT}.{field}", f"{_AT}.{field}: {text}") for field, text in problems])
    image = find_image(training)
    if image.startswith(_ALGORITHMS):
        raise _refuse("has no built-in algorithms: their images are Google's own", "master_config.image_uri")
    if image and find_runtime(core.settings.environment) is None:
        lack = describe_lack(core.settings.environment).replace("`python_package_spec`", "`package_uris`")
        raise _refuse(lack, "master_config.image_uri")
    if sum(group.count for group in list_groups(training)) > LARGEST_CLUSTER:
        raise _refuse(f"runs at most {LARGEST_CLUSTER} replicas in one job", "worker_count")
    if "jobDir" in training:
        core.buckets.locate_folder(training["jobDir"])


def make_spec(training: Mapping[str, Any]) -> dict[str, Any]:
    """The CustomJobSpec of a TrainingInput that `check` has let through. Its base output directory is `jobDir`."""
    spec: dict[str, Any] = {"workerPoolSpecs": list(_make_pools(training))}
    if "jobDir" in training:
        spec["baseOutputDirectory"] = {"outputUriPrefix": training["jobDir"]}
    return spec


def find_image(training: Mapping[str, Any]) -> str:
    """The image of the master, and of the others unless they name their own; empty for Python packages."""
    image: str = training.get("masterConfig", {}).get("imageUri", "")
    return image


def _make_pools(training: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    groups = list_groups(training)
    last = max(place for place, group in enumerate(groups) if group.count)
    for group in groups[: last + 1]:
        if not group.count:
            yield {}
            continue
        machine = {"machineSpec": {"machineType": group.machine_type}} if group.machine_type else {}
        yield {"replicaCount": str(group.count), **machine, **_make_task(training, group.role)}


def _make_task(training: Mapping[str, Any], role: str) -> dict[str, Any]:
    config = training.get(f"{role}Config", {})
    arguments = list(training.get("args", ()))
    if image := config.get("imageUri") or find_image(training):
        container = {"imageUri": image, "args": config.get("containerArgs") or arguments}
        if "containerCommand" in config:
            container["command"] = config["containerCommand"]
        return {"containerSpec": container}
    python = f"-py{training['pythonVersion']}" if "pythonVersion" in training else ""
    package = {
        "executorImageUri": f"{RUNTIME}:{training['runtimeVersion']}{python}",
        "packageUris": training["packageUris"],
        "pythonModule": training["pythonModule"],
        "args": arguments,
    }
    return {"pythonPackageSpec": package}


def _check_code(training: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Either an image or packages with a runtime version."""
    if find_image(training):
        if "runtimeVersion" in training:
            yield "runtime_version", "Only one of it and `master_config.image_uri` can be set."
    else:
        for name, field in (("runtimeVersion", "runtime_version"), ("pythonModule", "python_module")):
            if name not in training:
                yield field, "It or `master_config.image_uri` must be set."
        if "packageUris" not in training:
            yield "package_uris", "At least one package is needed unless `master_config.image_uri` is set."
    if len(training.get("packageUris", ())) > _MOST_PACKAGES:
        yield "package_uris", f"There can be at most {_MOST_PACKAGES} packages."
    for role in ("master", *_ROLES):
        yield from _check_container(training, role)


def _check_container(training: Mapping[str, Any], role: str) -> Iterator[tuple[str, str]]:
    config, at = training.get(f"{role}Config", {}), f"{_ROLES.get(role, role)}_config"
    has_image = bool(config.get("imageUri") or find_image(training))
    for name, field in (("containerCommand", "container_command"), ("containerArgs", "container_args")):
        if name in config and not has_image:
            yield f"{at}.{field}", "It cannot be set without a custom container image."
        elif name in config and "args" in training:
            yield f"{at}.{field}", "It and `training_input.args` cannot both be set."


def _check_cluster(training: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Types and counts belong to the tier CUSTOM, and to each other."""
    custom = training.get("scaleTier", DEFAULT) == CUSTOM
    if custom and "masterType" not in training:
        yield "master_type", "It must be set when `scale_tier` is CUSTOM."
    if not custom and "masterType" in training:
        yield "master_type", "It can only be set when `scale_tier` is CUSTOM."
    for role, field in _ROLES.items():
        for part, suffix in (("Type", "type"), ("Count", "count")):
            if f"{role}{part}" in training and not custom:
                yield f"{field}_{suffix}", "It can only be set when `scale_tier` is CUSTOM."
        count = int(training.get(f"{role}Count", 0))
        if count < 0:
            yield f"{field}_count", "It must not be negative."
        if custom and count > 0 and f"{role}Type" not in training:
            yield f"{field}_type", f"It must be set when `{field}_count` is greater than zero."
    if custom:
        yield from _check_families(training)


def _check_families(training: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Legacy machine types and Compute Engine's cannot be in one job; a TPU goes with both."""
    master = training.get("masterType", "")
    for role, field in _ROLES.items():
        machine_type = training.get(f"{role}Type", "")
        if "" in (machine_type, master) or TPU in (machine_type, master):
            continue
        if ("-" in machine_type) != ("-" in master):
            yield f"{field}_type", "It and `master_type` must both be Compute Engine types, or both be legacy types."


def _check_scheduling(scheduling: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not 0 <= scheduling.get("priority", 0) <= _HIGHEST_PRIORITY:
        yield "scheduling.priority", f"It must be from 0 to {_HIGHEST_PRIORITY}."
    if "maxWaitTime" in scheduling and parse_duration(scheduling["maxWaitTime"]) < _LEAST_WAIT:
        yield "scheduling.max_wait_time", f"It must be at least {_LEAST_WAIT:.0f}s."
    if "maxRunningTime" in scheduling and parse_duration(scheduling["maxRunningTime"]) <= 0:
        yield "scheduling.max_running_time", "It must be positive."


def _refuse(what: str, field: str) -> Fault:
    return Fault("FAILED_PRECONDITION", f"The local engine {what} ({_AT}.{field}).")
