"""What an engine has kept of jobs that ended long ago, and its removal; with the engine running or not."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from trainctl.local.ml.names import job_of
from trainctl.local.protocol.faults import Fault
from trainctl.local.storage.buckets import Buckets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from trainctl.local.home import EngineHome

What = Literal["job", "outputs", "package", "environment", "upload"]
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
_MARK = ".pruned-"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that can go: what it is, where, how many bytes, since when nobody needs it, and whose it was.

    `job`: a job's folder with its log, working files and copies of packages; `outputs`: the folder that a job wrote to;
    `package`: an uploaded package that only such jobs ran; `environment`: one that no other job runs in; `upload`: the
    beginning of an object that never was completed.
    """

    what: What
    path: Path
    size: int
    since: datetime
    of: str = ""


def find_leftovers(home: EngineHome, before: datetime) -> tuple[Leftover, ...]:
    """What nothing needs but jobs that ended before a time, by path within each sort.

    Outputs stay that a model is made of, or that a later job writes to as well; the record of a job always stays.
    """
    jobs, models = _read(home)
    old = [job for job in jobs if (end := _end_of(job)) is not None and end < before]
    kept = [job for job in jobs if job not in old]
    found = [*_find_folders(home, old), *_find_outputs(home, old, kept, models)]
    found += [*_find_packages(home, old, kept), *_find_environments(home, old, before), *_find_uploads(home, before)]
    return tuple(found)


def remove(leftovers: Iterable[Leftover]) -> list[Path]:
    """Deletes what was found; what could not be deleted, which a running engine may have taken into use again."""
    failed = []
    for leftover in leftovers:
        try:
            _delete(leftover.path)
        except OSError:
            failed.append(leftover.path)
    return failed


def _delete(path: Path) -> None:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    # Under another name first, so that nobody finds half of it.
    aside = path.with_name(f"{_MARK}{path.name}")
    path.rename(aside)
    shutil.rmtree(aside)


def _read(home: EngineHome) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All custom jobs and all versions of models."""
    if not home.database.exists():
        return [], []
    with closing(sqlite3.connect(f"{home.database.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        rows = connection.execute(
            "SELECT collection, body FROM resources WHERE collection IN ('customJobs', 'models', 'versions')"
        ).fetchall()
    bodies = [(collection, json.loads(body)) for collection, body in rows]
    jobs = [body for collection, body in bodies if collection == "customJobs"]
    return jobs, [body for collection, body in bodies if collection != "customJobs"]


def _end_of(job: Mapping[str, Any]) -> datetime | None:
    ended = job["state"].removeprefix("JOB_STATE_") in _ENDED and "endTime" in job
    return datetime.fromisoformat(job["endTime"]) if ended else None


def _find_folders(home: EngineHome, old: list[dict[str, Any]]) -> Iterator[Leftover]:
    for job in old:
        folder = home.jobs / _id_of(job)
        if folder.is_dir():
            yield _describe("job", folder, job)


def _find_outputs(
    home: EngineHome, old: list[dict[str, Any]], kept: list[dict[str, Any]], models: list[dict[str, Any]]
) -> Iterator[Leftover]:
    buckets = Buckets(home.buckets)
    needed = [folder for job in kept if (folder := _output_of(buckets, job)) is not None]
    needed += [folder for model in models if (folder := _locate(buckets, model.get("artifactUri", ""))) is not None]
    seen: set[Path] = set()
    for job in old:
        folder = _output_of(buckets, job)
        if folder is None or folder in seen or not folder.is_dir() or folder.parent == home.buckets:
            continue
        seen.add(folder)
        if not any(other.is_relative_to(folder) or folder.is_relative_to(other) for other in needed):
            yield _describe("outputs", folder, job)


def _find_packages(home: EngineHome, old: list[dict[str, Any]], kept: list[dict[str, Any]]) -> Iterator[Leftover]:
    buckets = Buckets(home.buckets)
    needed = {uri for job in kept for uri in _packages_of(job)}
    packages = {uri: job for job in old for uri in _packages_of(job) if uri not in needed}
    for uri, job in packages.items():
        path = buckets.find(uri)
        if path is not None:
            yield _describe("package", path, job)


def _find_environments(home: EngineHome, old: list[dict[str, Any]], before: datetime) -> Iterator[Leftover]:
    """Environments that were made before the time, and that no plan but those of old jobs names."""
    gone = {_id_of(job) for job in old}
    folders = [folder for folder in _list(home.jobs) if folder.is_dir() and folder.name not in gone]
    plans = "".join(_read_text(folder / "plan.json") for folder in folders)
    for folder in _list(home.environments):
        if folder.is_dir() and folder.name not in plans and _changed(folder) < before:
            yield Leftover("environment", folder, measure(folder), _changed(folder))


def _find_uploads(home: EngineHome, before: datetime) -> Iterator[Leftover]:
    for path in _list(home.uploads):
        if (changed := _changed_below(path)) < before:
            yield Leftover("upload", path, measure(path), changed)


def measure(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; links are not followed."""
    if not path.is_dir():
        return path.lstat().st_size
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += Path(folder, name).lstat().st_size
            except OSError:
                continue
    return total


def _describe(what: What, path: Path, job: Mapping[str, Any]) -> Leftover:
    of = job_of(job["name"]) or job["name"]
    return Leftover(what, path, measure(path), datetime.fromisoformat(job["endTime"]), of)


def _output_of(buckets: Buckets, job: Mapping[str, Any]) -> Path | None:
    return _locate(buckets, job["jobSpec"].get("baseOutputDirectory", {}).get("outputUriPrefix", ""))


def _packages_of(job: Mapping[str, Any]) -> list[str]:
    pools = job["jobSpec"].get("workerPoolSpecs", ())
    return [uri for pool in pools for uri in pool.get("pythonPackageSpec", {}).get("packageUris", ())]


def _locate(buckets: Buckets, uri: str) -> Path | None:
    try:
        return buckets.locate_folder(uri)
    except Fault:
        return None


def _list(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _changed_below(path: Path) -> datetime:
    """When a file was last changed, or anything that is right below a folder."""
    return max((_changed(file) for file in _list(path)), default=_changed(path))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _id_of(job: Mapping[str, Any]) -> str:
    name: str = job["name"]
    return name.rpartition("/")[2]
