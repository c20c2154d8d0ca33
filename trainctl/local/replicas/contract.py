"""The environment that training code sees on Vertex AI, on this machine.

Sources: https://cloud.google.com/vertex-ai/docs/training/code-requirements and .../distributed-training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.local.ml.names import id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

INHERITED = (
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "TMPDIR",
    "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES",
)  # fmt: skip
"""All that a job gets of the user's own variables; credentials and Google settings are not among them."""

INSTALLER_PREFIXES = ("PIP_", "UV_")
"""Further ones for the step that installs packages: they hold a company's index and its proxy."""

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_GCS_PATH = re.compile(r"""(?<![^=:,;\s"'(\[])/gcs/(?=[a-z0-9])""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job runs: its resource name, the folder of buckets, and the engine's URL with the secret path, if any."""

    name: str
    buckets: Path
    secret_url: str = ""

    def map_uri(self, uri: str) -> str:
        """The path of a `gs://` URI in the mapped folder; a slash at the end stays."""
        return f"{self.buckets}/{uri.removeprefix('gs://')}"

    def find(self, text: str) -> str:
        """The text, or the path of the `gs://` URI that it is."""
        return self.map_uri(text) if text.startswith("gs://") else text

    def map_gcs_paths(self, text: str) -> str:
        """The text with `/gcs/BUCKET` at the beginning of a path turned into the mapped folder.

        A process has no such mount, and a container, which has one, does not need this.
        """
        return _GCS_PATH.sub(lambda _: f"{self.buckets}/", text)


@dataclass(frozen=True, slots=True)
class Told:
    """What a replica is told besides what its spec says: variables, and arguments that follow its own.

    Some are `gs://` URIs, which a process gets as the paths where they are here.
    """

    variables: Mapping[str, str]
    arguments: tuple[str, ...] = ()


def describe_outputs(base: str) -> dict[str, str]:
    """`AIP_MODEL_DIR` and its sisters, as URIs below a base output directory (`gs://...`)."""
    if not base:
        return {}
    root = base.rstrip("/")
    names = {"AIP_MODEL_DIR": "model", "AIP_CHECKPOINT_DIR": "checkpoints", "AIP_TENSORBOARD_LOG_DIR": "logs"}
    return {name: f"{root}/{folder}/" for name, folder in names.items()}


def describe_job(place: Place) -> dict[str, str]:
    """The variables that are the same in every replica of a job."""
    variables = {"CLOUD_ML_PROJECT_ID": place.name.split("/")[1], "CLOUD_ML_JOB_ID": id_of(place.name)}
    if place.secret_url:
        variables["STORAGE_EMULATOR_HOST"] = place.secret_url
    return variables


def isolate(inherited: Mapping[str, str], home: Path) -> dict[str, str]:
    """What a job's program gets instead of the user's environment.

    HOME is the job's, so that no library finds the user's application default credentials, and the metadata server
    is not asked for others.
    """
    kept = {name: inherited[name] for name in INHERITED if name in inherited}
    return {
        **kept,
        "PATH": inherited.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "HOME": str(home),
        "CLOUDSDK_CONFIG": str(home / ".config" / "gcloud"),
        "NO_GCE_CHECK": "true",
        "PYTHONUNBUFFERED": "1",
    }


def prepare_installer(inherited: Mapping[str, str], nowhere: Path) -> dict[str, str]:
    """The environment of the step that installs packages: the user's HOME, for pip's configuration and cache, but no
    credentials: the packages' build scripts run in it. `nowhere` stands in for gcloud's configuration.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if name in INHERITED
        or name.startswith(INSTALLER_PREFIXES)
        or name in ("PATH", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    }
    return {**kept, "CLOUDSDK_CONFIG": str(nowhere), "NO_GCE_CHECK": "true", "PYTHONUNBUFFERED": "1"}


def add_variables(environment: Mapping[str, str], variables: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The environment with the spec's `env` list added: each may refer to those before it."""
    result = dict(environment)
    for variable in variables:
        result[variable["name"]] = expand(variable.get("value", ""), result)
    return result


def expand(text: str, environment: Mapping[str, str]) -> str:
    """The text with `$(NAME)` replaced; an unknown name stays as it is, `$$` stands for one `$`, as in Kubernetes."""

    def replace(found: re.Match[str]) -> str:
        if found.group() == "$$":
            return "$"
        return environment.get(found.group(1), found.group())

    return _REFERENCE.sub(replace, text)
