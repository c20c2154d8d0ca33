"""Replicas of containers, run by podman or docker from its command line.

Nothing here depends on how that is set up: what a machine needs (storage, runtime, GPUs, a proxy) belongs into the
user's own `containers.conf` or daemon settings, or into TRAINCTL_CONTAINER_OPTIONS.
"""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainctl.local.jobs.states import CannotRun
from trainctl.local.logs.writing import SERVICE
from trainctl.local.replicas.contract import add_variables, expand
from trainctl.local.replicas.credentials import add_credentials, mount_credentials
from trainctl.local.supervision.plan import Process, Step
from trainctl.local.supervision.processes import JOB_VARIABLE
from trainctl.local.tuning.telling import METRIC_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from trainctl.local.core import Core
    from trainctl.local.replicas.cluster import Replica
    from trainctl.local.replicas.contract import Told
    from trainctl.local.store import Resource
    from trainctl.local.supervision.plan import JobFolder

RUNTIME_VARIABLE = "TRAINCTL_CONTAINER_RUNTIME"
OPTIONS_VARIABLE = "TRAINCTL_CONTAINER_OPTIONS"
RUNTIMES = ("podman", "docker")

_PULL = '"$0" image inspect "$1" >/dev/null 2>&1 || exec "$0" pull "$1"'
_REMOVE = (
    '"$0" kill "$1"; "$0" rm --force "$1" || '
    'while "$0" container inspect "$1" >/dev/null 2>&1; do sleep 0.1; "$0" rm --force "$1"; done'
)
"""Podman's `rm --force` alone would give the container ten seconds more. Docker's daemon may be at removing it already,
because of `--rm`, and then refuses: it is waited for.
"""

_RUNTIMES_OWN = re.compile(
    r"PATH|HOME|USER|TMPDIR|SHELL|LANG|LC_.*|SSL_CERT_.*|XDG_.*|DBUS_.*|CONTAINER.*|DOCKER_.*|PODMAN_.*|BUILDAH_.*|STORAGE_(DRIVER|OPTS)"
    r"|REGISTRY_.*|GO[A-Z]+|LD_.*|NOTIFY_SOCKET|LISTEN_.*|_.*|(?i:https?|no|all|ftp)_(?i:proxy)|TRAINCTL_LOCAL_JOB"
)
"""Variables that podman, docker and what they call read themselves: a container's own must not change those."""


def find_runtime(environment: Mapping[str, str]) -> str | None:
    """The path of podman or docker, or of what TRAINCTL_CONTAINER_RUNTIME names; None when it is not there."""
    chosen = environment.get(RUNTIME_VARIABLE)
    for name in (chosen,) if chosen else RUNTIMES:
        if found := shutil.which(name, path=environment.get("PATH")):
            return found
    return None


def describe_lack(environment: Mapping[str, str]) -> str:
    """What to do where there is no runtime."""
    if chosen := environment.get(RUNTIME_VARIABLE):
        return f"runs containers with `{chosen}`, as {RUNTIME_VARIABLE} says, but there is no such program"
    return (
        "needs podman or docker to run containers, and neither is installed; install one (Debian and Ubuntu: "
        "`apt-get install podman`), or use `python_package_spec`"
    )


