"""Where configuration, state and cache live."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Paths:
    """`config_file` may be absent; `state` and `cache` are folders that may have to be made."""

    config_file: Path
    state: Path
    cache: Path

    @property
    def journal(self) -> Path:
        """The record of submissions."""
        return self.state / "journal.sqlite3"

    @property
    def rates(self) -> Path:
        """The record of recent requests, by which processes keep below the service's rates."""
        return self.state / "rates.json"

    @property
    def tokens(self) -> Path:
        """Folder of access tokens between two commands."""
        return self.cache / "tokens"

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> Paths:
        """All under TRAINCTL_HOME when it is set; else where the operating system wants them."""
        home = environment.get("TRAINCTL_HOME")
        if home:
            root = Path(home).expanduser().absolute()
            return cls(root / "config.yaml", root / "state", root / "cache")
        import platformdirs

        folders = platformdirs.PlatformDirs("trainctl", appauthor=False)
        return cls(folders.user_config_path / "config.yaml", folders.user_state_path, folders.user_cache_path)


def gcloud_folder(environment: Mapping[str, str]) -> Path:
    """The folder of gcloud's own configuration; it need not exist."""
    chosen = environment.get("CLOUDSDK_CONFIG")
    if chosen:
        return Path(chosen).expanduser()
    if os.name == "nt":
        return Path(environment.get("APPDATA") or user_home(environment)) / "gcloud"
    return user_home(environment) / ".config" / "gcloud"


def user_home(environment: Mapping[str, str]) -> Path:
    """The user's home folder."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return Path(home) if home else Path.home()
