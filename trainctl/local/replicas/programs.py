"""Replicas of Python packages: programs in a cached virtual environment."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.states import CannotRun
from trainctl.local.logs.writing import SERVICE
from trainctl.local.replicas import environments
from trainctl.local.replicas.contract import add_variables, expand, isolate, prepare_installer
from trainctl.local.replicas.credentials import add_credentials
from trainctl.local.replicas.images import find_image
from trainctl.local.replicas.packages import list_imports
from trainctl.local.supervision.plan import Process, Step
from trainctl.local.supervision.processes import JOB_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trainctl.local.core import Core
    from trainctl.local.replicas.cluster import Replica
    from trainctl.local.replicas.contract import Told
    from trainctl.local.replicas.images import Image
    from trainctl.local.store import Resource
    from trainctl.local.supervision.plan import JobFolder


@dataclass(frozen=True, slots=True)
class PackagePool:
    """A pool of Python packages with its environment, whose folders are known before it is made."""

    number: int
    package: Mapping[str, Any]
    environment: environments.Environment
    base: Path
    layer: Path

    @classmethod
    def prepare(cls, core: Core, folder: JobFolder, number: int, package: Mapping[str, Any]) -> PackagePool:
        """Takes the packages out of the engine's storage. Raises CannotRun when one is not there."""
        image = find_image(package["executorImageUri"])
        place = folder.path / "packages" / str(number)
        packages = tuple(_take_package(core, uri, place / str(n)) for n, uri in enumerate(package["packageUris"]))
        environment = environments.Environment(
            root=str(core.home.environments),
            requirements=list_requirements(image, package, packages),
            packages=packages,
            framework=image.framework,
            version=image.version,
            python=image.python,
        )
        return cls(number, package, environment, environment.base, environment.layer)

    def plan_preparation(self, core: Core, folder: JobFolder) -> Step | None:
        """The step that makes the environment; None when it is there."""
        if environments.is_ready(self.layer):
            return None
        request = folder.path / f"environment-{self.number}.json"
        environments.write_request(request, self.environment)
        variables = prepare_installer(core.settings.environment, folder.path / "nowhere")
        process = Process(
            task=SERVICE,
            arguments=(sys.executable, "-P", "-m", "trainctl.local.replicas.environments", str(request)),
            environment={**variables, **_engine_path(core), JOB_VARIABLE: str(folder.path)},
            folder=str(folder.work),
            loud="NOTICE",  # uv tells of its progress there
        )
        failure = f"The environment of replica workerpool{self.number}-0 could not be made:"
        return Step("prepare", "Job is preparing.", (process,), failure=failure)

    def plan_replica(self, core: Core, job: Resource, replica: Replica, *, work: Path, told: Told) -> Process:
        """The program of one replica in its working folder."""
        place = core.place(job["name"])
        variables = isolate(core.settings.environment, work)
        variables["PATH"] = f"{self.layer / 'bin'}:{self.base / 'bin'}:{variables['PATH']}"
        variables["VIRTUAL_ENV"] = str(self.layer)
        variables[JOB_VARIABLE] = str(core.folder(job["name"]).path)
        if core.settings.credentials:
            variables = add_credentials(variables, core.settings.environment)
        variables |= {name: place.find(text) for name, text in told.variables.items()}
        variables = add_variables(variables, self.package.get("env", ()))
        for variable in self.package.get("env", ()):
            variables[variable["name"]] = place.map_gcs_paths(variables[variable["name"]])
        arguments = (place.map_gcs_paths(expand(argument, variables)) for argument in self.package.get("args", ()))
        return Process(
            task=replica.task,
            arguments=(
                *(str(environments.python_of(self.layer)), "-m", self.package["pythonModule"]),
                *(*arguments, *map(place.find, told.arguments)),
            ),
            environment=variables,
            folder=str(work),
        )


def list_requirements(image: Image, package: Mapping[str, Any], files: Sequence[str]) -> tuple[str, ...]:
    """What to install: what the image has, what the engine itself asks for (the package's `requirements`), and of what
    the image offers that which the files import.
    """
    imported = {module for file in files for module in list_imports(Path(file))} if image.offers else set()
    offered = (name for module, name in image.offers.items() if any(_is_below(each, module) for each in imported))
    chosen = dict.fromkeys((*image.requirements, *package.get("requirements", ()), *offered))
    # Source distributions that want no more than these are built without asking an index once more.
    return (*chosen, *(("setuptools", "wheel") if image.offers and chosen else ()))


def _is_below(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _take_package(core: Core, uri: str, folder: Path) -> str:
    """The path of the job's own copy of a package: the object may be replaced while the job is being prepared."""
    path = core.buckets.find(uri)
    if path is None:
        raise CannotRun(f"The package `{uri}` is not in the engine's storage; upload it there first.")
    folder.mkdir(parents=True, exist_ok=True)
    return str(shutil.copyfile(path, folder / path.name))


def _engine_path(core: Core) -> dict[str, str]:
    """An engine that runs from a source tree is found there by its own helpers too."""
    path = core.settings.environment.get("PYTHONPATH")
    return {"PYTHONPATH": path} if path else {}