@dataclass(frozen=True, slots=True)
class ContainerPool:
    """A pool of containers, and the program that runs them."""

    number: int
    container: Mapping[str, Any]
    runtime: str

    def plan_preparation(self, core: Core, folder: JobFolder) -> Step:
        """The step that fetches the image unless it is there; a newer one of the same name is not looked for."""
        image = self.container["imageUri"]
        process = Process(
            task=SERVICE,
            arguments=("/bin/sh", "-c", _PULL, self.runtime, image),
            environment={**core.settings.environment, JOB_VARIABLE: str(folder.path)},
            folder=str(folder.work),
            loud="NOTICE",
        )
        failure = f"The image `{image}` of workerpool{self.number} could not be pulled:"
        return Step("prepare", "Job is preparing.", (process,), failure=failure)

    def plan_replica(self, core: Core, job: Resource, replica: Replica, *, work: Path, told: Told) -> Process:
        """The program that runs one replica's container and stands for it."""
        own = {**core.settings.environment, JOB_VARIABLE: str(core.folder(job["name"]).path)}
        described = dict(told.variables)
        mounts = _mount_metrics(described)
        # Libraries would look for credentials at a metadata server that is not there; Python would hold output back.
        described = {"NO_GCE_CHECK": "true", "PYTHONUNBUFFERED": "1", **described}
        if core.settings.credentials:
            described, more = mount_credentials(add_credentials(described, core.settings.environment))
            mounts += more
        variables = add_variables(described, self.container.get("env", ()))
        passed, flags = _pass_variables(variables, core.folder(job["name"]).path / f"{replica.task}.env")
        name = _name(core, job, replica)
        arguments = (
            *(self.runtime, "run", "--rm", "--name", name, "--pull=never", "--network=host", "--log-driver=none"),
            *("--label", f"trainctl.engine={core.home.root}", "--label", f"trainctl.job={job['name']}"),
            # Where SELinux is in force, a container could not read the folder of buckets otherwise.
            *("--security-opt", "label=disable", "--mount", f"type=bind,source={core.home.buckets},target=/gcs"),
            *mounts,
            *flags,
            *_read_options(core.settings.environment),
            *self._describe_command(variables),
            *told.arguments,
        )
        return Process(
            task=replica.task,
            arguments=arguments,
            environment={**own, **passed},
            folder=str(work),
            removal=("/bin/sh", "-c", _REMOVE, self.runtime, name),
        )

    def _describe_command(self, variables: Mapping[str, str]) -> list[str]:
        """Image, command and arguments; `command` replaces entry point and arguments of the image."""
        image: str = self.container["imageUri"]
        command = [expand(part, variables) for part in self.container.get("command", ())]
        arguments = [expand(part, variables) for part in self.container.get("args", ())]
        return ["--entrypoint", command[0], image, *command[1:], *arguments] if command else [image, *arguments]


def _read_options(environment: Mapping[str, str]) -> list[str]:
    """The user's own options. Raises CannotRun for a quote that has no end."""
    text = environment.get(OPTIONS_VARIABLE, "")
    try:
        return shlex.split(text)
    except ValueError as problem:
        raise CannotRun(f"The options `{text}` of {OPTIONS_VARIABLE} cannot be read: {problem}.") from None


def _mount_metrics(described: dict[str, str]) -> list[str]:
    """The mount through which a trial reports its metrics; the variable then names the file within the container."""
    path = described.get(METRIC_FILE)
    if path is None:
        return []
    described[METRIC_FILE] = "/tmp/hypertune/output.metrics"  # noqa: S108  where cloudml-hypertune writes by default
    return ["--mount", f"type=bind,source={path.rpartition('/')[0]},target=/tmp/hypertune"]


def _pass_variables(variables: Mapping[str, str], file: Path) -> tuple[dict[str, str], list[str]]:
    """The variables that go through the runtime's environment, and the flags that pass all of them on.

    None is on a command line, which other users can read. Those that the runtime would heed itself go by a file, which
    cannot hold line breaks.
    """
    apart = {name: value for name, value in variables.items() if _RUNTIMES_OWN.fullmatch(name)}
    by_file = {name: value for name, value in apart.items() if "\n" not in value}
    passed = {name: value for name, value in variables.items() if name not in by_file}
    file.write_text("".join(f"{name}={value}\n" for name, value in by_file.items()), encoding="utf-8")
    file.chmod(0o600)
    flags = [part for name in passed for part in ("--env", name)]
    return passed, [*flags, *(("--env-file", str(file)) if by_file else ())]


def _name(core: Core, job: Resource, replica: Replica) -> str:
    """A container's name: no other engine of this machine gives the same."""
    engine = sha256(str(core.home.root).encode()).hexdigest()[:8]
    return f"trainctl-{engine}-{job['name'].rpartition('/')[2]}-{replica.task}"
