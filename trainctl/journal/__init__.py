"""The record of every submission, written before its request is sent.

prepared ──▶ sent ──▶ created      the service named the resource
    │         ├─────▶ refused      there is certainly none
    │         └─────▶ uncertain ──▶ created | abandoned
    └─────▶ refused | abandoned       its request never left

One SQLite file for all processes of a user. After a crash, a row that is still `prepared` or `sent` is as uncertain
as one that says so. Rows are on the disk before a POST leaves, and so is what nobody could find out again; `sent` and
`created` need not be, since the job's label tells them.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trainctl.journal.database import Database
from trainctl.journal.records import (
    STATES,
    UNSETTLED,
    Entry,
    JournalError,
    KeyTaken,
    Submission,
    body_digest,
    new_id,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    from trainctl.clock import Clock

__all__ = ["STATES", "UNSETTLED", "Entry", "Journal", "JournalError", "KeyTaken", "Submission", "body_digest", "new_id"]

KEEP_DAYS, KEEP_ROWS = 90, 10_000
_PRUNE_EVERY = 50
_MOST = 2**63 - 1
"""SQLite's largest number."""
_COLUMNS = ", ".join(Submission.__slots__)


class Journal:
    """The submissions of a user.

    Methods raise JournalError when the file cannot be used. Safe to use from several threads and processes.
    """

    def __init__(self, path: Path, clock: Clock, *, keep_days: int = KEEP_DAYS, keep_rows: int = KEEP_ROWS) -> None:
        self._clock = clock
        self._keep_days = keep_days
        self._keep_rows = keep_rows
        self._database = Database(path)

    @classmethod
    def open(cls, path: Path, clock: Clock, *, keep_days: int = KEEP_DAYS, keep_rows: int = KEEP_ROWS) -> Self:
        """The journal at `path`, which keeps settled submissions for so long and so many rows in all."""
        return cls(path, clock, keep_days=keep_days, keep_rows=keep_rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def prepare(self, entry: Entry) -> Submission:
        """The new row, on the disk. Raises KeyTaken when its idempotency key is in use for that place."""
        row = {name: getattr(entry, name) for name in Entry.__slots__}
        now = self._now()
        row |= {"created": now, "changed": now, "state": "prepared", "local": int(entry.local)}
        sql = f"INSERT INTO submissions ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"  # noqa: S608
        try:
            number = self._database.write(lambda connection: connection.execute(sql, row).lastrowid, durable=True)
        except sqlite3.IntegrityError:
            taken = self._find_key(entry)
            if taken is None:
                raise JournalError(f"the submission id {entry.id} is in the journal already") from None
            raise KeyTaken(taken) from None
        if number and number % _PRUNE_EVERY == 0:
            self.prune()
        return self.get(entry.id)

    def mark_sent(self, submission: str) -> None:
        """The request is about to leave, once more perhaps. Raises JournalError when it was given up meanwhile."""
        if not any(self._move(submission, before, "sent", durable=False) for before in ("prepared", "sent")):
            raise JournalError(
                f"submission {submission} was given up by another process before its request was sent",
                hint="submit again",
            )

    def mark_created(self, submission: str, name: str) -> None:
        """The resource exists under `name`."""
        self._mark(submission, "created", name=name, durable=False)

    def mark_refused(self, submission: str, reason: str) -> None:
        """There is certainly no resource."""
        self._mark(submission, "refused", reason=reason)

    def mark_uncertain(self, submission: str, reason: str) -> None:
        """There may be a resource."""
        self._mark(submission, "uncertain", reason=reason)

    def mark_abandoned(self, submission: Submission, reason: str) -> bool:
        """Given up as never created: looked up for long enough, or dismissed by the user.

        False when the submission is no longer in the state that was seen: somebody else has settled it.
        """
        return self._move(submission.id, submission.state, "abandoned", reason=reason)

    def get(self, submission: str) -> Submission:
        """The submission with that very id; raises JournalError when there is none."""
        found = self._select("id = ?", (submission,))
        if not found:
            raise JournalError(f"the journal has no submission {submission}")
        return found[0]

    def latest(self, back: int = 1) -> Submission | None:
        """The last submission that made a resource, or with 2 the one before it, and so on."""
        found = self._select("state = 'created' ORDER BY number DESC LIMIT 1 OFFSET ?", (min(back - 1, _MOST),))
        return found[0] if found else None

    def find(self, prefix: str) -> tuple[Submission, ...]:
        """All whose id begins with `prefix` or whose resource has that name, newest first."""
        pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where = "id LIKE ? ESCAPE '\\' OR name = ? ORDER BY number DESC"
        return self._select(where, (f"{pattern}%", prefix))

    def find_resource(self, id_: str) -> tuple[Submission, ...]:
        """Those that made a resource with that id, newest first."""
        return self._select("substr(name, -length(?)) = ? ORDER BY number DESC", (f"/{id_}", f"/{id_}"))

    def list(self, *, limit: int | None = None, states: Sequence[str] = ()) -> tuple[Submission, ...]:
        """Submissions, newest first, of the given states only if there are any."""
        where = f"state IN ({', '.join('?' * len(states))})" if states else "1"
        return self._select(
            f"{where} ORDER BY number DESC LIMIT ?", (*states, _MOST if limit is None else min(limit, _MOST))
        )

    def prune(self) -> int:
        """Forget settled submissions older than the days to keep, and the oldest above the rows to keep."""
        before = (self._clock.now() - timedelta(days=self._keep_days)).isoformat()
        old = "DELETE FROM submissions WHERE created < ? AND state NOT IN (?, ?, ?)"
        # Unsettled rows go last: they are the ones somebody still has to look after.
        many = """
            DELETE FROM submissions WHERE number IN (
                SELECT number FROM submissions ORDER BY state IN (?, ?, ?) DESC, number DESC LIMIT -1 OFFSET ?
            )"""

        def work(connection: sqlite3.Connection) -> int:
            gone = connection.execute(old, (before, *UNSETTLED)).rowcount
            return gone + connection.execute(many, (*UNSETTLED, self._keep_rows)).rowcount

        return self._database.write(work, durable=False)

    def _now(self) -> str:
        return self._clock.now().astimezone(UTC).isoformat(timespec="microseconds")

    def _find_key(self, entry: Entry) -> Submission | None:
        where = "key = ? AND endpoint = ? AND parent = ? AND state NOT IN ('refused', 'abandoned')"
        found = self._select(where, (entry.key, entry.endpoint, entry.parent))
        return found[0] if found else None

    def _mark(
        self, submission: str, state: str, *, name: str | None = None, reason: str | None = None, durable: bool = True
    ) -> None:
        sql = "UPDATE submissions SET state = ?, name = coalesce(?, name), reason = ?, changed = ? WHERE id = ?"
        row = (state, name, reason, self._now(), submission)
        try:
            changed = self._database.write(lambda connection: connection.execute(sql, row).rowcount, durable=durable)
        except sqlite3.IntegrityError as error:
            raise JournalError(f"the key of submission {submission} was given to another one meanwhile") from error
        if changed != 1:
            raise JournalError(f"the journal has no submission {submission}")

    def _move(
        self, submission: str, before: str, after: str, *, reason: str | None = None, durable: bool = True
    ) -> bool:
        """Change a state unless somebody else did; one statement, so that no other process comes between."""
        sql = "UPDATE submissions SET state = ?, reason = ?, changed = ? WHERE id = ? AND state = ?"
        row = (after, reason, self._now(), submission, before)
        return self._database.write(lambda connection: connection.execute(sql, row).rowcount, durable=durable) == 1

    def _select(self, where: str, values: tuple[Any, ...]) -> tuple[Submission, ...]:
        rows = self._database.read(f"SELECT {_COLUMNS} FROM submissions WHERE {where}", values)  # noqa: S608
        return tuple(_view(row) for row in rows)


def _view(row: tuple[Any, ...]) -> Submission:
    values = dict(zip(Submission.__slots__, row, strict=True))
    for name in ("created", "changed"):
        values[name] = datetime.fromisoformat(values[name])
    return Submission(**values | {"local": bool(values["local"])})
