"""What a supervisor is told to do, and what it tells of how that ended: two small files in the job's folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from trainctl.local.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Outcome = Literal["succeeded", "failed", "cancelled", "timeout", "abandoned", "unstartable"]
"""`abandoned`: the engine went away; `unstartable`: the program could not be started at all."""


@dataclass(frozen=True, slots=True)
class Process:
    """One program of a step: the task name its output is logged under, arguments, whole environment, folder.

    `loud` is the severity of what it writes to stderr.
    """

    task: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    loud: str = "ERROR"


@dataclass(frozen=True, slots=True)
class Step:
    """Programs that run side by side; the first is the primary one, and its end is the step's end.

    `announcement` is logged when the step begins; `timeout` is in seconds.
    """

    name: Literal["prepare", "run"]
    announcement: str
    processes: tuple[Process, ...]
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps that run one after the other; `grace` is the time in seconds between SIGTERM and SIGKILL."""

    steps: tuple[Step, ...]
    grace: float


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended: in which step, and for a failure which task with which exit status (128 + N for signal N)."""

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
    def result_file(self) -> Path:
        """How that ended; missing while it has not."""
        return self.path / "result.json"

    @property
    def log_file(self) -> Path:
        """What the job's programs wrote, see `joblog`."""
        return self.path / "log.jsonl"

    @property
    def work(self) -> Path:
        """The working folder of the job's programs, and their HOME."""
        return self.path / "work"

    def prepare(self) -> None:
        """Makes the folders."""
        for folder in (self.path, self.work):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_plan(self, plan: Plan) -> None:
        """Puts the plan where the supervisor looks for it; 0600, since it may hold secrets of the spec."""
        write_json(self.plan_file, asdict(plan))

    def read_plan(self) -> Plan:
        """The plan; raises KeyError or TypeError when the file is not one."""
        data = read_json(self.plan_file)
        steps = (
            Step(**{**step, "processes": tuple(Process(**process) for process in step["processes"])})
            for step in data["steps"]
        )
        return Plan(steps=tuple(steps), grace=data["grace"])

    def write_result(self, result: Result) -> None:
        """Leaves the result, in one step."""
        write_json(self.result_file, asdict(result))

    def read_result(self) -> Result | None:
        """The result; None when the supervisor left none."""
        data = read_json(self.result_file)
        return None if data is None else Result(**data)
