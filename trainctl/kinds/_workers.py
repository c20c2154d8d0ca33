"""Worker pools and the CustomJobSpec around them, from the fields that `custom` and tuning specs share.

The shapes follow what Google's SDK sends for the same parameters: pool 0 has the one primary replica, pool 1 the
others, pool 2 the reduction server; an empty pool between is `{}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.catalog import LocalCode, Upload
from trainctl.kinds._tasks import TASKS, full_task, task_spec
from trainctl.kinds._wire import camel, duration, present, to_wire
from trainctl.reference.machines import load_machines
from trainctl.spec.values import as_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Artifact, Stamp, Target
    from trainctl.spec.document import Spec

    Fields = Mapping[str, Any]

DEFAULT_MACHINE = "n1-standard-4"
DEFAULT_DISK = {"bootDiskType": "pd-ssd", "bootDiskSizeGb": 100}
NO_ACCELERATOR = "ACCELERATOR_TYPE_UNSPECIFIED"

PASSED_ON = (
    "service_account",
    "network",
    "enable_web_access",
    "enable_dashboard_access",
    "persistent_resource_id",
    "protected_artifact_location_id",
    "reserved_ip_ranges",
    "psc_interface_config",
    "models",
)
"""Fields of a spec that are fields of CustomJobSpec under the same name."""


def job_spec(fields: Fields, target: Target, stamp: Stamp) -> dict[str, Any]:
    """The CustomJobSpec of a spec, in proto3 JSON; what is false says nothing there and is left out."""
    output = base_output_dir(fields, target, stamp)
    return present(
        {
            "workerPoolSpecs": worker_pools(fields, stamp.artifact),
            "baseOutputDirectory": {"outputUriPrefix": output} if output else None,
            "scheduling": scheduling(fields),
            "tensorboard": full_name(fields.get("tensorboard"), "tensorboards", target),
            **experiment(fields, target),
            **{camel(name): to_wire(fields.get(name) or None) for name in PASSED_ON},
        }
    )


def bucket(fields: Fields, target: Target) -> str | None:
    """The staging bucket with `gs://` and without a slash at its end; the spec's own comes first."""
    staging = fields.get("staging_bucket") or target.staging_bucket
    return f"gs://{staging.removeprefix('gs://').rstrip('/')}" if staging else None


def base_output_dir(fields: Fields, target: Target, stamp: Stamp) -> str | None:
    """Where a job writes: what the spec says, else a folder of its own in the staging bucket, else None."""
    if given := fields.get("base_output_dir"):
        return str(given) if given.startswith("gs://") else f"gs://{given}"
    staging = bucket(fields, target)
    return f"{staging}/trainctl/{slug(fields['display_name'])}-{stamp.name}" if staging else None


