"""What is measured: commands, what each is set beside, and what it may cost at most."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.place import TOP
from tests.benchmarks.specs import CONTAINER, write_specs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.place import Place

START, POST, GET = "python -c pass", "http.client POST", "http.client GET"
JOBS = "projects/bench-project/locations/us-central1/customJobs"


@dataclass(frozen=True, slots=True)
class Case:
    """One command; `floor` names the case that it is set beside.

    At most `ratio` times that, `seconds` and `mebibytes` are wanted. `after` puts things back, unmeasured. `runs`
    bounds the repetitions of what takes long.
    """

    name: str
    command: tuple[str, ...]
    floor: str = START
    ratio: float | None = None
    seconds: float | None = None
    mebibytes: float | None = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    runs: int | None = None

    @property
    def is_floor(self) -> bool:
        """Whether others are set beside it."""
        return self.name == self.floor


def list_cases(place: Place, specs: int) -> list[Case]:
    """Every case, floors first."""
    return [*floors(place), *starts(place), *requests(place), *batches(place, specs), *engines(place)]


def floors(place: Place) -> Iterator[Case]:
    """What no client in Python can go below."""
    body = place.scratch / "body.json"
    body.write_text(json.dumps({"displayName": "bench", "jobSpec": {"workerPoolSpecs": []}}), encoding="utf-8")
    client = (place.python, str(Path(__file__).with_name("client.py")))
    yield Case(START, (place.python, "-c", "pass"), START, mebibytes=None)
    yield Case(POST, (*client, "POST", str(place.port), f"/v1/{JOBS}", str(body)), POST, mebibytes=None)
    yield Case(GET, (*client, "GET", str(place.port), f"/v1/{JOBS}/1"), GET, mebibytes=None)


def starts(place: Place) -> Iterator[Case]:
    """Commands that read and send nothing."""
    shell = {"_TRAINCTL_COMPLETE": "complete_bash", "COMP_WORDS": "trainctl jobs ", "COMP_CWORD": "2"}
    yield Case("trainctl --version", (place.trainctl, "--version"), ratio=3)
    yield Case("trainctl --help", (place.trainctl, "--help"))
    yield Case("trainctl jobs --help", (place.trainctl, "jobs", "--help"))
    yield Case("completion of `trainctl jobs `", (place.trainctl,), environment=shell)


def requests(place: Place) -> Iterator[Case]:
    """Commands about one job."""
    spec = place.scratch / "container.yaml"
    spec.write_text(CONTAINER, encoding="utf-8")
    quickstart = str(TOP / "configs" / "quickstart.yaml")
    yield Case("trainctl validate", (place.trainctl, "validate", quickstart))
    submit = (place.trainctl, "custom", "submit", str(spec))
    yield Case("trainctl custom submit --dry-run", (*submit, "--dry-run"))
    automl = str(TOP / "configs" / "automl" / "shapes.yaml")
    yield Case(
        "trainctl automl image submit --dry-run", (place.trainctl, "automl", "image", "submit", automl, "--dry-run")
    )
    yield Case("trainctl custom submit", submit, POST, seconds=0.25)
    yield Case("trainctl jobs get", (place.trainctl, "jobs", "get", f"{JOBS}/1"), GET)
    study = f"{JOBS.removesuffix('customJobs')}hyperparameterTuningJobs/1"
    yield Case("trainctl jobs trials, of 1000", (place.trainctl, "jobs", "trials", study), GET, seconds=1.0)


def batches(place: Place, count: int) -> Iterator[Case]:
    """Many specs at once, beside another validator on the same files and schemas where there is one."""
    paths = tuple(write_specs(place.scratch / "specs", count))
    mine, other = f"trainctl validate, {count} specs", f"check-jsonschema, {count} specs"
    if place.check_jsonschema:
        schemas = str(place.scratch / "schemas")
        export = (place.trainctl, "schema", "export", schemas)
        subprocess.run(export, env=place.environment, check=True, stdout=subprocess.DEVNULL)
        command = (place.check_jsonschema, "--schemafile", f"{schemas}/custom.json", *paths)
        yield Case(other, command, other, mebibytes=None, runs=3)
    yield Case(mine, (place.trainctl, "validate", *paths), other if place.check_jsonschema else START, runs=3)


def engines(place: Place) -> Iterator[Case]:
    """The local engine, from nothing until it answers."""
    start, stop = (place.trainctl, "local", "start"), (place.trainctl, "local", "stop")
    yield Case("trainctl local start", start, seconds=1.0, after=stop, runs=7)
