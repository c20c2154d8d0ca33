"""From a custom job to the plan of its supervisor."""

from __future__ import annotations

import shutil
import socket
import sys
from typing import TYPE_CHECKING, Any

from trainctl.local import environments, handover
from trainctl.local.contract import (
    Replica,
    add_variables,
    describe_job,
    describe_outputs,
    expand,
    isolate,
    prepare_installer,
)
from trainctl.local.images import find_image
from trainctl.local.joblog import SERVICE
from trainctl.local.plan import Plan, Process, Step
from trainctl.local.processes import JOB_VARIABLE
from trainctl.local.states import CannotRun
from trainctl.local.times import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.local.core import Core
    from trainctl.local.plan import JobFolder
    from trainctl.local.store import Resource

_PREPARING = "Job is preparing."
_RUNNING = "Job is running."


def plan_job(core: Core, job: Resource) -> Plan:
    """The plan of a job that `refuse_unrunnable` has let through; makes its output folders. Raises CannotRun."""
    job_spec: dict[str, Any] = job["jobSpec"]
    package = job_spec["workerPoolSpecs"][0]["pythonPackageSpec"]
    folder = core.folder(job["name"])
    environment = _describe_environment(core, folder, package)
    steps = [_plan_run(core, job, folder, environment)]
    if not environments.is_ready(environment.layer):
        steps.insert(0, _plan_preparation(core, folder, environment))
    for output in describe_outputs(core.place(job["name"]), _base_of(job_spec)).values():
        core.buckets.make_folder(output)
    return Plan(steps=tuple(steps), grace=core.settings.grace)


def describe_image(uri: str) -> str | None:
    """What to tell in the job's log about an image that the engine does not know."""
    if find_image(uri).known:
        return None
    return f"`{uri}` is not a prebuilt training image: the job gets only what its packages require"


def _describe_environment(core: Core, folder: JobFolder, package: Mapping[str, Any]) -> environments.Environment:
    image = find_image(package["executorImageUri"])
    return environments.Environment(
        root=str(core.home.environments),
        requirements=image.requirements,
        packages=tuple(_take_package(core, folder, uri, place) for place, uri in enumerate(package["packageUris"])),
        framework=image.framework,
        version=image.version,
        python=image.python,
    )


def _take_package(core: Core, folder: JobFolder, uri: str, place: int) -> str:
    """The path of the job's own copy of a package: the object may be replaced while the job is being prepared."""
    path = core.buckets.find(uri)
    if path is None:
        raise CannotRun(f"The package `{uri}` is not in the engine's storage; upload it there first.")
    target = folder.path / "packages" / str(place) / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    return str(target)


def _plan_preparation(core: Core, folder: JobFolder, environment: environments.Environment) -> Step:
    request = folder.path / "environment.json"
    environments.write_request(request, environment)
    variables = prepare_installer(core.settings.environment, folder.path / "nowhere")
    process = Process(
        task=SERVICE,
        arguments=(sys.executable, "-P", "-m", "trainctl.local.environments", str(request)),
        environment={**variables, **_engine_path(core), JOB_VARIABLE: str(folder.path)},
        folder=str(folder.work),
        loud="NOTICE",  # uv tells of its progress there
    )
    return Step("prepare", _PREPARING, (process,))


def _engine_path(core: Core) -> dict[str, str]:
    """An engine that runs from a source tree is found there by its own helpers too."""
    path = core.settings.environment.get("PYTHONPATH")
    return {"PYTHONPATH": path} if path else {}


def _plan_run(core: Core, job: Resource, folder: JobFolder, environment: environments.Environment) -> Step:
    layer = environment.layer
    job_spec = job["jobSpec"]
    package = job_spec["workerPoolSpecs"][0]["pythonPackageSpec"]
    place = core.place(job["name"])
    replica = Replica(pool=0, index=0, cluster={"workerpool0": (f"127.0.0.1:{_find_port()}",)})
    variables = isolate(core.settings.environment, folder.work)
    variables["PATH"] = f"{layer / 'bin'}:{environment.base / 'bin'}:{variables['PATH']}"
    variables["VIRTUAL_ENV"] = str(layer)
    variables[JOB_VARIABLE] = str(folder.path)
    variables |= describe_job(place, job_spec, replica)
    variables |= handover.hand_over(core, job, place)
    variables = add_variables(variables, package.get("env", ()), place)
    arguments = (place.map_gcs_paths(expand(argument, variables)) for argument in package.get("args", ()))
    process = Process(
        task=replica.task,
        arguments=(str(environments.python_of(layer)), "-m", package["pythonModule"], *arguments),
        environment=variables,
        folder=str(folder.work),
    )
    timeout = job_spec.get("scheduling", {}).get("timeout")
    return Step("run", _RUNNING, (process,), timeout=parse_duration(timeout) if timeout else None)


def _base_of(job_spec: Mapping[str, Any]) -> str:
    base: str = job_spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "")
    return base


def _find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
