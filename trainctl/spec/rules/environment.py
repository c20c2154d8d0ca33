"""Images and environment variables of tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import HEAD, IMAGE, REST, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.rules.views import tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.problems import PathKey

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_TRAINING, _MOST_SERVING = 100, 200
_OURS = re.compile(r"AIP_\w+|CLOUD_ML_\w+|CLUSTER_SPEC|TF_CONFIG")
_SERVING = "model_serving_container_environment_variables"
_HOST = re.compile(r"(?:[a-z0-9-]+-)?docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io|(?:index\.)?docker\.io|pkg\.dev")
_HUB = ("docker.io", "index.docker.io")
_LARGEST, _LARGEST_OF_ALL = 128 * 1024, 512 * 1024
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_IMAGE_FORM = re.compile(
    rf"(?:[a-z0-9.-]+(?::\d+)?/)?{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
)
"""https://github.com/distribution/reference/blob/main/reference.go: a host, a name in lower case, a tag, a digest."""

_SERVE = f"{IMAGE}model_serving_container_image_uri: us-docker.pkg.dev/my-project/images/server:1\n"
IMAGE_FIELDS = ("container_uri", "reduction_server_container_uri", "model_serving_container_image_uri")


def is_executor_image(image: str) -> bool:
    """Whether an image is one of Google's prebuilt training images, in either registry."""
    return "docker.pkg.dev/vertex-ai/" in image or "gcr.io/cloud-aiplatform/" in image


def _variables(fields: Fields) -> Iterator[tuple[PathKey, str]]:
    for task in tasks(fields):
        yield from ((path, name) for path, name, _ in task.env)
    yield from (((_SERVING, name), name) for name in fields.get(_SERVING) or ())


