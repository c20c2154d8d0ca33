"""`ml-training` specs as `custom` and `hptune` specs.

Sources: the descriptions of TrainingInput in ml.v1, of CustomJobSpec and StudySpec in aiplatform v1, and
cloud.google.com/vertex-ai/docs/training/code-requirements.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from trainctl.conversion.replicas import INPUT, read_replicas
from trainctl.kinds._flat import flat_fields
from trainctl.kinds.ml import packing_folder
from trainctl.spec.values import parse_duration, shorten_duration

if TYPE_CHECKING:
    from pathlib import Path

    from trainctl.conversion.reading import Reading
    from trainctl.conversion.replicas import Replicas

IMAGES = "us-docker.pkg.dev/vertex-ai/training"
LIST_OF_IMAGES = "https://cloud.google.com/vertex-ai/docs/training/pre-built-containers"
DEFAULT_RUNTIME = "2.11"
PYTHON_IN_NAME = 9
"""The minor version of TensorFlow 2 from which the names of images say their Python."""
STOPPING = "median_automated_stopping_spec"
DEFAULT_METRIC = "training/hptuning/metric"
SCALES = {"UNIT_LINEAR_SCALE": "linear", "UNIT_LOG_SCALE": "log", "UNIT_REVERSE_LOG_SCALE": "reverse_log"}


def convert_training(reading: Reading, name: str) -> tuple[str, dict[str, Any]]:
    """The kind and the fields of the spec that trains on Vertex AI what the document trains on AI Platform."""
    tuned = bool(reading.fields[INPUT].get("hyperparameters"))
    fields = {
        "display_name": reading.take("job_id") or name,
        "location": reading.take(INPUT, "region"),
        "labels": reading.take("labels"),
        **_workers(reading),
        **_options(reading),
        **(_study(reading) if tuned else {}),
    }
    if fields.get("timeout"):
        fields["timeout"] = shorten_duration(parse_duration(fields["timeout"]))
    if fields.get("replica_count") == 1:
        del fields["replica_count"]
    kept = {key: value for key, value in fields.items() if value not in (None, [], {}) or key == STOPPING}
    return ("hptune" if tuned else "custom"), kept


def _options(reading: Reading) -> dict[str, Any]:
    """What has the same meaning on both services, and what has none on Vertex AI."""
    if (priority := reading.take(INPUT, "scheduling", "priority")) is not None:
        why = f"Vertex AI knows no priority of jobs ({priority})"
        reading.leave((INPUT, "scheduling", "priority"), why, "use `persistent_resource_id` or a reservation")
    if reading.take(INPUT, "use_chief_in_tf_config") is False:
        why = "the first replica is always `chief` in TF_CONFIG"
        reading.leave((INPUT, "use_chief_in_tf_config"), why, "look for `master` in the training code")
    if (wait := reading.take(INPUT, "scheduling", "max_wait_time")) is not None:
        why = f"only jobs that wait for cheaper machines say for how long ({wait})"
        hint = "add `scheduling_strategy: FLEX_START` and `max_wait_duration` for such machines"
        reading.leave((INPUT, "scheduling", "max_wait_time"), why, hint)
    return {
        "base_output_dir": reading.take(INPUT, "job_dir"),
        "service_account": reading.take(INPUT, "service_account"),
        "network": reading.take(INPUT, "network"),
        "timeout": reading.take(INPUT, "scheduling", "max_running_time") or reading.take(INPUT, "max_running_time"),
        "enable_web_access": reading.take(INPUT, "enable_web_access") or None,
        "training_encryption_spec_key_name": reading.take(INPUT, "encryption_config", "kms_key_name"),
        "staging_bucket": reading.take("staging_bucket"),
    }


def _workers(reading: Reading) -> dict[str, Any]:
    """The code and the machines: flat fields where they suffice, else worker pools."""
    roles = read_replicas(reading, "machine_type")
    while len(roles) > 1 and not roles[-1].count:
        roles.pop()
    args = _args(reading)
    code = _local_code(reading) if reading.fields.get("package_path") else None
    image = _image(reading, roles[0])
    pools = [_pool(reading, role, roles[0], image, args) for role in roles]
    flat = flat_fields(pools)
    if code is not None:
        for role in roles[1:] if flat is None else ():
            why = "local code runs on machines of one sort, as many as `replica_count` says"
            reading.leave((INPUT, f"{role.role}_count"), why, "pack the code and name it in `worker_pool_specs`")
        return {**(flat or flat_fields(pools[:1]) or {}), **code}
    if flat is None:
        reading.remarks["worker_pool_specs"] = [
            remark for name in ("machine_type", "container_uri", "args") for remark in reading.remarks.pop(name, ())
        ]
        return {"worker_pool_specs": pools}
    return flat


def _pool(reading: Reading, role: Replicas, master: Replicas, image: str | None, args: list[str]) -> dict[str, Any]:
    """One worker pool; `{}` where the role has no replicas."""
    if not role.count:
        return {}
    running = role if role.image else master
    if running.image:
        own = {"image_uri": running.image, "command": running.command, "args": running.args or args}
        task = {"container_spec": {name: value for name, value in own.items() if value}}
    else:
        package = {
            "executor_image_uri": image,
            "package_uris": list(reading.take(INPUT, "package_uris") or ()),
            "python_module": reading.take(INPUT, "python_module"),
            "args": args,
        }
        task = {"python_package_spec": {name: value for name, value in package.items() if value}}
    disk = {"disk_spec": {"boot_disk_type": "pd-ssd", "boot_disk_size_gb": 100, **role.disk}} if role.disk else {}
    return {"machine_spec": role.machine, "replica_count": role.count, **disk, **task}


def _args(reading: Reading) -> list[str]:
    """The arguments; AI Platform adds the job's folder to them, Vertex AI does not."""
    args = [str(arg) for arg in reading.take(INPUT, "args") or ()]
    folder = reading.take(INPUT, "job_dir")
    if not folder:
        return args
    sentence = "AI Platform passed `--job-dir` to the code, so it is among the arguments; Vertex AI has AIP_MODEL_DIR"
    reading.change((INPUT, "job_dir"), "args", sentence)
    return [*args, f"--job-dir={folder}"]


