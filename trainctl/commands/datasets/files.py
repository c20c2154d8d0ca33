"""Import files on their way into a dataset: checked here, uploaded with the files that they name, imported there."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainctl.commands import Session
from trainctl.datafiles.formats import FORMATS, USES, Format, of_kind
from trainctl.errors import DataInvalid, NotFound, TrainctlError, UsageError

if TYPE_CHECKING:
    from trainctl.catalog import ResourceName
    from trainctl.datafiles.census import Census

FOLDER = "trainctl/data"
Files = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        help="An import file, CSV or JSON Lines, here or at `gs://`; one here may name images beside it",
        metavar="FILE-OR-GS",
        show_default=False,
    ),
]


class Objective(StrEnum):
    """What models are trained for with the annotations of an import file."""

    SINGLE = "single-label"
    MULTI = "multi-label"
    DETECTION = "object-detection"
    CLASSIFICATION = "classification"
    TRACKING = "object-tracking"
    ACTION = "action-recognition"


Purpose = Annotated[
    Objective | None,
    typer.Option(
        "--objective",
        help="single-label (images' default), multi-label, object-detection; classification (videos' default), "
        "object-tracking, action-recognition",
        metavar="OBJECTIVE",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class Checked:
    """Files that passed: those here and those in Cloud Storage, with what was counted; `vision` for AutoML Vision."""

    form: Format
    local: tuple[Path, ...]
    remote: tuple[str, ...]
    census: Census
    vision: bool = False


def choose_format(kind: str, objective: Objective | None) -> Format:
    """The import format; raises UsageError for an objective of another kind of data."""
    names = of_kind(kind)
    wanted = objective.value if objective else names[0]
    if wanted not in names:
        raise UsageError(f"`{wanted}` is no objective for {kind} data", hint=f"take one of {', '.join(names)}")
    return FORMATS[wanted]


def check_files(session: Session, files: list[str], form: Format, *, vision: bool = False) -> Checked:
    """Every local file checked, with counts told; raises DataInvalid when a line is wrong, UsageError for no file."""
    from trainctl.commands.datasets.vision import refuse_json
    from trainctl.datafiles.census import Census
    from trainctl.datafiles.checking import check_file
    from trainctl.spec.suggest import listed

    census = Census()
    local = tuple(Path(file) for file in files if not file.startswith("gs://"))
    checked = Checked(form, local, tuple(file for file in files if file.startswith("gs://")), census, vision)
    if vision:
        refuse_json(checked)
    for path in local:
        try:
            check_file(path, form, census)
        except OSError as error:
            raise UsageError(f"`{path}` cannot be read: {error.strerror}") from error
    raise_if_wrong(session, census)
    if local and not census.items:
        raise DataInvalid(f"there is nothing in {listed([str(path) for path in local])}; nothing was sent")
    if local:
        tell(session, census)
    return checked


def raise_if_wrong(session: Session, census: Census) -> None:
    """Shows what is wrong with the files, and raises DataInvalid if anything is."""
    from trainctl.render.words import escape

    if census.wrong:
        session.console.warn("".join(f"{escape(str(flaw))}\n" for flaw in census.flaws))
        many = "line is" if census.wrong == 1 else "lines are"
        cut = f", of which the first {len(census.flaws)} are shown" if census.wrong > len(census.flaws) else ""
        raise DataInvalid(f"{census.wrong} {many} wrong{cut}; nothing was sent")


def tell(session: Session, census: Census) -> None:
    """Counts by label and set, for people."""
    from trainctl.render.words import escape, pad, plural

    sets = [name for name in ("training", "validation", "test", "unassigned") if census.sets[name]]
    width = max((len(name) for name in census.names), default=5)
    lines = [f"{plural(census.items, 'item')}: {', '.join(f'{census.sets[name]} {name}' for name in sets)}"]
    lines += [
        f"  {pad(escape(label), width)}  {'  '.join(f'{census.labels[label, name]} {name}' for name in sets)}"
        for label in census.names
    ]
    session.console.say("\n".join(lines))


def upload(session: Session, checked: Checked) -> list[str]:
    """The `gs://` URIs of all import files, after those from here and the files that they name were uploaded."""
    if not checked.local:
        return list(checked.remote)
    base = find_base(session)
    return [*(_upload_file(session, path, checked, base) for path in checked.local), *checked.remote]


def find_base(session: Session) -> str:
    """The `gs://` folder that files from here are uploaded to. Raises UsageError where there is no bucket."""
    bucket = session.defaults().staging_bucket
    if not bucket:
        hint = "add `--staging-bucket gs://BUCKET`, or name files in Cloud Storage"
        raise UsageError(
            "files from here are uploaded before they are imported, and there is no bucket for them", hint=hint
        )
    return f"gs://{bucket.removeprefix('gs://').rstrip('/')}/{FOLDER}"


def _upload_file(session: Session, path: Path, checked: Checked, base: str) -> str:
    import tempfile

    uris: dict[str, str] = {}
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        for line in _rewritten(path, checked, base, uris):
            digest.update(line.encode())
            file.write(line)
        file.flush()
        _upload_named(session, path.parent, uris, base)
        uri = f"{base}/{digest.hexdigest()[:16]}/{path.name}"
        session.storage.upload(file.name, uri)
    return uri


def _upload_named(session: Session, folder: Path, uris: Mapping[str, str], base: str) -> None:
    """Uploads the files that an import file in `folder` names, to the URIs beside their names."""
    from trainctl.lookup.parallel import side_by_side
    from trainctl.render.words import plural

    if uris:
        session.console.say(f"uploading {plural(len(uris), 'file')} to {base}")
    for outcome in side_by_side(lambda pair: session.storage.upload(folder / pair[0], pair[1]), list(uris.items())):
        if isinstance(outcome, TrainctlError):
            raise outcome


def _rewritten(path: Path, checked: Checked, base: str, uris: dict[str, str]) -> Iterator[str]:
    """The lines of an import file with `gs://` for the local files that it names; these are put into `uris`."""
    from trainctl.commands.datasets.vision import set_cells
    from trainctl.datafiles.checking import to_camel

    field = checked.form.uri_field

    def place(name: str) -> str:
        if name.startswith("gs://"):
            return name
        if name not in uris:
            with (path.parent / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()[:24]
            uris[name] = f"{base}/{digest}{Path(name).suffix.lower()}"
        return uris[name]

    with path.open(encoding="utf-8-sig", newline="") as stream:
        if path.suffix.lower() == ".csv":
            for row in csv.reader(stream):
                if row:
                    at = int(row[0].strip().lower() in USES and len(row) > 1)
                    first = set_cells(row[:at]) if checked.vision else row[:at]
                    yield _row([*first, place(row[at].strip()), *row[at + 1 :]])
            return
        for line in stream:
            if line.strip():
                value: dict[str, Any] = json.loads(line)
                key = next(name for name in value if to_camel(name) == field)
                yield json.dumps({**value, key: place(value[key])}) + "\n"


def _row(cells: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def import_files(session: Session, name: ResourceName, checked: Checked) -> None:
    """Uploads and imports checked files, and waits for it."""
    from trainctl.commands.datasets.vision import import_request
    from trainctl.commands.resources import finish

    uris = upload(session, checked)
    config = {"gcsSource": {"uris": uris}, "importSchemaUri": checked.form.schema}
    try:
        if checked.vision:
            operation = session.client.begin(name, "importData", import_request(uris))
        else:
            operation = session.client.begin(name, "import", {"importConfigs": [config]})
    except NotFound:
        raise NotFound(f"there is no dataset `{name}`", http_status=404, status="NOT_FOUND") from None
    finish(session, operation, "the import")
