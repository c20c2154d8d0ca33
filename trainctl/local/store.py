"""Everything the engine remembers, in one SQLite file: resources as Google's JSON, and who runs them."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Resource = dict[str, Any]

_BATCH = 200
_COLUMNS = "name, parent, collection, id, state, owner, body"


@dataclass(frozen=True, slots=True)
class Run:
    """One job under a supervisor: its resource name, folder, and the supervisor's process."""

    name: str
    folder: str
    pid: int
    mark: str


class Store:
    """The database. Safe to use from many threads; every method is one transaction unless inside `transaction`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        path.chmod(0o600)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            migrate(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Ends the use of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; other threads wait. May be nested."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite itself has rolled back when the disk was full
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def insert(self, resource: Resource, *, owner: str | None = None, state: str = "") -> None:
        """Adds a resource under its `name`; raises KeyError when that is taken. `state` is for those without one."""
        name: str = resource["name"]
        parent, collection, resource_id = name.rsplit("/", 2)
        row = (name, parent, collection, resource_id, resource.get("state", state), owner, json.dumps(resource))
        try:
            self._write(f"INSERT INTO resources ({_COLUMNS}) VALUES (?,?,?,?,?,?,?)", row)  # noqa: S608  constant
        except sqlite3.IntegrityError:
            raise KeyError(name) from None

    def fetch(self, name: str) -> Resource | None:
        """The resource of this name."""
        rows = self._read("SELECT body FROM resources WHERE name = ?", (name,))
        return _decode(rows[0][0]) if rows else None

    def owner_of(self, name: str) -> str | None:
        """What a resource was made for: the pipeline of a job, what an operation is about."""
        rows = self._read("SELECT owner FROM resources WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def change(self, name: str, edit: Callable[[Resource], Resource | None]) -> Resource | None:
        """Replaces a resource by what `edit` makes of it; the new one, or None when `edit` or the store has none."""
        with self.transaction():
            resource = self.fetch(name)
            changed = None if resource is None else edit(resource)
            if changed is not None:
                row = (changed.get("state", ""), json.dumps(changed), name)
                self._write("UPDATE resources SET state = ?, body = ? WHERE name = ?", row)
            return changed

    def remove(self, name: str) -> bool:
        """Deletes a resource; whether it was there."""
        return self._write("DELETE FROM resources WHERE name = ?", (name,)) > 0

    def scan(
        self, parent: str, collection: str, *, before: int | None = None, owner: str | None = None
    ) -> Iterator[tuple[int, Resource]]:
        """Resources of a parent, newest first, each with its place; `before` goes on behind a place.

        A `parent` that ends with a slash stands for all that is anywhere below it; `owner` leaves what belongs to it.
        """
        place = before if before is not None else 2**62
        where, values = "collection = ? AND parent = ?", [collection, parent]
        if parent.endswith("/"):
            top = parent.removesuffix("/")
            # "0" is the character that follows "/".
            where = "collection = ? AND (parent = ? OR (parent >= ? AND parent < ?))"
            values = [collection, top, f"{top}/", f"{top}0"]
        if owner is not None:
            where, values = f"{where} AND owner = ?", [*values, owner]
        query = f"SELECT seq, body FROM resources WHERE {where} AND seq < ? ORDER BY seq DESC LIMIT ?"  # noqa: S608  constants
        while rows := self._read(query, (*values, place, _BATCH)):
            for place, body in rows:
                yield place, _decode(body)

    def remove_below(self, name: str) -> None:
        """Deletes a resource and everything whose name begins with it."""
        with self.transaction():
            self._write(
                "DELETE FROM resources WHERE name = ? OR (name >= ? AND name < ?)", (name, f"{name}/", f"{name}0")
            )

    def names_in_state(self, collection: str, states: tuple[str, ...]) -> list[str]:
        """Names of all resources in one of these states, oldest first."""
        marks = ",".join("?" * len(states))
        query = f"SELECT name FROM resources WHERE collection = ? AND state IN ({marks}) ORDER BY seq"  # noqa: S608  only marks
        return [row[0] for row in self._read(query, (collection, *states))]

    def names_below(self, parents: Sequence[str], collection: str) -> list[str]:
        """Names of the resources of a collection that are directly below one of these; oldest first."""
        marks = ",".join("?" * len(parents))
        query = f"SELECT name FROM resources WHERE collection = ? AND parent IN ({marks}) ORDER BY seq"  # noqa: S608  only marks
        return [row[0] for row in self._read(query, (collection, *parents))]

    def names_of(self, collection: str, *, ids: set[str] | None = None) -> list[str]:
        """Names of all resources of a collection in any project, or of those with one of these ids; oldest first."""
        chosen = "" if ids is None else f" AND id IN ({','.join('?' * len(ids))})"
        query = f"SELECT name FROM resources WHERE collection = ?{chosen} ORDER BY seq"  # noqa: S608  only marks
        return [row[0] for row in self._read(query, (collection, *(ids or ())))]

    def record_run(self, run: Run) -> None:
        """Notes which process looks after a job, so that a later engine can find it."""
        self._write("INSERT OR REPLACE INTO runs VALUES (?,?,?,?)", (run.name, run.folder, run.pid, run.mark))

    def forget_run(self, name: str) -> None:
        """The job has no process any more."""
        self._write("DELETE FROM runs WHERE name = ?", (name,))

    def runs(self) -> list[Run]:
        """Jobs that had a process when this was last known."""
        return [Run(*row) for row in self._read("SELECT name, folder, pid, mark FROM runs")]

    def record_object(self, path: str, stamp: str, known: tuple[str, str, str, str]) -> None:
        """Notes content type, metadata, MD5 and CRC32C of a file as long as its stamp stays the same."""
        self._write("INSERT OR REPLACE INTO objects VALUES (?,?,?,?,?,?)", (path, stamp, *known))

    def fetch_object(self, path: str, stamp: str) -> tuple[str, str, str, str] | None:
        """What was noted of a file with this stamp."""
        query = "SELECT content_type, metadata, md5, crc32c FROM objects WHERE path = ? AND stamp = ?"
        rows: list[tuple[str, str, str, str]] = self._read(query, (path, stamp))
        return rows[0] if rows else None

    def _read(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """All rows. They are fetched under the lock: the module lends one statement to all cursors with the same text,
        so that a cursor which another thread is done with would end this one, as if there were nothing more.
        """
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def _write(self, query: str, values: tuple[Any, ...]) -> int:
        """The number of rows that were changed."""
        with self._lock:
            return self._connection.execute(query, values).rowcount


def _decode(body: str) -> Resource:
    resource: Resource = json.loads(body)
    return resource
