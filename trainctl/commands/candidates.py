"""Values that a shell offers for arguments and options, found on this machine only and without saying a word.

Typer calls them, some with what is written already (`incomplete`), and keeps what begins with it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import typer

from trainctl.catalog import VISION_TRAININGS
from trainctl.errors import TrainctlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainctl.journal import Submission

RECENT = 20
_UNPRINTABLE = re.compile(r"[^\w .,:/()+-]+")


def kind_names() -> list[str]:
    """The names of all kinds."""
    from trainctl.spec.schema import kinds

    return list(kinds())


def job_kinds() -> list[str]:
    """The kinds that a list can be asked for."""
    from trainctl.lookup.selection import KINDS

    return list(KINDS)


def state_words() -> list[str]:
    """The states that a list can be asked for."""
    from trainctl.phases import Phase

    return ["active", "ended", *(phase.value for phase in Phase)]


def setting_names() -> list[str]:
    """The names of all settings."""
    from trainctl.settings import NAMES

    return list(NAMES)


def regions() -> list[str]:
    """The regions that serve for training."""
    from trainctl.reference.machines import load_machines

    return list(load_machines().regions)


def machine_types() -> list[str]:
    """The machine types that serve for training."""
    from trainctl.reference.machines import load_machines

    return sorted(load_machines().machine_types)


def accelerator_names() -> list[str]:
    """The accelerators that machines for training can have."""
    from trainctl.reference.machines import load_machines

    return sorted({name for table in load_machines().accelerators.values() for name in table})


def spec_files(incomplete: str) -> list[str]:
    """Specs and folders in the folder that is written so far, hidden ones only when asked for."""
    folder, slash, start = incomplete.rpartition("/")
    try:
        with os.scandir(f"{folder}{slash}" or ".") as entries:
            found = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
    except OSError:
        return []
    wanted = (name for name in found if name.endswith((".yaml", ".yml", ".json", "/")))
    return [f"{folder}{slash}{name}" for name in sorted(wanted) if not name.startswith(".") or start.startswith(".")]


def recent_jobs(ctx: typer.Context) -> list[tuple[str, str]]:
    """`@last` and the ids of the last jobs from here, each with its display name and time."""
    return _words(_recent(ctx))


def recent_operations(ctx: typer.Context) -> list[tuple[str, str]]:
    """The same of those that are operations: the trainings of AutoML Vision."""
    return _words(_recent(ctx), of=VISION_TRAININGS.id)


def _recent(ctx: typer.Context) -> Sequence[Submission]:
    from trainctl.clock import SystemClock
    from trainctl.journal import Journal
    from trainctl.settings import Paths

    file = Paths.find(ctx.obj.environment).journal
    if not file.exists():
        return ()
    try:
        journal = Journal.open(file, SystemClock())
        found = journal.list(limit=RECENT, states=("created",))
        journal.close()
    except TrainctlError:
        return ()
    return found


def _words(jobs: Sequence[Submission], *, of: str = "") -> list[tuple[str, str]]:
    """`@last`, where that is of the collection asked for, and the ids of all that are."""
    named = [*(("@last", job) for job in jobs[:1]), *(((job.name or "").rpartition("/")[2], job) for job in jobs)]
    return [
        (word, _UNPRINTABLE.sub(" ", f"{job.display_name}, {job.created:%Y-%m-%d %H:%M}"))
        for word, job in named
        if of in ("", job.collection)
    ]
