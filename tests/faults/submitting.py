"""Somebody who submits until it is done, as a step of CI that is run again after every failure.

`python -m tests.faults.submitting URL HOME FIRST COUNT [KIND]` is one of several such processes; it prints its exit
codes.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.transport import WanderingClock
from tests.running import Runner
from trainctl.errors import ExitCode

if TYPE_CHECKING:
    from typing import Any

    import httpx

TOKEN = "ya29.token-of-the-fault-tests"
SPEC = """\
kind: custom
display_name: digits-{number}
container_uri: us-docker.pkg.dev/my-project/images/trainer:1
"""
ML_SPEC = """\
kind: ml-training
job_id: digits_{number}
training_input:
  region: us-central1
  master_config: {{image_uri: gcr.io/my-project/trainer}}
"""
SPECS = {"custom": SPEC, "ml-training": ML_SPEC}
PATIENCE = 200
REST = 300.0
"""Seconds between two runs of a step."""


def make_machine(home: Path, *, url: str = "", transport: httpx.BaseTransport | None = None) -> Runner:
    """A user's machine in front of the service at `url`, or behind `transport`."""
    environment = {"TRAINCTL_ACCESS_TOKEN": TOKEN, "TRAINCTL_PROJECT": "my-project", "TRAINCTL_LOCATION": "us-central1"}
    environment["TRAINCTL_ENDPOINT_ML"] = "https://ml.private.example"
    if url:
        environment |= {f"TRAINCTL_ENDPOINT_{name}": url for name in ("VERTEX", "STORAGE", "ML")}
    return Runner(home, environment, transport, WanderingClock())


def batch(first: int, count: int, kind: str = "custom") -> str:
    """So many documents in one text."""
    spec = SPECS[kind]
    return "---\n".join(spec.format(number=number) for number in range(first, first + count))


def rows(run: Runner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("history", "list", "--limit", "0", "-o", "json").out)
    return found[::-1]


def submit_until_done(run: Runner, number: int, kind: str = "custom") -> Counter[ExitCode]:
    """Submit one job, again and again with the same key until a run says that it is there; the exit codes."""
    codes: Counter[ExitCode] = Counter()
    spec = SPECS[kind].format(number=number)
    for _ in range(PATIENCE):
        outcome = run("submit", "-", "--idempotency-key", f"job-{number}", "--quiet", stdin=spec)
        codes[ExitCode(outcome.code)] += 1
        if outcome.code == ExitCode.OK:
            return codes
        assert outcome.err.startswith("error: "), outcome
        run.clock.sleep(REST)
    raise AssertionError(f"job {number} was never there: {codes}")


if __name__ == "__main__":
    url, home, first, count, *kinds = sys.argv[1:]
    machine = make_machine(Path(home), url=url)
    total: Counter[ExitCode] = Counter()
    for number in range(int(first), int(first) + int(count)):
        total += submit_until_done(machine, number, *kinds)
    print(json.dumps({int(code): times for code, times in total.items()}))
