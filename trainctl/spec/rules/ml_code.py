"""What a job of AI Platform Training runs: packages and their module, or a container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.spec.rules.code import REQUIREMENT
from trainctl.spec.rules.ml_machines import HEAD, IMAGE, ML, TPU, roles, training
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.problems import PathKey

_REGISTRY = re.compile(r"(?:[a-z]+\.)?gcr\.io/|[a-z0-9-]+-docker\.pkg\.dev/")
PACKAGE = f"{HEAD}  package_uris: [gs://my-bucket/trainer-0.1.tar.gz]\n  python_module: trainer.task\n"
CODE = f"{PACKAGE}  runtime_version: '2.11'\n  python_version: '3.7'\n"
"""The beginning of examples that run a Python package."""


def path_of(*steps: str) -> PathKey:
    """Where in a job something of its training input stands."""
    return ("training_input", *steps)


def image_of(fields: Fields) -> str | None:
    """The image of the user's own that the master runs, and others that name none."""
    image: str | None = (training(fields).get("master_config") or {}).get("image_uri")
    return image


def _source(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    python = [name for name in ("package_path", "module_name") if name in fields]
    inner = [name for name in ("package_uris", "python_module") if name in given]
    if not given:
        return
    if not python and not inner and not image_of(fields):
        yield Finding(("training_input",), "the job names no code to run", at_key=True)
    elif image_of(fields) and (python or inner):
        place = path_of(inner[0]) if inner else (python[0],)
        yield Finding(
            place, f"`{place[-1]}` and an image of your own both say what runs", "keep one of them", at_key=True
        )


CODE_SOURCE = Rule(
    code="ml-code",
    sentence="A job runs a Python package or an image of your own.",
    cure="add `package_path` and `module_name`, or `master_config: {image_uri: ...}`",
    source=f"{ML}TrainingInput.packageUris, pythonModule, masterConfig",
    check=_source,
    bad=f"{HEAD}  runtime_version: '2.11'\n  python_version: '3.7'\n",
    good=IMAGE,
)


_SOURCES: tuple[PathKey, ...] = (
    ("package_path",),
    ("module_name",),
    path_of("package_uris"),
    path_of("python_module"),
)
"""Where a spec says what runs: what stands there and is wrong is not missing."""


def _module(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    packages, local = "package_uris" in given, "package_path" in fields
    module = [name for name in ("module_name",) if name in fields] or ["python_module"] * ("python_module" in given)
    if (packages or local) and not module:
        name, wanted = ("package_path", "module_name") if local else ("package_uris", "python_module")
        place = (name,) if local else path_of(name)
        message, hint = f"`{name}` needs `{wanted}`, the module to run", f"add `{wanted}: trainer.task`"
        yield Finding(place, message, hint, at_key=True, needs=_SOURCES)
    elif module and not packages and not local:
        place = (module[0],) if module[0] in fields else path_of(module[0])
        hint = "add `package_path` or `package_uris`"
        yield Finding(place, f"`{module[0]}` is in no package", hint, at_key=True, needs=_SOURCES)
    if "module_name" in fields and given.get("python_module", fields["module_name"]) != fields["module_name"]:
        yield Finding(("module_name",), "`module_name` and `python_module` name two modules", "keep one", at_key=True)


MODULE = Rule(
    code="ml-module",
    sentence="Packages and the module to run belong together.",
    cure="add the other one",
    source=f"{ML}TrainingInput.packageUris, pythonModule: Required",
    check=_module,
    bad=f"{HEAD}  package_uris: [gs://my-bucket/a.whl]\n  runtime_version: '2.11'\n  python_version: '3.7'\n",
    good=CODE,
)


def _local(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in ("requirements", "include", "exclude"):
        if name in fields and "package_path" not in fields:
            yield Finding((name,), f"`{name}` has no effect without `package_path`", at_key=True)


LOCAL_OPTION = Rule(
    code="ml-local-option",
    sentence="`requirements`, `include` and `exclude` belong to `package_path`.",
    cure="remove it, or add `package_path`",
    source="trainctl",
    check=_local,
    bad=f"requirements: [pandas]\n{CODE}",
    good=CODE,
)


def _command(fields: Fields, _: Where) -> Iterator[Finding]:
    args = "args" in training(fields)
    for role in roles(fields):
        for name in ("container_command", "container_args"):
            if name not in role.config:
                continue
            place = role.at("config", name)
            if not (role.config.get("image_uri") or image_of(fields)):
                yield Finding(place, f"`{name}` needs an image of your own", "add `image_uri`", at_key=True)
            elif args:
                yield Finding(place, f"`{name}` and `args` exclude each other", "keep one of them", at_key=True)


CONTAINER_ARGS = Rule(
    code="ml-container-args",
    sentence="`container_command` and `container_args` need an image of your own, and exclude `args`.",
    cure="keep one of them",
    source=f"{ML}ReplicaConfig.containerCommand, containerArgs",
    check=_command,
    bad=f"{HEAD}  args: [--epochs=3]\n  master_config: {{image_uri: gcr.io/p/trainer, container_args: [a]}}\n",
    good=f"{HEAD}  master_config: {{image_uri: gcr.io/p/trainer, container_args: [a]}}\n",
)


def _chief(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    if given.get("use_chief_in_tf_config") and not any(role.config.get("image_uri") for role in roles(fields)):
        yield Finding(
            path_of("use_chief_in_tf_config"),
            "`use_chief_in_tf_config` has no effect without an image of your own",
            at_key=True,
        )


CHIEF = Rule(
    code="ml-chief",
    sentence="`use_chief_in_tf_config` is for jobs with an image of their own.",
    cure="remove it: the runtime version decides between `chief` and `master`",
    source=f"{ML}TrainingInput.useChiefInTfConfig",
    check=_chief,
    severity=WARNING,
    bad=f"{CODE}  use_chief_in_tf_config: true\n",
    good=f"{IMAGE}  use_chief_in_tf_config: true\n",
)


def _tpu(fields: Fields, _: Where) -> Iterator[Finding]:
    for role in roles(fields):
        needed = role.machine == TPU and bool(role.config.get("image_uri"))
        place = role.at("config", "tpu_tf_version")
        if needed and "tpu_tf_version" not in role.config:
            yield Finding(
                role.at("config"),
                "a TPU replica with an image of its own has no `tpu_tf_version`",
                "add `tpu_tf_version: '2.11'`",
                at_key=True,
            )
        elif "tpu_tf_version" in role.config and not needed:
            yield Finding(
                place, "`tpu_tf_version` is for TPU replicas with an image of their own", "remove it", at_key=True
            )


_WORKER = f"{IMAGE}  scale_tier: CUSTOM\n  master_type: n1-standard-4\n  worker_type: cloud_tpu\n  worker_count: 1\n"
TPU_VERSION = Rule(
    code="ml-tpu-version",
    sentence="A TPU replica with an image of its own names its TensorFlow in `tpu_tf_version`, no other replica does.",
    cure="add it, or remove it",
    source=f"{ML}ReplicaConfig.tpuTfVersion",
    check=_tpu,
    bad=f"{_WORKER}  worker_config: {{image_uri: gcr.io/p/tpu}}\n",
    good=f"{_WORKER}  worker_config: {{image_uri: gcr.io/p/tpu, tpu_tf_version: '2.11'}}\n",
)


def _registry(fields: Fields, _: Where) -> Iterator[Finding]:
    for role in roles(fields):
        image = role.config.get("image_uri")
        if isinstance(image, str) and not _REGISTRY.match(image):
            yield Finding(role.at("config", "image_uri"), f"`{image}` is in no registry that AI Platform pulls from")


IMAGE_REGISTRY = Rule(
    code="ml-image",
    sentence="Images of your own are in Container Registry (`gcr.io`) or Artifact Registry (`REGION-docker.pkg.dev`).",
    cure="push it there, and write `gcr.io/PROJECT/IMAGE:TAG` or `REGION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE:TAG`",
    source=f"{ML}ReplicaConfig.imageUri: must be in Container Registry",
    check=_registry,
    severity=WARNING,
    bad=IMAGE.replace("gcr.io", "registry.example.com"),
    good=IMAGE,
)

RULES = (CODE_SOURCE, MODULE, LOCAL_OPTION, REQUIREMENT, CONTAINER_ARGS, CHIEF, TPU_VERSION, IMAGE_REGISTRY)
