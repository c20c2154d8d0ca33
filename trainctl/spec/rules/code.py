"""Where the training code comes from, and what belongs to each source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import HEAD, IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.rules.views import pools, tasks
from trainctl.spec.suggest import listed
from trainctl.spec.values import as_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.problems import PathKey

SOURCES = ("script_path", "python_package_gcs_uri", "worker_pool_specs")
_FLAT_ONLY = (
    "container_uri",
    "command",
    "args",
    "environment_variables",
    "replica_count",
    "machine_type",
    "accelerator_type",
    "accelerator_count",
    "gpu_partition_size",
    "tpu_topology",
    "boot_disk_type",
    "boot_disk_size_gb",
    "reservation_affinity_type",
    "reservation_affinity_key",
    "reservation_affinity_values",
    "reduction_server_replica_count",
    "reduction_server_machine_type",
    "reduction_server_container_uri",
)
_BELONGS_TO = {
    "requirements": ("script_path",),
    "include": ("script_path",),
    "exclude": ("script_path",),
    "python_module_name": ("python_package_gcs_uri", "script_path"),
}
_MOST_PACKAGES = 100
_MOST_ARGS = 100_000
_PACKAGES = (".tar.gz", ".tgz", ".whl", ".zip")
_SCRIPT = f"{HEAD}script_path: train.py\n"
_EXECUTOR = "container_uri: us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest\n"
_PACKAGE = f"{HEAD}python_package_gcs_uri: gs://my-bucket/trainer-0.1.tar.gz\n"
_POOLS = (
    f"{HEAD}worker_pool_specs:\n- machine_spec: {{machine_type: n1-standard-4}}\n  replica_count: 1\n"
    "  container_spec: {image_uri: us-docker.pkg.dev/my-project/images/trainer:1}\n"
)


def _one_source(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [name for name in SOURCES if name in fields]
    if len(given) > 1:
        for name in given[1:]:
            yield Finding((name,), f"`{name}` and `{given[0]}` both say where the code comes from", at_key=True)
    elif not given and "container_uri" not in fields:
        yield Finding((), "the spec names no code to run")


CODE_SOURCE = Rule(
    code="code-source",
    sentence="The code comes from exactly one of `script_path`, `python_package_gcs_uri`, `container_uri` alone, or "
    "`worker_pool_specs`.",
    cure="give one of `script_path`, `python_package_gcs_uri`, `container_uri` alone, `worker_pool_specs`",
    source=f"{SDK}: CustomTrainingJob, CustomPythonPackageTrainingJob, CustomContainerTrainingJob, CustomJob",
    check=_one_source,
    reads=("script_path", "python_package_gcs_uri", "container_uri", "worker_pool_specs"),
    bad=f"{_SCRIPT}{_EXECUTOR}python_package_gcs_uri: gs://my-bucket/trainer-0.1.tar.gz\n"
    "python_module_name: trainer.task\n",
    good=f"{_SCRIPT}{_EXECUTOR}",
)


def _image_for_code(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in ("script_path", "python_package_gcs_uri"):
        if name in fields and "container_uri" not in fields:
            yield Finding((name,), f"`{name}` needs `container_uri`, the image that runs the code", at_key=True)


CODE_IMAGE = Rule(
    code="code-image",
    sentence="`script_path` and `python_package_gcs_uri` need `container_uri`, the prebuilt image that runs the code.",
    cure="add `container_uri: us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest` or another training image",
    source=f"{SDK}: container_uri is a required argument",
    check=_image_for_code,
    reads=("container_uri",),
    bad=_SCRIPT,
    good=f"{_SCRIPT}{_EXECUTOR}",
)


def _module_for_packages(fields: Fields, _: Where) -> Iterator[Finding]:
    if "python_package_gcs_uri" in fields and "python_module_name" not in fields:
        yield Finding(
            ("python_package_gcs_uri",),
            "`python_package_gcs_uri` needs `python_module_name`, the module to run",
            at_key=True,
        )


CODE_MODULE = Rule(
    code="code-module",
    sentence="`python_package_gcs_uri` needs `python_module_name`, the module that runs after the installation.",
    cure="add `python_module_name: trainer.task`, as `python -m` would take it",
    source=f"{SDK}: CustomPythonPackageTrainingJob; {REST}PythonPackageSpec.pythonModule is required",
    check=_module_for_packages,
    reads=("python_module_name",),
    bad=f"{_PACKAGE}{_EXECUTOR}",
    good=f"{_PACKAGE}python_module_name: trainer.task\n{_EXECUTOR}",
)


def _flat_beside_pools(fields: Fields, _: Where) -> Iterator[Finding]:
    if "worker_pool_specs" in fields:
        for name in _FLAT_ONLY:
            if name in fields:
                yield Finding((name,), f"`{name}` has no effect beside `worker_pool_specs`", at_key=True)


FLAT_WITH_POOLS = Rule(
    code="flat-with-pools",
    sentence="`worker_pool_specs` holds the machines and tasks whole: the flat fields have no effect beside it.",
    cure="write it in the pool, or leave `worker_pool_specs` out",
    source=f"{SDK}: CustomJob takes worker_pool_specs alone",
    check=_flat_beside_pools,
    bad=f"{_POOLS}machine_type: n1-standard-8\n",
    good=_POOLS,
)


def _without_its_source(fields: Fields, _: Where) -> Iterator[Finding]:
    for name, sources in _BELONGS_TO.items():
        if name in fields and not any(source in fields for source in sources):
            yield Finding(
                (name,), f"`{name}` has no effect without {' or '.join(f'`{s}`' for s in sources)}", at_key=True
            )
    source = next((source for source in SOURCES[:2] if source in fields), None)
    if "command" in fields and source:
        yield Finding(
            ("command",), f"`command` has no effect beside `{source}`: the image starts the Python code", at_key=True
        )


CODE_OPTION = Rule(
    code="code-option",
    sentence="`requirements`, `include` and `exclude` belong to `script_path`, `python_module_name` to Python code, "
    "`command` to a container.",
    cure="remove it, or give the code source that it belongs to",
    source=f"{SDK}: parameters of each class",
    check=_without_its_source,
    reads=("script_path", "python_package_gcs_uri"),
    bad=f"{IMAGE}requirements: [pandas]\n",
    good=f"{_SCRIPT}{_EXECUTOR}requirements: [pandas]\n",
)


def _too_many_packages(fields: Fields, _: Where) -> Iterator[Finding]:
    for task in tasks(fields):
        count = len(task.package_uris)
        if count > _MOST_PACKAGES:
            yield Finding(task.package_path, f"there are {count} package URIs, at most {_MOST_PACKAGES} are allowed")


PACKAGE_COUNT = Rule(
    code="package-count",
    sentence="A task has at most 100 package URIs.",
    cure="put several packages into one archive, or build an image",
    source=f"{REST}PythonPackageSpec.packageUris",
    check=_too_many_packages,
    bad=f"{HEAD}python_package_gcs_uri: [{', '.join(f'gs://my-bucket/{i}.whl' for i in range(101))}]\n"
    f"python_module_name: trainer.task\n{_EXECUTOR}",
    good=f"{_PACKAGE}python_module_name: trainer.task\n{_EXECUTOR}",
)


def _unusual_packages(fields: Fields, _: Where) -> Iterator[Finding]:
    flat = not isinstance(fields.get("python_package_gcs_uri", []), list)
    for task in tasks(fields):
        for index, uri in enumerate(task.package_uris):
            if isinstance(uri, str) and not uri.endswith(_PACKAGES):
                path = task.package_path if flat and not task.path else (*task.package_path, index)
                yield Finding(path, f"`{uri}` does not look like a Python package")


PACKAGE_FORM = Rule(
    code="package-form",
    sentence="Packages are archives that pip installs: `.tar.gz`, `.whl` or `.zip`.",
    cure=f"name a file that ends in {listed(_PACKAGES, last='or')}",
    source="https://cloud.google.com/vertex-ai/docs/training/create-python-pre-built-container",
    check=_unusual_packages,
    severity=WARNING,
    bad=f"{HEAD}python_package_gcs_uri: gs://my-bucket/trainer\npython_module_name: trainer.task\n{_EXECUTOR}",
    good=f"{_PACKAGE}python_module_name: trainer.task\n{_EXECUTOR}",
)


def _modules(fields: Fields) -> Iterator[tuple[PathKey, str]]:
    if "python_module_name" in fields:
        yield ("python_module_name",), fields["python_module_name"]
    for path, pool in pools(fields):
        if module := (pool.get("python_package_spec") or {}).get("python_module"):
            yield (*path, "python_package_spec", "python_module"), module


def _module_files(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, module in _modules(fields):
        if module.endswith(".py"):
            yield Finding(path, f"`{module}` is named like a file", f"write `{module.removesuffix('.py')}`")


MODULE_FORM = Rule(
    code="module-form",
    sentence="A module is named as `python -m` takes it, without `.py`.",
    cure="write it without `.py`",
    source="https://docs.python.org/3/using/cmdline.html#cmdoption-m",
    check=_module_files,
    severity=WARNING,
    bad=f"{_PACKAGE}python_module_name: trainer.task.py\n{_EXECUTOR}",
    good=f"{_PACKAGE}python_module_name: trainer.task\n{_EXECUTOR}",
)


def _long_args(fields: Fields, _: Where) -> Iterator[Finding]:
    for task in tasks(fields):
        length = sum(len(str(argument)) for argument in task.args)
        if length > _MOST_ARGS:
            yield Finding(
                task.args_path, f"the arguments have {length} characters in all, at most {_MOST_ARGS} are allowed"
            )


ARGS_LENGTH = Rule(
    code="args-length",
    sentence="The arguments of a task have at most 100 000 characters in all.",
    cure="put them into a file in Cloud Storage, and pass its URI",
    source="https://cloud.google.com/vertex-ai/docs/training/create-training-pipeline",
    check=_long_args,
    bad=f"{IMAGE}args: [{'x' * 100_001}]\n",
    good=f"{IMAGE}args: [--epochs, 30]\n",
)

_VERSION = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()<>=!~][^\s,;()]*\s*"
"""A version begins with no sign of comparison: `>=1` would be read in two ways, and a list of n of them in 2**n."""
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^\]]*\]\s*)?"
    rf"(?:@\s*\S.*|\(?\s*(?:{_VERSION}(?:,\s*{_VERSION})*)?\)?\s*(?:;.*)?)"
)
_LISTS = (".txt", ".in", ".toml", ".cfg", ".yml", ".yaml")
_INSTALLED_FROM = ("git+", "hg+", "http://", "https://")


def _unusable_requirements(fields: Fields, _: Where) -> Iterator[Finding]:
    for index, text in enumerate(as_list(fields.get("requirements"))):
        path, file = ("requirements", index), text.rpartition(" ")[2]
        if text.startswith("-") or text.endswith(_LISTS):
            what = "is a file" if file.endswith(_LISTS) else "is an option of pip"
            hint = "write the lines of the file as this list" if file.endswith(_LISTS) else None
            yield Finding(path, f"`{text}` {what}, and no package", hint)
        elif text.startswith(_INSTALLED_FROM):
            yield Finding(path, f"`{text}` does not say which package it is", f"write `NAME @ {text}`")
        elif not _REQUIREMENT.fullmatch(" ".join(text.split())):  # many spaces would be tried in every division
            yield Finding(path, f"`{text}` is no package with its versions")


REQUIREMENT = Rule(
    code="requirement-form",
    sentence="A requirement is a package, with the versions that will do: pip looks for a package of any other text.",
    cure="write `NAME`, `NAME==VERSION`, `NAME>=VERSION` or `NAME @ URL`",
    source="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
    check=_unusable_requirements,
    bad=f"{_SCRIPT}{_EXECUTOR}requirements: [requirements.txt]\n",
    good=f"{_SCRIPT}{_EXECUTOR}requirements: ['pandas[parquet]>=2,<3', 'numpy==2.*; python_version > \"3.9\"']\n",
)

RULES = (
    CODE_SOURCE,
    CODE_IMAGE,
    CODE_MODULE,
    FLAT_WITH_POOLS,
    CODE_OPTION,
    PACKAGE_COUNT,
    PACKAGE_FORM,
    MODULE_FORM,
    ARGS_LENGTH,
    REQUIREMENT,
)
