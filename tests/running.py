"""Runs command lines in this process, with everything that touches the world replaced."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.secrecy import TOKENS
from trainctl.cli import main
from trainctl.commands import Seams

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx


class StillClock:
    """A clock that moves only when someone sleeps."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self._elapsed += seconds


@dataclass(frozen=True)
class Outcome:
    """What one command line did; shows itself whole when an assertion fails."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    def __repr__(self) -> str:
        return (
            f"$ trainctl {' '.join(self.arguments)}\n-- exit {self.code}\n-- stdout\n{self.out}\n-- stderr\n{self.err}"
        )


@dataclass
class Runner:
    """A user's machine: a home for configuration and state, an environment, a network, a clock."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    transport: httpx.BaseTransport | None = None
    clock: StillClock = field(default_factory=StillClock)

    def __call__(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        environment = {
            "TRAINCTL_HOME": str(self.home),
            "HOME": str(self.home),
            "CLOUDSDK_CONFIG": str(self.home / "gcloud"),
            "COLUMNS": "80",
            **self.environment,
            **(env or {}),
        }
        source = io.TextIOWrapper(io.BytesIO(stdin.encode()))
        seams = Seams(source, out, err, environment, self.clock, self.transport)
        code = main(list(arguments), seams)
        outcome = Outcome(arguments, code, out.getvalue(), err.getvalue())
        assert not TOKENS.search(f"{outcome.out}{outcome.err}".encode()), f"a token was shown by {arguments}"
        return outcome
