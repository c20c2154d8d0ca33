"""When two requests are the same: what the documents call a default may be said or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.conversion.messages import request_of
from trainctl.reference.machines import load_machines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.catalog import Collection


def comparable(body: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
    """The body in the one form that all bodies of equal jobs have: what the documents call a default is filled in."""
    request = request_of(body, collection).body
    for study in _study_specs(request):
        study.setdefault("measurementSelectionType", "LAST_MEASUREMENT")
    for job in _job_specs(request):
        job["workerPoolSpecs"] = [_with_disk(pool) for pool in job.get("workerPoolSpecs") or ()]
    if "versionAliases" in request.get("modelToUpload", {}) and "parentModel" not in request:
        request["modelToUpload"] = _without_default(request["modelToUpload"])
    return request


def _without_default(model: dict[str, Any]) -> dict[str, Any]:
    """A new model without the alias that its first version has in any case."""
    aliases = [alias for alias in model["versionAliases"] if alias != "default"]
    rest = {name: value for name, value in model.items() if name != "versionAliases"}
    return {**rest, "versionAliases": aliases} if aliases else rest


def _study_specs(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every StudySpec in a body."""
    inputs = body.get("trainingTaskInputs")
    for holder in (body, inputs, inputs.get("tunableParameter") if isinstance(inputs, dict) else None):
        if isinstance(holder, dict) and isinstance(holder.get("studySpec"), dict):
            yield holder["studySpec"]


def _job_specs(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every CustomJobSpec in a body."""
    for holder in (body, body.get("trainingTaskInputs")):
        if isinstance(holder, dict):
            yield from (holder[name] for name in ("jobSpec", "trialJobSpec") if isinstance(holder.get(name), dict))
            if isinstance(holder.get("workerPoolSpecs"), list):
                yield holder


def _with_disk(pool: Any) -> Any:
    """A worker pool with the boot disk that it gets when it names none. Source: DiskSpec in the REST reference."""
    if not pool or not isinstance(pool, dict):
        return pool
    machine = str((pool.get("machineSpec") or {}).get("machineType"))
    usual = {"bootDiskType": load_machines().disks.get(machine, "pd-ssd"), "bootDiskSizeGb": 100}
    return {**pool, "diskSpec": usual | (pool.get("diskSpec") or {})}
