"""The user's own Google credentials, for the jobs of an engine that was told to pass them on.

Sources: https://cloud.google.com/docs/authentication/application-default-credentials, `gcloud topic configurations`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIG = "CLOUDSDK_CONFIG"
_PATHS = (
    _CONFIG,
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
)
_NAMES = ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT")
_PREFIX = "CLOUDSDK_"
_MOUNTED = "/run/credentials"


def find_credentials(inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables that lead Google's libraries and gcloud to the user's credentials, without paths of nothing.

    trainctl's own variables and other services' tokens are not among them.
    """
    home = inherited.get("HOME")
    usual = {_CONFIG: f"{home}/.config/gcloud"} if home else {}
    named = {name: value for name, value in inherited.items() if name in _PATHS + _NAMES or name.startswith(_PREFIX)}
    known = {name: str(Path(value).absolute()) if name in _PATHS else value for name, value in (usual | named).items()}
    return {name: value for name, value in known.items() if name not in _PATHS or Path(value).exists()}


def add_credentials(variables: Mapping[str, str], inherited: Mapping[str, str]) -> dict[str, str]:
    """A job's variables with the user's credentials; without files of them, the machine's own are asked for."""
    kept = {name: value for name, value in variables.items() if name != "NO_GCE_CHECK"}
    return {**kept, **find_credentials(inherited)}


def mount_credentials(variables: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The variables as they are within a container, and the flags that mount what they name, not to be written to."""
    named = {name: value for name, value in variables.items() if name in _PATHS}
    places = {name: f"{_MOUNTED}/{name.lower()}" for name in named}
    mounts = [f"type=bind,source={path},target={places[name]},readonly" for name, path in named.items()]
    return {**variables, **places}, [part for mount in mounts for part in ("--mount", mount)]
