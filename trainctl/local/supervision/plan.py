"""What a supervisor is told to do, in a file of the job's folder, and what it tells of how that ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from trainctl.local.disk.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Outcome = Literal["succeeded", "failed", "cancelled", "timeout", "abandoned", "unstartable"]
"""`abandoned`: the engine went away; `unstartable`: the program could not be started at all."""


@dataclass(frozen=True, slots=True)
class Process:
    """One program of a step: the task name its output is logged under, arguments, whole environment, folder.

    `loud` is the severity of what it writes to stderr. `removal` is a command that ends and removes what the program
    runs outside its own process tree, which is a container. `cores` are the only ones it may use and `memory` the bytes
    it may take; nothing limits it where they are empty.
    """

    task: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    loud: str = "ERROR"
    removal: tuple[str, ...] = ()
    cores: tuple[int, ...] = ()
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Programs that run side by side; the first is the primary one, and its end is the step's end.

    `announcement` is logged when the step begins, `failure` says in an error what could not be done; `timeout` is in
    seconds. A program that something outside has ended is started again up to `retries` times in all, and then the
    others with it if they go `together`.
    """

    name: Literal["prepare", "run"]
    announcement: str
    processes: tuple[Process, ...]
    failure: str = ""
    timeout: float | None = None
    retries: int = 0
    together: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps that run one after the other; `grace` is the time in seconds between SIGTERM and SIGKILL."""

    steps: tuple[Step, ...]
    grace: float


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended: in which step, and for a failure which task with which exit status (128 + N for signal N).

    `message` says why a program could not be started, or what could not be done in a step of preparation.
    """

    outcome: Outcome
    step: str
    task: str = ""
    status: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of one job."""

    path: Path

    @property
    def plan_file(self) -> Path:
        """What the supervisor is to do."""
        return self.path / "plan.json"

    @property
    def log_file(self) -> Path:
        """What the job's programs wrote, see `joblog`."""
        return self.path / "log.jsonl"

    @property
    def work(self) -> Path:
        """The working folder of the job's programs, and their HOME; several replicas have one each below it."""
        return self.path / "work"

    def prepare(self) -> None:
        """Makes the folders."""
        for folder in (self.path, self.work):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_plan(self, plan: Plan) -> None:
        """Puts the plan where the supervisor looks for it; 0600, since it may hold secrets of the spec."""
        write_json(self.plan_file, asdict(plan))

    def forget_plan(self) -> None:
        """Deletes the plan of a job that is over, and with it what secrets it holds: the spec's and the engine's."""
        for file in (self.plan_file, *self.path.glob("*.env")):
            file.unlink(missing_ok=True)

    def read_plan(self) -> Plan | None:
        """The plan; None when there is none or an older engine wrote it in another form."""
        try:
            data = read_json(self.plan_file)
            return Plan(steps=tuple(_read_step(step) for step in data["steps"]), grace=data["grace"])
        except (KeyError, TypeError):
            return None


def _read_step(data: dict[str, object]) -> Step:
    processes = data.pop("processes")
    assert isinstance(processes, list)  # noqa: S101  tells the type only
    return Step(processes=tuple(_read_process(process) for process in processes), **data)  # type: ignore[arg-type]


def _read_process(data: dict[str, object]) -> Process:
    lists = ("arguments", "removal", "cores")
    return Process(**{name: tuple(value) if name in lists else value for name, value in data.items()})  # type: ignore[arg-type]
