"""The journal's SQLite file: opened, brought up to date, and written in transactions by several processes at once."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trainctl.folders import make_private
from trainctl.journal.records import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Result = TypeVar("Result")

BUSY_SECONDS = 10.0
"""How long one process waits for another's write."""
_WAY = "make room or set TRAINCTL_HOME to a folder that can be written"
_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
_NO_ROOM = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_FULL")

_MIGRATIONS = (
    """
    CREATE TABLE submissions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL,
        changed TEXT NOT NULL,
        state TEXT NOT NULL,
        file TEXT NOT NULL,
        document INTEGER NOT NULL,
        kind TEXT NOT NULL,
        display_name TEXT NOT NULL,
        service TEXT NOT NULL,
        collection TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        parent TEXT NOT NULL,
        digest TEXT NOT NULL,
        key TEXT,
        profile TEXT NOT NULL,
        local INTEGER NOT NULL,
        name TEXT,
        reason TEXT
    );
    CREATE INDEX submissions_by_state ON submissions (state, number);
    CREATE INDEX submissions_by_name ON submissions (name) WHERE name IS NOT NULL;
    CREATE UNIQUE INDEX submissions_one_per_key ON submissions (key, endpoint, parent)
        WHERE key IS NOT NULL AND state NOT IN ('refused', 'abandoned');
    """,
)


class Database:
    """One connection for all threads of this process. Nothing is opened before it is needed; reading makes no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def read(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query; none while there is no file."""
        with self._lock, self._explained("read"):
            if self._connection is None and not self._path.exists():
                return []
            try:
                return self._connect().execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if not self._is_still(error):
                    raise
            # SQLite makes a file beside a record even to read it, unless it hears that nobody writes.
            still = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(still, uri=True)) as connection:
                return connection.execute(sql, values).fetchall()

    def _is_still(self, error: sqlite3.OperationalError) -> bool:
        """Whether reading failed since nothing can be written here, and the record is complete by itself."""
        beside = [self._path.with_name(f"{self._path.name}-{end}") for end in ("wal", "journal")]
        return error.sqlite_errorname.startswith(_NO_ROOM) and not any(
            each.exists() and each.stat().st_size for each in beside
        )

    def write(self, work: Callable[[sqlite3.Connection], Result], *, durable: bool) -> Result:
        """Run `work` as one transaction; a `durable` one is on the disk when this returns."""
        with self._lock, self._explained("written"):
            connection = self._connect()
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            if not self._path.exists():
                _make(self._path)
            connection = _open(self._path)
            try:
                _migrate(connection, self._path)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Failures of the disk in words; a broken rule of a table is the caller's to explain."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            way = (
                _WAY if getattr(error, "sqlite_errorname", "") not in _DAMAGED else "move it away, and a new one begins"
            )
            raise JournalError(
                f"the record of submissions `{self._path}` cannot be {what}: {reason}",
                hint=f"{way}; `--no-journal` does without it" if what == "written" else way,
            ) from error


def _make(path: Path) -> None:
    """A whole and empty record, under its name at once.

    Several processes may do this at the same time: turning on write-ahead logging in place fails for some of them
    with `database is locked`, whatever the timeout.
    """
    import tempfile

    make_private(path.parent)
    handle, name = tempfile.mkstemp(prefix=".journal-", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        with closing(_open(draft)) as connection:
            # One writer does not keep readers waiting; file systems that cannot do it keep their own mode.
            connection.execute("PRAGMA journal_mode = WAL")
            _migrate(connection, path)
        _publish(draft, path)
    finally:
        for each in path.parent.glob(f"{draft.name}*"):
            each.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    """Give the draft its name unless another process was first."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    except OSError:  # no hard links here
        if not path.exists():
            draft.rename(path)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date, once for all processes."""
    version = _version(connection)
    if version == len(_MIGRATIONS):
        return
    if version > len(_MIGRATIONS):
        raise JournalError(
            f"the record of submissions `{path}` was written by a newer trainctl", hint="upgrade trainctl"
        )
    connection.execute("BEGIN IMMEDIATE")
    for number in range(_version(connection), len(_MIGRATIONS)):
        for statement in _MIGRATIONS[number].split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number + 1}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
