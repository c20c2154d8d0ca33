"""Kinds `ml-training` and `ml-prediction`: jobs of AI Platform Training, ml.v1."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from trainctl.catalog import ML, ML_JOBS, Call, LocalCode
from trainctl.kinds import Kind
from trainctl.kinds._tasks import texts
from trainctl.kinds._wire import duration, present, to_wire
from trainctl.kinds._workers import uploads
from trainctl.spec.spelling import snake_case
from trainctl.spec.values import as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from trainctl.catalog import Artifact, Collection, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule

    Fields = Mapping[str, Any]

INPUTS = {"ml-training": "training_input", "ml-prediction": "prediction_input"}
"""The field of each kind that has the job."""
COMMAND_LINES = frozenset({"args", "container_args", "container_command"})
TIMES = {"max_running_time": "maxRunningTime", "max_wait_time": "maxWaitTime"}
_LONGEST_STEM = 80


def build_training(spec: Spec, target: Target, stamp: Stamp) -> Call:
    """The create call of a training job; packed local code stands before the packages that the spec names."""
    fields = spec.fields["training_input"]
    own = ("max_running_time", "scheduling", "package_uris", "python_module", "region", "encryption_config")
    given: dict[str, Any] = to_wire({name: _worded(value, name) for name, value in fields.items() if name not in own})
    body = present(
        {
            **given,
            "region": fields.get("region") or target.location,
            "packageUris": package_uris(fields, stamp.artifact),
            "pythonModule": module_of(spec.fields),
            "scheduling": scheduling(fields),
            "encryptionConfig": encryption(fields, target),
        }
    )
    return _call(spec, target, stamp, {"trainingInput": body})


def build_prediction(spec: Spec, target: Target, stamp: Stamp) -> Call:
    """The create call of a batch prediction job."""
    fields: dict[str, Any] = spec.fields["prediction_input"]
    return _call(spec, target, stamp, {"predictionInput": to_wire({"region": target.location, **fields})})


def _call(spec: Spec, target: Target, stamp: Stamp, job: dict[str, Any]) -> Call:
    labels = spec.fields.get("labels")
    body = {"jobId": job_id(spec, stamp), **({"labels": labels} if labels else {}), **job}
    return Call(ML_JOBS, target.project, target.location, body, uploads(stamp.artifact), target.endpoints)


def job_id(spec: Spec, stamp: Stamp) -> str:
    """The id that the spec gives; else the name of its file with the time, which no other submission has."""
    if given := spec.fields.get("job_id"):
        return str(given)
    file = spec.document.file
    stem = "job" if file.startswith("<") else PurePath(file).stem
    words = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")[:_LONGEST_STEM] or "job"
    return f"{words if words[0].isalpha() else f'job_{words}'}_{stamp.name.replace('-', '_')}"


def package_uris(fields: Fields, artifact: Artifact | None) -> list[str]:
    """The packages to install: the packed local code, and those in Cloud Storage already."""
    return [*([artifact.uri] if artifact else []), *fields.get("package_uris", ())]


def _worded(value: Any, name: str = "") -> Any:
    """A value whose command lines are texts."""
    if name in COMMAND_LINES:
        return texts(value)
    return {key: _worded(inner, key) for key, inner in value.items()} if isinstance(value, dict) else value


def module_of(fields: Fields) -> str | None:
    """The module to run, under either of its names."""
    module: str | None = fields.get("module_name") or fields["training_input"].get("python_module")
    return module


def scheduling(fields: Fields) -> dict[str, Any]:
    """Priority and times; the running time may stand where earlier documents had it."""
    given = {**present({"max_running_time": fields.get("max_running_time")}), **fields.get("scheduling", {})}
    times = {wire: duration(given.get(name)) for name, wire in TIMES.items()}
    return present({"priority": given.get("priority"), **times})


def encryption(fields: Fields, target: Target) -> dict[str, Any] | None:
    """The key that the job is encrypted with; the spec's own comes first."""
    given = fields.get("encryption_config")
    if given is None and target.encryption_key:
        return {"kmsKeyName": target.encryption_key}
    return to_wire(given) if given else None


def local_code(spec: Spec) -> LocalCode | None:
    """The code at `package_path`; a `setup.py` beside a package packs it, as with gcloud."""
    fields = spec.fields
    if not (given := fields.get("package_path")):
        return None
    path = spec.document.folder / given
    return LocalCode(
        path=packing_folder(path) or path,
        requirements=tuple(as_list(fields.get("requirements"))),
        module=module_of(fields),
        include=tuple(as_list(fields.get("include"))),
        exclude=tuple(as_list(fields.get("exclude"))),
        field="package_path",
        module_field="module_name",
    )


def packing_folder(package: Path) -> Path | None:
    """The folder above a package with a `setup.py` that packs it, as with gcloud; None where there is none."""
    above = package.resolve().parent
    try:
        packs = (package / "__init__.py").is_file() and (above / "setup.py").is_file()
    except OSError:  # no file can have such a name: whoever packs it says so
        return None
    return above if packs else None


def recover(kind: str) -> Callable[[Collection, Fields], Iterator[Fields]]:
    """What gives the fields of the specs of a kind that may build a body."""
    field = INPUTS[kind]
    wire = "trainingInput" if kind == "ml-training" else "predictionInput"

    def fields_of(collection: Collection, body: Fields) -> Iterator[Fields]:
        if collection is ML_JOBS and wire in body:
            named = {"job_id": body.get("jobId"), "labels": body.get("labels")}
            yield {**present(named), field: _spelt(body[wire])}

    return fields_of


def _spelt(value: Any) -> Any:
    """A part of a body in the spelling of specs."""
    if isinstance(value, dict):
        return {snake_case(key): _spelt(inner) for key, inner in value.items()}
    return [_spelt(inner) for inner in value] if isinstance(value, list) else value


def training_rules() -> tuple[Rule, ...]:
    """What Google's documents say of training jobs beyond shapes."""
    from trainctl.spec.rules import ml

    return ml.TRAINING


def prediction_rules() -> tuple[Rule, ...]:
    """What Google's documents say of batch prediction beyond shapes."""
    from trainctl.spec.rules import ml

    return ml.PREDICTION


KINDS = (
    Kind(
        name="ml-training",
        command=("ml", "training"),
        summary="Training on AI Platform (ml.v1), which Google closed: your own code, tuned or not",
        rules=training_rules,
        build=build_training,
        code=local_code,
        recover=recover("ml-training"),
        service=ML,
        name_field="job_id",
    ),
    Kind(
        name="ml-prediction",
        command=("ml", "prediction"),
        summary="Batch prediction on AI Platform (ml.v1), which Google closed",
        rules=prediction_rules,
        build=build_prediction,
        recover=recover("ml-prediction"),
        service=ML,
        name_field="job_id",
    ),
)
