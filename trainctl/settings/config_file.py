"""`config.yaml`: profiles by name, read whole and written one value at a time.

profile: ci              # the one in use when none is named
profiles:
  ci:
    project: my-project
    endpoints: {vertex: https://example.com}
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainctl.errors import UsageError
from trainctl.folders import make_private
from trainctl.settings.edit import set_key
from trainctl.settings.names import NAMES, Name, find

if TYPE_CHECKING:
    from trainctl.settings.paths import Paths
_ELSEWHERE = "set TRAINCTL_HOME to a folder that can be written"


def load_config(file: Path) -> dict[str, Any]:
    """The contents of config.yaml, `{}` when there is none; raises UsageError when it is no configuration."""
    try:
        content = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = _ELSEWHERE if isinstance(error, OSError) else None
        raise UsageError(f"`{file}` cannot be read: {reason}", hint=hint) from error
    data = _parse(content, file)
    profiles = data.get("profiles") or {}
    unknown = set(data) - {"profile", "profiles"}
    if unknown:
        raise UsageError(
            f"`{file}` has the unknown key `{min(unknown)}`",
            hint="settings stand under `profiles:` and a profile's name",
        )
    if not isinstance(profiles, dict) or not all(isinstance(each or {}, dict) for each in profiles.values()):
        raise UsageError(f"`profiles` in `{file}` is not a mapping of profiles")
    for profile, values in profiles.items():
        _check(values or {}, where=f"profile {profile} ({file})")
    return {"profile": data.get("profile"), "profiles": {str(key): each or {} for key, each in profiles.items()}}


def _parse(content: str, file: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.YAMLError as error:
        hint = "mend it there, or move it away and begin anew with `trainctl config set`"
        raise UsageError(f"`{file}` is no YAML: {_trouble(error)}", hint=hint) from error
    if not isinstance(data or {}, dict):
        raise UsageError(f"`{file}` is not a mapping")
    return data or {}


def _trouble(error: Exception) -> str:
    """What PyYAML complains about on one line, the place first."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or problem is None:
        return " ".join(str(error).split())
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"


def _check(values: dict[str, Any], *, where: str) -> None:
    """Every key is a setting that a profile may hold."""
    for name in _flat(values):
        if not find(name, where=where).stored:
            raise UsageError(f"`{name}` cannot be kept in {where}")


def _flat(values: dict[str, Any], prefix: str = "") -> list[str]:
    names: list[str] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        names += _flat(value, f"{name}.") if isinstance(value, dict) else [name]
    return names


def set_value(paths: Paths, profile: str, name: str, value: str | None) -> None:
    """Keep one setting in a profile, or take it out with None; `profile` as the name sets the profile in use.

    The file is written at once or not at all, readable by its owner only. Comments, order and quotes of
    everything else stay, as long as the mappings above the value are written as blocks; otherwise (flow
    mappings, anchors on the way) the file is written anew without comments.
    """
    keys, parsed = _place(name, profile, value)
    load_config(paths.config_file)
    content = paths.config_file.read_text(encoding="utf-8") if paths.config_file.exists() else ""
    old = _parse(content, paths.config_file)
    write_private(paths.config_file, set_key(content, keys, parsed, old))


def _place(name: str, profile: str, value: str | None) -> tuple[tuple[str, ...], Any]:
    entry: Name = NAMES["profile"] if name == "profile" else find(name)
    if not entry.stored and entry.name != "profile":
        raise UsageError(f"`{entry.name}` is never kept in a file", hint=f"set {entry.environment[0]} instead")
    parsed = None if value is None else entry.parse(value, "the command line")
    if entry.name == "profile":
        return ("profile",), parsed
    return ("profiles", profile, *entry.name.split(".")), parsed


def write_private(file: Path, content: str) -> None:
    """Replace a file's text in one step; owner-only, and so is its folder when it has to be made."""
    import tempfile

    try:
        make_private(file.parent)
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(content)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"`{file}` cannot be written: {error.strerror or error}",
            hint=_ELSEWHERE,
        ) from error
