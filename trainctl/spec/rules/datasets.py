"""Managed datasets: how they are divided, which annotations count, where they are exported."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.suggest import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = ("training", "validation", "test")
FRACTIONS = tuple(f"{part}_fraction_split" for part in PARTS)
FILTERS = tuple(f"{part}_filter_split" for part in PARTS)
_COLUMNS = ("predefined_split_column_name", "timestamp_split_column_name", "stratified_split_column_name")
_WITH_FRACTIONS = _COLUMNS[1:]
_TABULAR = (*_COLUMNS, "bigquery_destination")
_UNSTRUCTURED = (*FILTERS, "annotation_schema_uri", "annotations_filter", "saved_query_id")
_TOLERANCE = 1e-9
_ANNOTATIONS = "gs://google-cloud-aiplatform/schema/dataset/annotation/"
_SCHEMAS = tuple(
    f"{_ANNOTATIONS}{name}_1.0.0.yaml"
    for name in (
        "image_classification",
        "image_bounding_box",
        "image_segmentation",
        "text_classification",
        "text_extraction",
        "text_sentiment",
        "video_classification",
        "video_object_tracking",
        "video_action_recognition",
    )
)
_DATA = f"{IMAGE}dataset: '7'\n"
_ALL_FILTERS = "".join(f"{name}: labels.ml_use={name.partition('_')[0]}\n" for name in FILTERS)

SPLIT_RANGE = Rule(
    code="split-range",
    sentence="A fraction of a split is between 0 and 1.",
    cure="write a number between 0 and 1",
    source=f"{REST}FractionSplit",
    check=by_schema,
    bad=f"{_DATA}training_fraction_split: 80\n",
    good=f"{_DATA}training_fraction_split: 0.8\n",
)


def _sum(fields: Fields, _: Where) -> Iterator[Finding]:
    given = {name: fields[name] for name in FRACTIONS if fields.get(name) is not None}
    total = math.fsum(given.values())
    if total > 1 + _TOLERANCE:
        yield Finding((list(given)[-1],), f"the fractions add up to {total:g}, which is more than 1")
    elif given and total <= _TOLERANCE:
        yield Finding((list(given)[-1],), "the fractions add up to 0, which leaves no data")


SPLIT_SUM = Rule(
    code="split-sum",
    sentence="The fractions of a split add up to at most 1.",
    cure="lower them until they add up to 1",
    source=f"{REST}FractionSplit: they must sum to up to 1",
    check=_sum,
    reads=FRACTIONS,
    bad=f"{_DATA}training_fraction_split: 0.8\nvalidation_fraction_split: 0.2\ntest_fraction_split: 0.1\n",
    good=f"{_DATA}training_fraction_split: 0.8\nvalidation_fraction_split: 0.1\ntest_fraction_split: 0.1\n",
)


def _filters(fields: Fields, _: Where) -> Iterator[Finding]:
    given = [name for name in FILTERS if name in fields]
    if given and len(given) < len(FILTERS):
        missing = [name for name in FILTERS if name not in fields]
        verb = "is" if len(missing) == 1 else "are"
        message = f"{listed(missing)} {verb} missing: the filters are given all three or not at all"
        yield Finding((given[0],), message, at_key=True)


SPLIT_FILTERS = Rule(
    code="split-filters",
    sentence="The three filters of a split are given together or not at all.",
    cure="add the others; the filter `-` matches nothing",
    source=f"{SDK}: All filter splits must be passed together or not at all",
    check=_filters,
    reads=FILTERS,
    bad=f"{_DATA}training_filter_split: labels.ml_use=training\n",
    good=f"{_DATA}{_ALL_FILTERS}",
)


def _kinds(fields: Fields, _: Where) -> Iterator[Finding]:
    """One Finding for each field that starts a second kind of split."""
    first: str | None = None
    for name in split_kinds(fields):
        if first is None:
            first = name
        else:
            yield Finding((name,), f"`{name}` and `{first}` are two ways to divide a dataset", at_key=True)


def split_kinds(fields: Fields) -> list[str]:
    """A field of each kind of split that is given; a timestamp or stratified split takes the fractions for itself."""
    columns = [name for name in _COLUMNS if name in fields]
    filters = [name for name in FILTERS if name in fields][:1]
    fractions = [name for name in FRACTIONS if name in fields][:1]
    absorbed = any(name in _WITH_FRACTIONS for name in columns)
    return filters + columns + ([] if absorbed else fractions)


SPLIT_KINDS = Rule(
    code="split-kinds",
    sentence="A dataset is divided in one way: by fractions, filters, a predefined, timestamp or stratified column.",
    cure="keep one way",
    source=f"{SDK}: You can specify only one split; {REST}InputDataConfig.split is a union",
    check=_kinds,
    bad=f"{_DATA}{_ALL_FILTERS}training_fraction_split: 0.8\n",
    good=f"{_DATA}training_fraction_split: 0.8\ntimestamp_split_column_name: created_at\n",
)


def _timestamp_fractions(fields: Fields, _: Where) -> Iterator[Finding]:
    if "timestamp_split_column_name" in fields and not any(name in fields for name in FRACTIONS):
        yield Finding(("timestamp_split_column_name",), "a timestamp split without fractions", at_key=True)


TIMESTAMP_FRACTIONS = Rule(
    code="timestamp-fractions",
    sentence="A timestamp split divides the rows in the fractions that are given with it.",
    cure="add `training_fraction_split`, `validation_fraction_split` and `test_fraction_split`",
    source=f"{SDK}: timestamp_split_column_name must be used with the fractions",
    check=_timestamp_fractions,
    severity=WARNING,
    reads=FRACTIONS,
    bad=f"{_DATA}timestamp_split_column_name: created_at\n",
    good=f"{_DATA}training_fraction_split: 0.8\ntimestamp_split_column_name: created_at\n",
)

NEEDS_DATASET = (
    *FRACTIONS,
    *FILTERS,
    *_COLUMNS,
    "annotation_schema_uri",
    "annotations_filter",
    "saved_query_id",
    "persist_ml_use_assignment",
    "bigquery_destination",
)


def _without_dataset(fields: Fields, _: Where) -> Iterator[Finding]:
    if "dataset" not in fields:
        for name in NEEDS_DATASET:
            if name in fields:
                yield Finding((name,), f"`{name}` has no effect without `dataset`", at_key=True)


DATASET_OPTION = Rule(
    code="dataset-option",
    sentence="Splits, annotations and a BigQuery destination belong to a managed dataset.",
    cure="add `dataset: ID`, or remove it",
    source=f"{SDK}: it drops them silently without a dataset",
    check=_without_dataset,
    reads=("dataset",),
    bad=f"{IMAGE}training_fraction_split: 0.8\n",
    good=f"{_DATA}training_fraction_split: 0.8\n",
)


def _annotation_choice(fields: Fields, _: Where) -> Iterator[Finding]:
    if "annotation_schema_uri" in fields and "saved_query_id" in fields:
        yield Finding(
            ("saved_query_id",),
            "`saved_query_id` and `annotation_schema_uri` both say which annotations count",
            at_key=True,
        )


ANNOTATION_CHOICE = Rule(
    code="annotation-choice",
    sentence="Only one of `saved_query_id` and `annotation_schema_uri` says which annotations count.",
    cure="keep one",
    source=f"{REST}InputDataConfig.savedQueryId",
    check=_annotation_choice,
    bad=f"{_DATA}annotation_schema_uri: {_SCHEMAS[0]}\nsaved_query_id: '3'\n",
    good=f"{_DATA}annotation_schema_uri: {_SCHEMAS[0]}\n",
)


def _annotation_schema(fields: Fields, _: Where) -> Iterator[Finding]:
    value = fields.get("annotation_schema_uri")
    if value is not None and value not in _SCHEMAS:
        yield Finding(
            ("annotation_schema_uri",), "this is none of Vertex AI's annotation schemas", suggestion(value, _SCHEMAS)
        )


ANNOTATION_SCHEMA = Rule(
    code="annotation-schema",
    sentence=f"Annotation schemas are files in `{_ANNOTATIONS}`.",
    cure=f"take one of {listed(name.removeprefix(_ANNOTATIONS) for name in _SCHEMAS)} in `{_ANNOTATIONS}`",
    source=f"{REST}InputDataConfig.annotationSchemaUri",
    check=_annotation_schema,
    severity=WARNING,
    bad=f"{_DATA}annotation_schema_uri: {_ANNOTATIONS}image_clasification_1.0.0.yaml\n",
    good=f"{_DATA}annotation_schema_uri: {_SCHEMAS[0]}\n",
)


def _dataset_type(fields: Fields, _: Where) -> Iterator[Finding]:
    tabular = [name for name in _TABULAR if name in fields]
    other = [name for name in _UNSTRUCTURED if name in fields]
    if tabular and other:
        yield Finding(
            (other[0],), f"`{other[0]}` is for images, text and video, `{tabular[0]}` for tables", at_key=True
        )


DATASET_TYPE = Rule(
    code="dataset-type",
    sentence="Columns and BigQuery belong to tabular datasets; filters and annotations to images, text and video.",
    cure="keep what fits the dataset",
    source=f"{REST}InputDataConfig",
    check=_dataset_type,
    severity=WARNING,
    bad=f"{_DATA}predefined_split_column_name: ml_use\nannotations_filter: labels.set=mine\n",
    good=f"{_DATA}predefined_split_column_name: ml_use\n",
)

SPLITS = (SPLIT_RANGE, SPLIT_SUM, SPLIT_FILTERS, SPLIT_KINDS)
RULES = (*SPLITS, TIMESTAMP_FRACTIONS, DATASET_OPTION, ANNOTATION_CHOICE, ANNOTATION_SCHEMA, DATASET_TYPE)
