"""The files of a tabular dataset, which it names once and for all: checked here, uploaded, or left in BigQuery."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainctl.commands.datasets.files import find_base, raise_if_wrong
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from trainctl.commands import Session
    from trainctl.commands.datasets.files import Objective


def describe_tables(session: Session, files: list[str], objective: Objective | None) -> dict[str, Any]:
    """The `metadata` of the dataset; files that are here were uploaded. Raises UsageError, DataInvalid."""
    if objective is not None:
        raise UsageError("`--objective` is of images and videos; a table has none")
    if not files:
        raise UsageError("a tabular dataset is made of files", hint="name them with `--import FILE.csv`")
    queries = [file for file in files if file.startswith("bq://")]
    if queries and len(files) > 1:
        raise UsageError("a tabular dataset is one table in BigQuery, or CSV files", hint=f"leave `{files[1]}` out")
    if queries:
        return {"inputConfig": {"bigquerySource": {"uri": queries[0]}}}
    local = [file for file in files if not file.startswith("gs://")]
    _check(session, [Path(file) for file in local])
    base = find_base(session) if local else ""
    uris = [_upload(session, Path(file), base) if file in local else file for file in files]
    return {"inputConfig": {"gcsSource": {"uri": uris}}}


def _check(session: Session, paths: list[Path]) -> None:
    from trainctl.datafiles.census import Census
    from trainctl.datafiles.tables import Columns, check_table
    from trainctl.render.words import escape, plural

    census, columns = Census(), Columns()
    for path in paths:
        try:
            check_table(path, columns, census)
        except OSError as error:
            raise UsageError(f"`{path}` cannot be read: {error.strerror}") from error
    raise_if_wrong(session, census)
    if paths:
        session.console.say(f"{plural(census.items, 'row')}: {escape(', '.join(columns.names))}")


def _upload(session: Session, path: Path, base: str) -> str:
    """The object of a file, named by its contents, so that the same file is uploaded once."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
    uri = f"{base}/{digest}/{path.name}"
    if session.storage.upload(path, uri):
        session.console.say(f"uploaded {path} to {uri}")
    return uri