def slug(name: str) -> str:
    """A display name as a folder's name: lower case, digits and hyphens, at most 40 characters."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].rstrip("-") or "job"


def worker_pools(fields: Fields, artifact: Artifact | None) -> list[Any]:
    """The pools as the spec gives them in full, or made from its flat fields."""
    if pools := fields.get("worker_pool_specs"):
        return [full_pool(pool) for pool in pools]
    replicas = int(fields.get("replica_count", 1))
    machine, task = machine_spec(fields), task_spec(fields, artifact)
    primary = machine | present({"tpuTopology": fields.get("tpu_topology")})
    pools = [
        pool(1, primary, task, disk_spec(fields)),
        pool(replicas - 1, machine, task, disk_spec(fields)),
        reduction_server(fields, task),
    ]
    while pools and not pools[-1]:
        pools.pop()
    return pools


def full_pool(given: Mapping[str, Any]) -> dict[str, Any]:
    """A pool that the spec gives in full, its arguments as text; an accelerator of no type says nothing."""
    wire: dict[str, Any] = to_wire(given)
    if (wire.get("machineSpec") or {}).get("acceleratorType") == NO_ACCELERATOR:
        del wire["machineSpec"]["acceleratorType"]
    return wire | {name: full_task(wire[name]) for name in TASKS if name in wire}


def pool(replicas: int, machine: Mapping[str, Any], task: Mapping[str, Any], disk: Mapping[str, Any]) -> dict[str, Any]:
    """One worker pool; `{}` when it has no replicas."""
    if replicas < 1:
        return {}
    return {"machineSpec": machine, "replicaCount": str(replicas), "diskSpec": disk, **task}


def reduction_server(fields: Fields, task: Mapping[str, Any]) -> dict[str, Any]:
    """The pool of reduction servers: their own image, or the training task where none is named."""
    image = fields.get("reduction_server_container_uri")
    machine = present(
        {
            "machineType": fields.get("reduction_server_machine_type"),
            "reservationAffinity": reservation_affinity(fields),
        }
    )
    own_task = {"containerSpec": {"imageUri": image}} if image else task
    return pool(int(fields.get("reduction_server_replica_count", 0)), machine, own_task, DEFAULT_DISK)


def machine_spec(fields: Fields) -> dict[str, Any]:
    """The machine of every training replica."""
    count = fields.get("accelerator_count")
    kind = fields.get("accelerator_type")
    accelerated = bool(count) and kind not in (None, NO_ACCELERATOR)
    return present(
        {
            "machineType": fields.get("machine_type", DEFAULT_MACHINE),
            "acceleratorType": kind if accelerated else None,
            "acceleratorCount": count if accelerated else None,
            "gpuPartitionSize": fields.get("gpu_partition_size"),
            "reservationAffinity": reservation_affinity(fields),
        }
    )


def reservation_affinity(fields: Fields) -> dict[str, Any] | None:
    """Which reservation the machines come from; key and values belong to a specific one only."""
    kind = fields.get("reservation_affinity_type")
    if kind in (None, "TYPE_UNSPECIFIED"):
        return None
    specific = kind == "SPECIFIC_RESERVATION"
    return present(
        {
            "reservationAffinityType": kind,
            "key": fields.get("reservation_affinity_key") if specific else None,
            "values": fields.get("reservation_affinity_values") if specific else None,
        }
    )


def disk_spec(fields: Fields) -> dict[str, Any]:
    """The boot disk of every training replica; a few machines boot from no other type than their own."""
    usual = load_machines().disks.get(fields.get("machine_type", DEFAULT_MACHINE), DEFAULT_DISK["bootDiskType"])
    return {
        "bootDiskType": fields.get("boot_disk_type", usual),
        "bootDiskSizeGb": fields.get("boot_disk_size_gb", DEFAULT_DISK["bootDiskSizeGb"]),
    }


def scheduling(fields: Fields) -> dict[str, Any]:
    """Timeouts, restarts and the provisioning strategy; only what the spec says."""
    return present(
        {
            "timeout": duration(fields.get("timeout")),
            "restartJobOnWorkerRestart": fields.get("restart_job_on_worker_restart") or None,
            "disableRetries": fields.get("disable_retries") or None,
            "strategy": fields.get("scheduling_strategy"),
            "maxWaitDuration": duration(fields.get("max_wait_duration")),
        }
    )


def experiment(fields: Fields, target: Target) -> dict[str, str]:
    """The experiment and its run as metadata contexts, the form that jobs take."""
    name, run = fields.get("experiment"), fields.get("experiment_run")
    if not name:
        return {}
    contexts = f"projects/{target.project}/locations/{target.location}/metadataStores/default/contexts"
    full = name if "/" in name else f"{contexts}/{name}"
    return {"experiment": full} | ({"experimentRun": run if "/" in run else f"{full}-{run}"} if run else {})


def full_name(value: str | None, collection: str, target: Target) -> str | None:
    """A resource's full name from an id or a full name."""
    if not value or "/" in value:
        return value
    return f"projects/{target.project}/locations/{target.location}/{collection}/{value}"


def local_code(spec: Spec) -> LocalCode | None:
    """The code on this machine that a spec names in `script_path`."""
    fields = spec.fields
    if not (path := fields.get("script_path")):
        return None
    return LocalCode(
        path=spec.document.folder / path,
        requirements=tuple(as_list(fields.get("requirements"))),
        module=fields.get("python_module_name"),
        include=tuple(as_list(fields.get("include"))),
        exclude=tuple(as_list(fields.get("exclude"))),
    )


def uploads(artifact: Artifact | None) -> tuple[Upload, ...]:
    """What must be in Cloud Storage before the job is created."""
    return (Upload(artifact.name, artifact.uri),) if artifact else ()
