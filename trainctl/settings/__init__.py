"""One frozen value that holds every setting, each with its origin.

The first source that gives a setting wins: flag, environment, profile in config.yaml, gcloud's own
configuration, default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainctl.errors import UsageError
from trainctl.settings.config_file import load_config, set_value
from trainctl.settings.names import NAMES, Name, find
from trainctl.settings.paths import Paths, gcloud_folder
from trainctl.settings.sources import Environment, Flags, Gcloud, Profile, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMES", "Name", "Paths", "Setting", "Settings", "gcloud_folder", "load_settings", "set_value"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from; a secret never shows itself."""

    value: Any
    origin: str
    secret: bool = False

    @property
    def shown(self) -> Any:
        """The value as people may see it."""
        return "********" if self.secret and self.value is not None else self.value

    def __repr__(self) -> str:
        return f"Setting({self.shown!r}, {self.origin!r})"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting by its dotted name, and the folders that go with them."""

    values: Mapping[str, Setting]
    paths: Paths
    profiles: tuple[str, ...] = ()
    gcloud: Path = field(default_factory=Path)

    def get(self, name: str) -> Setting:
        """The setting of that name; raises UsageError with a suggestion when there is none."""
        return self.values[find(name).name]

    def _value(self, name: str) -> Any:
        return self.values[name].value

    def _path(self, name: str) -> Path | None:
        value = self._value(name)
        return Path(value).expanduser() if value else None

    @property
    def project(self) -> str | None:
        """The Google Cloud project, None when nothing names one."""
        value: str | None = self._value("project")
        return value

    @property
    def locations(self) -> tuple[str, ...]:
        """All wanted locations; `("all",)` stands for every one."""
        value: str | None = self._value("location")
        return tuple(value.split(",")) if value else ()

    @property
    def location(self) -> str | None:
        """The one location; raises UsageError when several are given."""
        chosen = self.locations
        if len(chosen) > 1 or chosen == ("all",):
            raise UsageError(
                f"this needs one location, and `{','.join(chosen)}` is given by {self.get('location').origin}"
            )
        return chosen[0] if chosen else None

    @property
    def profile(self) -> str:
        """The profile in use."""
        return str(self._value("profile"))

    @property
    def local(self) -> bool:
        """Whether the local engine takes the place of Google Cloud."""
        return bool(self._value("local"))

    @property
    def staging_bucket(self) -> str | None:
        """`gs://BUCKET` or a folder in it, without a slash at its end."""
        value: str | None = self._value("staging_bucket")
        return value

    @property
    def encryption_key(self) -> str | None:
        """The Cloud KMS key of what is created."""
        value: str | None = self._value("encryption_key")
        return value

    @property
    def endpoints(self) -> dict[str, str]:
        """Base URLs that replace public ones, by the service's name."""
        return {
            name.removeprefix("endpoints."): setting.value
            for name, setting in self.values.items()
            if name.startswith("endpoints.") and setting.value
        }

    @property
    def universe_domain(self) -> str:
        """`googleapis.com`, or the domain of a sovereign cloud."""
        return str(self._value("universe_domain"))

    @property
    def credentials_file(self) -> Path | None:
        """The credentials file that was named."""
        return self._path("credentials_file")

    @property
    def access_token(self) -> str | None:
        """The access token that the environment gives; a secret."""
        value: str | None = self._value("access_token")
        return value

    @property
    def access_token_file(self) -> Path | None:
        """The file that holds an access token."""
        return self._path("access_token_file")

    @property
    def impersonate(self) -> str | None:
        """The service account to act as."""
        value: str | None = self._value("impersonate")
        return value

    @property
    def quota_project(self) -> str | None:
        """The project whose quota requests count against."""
        value: str | None = self._value("quota_project")
        return value

    @property
    def ca_file(self) -> Path | None:
        """A bundle of certificate authorities instead of the bundled one."""
        return self._path("ca_file")

    @property
    def request_timeout(self) -> float:
        """Seconds without a byte after which a request is given up."""
        return float(self._value("request_timeout"))

    @property
    def journal(self) -> bool:
        """Whether submissions are recorded."""
        return bool(self._value("journal"))

    @property
    def journal_days(self) -> int:
        """Days for which settled submissions are kept."""
        return int(self._value("journal_days"))

    @property
    def journal_rows(self) -> int:
        """Submissions that are kept at most."""
        return int(self._value("journal_rows"))

    @property
    def output(self) -> str:
        """The form of the output."""
        return str(self._value("output"))

    @property
    def color(self) -> str:
        """`auto`, `always` or `never`."""
        return str(self._value("color"))

    @property
    def quiet(self) -> bool:
        """Whether only what was asked for is said."""
        return bool(self._value("quiet"))

    @property
    def debug(self) -> bool:
        """Whether requests and tracebacks are shown."""
        return bool(self._value("debug"))


def load_settings(flags: Mapping[str, Any], environment: Mapping[str, str], *, new_profile: bool = False) -> Settings:
    """All settings from every source; `flags` by setting name, None for what was not given.

    With `new_profile`, the profile in use need not exist yet.
    Raises UsageError when a value cannot be used, naming its origin. Files are read only where they exist.
    """
    paths = Paths.find(environment)
    config = load_config(paths.config_file)
    given: list[Source] = [Flags(flags), Environment(environment)]
    profile = _profile(given, config, paths)
    profiles: dict[str, dict[str, Any]] = config.get("profiles", {})
    if not new_profile and profile.value not in profiles and profile.origin != "default":
        _unknown_profile(profile, profiles)
    stored = Profile(str(profile.value), paths.config_file, profiles.get(str(profile.value), {}))
    sources = [*given, stored, Gcloud(environment)]
    values = {name.name: profile if name.name == "profile" else _resolve(name, sources) for name in NAMES.values()}
    return Settings(values, paths, tuple(profiles), gcloud_folder(environment))


def _resolve(name: Name, sources: list[Source]) -> Setting:
    for source in sources:
        found = source.find(name)
        if found is not None:
            return Setting(name.parse(*found), found[1], name.secret)
    return Setting(name.default, "default", name.secret)


def _profile(given: list[Source], config: dict[str, Any], paths: Paths) -> Setting:
    setting = _resolve(NAMES["profile"], given)
    chosen = config.get("profile")
    if setting.origin == "default" and chosen:
        return Setting(str(chosen), f"`profile` in {paths.config_file}")
    return setting


def _unknown_profile(profile: Setting, profiles: dict[str, Any]) -> None:
    known = f"there are {', '.join(f'`{each}`' for each in profiles)}" if profiles else "there is none yet"
    raise UsageError(
        f"there is no profile `{profile.value}`, which {profile.origin} names",
        hint=f"{known}; `trainctl config set --profile {profile.value} NAME VALUE` makes it",
    )
