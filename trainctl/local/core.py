"""What all parts of the engine share: the home, the database, the queue, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainctl.local.alarms import Alarms
from trainctl.local.control import simulates
from trainctl.local.disk.reserve import Reserve, is_full
from trainctl.local.jobs.ports import Ports
from trainctl.local.jobs.room import Room, find_total
from trainctl.local.jobs.runner import Runner, Ward
from trainctl.local.operations import Operations
from trainctl.local.replicas.contract import Place
from trainctl.local.storage.buckets import Buckets
from trainctl.local.store import Store
from trainctl.local.supervision.nursery import Nursery
from trainctl.local.supervision.plan import JobFolder
from trainctl.local.tuning.studies import Studies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainctl.local.home import EngineHome
    from trainctl.local.jobs.machine_sizes import Size

DEFAULT_GRACE = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How an engine runs jobs: `slots` at a time; `grace` seconds between SIGTERM and SIGKILL.

    A replica that is ended from outside is started again up to `retries` times in a job. With `limits`, a replica gets
    the cores and the memory of its machine type and no more, and jobs wait until there is room for them. With
    `credentials`, jobs get the user's own.
    `environment` is what jobs' environments are taken from; `secret_url` is the engine's URL with the token as the
    first part of its path, empty for an engine without a socket.
    """

    slots: int
    environment: Mapping[str, str]
    grace: float = DEFAULT_GRACE
    secret_url: str = ""
    retries: int = 0
    limits: bool = False
    credentials: bool = False


class Core:
    """The engine without its HTTP face. Closing it ends its jobs."""

    def __init__(self, home: EngineHome, settings: Settings, *, work: Callable[[Core, str, Ward], None]) -> None:
        home.prepare()
        self.home = home
        self.settings = settings
        self.store = Store(home.database)
        self.operations = Operations(self.store)
        self.buckets = Buckets(home.buckets)
        self.ports = Ports()
        self.alarms = Alarms(passes=is_full)
        self.nursery = Nursery(home.root, settings.environment)
        self.reserve = Reserve(home.reserve)
        self.reserve.fill()
        room = Room.of_this_machine() if settings.limits else None
        self.runner = Runner(settings.slots, lambda name, ward: work(self, name, ward), room=room, weigh=self._weigh)
        self.studies = Studies(self)

    def close(self) -> None:
        """Ends all jobs and the use of the database."""
        self.alarms.close()
        self.studies.close()
        self.runner.close()
        self.operations.close()
        self.nursery.close()
        self.store.close()

    @property
    def simulates(self) -> bool:
        """Whether jobs that cannot be trained here go through their states all the same."""
        return simulates(self.home)

    def place(self, name: str) -> Place:
        """Where the job of this name runs."""
        return Place(name=name, buckets=self.home.buckets, secret_url=self.settings.secret_url)

    def folder(self, name: str) -> JobFolder:
        """The files of a job."""
        return JobFolder(self.home.jobs / name.rpartition("/")[2])

    def _weigh(self, name: str) -> Size:
        return find_total(self.store.fetch(name) or {})
