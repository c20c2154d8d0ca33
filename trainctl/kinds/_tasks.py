"""What the replicas of a pool run: packed local code, Python packages, or a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.kinds._wire import env, present, text
from trainctl.spec.rules.environment import is_executor_image
from trainctl.spec.values import as_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Artifact

    Fields = Mapping[str, Any]

TASKS = ("containerSpec", "pythonPackageSpec")
"""The names of the two sorts of task in a worker pool."""


def full_task(wire: Mapping[str, Any]) -> dict[str, Any]:
    """A task that the spec gives in full, its words as text."""
    words = {name: texts(wire[name]) for name in ("command", "args") if name in wire}
    variables = [{name: text(value) for name, value in variable.items()} for variable in wire.get("env") or ()]
    return {**wire, **words} | ({"env": variables} if variables else {})


def task_spec(fields: Fields, artifact: Artifact | None) -> dict[str, Any]:
    """What every replica runs: packed local code, Python packages, or a container."""
    if artifact is not None:
        return packed_task(fields, artifact)
    if uris := as_list(fields.get("python_package_gcs_uri")):
        return package_task(fields, uris, fields["python_module_name"])
    container = {"imageUri": fields["container_uri"], "command": texts(fields.get("command")), **invocation(fields)}
    return {"containerSpec": present(container)}


def package_task(fields: Fields, uris: list[str], module: str) -> dict[str, Any]:
    """Python packages from Cloud Storage, run in an executor image."""
    task = {"executorImageUri": fields["container_uri"], "packageUris": uris, "pythonModule": module}
    return {"pythonPackageSpec": {**task, **invocation(fields)}}


def packed_task(fields: Fields, artifact: Artifact) -> dict[str, Any]:
    """Packed local code: an executor image installs it by itself, any other image is told to.

    The SDK names any image as the executor of a pipeline, against the API's own words; its custom jobs do as here
    (https://github.com/googleapis/python-aiplatform/pull/1483).
    """
    if is_executor_image(fields["container_uri"]):
        return package_task(fields, [artifact.uri], artifact.module)
    mounted = f"/gcs/{artifact.uri.removeprefix('gs://')}"
    script = f'pip3 install --quiet --user "$0" && exec python3 -m {artifact.module} "$@"'
    command = ["sh", "-c", script, mounted, *texts(fields.get("args"))]
    return {
        "containerSpec": present(
            {"imageUri": fields["container_uri"], "command": command, "env": invocation(fields).get("env")}
        )
    }


def invocation(fields: Fields) -> dict[str, Any]:
    """Arguments and environment of the training code, as text."""
    return present({"args": texts(fields.get("args")), "env": env(fields.get("environment_variables") or {})})


def texts(values: Any) -> list[str]:
    """A list of scalars as text."""
    return [text(value) for value in values or ()]
