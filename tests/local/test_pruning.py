"""What old jobs have left on a machine, and its removal."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, make_spec
from tests.running import Runner, StillClock
from trainctl.local import models
from trainctl.local.home import EngineHome
from trainctl.local.pruning import find_leftovers, remove
from trainctl.local.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from trainctl.local.pruning import Leftover

NOW = StillClock().now()
CUTOFF = NOW - timedelta(days=30)
LONG_AGO, LATELY = "2026-01-01T00:00:00.000000Z", "2026-11-20T00:00:00.000000Z"
STAGED = "gs://stage/{}.tar"


@pytest.fixture
def home(tmp_path: Path) -> EngineHome:
    (tmp_path / "state").mkdir(mode=0o700)
    home = EngineHome(tmp_path / "state" / "local")
    home.prepare()
    home.uploads.mkdir()
    return home


def _write(path: Path, text: str = "12345") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(text)
    path.chmod(0o600)
    return path


def _keep(home: EngineHome, number: int, *, end: str = "", package: str = "p", output: str = "", env: str = "") -> None:
    """A job with its folder, package, outputs and environment; without an end it runs."""
    spec = make_spec()
    spec["workerPoolSpecs"][0]["pythonPackageSpec"]["packageUris"] = [STAGED.format(package)]
    spec |= {"baseOutputDirectory": {"outputUriPrefix": output}} if output else {}
    state = {"state": "JOB_STATE_SUCCEEDED", "endTime": end} if end else {"state": "JOB_STATE_RUNNING"}
    job: dict[str, Any] = {"name": f"{PARENT}/customJobs/{number}", "jobSpec": spec, **state}
    store = Store(home.database)
    store.insert(job)
    store.close()
    _write(home.buckets / "stage" / f"{package}.tar")
    plan = {"environment": str(home.environments / env)}
    _write(home.jobs / str(number) / "plan.json", json.dumps(plan) if env else "{}")
    if output:
        _write(home.buckets / output.removeprefix("gs://") / "model" / "weights")
    if env:
        _write(home.environments / env / "bin" / "python")
        _age(home.environments / env)


def _age(path: Path, moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
    """Sets the time of a file or folder, which would be the machine's otherwise."""
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def _found(home: EngineHome) -> list[tuple[str, str]]:
    return [_shorten(home, leftover) for leftover in find_leftovers(home, CUTOFF)]


def _shorten(home: EngineHome, leftover: Leftover) -> tuple[str, str]:
    return leftover.what, str(leftover.path.relative_to(home.root))


def test_all_that_only_an_old_job_needs_is_found_and_removed(home: EngineHome) -> None:
    _keep(home, 1, end=LONG_AGO, output="gs://results/one", env="job-a")
    _age(_write(home.uploads / "half"))
    _age(_write(home.uploads / "session" / "content"))
    _age(home.uploads / "session")
    _write(home.uploads / "going-on" / "content")
    _age(home.uploads / "going-on", NOW)
    found = find_leftovers(home, CUTOFF)
    assert [_shorten(home, leftover) for leftover in found] == [
        ("job", "jobs/1"),
        ("outputs", "buckets/results/one"),
        ("package", "buckets/stage/p.tar"),
        ("environment", "environments/job-a"),
        ("upload", "uploads/half"),
        ("upload", "uploads/session"),
    ]
    assert [leftover.size for leftover in found][1:] == [5] * 5
    assert {leftover.of for leftover in found} == {f"{PARENT}/customJobs/1", ""}
    assert remove(found) == []
    assert _found(home) == []
    assert [path.name for path in home.uploads.iterdir()] == ["going-on"]
    assert not list((home.buckets / "results").iterdir())


def test_what_a_younger_or_running_job_needs_stays(home: EngineHome) -> None:
    _keep(home, 1, end=LONG_AGO, output="gs://results/shared", env="job-a")
    _keep(home, 2, end=LATELY, output="gs://results/shared/inner", env="job-a")
    _keep(home, 3, end=LONG_AGO, package="q", output="gs://results/three", env="job-b")
    _keep(home, 4, package="q", output="gs://results", env="job-b")
    assert _found(home) == [("job", "jobs/1"), ("job", "jobs/3")]


def test_the_files_of_a_model_stay(home: EngineHome) -> None:
    _keep(home, 1, end=LONG_AGO, package="p", output="gs://results/one")
    store = Store(home.database)
    models.add(store, {"displayName": "m", "artifactUri": "gs://results/one/model"}, f"{PARENT}/models/m")
    models.add(store, {"displayName": "m"}, f"{PARENT}/models/m")
    store.close()
    assert _found(home) == [("job", "jobs/1"), ("package", "buckets/stage/p.tar")]


def test_a_whole_bucket_is_never_removed(home: EngineHome) -> None:
    _keep(home, 1, end=LONG_AGO, output="gs://results")
    assert ("outputs", "buckets/results") not in _found(home)


def test_an_engine_that_never_ran_has_left_nothing(tmp_path: Path) -> None:
    assert find_leftovers(EngineHome(tmp_path), CUTOFF) == ()


def test_what_cannot_be_deleted_is_told(home: EngineHome) -> None:
    _keep(home, 1, end=LONG_AGO)
    found = find_leftovers(home, CUTOFF)
    _write(home.jobs / ".pruned-1" / "in-the-way")
    assert remove(found) == [home.jobs / "1"]


def test_the_command_lists_and_deletes_only_when_told_so(home: EngineHome, tmp_path: Path) -> None:
    _keep(home, 1, end=LONG_AGO, output="gs://results/one")
    run = Runner(tmp_path)
    listed = run("local", "prune", "-o", "csv")
    assert listed.out.splitlines()[0] == "what,size,since,of,path"
    assert [line.split(",")[0] for line in listed.out.splitlines()[1:]] == ["job", "outputs", "package"]
    assert listed.err == "3 things, 12 B; nothing is deleted without `--yes`\n"
    assert run("local", "prune", "--older-than", "3650d").err == "nothing is older than that\n"
    done = run("local", "prune", "--yes", "-o", "name")
    assert done.out.splitlines()[0] == str(home.jobs / "1")
    assert done.err == "3 things deleted, 12 B\n"
    assert run("local", "prune", "-o", "json").out == "[]\n"
    assert run("local", "prune", "--older-than", "soon").code == 2
