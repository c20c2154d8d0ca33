"""From a REST body back to the fields of a `custom` or `hptune` spec: the inverse of `_workers` and `_pipelines`.

What comes out is a guess, friendliest first: whoever asks builds the fields again and compares the bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.kinds._flat import environment, flat_fields
from trainctl.spec.reading import view_of
from trainctl.spec.rest import COVERED_TOO, INPUT_DATA, JOB, JOB_SPEC, MODEL, PIPELINE
from trainctl.spec.values import parse_duration, shorten_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Fields = Mapping[str, Any]

SERVING = "model_serving_container_"
DURATIONS = ("timeout", "max_wait_duration", f"{SERVING}deployment_timeout")
_SPLITS = tuple(
    ("inputDataConfig", {name: place for place, name in COVERED_TOO.items() if place.startswith(split)})
    for split in ("timestampSplit", "stratifiedSplit")
)
PIPELINE_PARTS = (("", PIPELINE), ("inputDataConfig", INPUT_DATA), *_SPLITS, ("modelToUpload", MODEL))


def recover_around(body: Fields, place: str, resource: str) -> Iterator[dict[str, Any]]:
    """The fields of specs that may build this body, whose CustomJobSpec stands at `place`: flat, then pools in full."""
    parts = PIPELINE_PARTS if resource == "training_pipeline" else (("", JOB),)
    fields = read_fields(body, *parts, (place, JOB_SPEC))
    fields = {**fields, **written(fields), "resource": resource, **model_fields(body.get("modelToUpload"))}
    pools = fields.get("worker_pool_specs") or []
    flat = flat_fields(pools)
    if flat is not None:
        yield {name: value for name, value in fields.items() if name != "worker_pool_specs"} | flat
    yield {**fields, "worker_pool_specs": [_full(pool) for pool in pools]}


def read_fields(body: Fields, *parts: tuple[str, Mapping[str, str]]) -> dict[str, Any]:
    """The fields of a spec that the body holds where each table says, below its prefix; the first that is found."""
    reading = view_of(*parts).read(body)
    return dict(reading.fields) if reading else {}


def written(fields: Fields) -> dict[str, Any]:
    """Values as people write them: durations in hours and minutes, int64 as numbers."""
    durations = {name: shorten_duration(parse_duration(fields[name])) for name in DURATIONS if name in fields}
    sizes = [name for name in (f"{SERVING}shared_memory_size_mb",) if name in fields]
    return durations | {name: int(fields[name]) for name in sizes}


def model_fields(model: Fields | None) -> dict[str, Any]:
    """What the tables of fields do not cover of a model to upload."""
    if not model:
        return {}
    container = model.get("containerSpec") or {}
    ports = {name: [port.get("containerPort") for port in container.get(wire) or ()] for name, wire in _PORTS.items()}
    found = {f"{SERVING}environment_variables": environment(container.get("env") or ()), **ports}
    return {name: value for name, value in found.items() if value} | version_fields(model)


_PORTS = {f"{SERVING}ports": "ports", f"{SERVING}grpc_ports": "grpcPorts"}


def version_fields(model: Fields) -> dict[str, Any]:
    """The aliases without the `default` that a new version has by itself, and whether it has it."""
    aliases = list(model.get("versionAliases") or ())
    default = "default" in aliases
    if default and aliases[-1] == "default":
        aliases.pop()
    return {"is_default_version": default} | ({"model_version_aliases": aliases} if aliases else {})


def _full(pool: Fields) -> dict[str, Any]:
    """A pool in full, its replicas as a number."""
    return {**pool, **({"replica_count": int(pool["replica_count"])} if "replica_count" in pool else {})}
