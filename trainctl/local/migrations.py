"""The database's schema and how older files get there. A step that was ever released is not changed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE resources (
             seq INTEGER PRIMARY KEY AUTOINCREMENT,
             name TEXT NOT NULL UNIQUE,
             parent TEXT NOT NULL,
             collection TEXT NOT NULL,
             id TEXT NOT NULL,
             state TEXT NOT NULL,
             owner TEXT,
             body TEXT NOT NULL
           )""",
        "CREATE INDEX resources_by_parent ON resources (collection, parent, seq)",
        "CREATE INDEX resources_by_state ON resources (collection, state, seq)",
        "CREATE INDEX resources_by_id ON resources (collection, id)",
        "CREATE TABLE runs (name TEXT PRIMARY KEY, folder TEXT NOT NULL, pid INTEGER NOT NULL, mark TEXT NOT NULL)",
        """CREATE TABLE objects (
             path TEXT PRIMARY KEY,
             stamp TEXT NOT NULL,
             content_type TEXT NOT NULL,
             metadata TEXT NOT NULL,
             md5 TEXT NOT NULL,
             crc32c TEXT NOT NULL
           )""",
    ),
    (
        # Models have got versions: until then each was its own first one.
        """INSERT INTO resources (name, parent, collection, id, state, owner, body)
           SELECT name || '/versions/1', name, 'versions', '1', '', NULL,
             json_set(body, '$.name', name || '/versions/1')
           FROM resources WHERE collection = 'models' ORDER BY seq""",
        # What an operation is about stands in its row since then; older ones are about deleted resources.
        "CREATE INDEX resources_by_owner ON resources (owner) WHERE owner IS NOT NULL",
    ),
)
"""Step N takes a file of `user_version` N to N + 1."""


class TooNew(Exception):
    """The file was written by a later trainctl."""


def migrate(connection: sqlite3.Connection) -> None:
    """Brings the database to the present schema, one committed step after the other. Raises TooNew."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(STEPS):
        raise TooNew(f"the engine's database has schema {version}, this trainctl knows {len(STEPS)}: upgrade trainctl")
    for number in range(version, len(STEPS)):
        connection.execute("BEGIN IMMEDIATE")
        for statement in STEPS[number]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute("COMMIT")
