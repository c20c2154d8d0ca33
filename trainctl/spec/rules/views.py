"""The flat fields and `worker_pool_specs` seen alike: machines and tasks, wherever a spec writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.problems import PathKey
    from trainctl.spec.rules.rule import Fields

FLAT_MACHINE = "n1-standard-4"
"""What a flat spec gets when it names no machine type, as in Google's SDK."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine specification: its values by REST names, and the path of each."""

    values: Mapping[str, Any]
    paths: Mapping[str, PathKey]
    path: PathKey

    @property
    def machine_type(self) -> str | None:
        """The machine type's name."""
        return self.values.get("machine_type")

    def at(self, name: str) -> PathKey:
        """Where a value stands, or would stand."""
        return self.paths[name]


@dataclass(frozen=True, slots=True)
class Task:
    """What a pool runs: image, arguments, environment and packages, with their paths; `python` says which sort."""

    path: PathKey
    image: str | None
    image_path: PathKey
    args: list[Any]
    args_path: PathKey
    env: list[tuple[PathKey, str, Any]]
    env_path: PathKey
    package_uris: list[Any]
    package_path: PathKey
    python: bool


_FLAT_NAMES = ("machine_type", "accelerator_type", "accelerator_count", "gpu_partition_size", "tpu_topology")
_NESTED = ("reservation_affinity_type", "key", "values")
_DISK = ("boot_disk_type", "boot_disk_size_gb")


def pools(fields: Fields) -> list[tuple[PathKey, Mapping[str, Any]]]:
    """The worker pools that hold something, with their paths."""
    listed = fields.get("worker_pool_specs") or []
    return [(("worker_pool_specs", index), pool) for index, pool in enumerate(listed) if pool]


def machines(fields: Fields) -> Iterator[Machine]:
    """Every machine specification of the spec; the flat one even when nothing of it is written."""
    if fields.get("worker_pool_specs"):
        yield from (_pool_machine(path, pool) for path, pool in pools(fields))
        return
    yield _flat_machine(fields)


def _flat_machine(fields: Fields) -> Machine:
    paths: dict[str, PathKey] = {name: (name,) for name in (*_FLAT_NAMES, *_DISK, "reservation_affinity_type")}
    paths |= {"key": ("reservation_affinity_key",), "values": ("reservation_affinity_values",)}
    paths |= {"replica_count": ("replica_count",)}
    values = {name: fields[str(path[0])] for name, path in paths.items() if path[0] in fields}
    return Machine({"machine_type": FLAT_MACHINE, **values}, paths, ())


def _pool_machine(path: PathKey, pool: Mapping[str, Any]) -> Machine:
    spec = pool.get("machine_spec") or {}
    base: PathKey = (*path, "machine_spec")
    affinity = spec.get("reservation_affinity") or {}
    disk = pool.get("disk_spec") or {}
    paths: dict[str, PathKey] = {name: (*base, name) for name in _FLAT_NAMES}
    paths |= {name: (*base, "reservation_affinity", name) for name in _NESTED}
    paths |= {name: (*path, "disk_spec", name) for name in _DISK}
    paths |= {"replica_count": (*path, "replica_count")}
    values = {**spec, **affinity, **disk, "replica_count": pool.get("replica_count")}
    return Machine({name: value for name, value in values.items() if value is not None}, paths, path)


def tasks(fields: Fields) -> Iterator[Task]:
    """Every task of the spec."""
    if not fields.get("worker_pool_specs"):
        yield _flat_task(fields)
        return
    for path, pool in pools(fields):
        for name in ("container_spec", "python_package_spec"):
            if name in pool:
                yield _pool_task((*path, name), pool[name], python=name.startswith("python"))


def _flat_task(fields: Fields) -> Task:
    uris = fields.get("python_package_gcs_uri") or []
    variables = fields.get("environment_variables") or {}
    return Task(
        path=(),
        image=fields.get("container_uri"),
        image_path=("container_uri",),
        args=fields.get("args") or [],
        args_path=("args",),
        env=[(("environment_variables", name), name, value) for name, value in variables.items()],
        env_path=("environment_variables",),
        package_uris=uris if isinstance(uris, list) else [uris],
        package_path=("python_package_gcs_uri",),
        python="python_package_gcs_uri" in fields,
    )


def _pool_task(path: PathKey, spec: Mapping[str, Any], *, python: bool) -> Task:
    image = "executor_image_uri" if python else "image_uri"
    variables = spec.get("env") or []
    return Task(
        path=path,
        image=spec.get(image),
        image_path=(*path, image),
        args=spec.get("args") or [],
        args_path=(*path, "args"),
        env=[
            ((*path, "env", index, "name"), entry["name"], entry.get("value"))
            for index, entry in enumerate(variables)
            if "name" in entry
        ],
        env_path=(*path, "env"),
        package_uris=spec.get("package_uris") or [],
        package_path=(*path, "package_uris"),
        python=python,
    )


def number(value: Any, default: int = 0) -> int:
    """A count, which REST bodies may write as text, and anyone as `3.0`; nothing below 0 is one."""
    if isinstance(value, float):
        return int(value) if value >= 0 and value.is_integer() else default
    return int(value) if isinstance(value, (int, str)) and str(value).isdecimal() else default