def _image(reading: Reading, master: Replicas) -> str | None:
    """The prebuilt image that is nearest to a runtime version; None where the job has an image of its own."""
    runtime, python = reading.take(INPUT, "runtime_version"), reading.take(INPUT, "python_version")
    if master.image:
        return None
    major, _, minor = str(runtime or DEFAULT_RUNTIME).partition(".")
    device = "gpu" if master.accelerated else "cpu"
    if major != "2":
        minor, suffix = "15", ""
    else:
        suffix = ".py310" if int(minor or 0) >= PYTHON_IN_NAME else ""
    image = f"{IMAGES}/tf-{device}.{major}-{minor}{suffix}:latest"
    given = " and ".join(
        f"{name} {value}" for name, value in (("runtime version", runtime), ("Python", python)) if value
    )
    sentence = (
        f"this image has TensorFlow alone; the runtime had scikit-learn and XGBoost too ({given or 'none given'})"
    )
    reading.change(
        (INPUT, "runtime_version"),
        "container_uri",
        sentence,
        f"take the image that has what the code imports: {LIST_OF_IMAGES}",
    )
    return image


def _local_code(reading: Reading) -> dict[str, Any]:
    """Local code under the names that `custom` has for it; packages beside it have none."""
    if uris := reading.take(INPUT, "package_uris"):
        why = f"`script_path` packs local code alone, without {len(uris)} packages beside it"
        reading.leave(
            (INPUT, "package_uris"), why, "add them to `requirements`, or pack all and use `python_package_gcs_uri`"
        )
    return {
        "script_path": _path(reading.document.folder, str(reading.take("package_path"))),
        "python_module_name": reading.take("module_name") or reading.take(INPUT, "python_module"),
        "requirements": reading.take("requirements"),
        "include": reading.take("include"),
        "exclude": reading.take("exclude"),
        "python_package_gcs_uri": None,
    }


def _path(folder: Path, given: str) -> str:
    """The path of local code; the folder above a package that has a `setup.py` there, as gcloud packs it."""
    above = packing_folder(folder / given)
    return os.path.relpath(above, folder) if above else given


def _study(reading: Reading) -> dict[str, Any]:
    """The study of a tuning job."""
    at = (INPUT, "hyperparameters")
    algorithm = {"GRID_SEARCH": "grid", "RANDOM_SEARCH": "random"}.get(reading.take(*at, "algorithm") or "")
    goal = reading.take(*at, "goal") or "MAXIMIZE"
    params = reading.fields[INPUT]["hyperparameters"].get("params") or []
    if reading.take(*at, "resume_previous_job_id"):
        why = "Vertex AI cannot go on with the trials of another job"
        reading.leave((*at, "resume_previous_job_id"), why, "narrow the parameters down by hand")
    return {
        "metric_spec": {reading.take(*at, "hyperparameter_metric_tag") or DEFAULT_METRIC: str(goal).lower()},
        "parameter_spec": dict(_parameter(reading, index) for index in range(len(params))),
        "search_algorithm": algorithm,
        "max_trial_count": reading.take(*at, "max_trials") or 1,
        "parallel_trial_count": reading.take(*at, "max_parallel_trials") or 1,
        "max_failed_trial_count": reading.take(*at, "max_failed_trials"),
        **_stopping(reading),
    }


def _parameter(reading: Reading, index: int) -> tuple[str, dict[str, Any]]:
    """One parameter by its name."""
    at = (INPUT, "hyperparameters", "params", index)
    kind = str(reading.take(*at, "type")).lower()
    names = {"min": "min_value", "max": "max_value"} if kind in ("double", "integer") else {}
    values = reading.take(*at, "categorical_values") or reading.take(*at, "discrete_values")
    spec = {
        "type": kind,
        **{name: _whole(reading.take(*at, field), kind) for name, field in names.items()},
        **({"values": values} if values else {}),
    }
    scale = SCALES.get(reading.take(*at, "scale_type") or "")
    return str(reading.take(*at, "parameter_name")), {**spec, **({"scale": scale} if scale else {})}


def _whole(value: Any, kind: str) -> Any:
    """A bound; those of whole numbers are whole, and one that is not written is 0."""
    return int(value or 0) if kind == "integer" else value or 0


def _stopping(reading: Reading) -> dict[str, Any]:
    """Early stopping by the median of the other trials, the nearest to what AI Platform did."""
    if not reading.take(INPUT, "hyperparameters", "enable_trial_early_stopping"):
        return {}
    sentence = "AI Platform chose by itself when to stop a trial; here it is by the median of the others"
    place = (INPUT, "hyperparameters", "enable_trial_early_stopping")
    reading.change(place, STOPPING, sentence)
    return {STOPPING: {}}
