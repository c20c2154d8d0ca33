"""`config`: settings, where each comes from, and how to keep one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.commands import Session
from trainctl.commands.candidates import setting_names
from trainctl.commands.tree import Branch, Leaf
from trainctl.errors import ExitCode
from trainctl.settings import NAMES, set_value

if TYPE_CHECKING:
    from trainctl.render.machine import Subject

SettingName = Annotated[
    str,
    typer.Argument(help="Name of a setting", metavar="NAME", show_default=False, autocompletion=setting_names),
]
Value = Annotated[str, typer.Argument(help="Its value; an empty one removes it", metavar="VALUE", show_default=False)]


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as `config list` shows it."""

    name: str
    value: Any
    origin: str


def list_settings(session: Session) -> None:
    """List every setting with its value and its origin.

    The first source that gives a setting wins: flag, environment, profile in config.yaml, gcloud's configuration,
    default.
    """
    from trainctl.render.machine import write_list

    rows = [row(session, name) for name in NAMES]
    write_list([rows], subject(), session.output, console=session.console, now=session.clock.now())


def get_setting(session: Session, name: SettingName) -> ExitCode:
    """Print one setting's value; exit code 1 when it has none."""
    from trainctl.render.query import scalar

    found = row(session, name)
    if session.output.is_human:
        session.console.write("" if found.value is None else f"{scalar(found.value)}\n")
    else:
        from trainctl.render.machine import write_one

        write_one(found, subject(), session.output, console=session.console, now=session.clock.now())
    return ExitCode.OK if found.value is not None else ExitCode.JOB_FAILED


def set_setting(session: Session, name: SettingName, value: Value) -> None:
    """Keep a setting in the profile in use, in config.yaml."""
    set_value(session.paths, session.settings.profile, name, value or None)
    done = f"{name} is {'set' if value else 'removed'} in profile `{session.settings.profile}`"
    session.console.say(f"{done} ({session.paths.config_file})")


def list_profiles(session: Session) -> None:
    """List the profiles of config.yaml; the one in use is marked."""
    from trainctl.render.machine import write_records

    used = session.settings.profile
    names = sorted({*session.settings.profiles, used})
    if session.output.is_human:
        session.console.write("".join(f"{'*' if name == used else ' '} {name}\n" for name in names))
    else:
        write_records(({"name": name, "in_use": name == used} for name in names), session.console, session.output)


def row(session: Session, name: str) -> Row:
    """One setting; raises UsageError with a suggestion for an unknown name."""
    setting = session.settings.get(name)
    return Row(name, setting.shown, setting.origin)


def subject() -> Subject[Row]:
    """How settings are shown."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject
    from trainctl.render.query import scalar

    return Subject(
        columns=(
            Column("name", lambda item: item.name, width=24),
            Column("value", lambda item: "" if item.value is None else scalar(item.value), width=24),
            Column("origin", lambda item: item.origin, elastic=True),
        ),
        raw=lambda item: {"name": item.name, "value": item.value, "origin": item.origin},
        name=lambda item: item.name,
    )


NODE = Branch(
    "config",
    "Settings, and where each comes from",
    (
        Leaf("list", list_settings, ("trainctl config list", "trainctl config list -o json")),
        Leaf("get", get_setting, ("trainctl config get project",)),
        Leaf(
            "set",
            set_setting,
            (
                "trainctl config set project my-project",
                "trainctl config set staging_bucket gs://my-bucket --profile ci",
            ),
            new_profile=True,
        ),
        Leaf("profiles", list_profiles, ("trainctl config profiles",)),
    ),
    default="list",
)
