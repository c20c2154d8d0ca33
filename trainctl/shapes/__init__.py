"""The older services' resources in the fields that Vertex AI gives its jobs, so that one view reads them all.

Shapes: discovery document of automl v1 (`Operation`, `OperationMetadata`); `ml` has those of ml v1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import ResourceName
from trainctl.shapes.ml import job_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainctl.catalog import Collection

CANCELLED = 1
"""google.rpc.Code of an operation that someone has ended."""


def shape(resource: Mapping[str, Any], collection: Collection) -> Mapping[str, Any]:
    """The resource under Vertex AI's names for its fields; one of Vertex AI as it is."""
    reshape = _SHAPES.get(collection.id)
    return reshape(resource) if reshape else resource


def is_job(resource: Mapping[str, Any], collection: Collection) -> bool:
    """Whether a resource of a collection of jobs is one: of AutoML Vision's operations, only those that train."""
    return collection.id != "operations" or wire.dig(resource, "metadata", "createModelDetails") is not None


def _operation(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    error, response = resource.get("error"), resource.get("response")
    done, general = resource.get("done") is True, _general(resource)
    made = wire.first_text((wire.dig(response, "name"), wire.dig(response, "model")))
    name = ResourceName.parse(made)
    is_model = name is not None and name.collection == "models"
    version = wire.dig(response, "versionId") or wire.dig(response, "modelVersionId")
    return {
        "name": resource.get("name"),
        "displayName": wire.dig(response, "displayName"),
        "state": _operation_state(done, error),
        "createTime": wire.dig(general, "createTime"),
        "startTime": wire.dig(general, "createTime"),
        "endTime": wire.dig(general, "updateTime") if done else None,
        "updateTime": wire.dig(general, "updateTime"),
        "error": error,
        "labels": wire.dig(response, "labels"),
        "modelToUpload": {"name": made, "versionId": version} if is_model else None,
        "made": "" if is_model else made,
    }


def _general(resource: Mapping[str, Any]) -> object:
    """The part of an operation's metadata that all have: AutoML Vision's lies flat, Vertex AI's one level below."""
    metadata = resource.get("metadata")
    return wire.dig(metadata, "genericMetadata") or metadata


def task_of(operation: Mapping[str, Any]) -> str:
    """What an operation does: `import-data`, `create-model`; `operation` where its metadata does not say."""
    metadata = operation.get("metadata")
    message = wire.text(wire.dig(metadata, "@type")).rpartition(".")[2].removesuffix("OperationMetadata")
    fields = metadata if isinstance(metadata, dict) else {}
    word = message or next((key.removesuffix("Details") for key in fields if key.endswith("Details")), "")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", word).lower() if re.fullmatch("[A-Za-z]+", word) else "operation"


def percent_of(operation: Mapping[str, Any]) -> float | None:
    """How far an operation is, of 100; None where the service does not say."""
    return wire.number(wire.dig(_general(operation), "progressPercent"))


def failures_of(operation: Mapping[str, Any]) -> tuple[str, ...]:
    """What an operation could not do, without failing as a whole: files that could not be read."""
    failures = wire.items(wire.dig(_general(operation), "partialFailures"))
    return tuple(text for failure in failures if (text := wire.text(wire.dig(failure, "message"))))


def _operation_state(done: bool, error: object) -> str:  # noqa: FBT001 - the API's own flag
    if not done:
        return "RUNNING"
    if not error:
        return "SUCCEEDED"
    return "CANCELLED" if wire.dig(error, "code") == CANCELLED else "FAILED"


_SHAPES: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {"jobs": job_shape, "operations": _operation}