def _names(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, name in _variables(fields):
        if not _IDENTIFIER.fullmatch(name):
            yield Finding(path, f"`{name}` is no name of an environment variable", at_key=path[-1] == name)


ENV_NAME = Rule(
    code="env-name",
    sentence="Names of environment variables are C identifiers: letters, digits and `_`, not a digit first.",
    cure="use letters, digits and `_`, not a digit first",
    source=f"{REST}EnvVar.name",
    check=_names,
    bad=f"{IMAGE}environment_variables: {{MY-LEVEL: debug}}\n",
    good=f"{IMAGE}environment_variables: {{MY_LEVEL: debug}}\n",
)


def _reserved(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, name in _variables(fields):
        if _OURS.fullmatch(name):
            yield Finding(path, f"`{name}` is set by Vertex AI itself", at_key=path[-1] == name)


ENV_RESERVED = Rule(
    code="env-reserved",
    sentence="`AIP_...`, `CLOUD_ML_...`, `CLUSTER_SPEC` and `TF_CONFIG` are set by Vertex AI for the code to read.",
    cure="choose another name",
    source="https://cloud.google.com/vertex-ai/docs/training/code-requirements",
    check=_reserved,
    severity=WARNING,
    bad=f"{IMAGE}environment_variables: {{AIP_MODEL_DIR: gs://my-bucket/model}}\n",
    good=f"{IMAGE}environment_variables: {{MODEL_FOLDER: gs://my-bucket/model}}\n",
)


def _count(fields: Fields, _: Where) -> Iterator[Finding]:
    for task in tasks(fields):
        if len(task.env) > _MOST_TRAINING:
            yield Finding(task.env_path, _too_many(len(task.env), _MOST_TRAINING))
    serving = fields.get(_SERVING) or ()
    if len(serving) > _MOST_SERVING:
        yield Finding((_SERVING,), _too_many(len(serving), _MOST_SERVING))


def _too_many(count: int, most: int) -> str:
    return f"there are {count} environment variables, at most {most} are allowed"


ENV_COUNT = Rule(
    code="env-count",
    sentence="A training task has at most 100 environment variables, a serving container 200.",
    cure="put settings into a file that the code reads",
    source=f"{REST}ContainerSpec.env, ModelContainerSpec.env",
    check=_count,
    bad=f"{IMAGE}environment_variables: {{{', '.join(f'V{i}: x' for i in range(101))}}}\n",
    good=f"{IMAGE}environment_variables: {{LEVEL: debug}}\n",
)


def _size(fields: Fields, _: Where) -> Iterator[Finding]:
    sizes = {name: len(f"{name}={value}".encode()) for name, value in (fields.get(_SERVING) or {}).items()}
    yield from (
        Finding((_SERVING, name), f"`{name}` has {size // 1024} KiB, it must be smaller than 128 KiB")
        for name, size in sizes.items()
        if size >= _LARGEST
    )
    if (total := sum(sizes.values())) > _LARGEST_OF_ALL:
        yield Finding((_SERVING,), f"the variables have {total // 1024} KiB in all, at most 512 KiB are allowed")


ENV_SIZE = Rule(
    code="env-size",
    sentence="A variable of a serving container is smaller than 128 KiB, all together have at most 512 KiB.",
    cure="put it into a file that the server reads",
    source=f"{REST}ModelContainerSpec.env",
    check=_size,
    bad=f"{_SERVE}{_SERVING}: {{WORDS: {'x' * _LARGEST}}}\n",
    good=f"{_SERVE}{_SERVING}: {{WORDS: x}}\n",
)


def _images(fields: Fields) -> Iterator[tuple[PathKey, str]]:
    yield from (((name,), fields[name]) for name in IMAGE_FIELDS if fields.get(name))
    for task in tasks(fields):
        if task.path and task.image:
            yield task.image_path, task.image


def _image_form(fields: Fields, _: Where) -> Iterator[Finding]:
    for path, image in _images(fields):
        host, slash, _rest = image.partition("/")
        named_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
        if "://" in image:
            yield Finding(
                path, f"`{image}` has a scheme, which images have not", f"write `{image.partition('://')[2]}`"
            )
        elif not _IMAGE_FORM.fullmatch(image):
            hint = "write its name in lower case" if _IMAGE_FORM.fullmatch(image.lower()) else None
            yield Finding(path, f"`{image}` does not look like a container image", hint)
        elif named_host and not _HOST.fullmatch(host):
            yield Finding(path, f"Vertex AI may not be able to pull from `{host}`")
        elif path == ("model_serving_container_image_uri",) and (host in _HUB or not named_host):
            yield Finding(path, "an image that serves a model cannot come from Docker Hub")


IMAGE_FORM = Rule(
    code="image-form",
    sentence="Images come from Artifact Registry (`REGION-docker.pkg.dev`) or Container Registry, for training also "
    "from Docker Hub.",
    cure="push it to Artifact Registry, and write `REGION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE:TAG`",
    source=f"{REST}ContainerSpec.imageUri, ModelContainerSpec.imageUri",
    check=_image_form,
    severity=WARNING,
    bad=f"{HEAD}container_uri: registry.example.com/trainer:1\n",
    good=IMAGE,
)


def _executor(fields: Fields, _: Where) -> Iterator[Finding]:
    for task in tasks(fields):
        if task.python and task.image and not is_executor_image(task.image):
            yield Finding(task.image_path, f"`{task.image}` is none of the prebuilt images that run Python packages")


EXECUTOR_IMAGE = Rule(
    code="executor-image",
    sentence="Python packages run in one of Vertex AI's prebuilt training images.",
    cure="take one of https://cloud.google.com/vertex-ai/docs/training/pre-built-containers",
    source=f"{REST}PythonPackageSpec.executorImageUri",
    check=_executor,
    severity=WARNING,
    bad=f"{IMAGE}python_package_gcs_uri: gs://my-bucket/trainer-0.1.tar.gz\npython_module_name: trainer.task\n",
    good=f"{HEAD}container_uri: us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest\n"
    "python_package_gcs_uri: gs://my-bucket/trainer-0.1.tar.gz\npython_module_name: trainer.task\n",
)

RULES = (ENV_NAME, ENV_RESERVED, ENV_COUNT, ENV_SIZE, IMAGE_FORM, EXECUTOR_IMAGE)
