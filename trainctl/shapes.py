"""The older services' resources in the fields that Vertex AI gives its jobs, so that one view reads them all.

Shapes: discovery documents of ml v1 (`GoogleCloudMlV1__Job`) and automl v1 (`Operation`, `OperationMetadata`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl import wire

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


def _ml_job(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    message = wire.text(resource.get("errorMessage"))
    directory = wire.dig(resource, "trainingInput", "jobDir") or wire.dig(resource, "predictionInput", "outputPath")
    return {
        **resource,
        "displayName": resource.get("jobId"),
        "error": {"message": message} if message else None,
        "jobSpec": {"baseOutputDirectory": {"outputUriPrefix": directory}},
    }


def _operation(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata, error, model = resource.get("metadata"), resource.get("error"), resource.get("response")
    done, updated = resource.get("done") is True, wire.dig(metadata, "updateTime")
    return {
        "name": resource.get("name"),
        "displayName": wire.dig(model, "displayName"),
        "state": _operation_state(done, error),
        "createTime": wire.dig(metadata, "createTime"),
        "startTime": wire.dig(metadata, "createTime"),
        "endTime": updated if done else None,
        "updateTime": updated,
        "error": error,
        "labels": wire.dig(model, "labels"),
        "modelToUpload": {"name": wire.dig(model, "name")},
    }


def _operation_state(done: bool, error: object) -> str:  # noqa: FBT001 - the API's own flag
    if not done:
        return "RUNNING"
    if not error:
        return "SUCCEEDED"
    return "CANCELLED" if wire.dig(error, "code") == CANCELLED else "FAILED"


_SHAPES: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {"jobs": _ml_job, "operations": _operation}
