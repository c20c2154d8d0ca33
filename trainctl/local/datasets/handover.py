"""Managed datasets handed to training code: the data of a pipeline, written where Vertex AI writes it.

Source: the description of `gcsDestination` in InputDataConfig, and
https://cloud.google.com/vertex-ai/docs/training/using-managed-datasets.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from trainctl.local import automl, datasets
from trainctl.local.datasets import SETS, TABULAR, Item
from trainctl.local.datasets.formats import FORMATS, Format
from trainctl.local.datasets.splits import Piece, assign, check_split, select
from trainctl.local.disk.files import write_atomically
from trainctl.local.jobs.states import CannotRun
from trainctl.local.protocol.faults import Fault, not_found
from trainctl.local.tuning.trials import is_trial, study_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from trainctl.local.core import Core
    from trainctl.local.store import Resource

_SHARD = 10_000
"""Lines of a file; Vertex AI too splits the data into several."""


@dataclass(frozen=True, slots=True)
class Table:
    """Data ready to be written: what kind it is in the directory's name, file suffix, and lines with their pieces.

    `head` is what every file begins with.
    """

    kind: str
    suffix: str
    pieces: Sequence[Piece]
    lines: Sequence[str]
    head: str = ""


def check(core: Core, pipeline: Mapping[str, Any]) -> None:
    """Raises Fault for an `inputDataConfig` that cannot be served: before the pipeline is made."""
    config = pipeline["inputDataConfig"]
    dataset = _fetch_dataset(core, pipeline)
    for field, lack in (("savedQueryId", "saved queries"), ("bigqueryDestination", "BigQuery")):
        if field in config:
            raise Fault("FAILED_PRECONDITION", f"The local engine has no {lack} (training_pipeline.input_data_config).")
    if "gcsDestination" not in config:
        raise Fault("INVALID_ARGUMENT", "`input_data_config` needs `gcs_destination`: where the data is written to.")
    core.buckets.locate_folder(config["gcsDestination"]["outputUriPrefix"])
    tabular = dataset["metadataSchemaUri"] == TABULAR
    check_split(config, tabular=tabular)
    if not tabular:
        select(config.get("annotationsFilter", ""))
        _check_annotation_schema(config.get("annotationSchemaUri", ""), datasets.kind_of(dataset))


def hand_over(core: Core, job: Mapping[str, Any]) -> dict[str, str]:
    """Writes the data of the pipeline that a job works for; the variables that tell the code of it, none without data.

    Raises CannotRun when there is no data to train with.
    """
    owner = core.store.owner_of(job["name"])
    if owner is not None and is_trial(owner):
        owner = core.store.owner_of(study_of(owner))
    pipeline = core.store.fetch(owner) if owner else None
    if pipeline is None or "inputDataConfig" not in pipeline:
        return {}
    try:
        table, directory = _write(core, automl.complete(pipeline))
    except Fault as fault:
        raise CannotRun(f"The pipeline's data could not be prepared: {fault.message}") from None
    uris = {f"AIP_{name.upper()}_DATA_URI": f"{directory}/{name}-*.{table.suffix}" for name in SETS}
    return {"AIP_DATA_FORMAT": table.suffix, **uris}


def read_table(core: Core, dataset: Resource) -> Table:
    """The rows of a tabular dataset: all its CSV files, which must have the same header. Raises Fault."""
    header: list[str] = []
    pieces: list[Piece] = []
    lines: list[str] = []
    for uri in datasets.list_tables(dataset):
        for path in core.buckets.match(uri):
            found, *rows = _read_rows(path, uri)
            if header and found != header:
                raise Fault("INVALID_ARGUMENT", f"`{uri}` has other columns than the dataset's first file.")
            header = found
            for row in rows:
                line = _render_row(row)
                pieces.append(Piece(line, dict(zip(header, row, strict=False))))
                lines.append(line)
    return Table("tables", "csv", pieces, lines, head=_render_row(header))


def _read_rows(path: Path, uri: str) -> list[list[str]]:
    """The header of a CSV file, empty for an empty one, and its rows. Raises Fault."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.reader(stream)) or [[]]
    except (csv.Error, UnicodeDecodeError) as problem:
        raise Fault("INVALID_ARGUMENT", f"`{uri}` is no CSV file in UTF-8: {problem}.") from None


def read_items(core: Core, dataset: Resource, config: Mapping[str, Any]) -> Table:
    """The items that have annotations of an InputDataConfig's schema and filter. Raises Fault."""
    items = datasets.read_items(core, dataset["name"])
    chosen = _choose(items, config)
    forms = _list_forms(chosen)
    if len({form.annotation for form in forms}) > 1:
        raise Fault(
            "INVALID_ARGUMENT", "The dataset has annotations of several schemas: `annotation_schema_uri` is needed."
        )
    form = next((form for form in forms if form.many), forms[0] if forms else next(iter(FORMATS.values())))
    return Table(
        form.annotation,
        "jsonl",
        [Piece(item["uri"], item["labels"]) for item in chosen],
        [json.dumps(render_item(item, form)) + "\n" for item in chosen],
    )


