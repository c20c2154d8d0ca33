"""Where one engine keeps what it has: all paths below one folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class EngineHome:
    """The folder of one engine. Only this user may read it; `root` should be an absolute path."""

    root: Path

    @property
    def state_file(self) -> Path:
        """What the running engine says of itself: pid, start mark, URL, version."""
        return self.root / "engine.json"

    @property
    def port_file(self) -> Path:
        """The port that the engine listened on last; the next one takes it again if it is free."""
        return self.root / "port.json"

    @property
    def token_file(self) -> Path:
        """The bearer token, 64 hexadecimal digits, mode 0600."""
        return self.root / "token"

    @property
    def log_path(self) -> Path:
        """What the engine itself prints; the jobs' logs are in their folders."""
        return self.root / "engine.log"

    @property
    def database(self) -> Path:
        """Everything that the engine remembers."""
        return self.root / "engine.sqlite3"

    @property
    def start_lock(self) -> Path:
        """Held by whoever starts an engine, so that two starts at once make one."""
        return self.root / "start.lock"

    @property
    def engine_lock(self) -> Path:
        """Held by the engine as long as it lives."""
        return self.root / "engine.lock"

    @property
    def options_file(self) -> Path:
        """What the user has chosen for this engine, whoever starts it."""
        return self.root / "options.json"

    @property
    def jobs(self) -> Path:
        """One folder per job, named by its id: plan, log, result, working folder."""
        return self.root / "jobs"

    @property
    def buckets(self) -> Path:
        """One folder per bucket: `gs://b/o` is `buckets/b/o`."""
        return self.root / "buckets"

    @property
    def datasets(self) -> Path:
        """One file of items per dataset, named by its id."""
        return self.root / "datasets"

    @property
    def uploads(self) -> Path:
        """Objects that are still being received."""
        return self.root / "uploads"

    @property
    def environments(self) -> Path:
        """Cached virtual environments; safe to delete while no job runs."""
        return self.root / "environments"

    @property
    def reserve(self) -> Path:
        """Space that is given up when the disk is full."""
        return self.root / "reserve"

    def prepare(self) -> None:
        """Makes the folders, readable by this user only."""
        for folder in (self.root.parent, self.root, self.jobs, self.buckets, self.environments):
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        self.root.chmod(PRIVATE_FOLDER)
