"""Where values come from, one class a source; each answers with the raw value and its origin in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trainctl.errors import UsageError
from trainctl.settings.paths import gcloud_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.settings.names import Name

Found = tuple[object, str]
"""A raw value and the words for where it was found."""

# Words of billing/quota_project that name a rule instead of a project (`gcloud topic configurations`).
_NO_PROJECT = {"CURRENT_PROJECT", "CURRENT_PROJECT_WITH_FALLBACK", "LEGACY"}


class Source(Protocol):
    """One place where settings are given."""

    def find(self, name: Name) -> Found | None:
        """The raw value of a setting and its origin; None when this source does not give it."""
        ...


class Flags:
    """Options of the command line by the setting's name; None stands for an option that was not given."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def find(self, name: Name) -> Found | None:
        """The option's value."""
        value = self._values.get(name.name)
        return None if value is None else (value, f"flag {name.flag}")


class Environment:
    """Environment variables; empty ones count as not set."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def find(self, name: Name) -> Found | None:
        """The first variable of the setting that is set."""
        for entry in name.environment:
            variable, _, meaning = entry.partition("=")
            value = self._values.get(variable)
            if value:
                return meaning or value, f"environment {variable}"
        return None


class Profile:
    """One profile of config.yaml; endpoints are a mapping in it."""

    def __init__(self, name: str, file: Path, values: Mapping[str, Any]) -> None:
        self._name = name
        self._file = file
        self._values = values

    def find(self, name: Name) -> Found | None:
        """The profile's value; paths start at the file's folder."""
        value: Any = self._values
        for part in name.name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None or not name.stored:
            return None
        if name.path:
            value = self._file.parent / Path(str(value)).expanduser()
        return value, f"profile {self._name} ({self._file})"


class Gcloud:
    """gcloud's own configuration: CLOUDSDK_SECTION_NAME variables, then the active configuration's file.

    The file is read when a setting is first looked up, and only then; gcloud itself is never started.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._sections: dict[str, Mapping[str, str]] = {}

    def find(self, name: Name) -> Found | None:
        """The first of the setting's properties that is set."""
        for entry in name.gcloud:
            section, _, key = entry.partition("/")
            variable = f"CLOUDSDK_{section}_{key}".upper()
            if self._environment.get(variable):
                return self._environment[variable], f"environment {variable}"
            value = self._section(section).get(key)
            if value and value not in _NO_PROJECT:
                return value, f"gcloud configuration {self.active}"
        return None

    @property
    def active(self) -> str:
        """The name of the active configuration."""
        chosen = self._environment.get("CLOUDSDK_ACTIVE_CONFIG_NAME")
        return chosen or _read(gcloud_folder(self._environment) / "active_config").strip() or "default"

    def _section(self, section: str) -> Mapping[str, str]:
        if not self._sections:
            self._sections.update(self._load())
        return self._sections.get(section, {})

    def _load(self) -> dict[str, Mapping[str, str]]:
        file = gcloud_folder(self._environment) / "configurations" / f"config_{self.active}"
        content = _read(file)
        if not content:
            return {"": {}}
        import configparser

        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(content)
        except configparser.Error as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"gcloud's configuration `{file}` cannot be read: {reason}") from error
        return {"": {}} | {section: dict(parser[section]) for section in parser.sections()}


def _read(file: Path) -> str:
    """The text of a file, empty when it cannot be read: another program's files are no duty of ours."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