def render_item(item: Item, form: Format) -> dict[str, Any]:
    """One item as a line of JSON in the format of imports."""
    line: dict[str, Any] = {form.uri_field: item["uri"]}
    for annotation in item["annotations"]:
        labels = {"annotationResourceLabels": annotation["labels"]} if annotation["labels"] else {}
        value = {**annotation["payload"], **labels}
        field = annotation.get("field", form.fields[0])
        if form.many:
            line.setdefault(field, []).append(value)
        else:
            line[field] = value
    if item["labels"]:
        line["dataItemResourceLabels"] = item["labels"]
    return line


def write_shards(core: Core, directory: str, name: str, table: Table, lines: Sequence[str]) -> list[str]:
    """Writes lines as `NAME-00000-of-00001.SUFFIX` into a `gs://` directory; the URIs of the files. Raises Fault."""
    folder = core.buckets.make_folder(directory)
    shards = [lines[start : start + _SHARD] for start in range(0, len(lines), _SHARD)]
    files = []
    for n, shard in enumerate(shards):
        file = f"{name}-{n:05d}-of-{len(shards):05d}.{table.suffix}"
        write_atomically(folder / file, (table.head + "".join(shard)).encode())
        files.append(f"{directory}/{file}")
    return files


def _write(core: Core, pipeline: Mapping[str, Any]) -> tuple[Table, str]:
    config, dataset = pipeline["inputDataConfig"], _fetch_dataset(core, pipeline)
    tabular = dataset["metadataSchemaUri"] == TABULAR
    table = read_table(core, dataset) if tabular else read_items(core, dataset, config)
    sets = assign(table.pieces, config)
    if SETS[0] not in sets:
        raise Fault("INVALID_ARGUMENT", f"`{dataset['name']}` has nothing for the training set.")
    time = f"{pipeline['createTime'][:23]}Z"
    prefix = config["gcsDestination"]["outputUriPrefix"].rstrip("/")
    directory = f"{prefix}/dataset-{config['datasetId']}-{table.kind}-{time}"
    for name in SETS:
        lines = [line for line, found in zip(table.lines, sets, strict=True) if found == name]
        write_shards(core, directory, name, table, lines)
    if config.get("persistMlUseAssignment") and not tabular:
        uses = {piece.identity: found for piece, found in zip(table.pieces, sets, strict=True) if found}
        datasets.set_uses(core, dataset["name"], uses)
    return table, directory


def _choose(items: Sequence[Item], config: Mapping[str, Any]) -> list[Item]:
    """Items that are left with annotations when schema and filter have chosen among these."""
    fits = select(config.get("annotationsFilter", ""))
    schema = config.get("annotationSchemaUri", "")
    chosen = []
    for item in items:
        annotations = [
            annotation
            for annotation in item["annotations"]
            if fits(annotation["labels"]) and schema in ("", _form_of(annotation).annotation_schema)
        ]
        if annotations:
            chosen.append({**item, "annotations": annotations})
    return chosen


def _list_forms(items: Sequence[Item]) -> list[Format]:
    """The formats of the items' annotations; an image with two labels, by whatever imports, is not of single labels."""
    names = {annotation["form"] for item in items for annotation in item["annotations"]}
    forms = [form for form in FORMATS.values() if form.name in names]
    if any(len(item["annotations"]) > 1 for item in items):
        kinds = {form.annotation for form in forms}
        return [form for form in FORMATS.values() if form.many and form.annotation in kinds]
    return forms


def _form_of(annotation: Mapping[str, Any]) -> Format:
    return next(form for form in FORMATS.values() if form.name == annotation["form"])


def _check_annotation_schema(uri: str, kind: str) -> None:
    known = sorted({form.annotation_schema for form in FORMATS.values() if form.kind == kind})
    if uri and uri not in known:
        listed = ", ".join(f"`{schema}`" for schema in known)
        raise Fault("INVALID_ARGUMENT", f"`annotation_schema_uri` `{uri}` is none of those for {kind}s: {listed}.")


def _fetch_dataset(core: Core, pipeline: Mapping[str, Any]) -> Resource:
    parent = pipeline["name"].rsplit("/", 2)[0]
    name = f"{parent}/datasets/{pipeline['inputDataConfig']['datasetId']}"
    dataset = core.store.fetch(name)
    if dataset is None:
        raise not_found(name)
    return dataset


def _render_row(row: Sequence[str]) -> str:
    stream = StringIO()
    csv.writer(stream, lineterminator="\n").writerow(row)
    return stream.getvalue()
