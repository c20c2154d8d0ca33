"""Managed datasets: kept, filled from files, and handed to training code as Vertex AI does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, Bench, make_pipeline, make_spec, read, refused
from trainctl.local.datasets.splits import Piece, assign

if TYPE_CHECKING:
    from pathlib import Path

DATASETS = f"/v1/{PARENT}/datasets"
SCHEMAS = "gs://google-cloud-aiplatform/schema/dataset"
IMAGE, VIDEO, TABULAR = (f"{SCHEMAS}/metadata/{kind}_1.0.0.yaml" for kind in ("image", "video", "tabular"))
SINGLE, MULTI, BOXES = (
    f"{SCHEMAS}/ioformat/image_{kind}_io_format_1.0.0.yaml"
    for kind in ("classification_single_label", "classification_multi_label", "bounding_box")
)
ML_USE = "aiplatform.googleapis.com/ml_use"
SET_NAME = "aiplatform.googleapis.com/annotation_set_name"
SHOW = """
import glob, json, os
names = ("TRAINING", "VALIDATION", "TEST")
files = {name: sorted(glob.glob(os.environ[f"AIP_{name}_DATA_URI"])) for name in names}
lines = {name: [line.rstrip() for file in files[name] for line in open(file)] for name in names}
facts = {"format": os.environ["AIP_DATA_FORMAT"], "training": os.environ["AIP_TRAINING_DATA_URI"]}
print("seen", json.dumps({**facts, **lines}))
"""


def create(bench: Bench, uri: str = IMAGE, **fields: Any) -> str:
    body = {"displayName": "flowers", "metadataSchemaUri": uri, **fields}
    name: str = read(bench.client.post(DATASETS, json=body))["response"]["name"]
    return name


def write(bench: Bench, path: str, text: str = "x") -> None:
    file = bench.bucket(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def import_files(bench: Bench, name: str, *configs: dict[str, Any]) -> dict[str, Any]:
    operation = read(bench.client.post(f"/v1/{name}:import", json={"importConfigs": list(configs)}))
    return read(bench.client.post(f"/v1/{operation['name']}:wait", params={"timeout": "20s"}))


def config(uri: str, schema: str = SINGLE, **fields: Any) -> dict[str, Any]:
    return {"gcsSource": {"uris": [uri]}, "importSchemaUri": schema, **fields}


def fill(bench: Bench, rows: str, *, file: str = "list.csv", schema: str = SINGLE, images: int = 4) -> str:
    """A dataset with what the rows say, of images that are there."""
    for number in range(images):
        write(bench, f"data/{number}.png")
    write(bench, f"data/{file}", rows)
    name = create(bench)
    operation = import_files(bench, name, config(f"gs://data/{file}", schema))
    assert "error" not in operation, operation
    return name


def begin_export(bench: Bench, name: str, **fields: Any) -> dict[str, Any]:
    """The operation when it is over."""
    wanted = {"gcsDestination": {"outputUriPrefix": "gs://data/out"}, **fields}
    operation = read(bench.client.post(f"/v1/{name}:export", json={"exportConfig": wanted}))
    return read(bench.client.post(f"/v1/{operation['name']}:wait"))


def export(bench: Bench, name: str, **fields: Any) -> list[dict[str, Any]]:
    done = begin_export(bench, name, **fields)
    files = [bench.core.buckets.find(uri) for uri in done["response"]["exportedFiles"]]
    return [json.loads(line) for file in files if file for line in file.read_text().splitlines()]


def train(bench: Bench, name: str, **config: Any) -> dict[str, Any]:
    """What the code of a pipeline with that dataset sees."""
    data = {
        "datasetId": name.rpartition("/")[2],
        "gcsDestination": {"outputUriPrefix": "gs://results/data"},
        **config,
    }
    pipeline = bench.run(make_pipeline(make_spec(SHOW), inputDataConfig=data), "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_SUCCEEDED", pipeline
    (line,) = bench.list_output(pipeline["trainingTaskMetadata"]["backingCustomJob"])
    seen: dict[str, Any] = json.loads(line.removeprefix("seen "))
    return seen


def test_a_dataset_is_created_by_an_operation_then_fetched_patched_listed_and_deleted(idle: Bench) -> None:
    operation = read(idle.client.post(DATASETS, json={"display_name": "a", "metadataSchemaUri": IMAGE, "metadata": {}}))
    assert operation["metadata"]["@type"].endswith("v1.CreateDatasetOperationMetadata")
    name = operation["response"]["name"]
    assert operation["name"].startswith(f"{name}/operations/")
    assert idle.get(name) == {key: value for key, value in operation["response"].items() if key != "@type"}
    mask = {"updateMask": "displayName,labels"}
    changed = read(idle.client.patch(f"/v1/{name}", params=mask, json={"displayName": "b", "labels": {"x": "y"}}))
    assert (changed["displayName"], changed["labels"]) == ("b", {"x": "y"})
    assert read(idle.client.get(DATASETS, params={"filter": "labels.x=y"})) == {"datasets": [changed]}
    assert read(idle.client.get(f"/v1/{name}", params={"readMask": "displayName"})) == {"displayName": "b"}
    assert read(idle.client.delete(f"/v1/{name}"))["done"] is True
    assert refused(idle.client.get(f"/v1/{name}"))[:2] == (404, "NOT_FOUND")
    assert refused(idle.client.delete(f"/v1/{name}"))[:2] == (404, "NOT_FOUND")


WRONG_DATASETS = [
    ({"metadataSchemaUri": IMAGE}, "INVALID_ARGUMENT", "dataset.display_name; Message: Required"),
    ({"displayName": "x"}, "INVALID_ARGUMENT", "dataset.metadata_schema_uri; Message: Required"),
    ({"displayName": "x", "metadataSchemaUri": "gs://x.yaml"}, "INVALID_ARGUMENT", "is not one of those below"),
    (
        {"displayName": "x", "metadataSchemaUri": IMAGE.replace("image", "text")},
        "FAILED_PRECONDITION",
        "keeps datasets of",
    ),
    ({"displayName": "x", "metadataSchemaUri": TABULAR}, "INVALID_ARGUMENT", "metadata.inputConfig.gcsSource.uri"),
    (
        {
            "displayName": "x",
            "metadataSchemaUri": TABULAR,
            "metadata": {"inputConfig": {"bigquerySource": {"uri": "bq://p.d.t"}}},
        },
        "FAILED_PRECONDITION",
        "no BigQuery",
    ),
    (
        {
            "displayName": "x",
            "metadataSchemaUri": IMAGE,
            "savedQueries": [{"displayName": "q", "problemType": "IMAGE_CLASSIFICATION_SINGLE_LABEL"}],
        },
        "FAILED_PRECONDITION",
        "no saved queries",
    ),
]


@pytest.mark.parametrize(("body", "code", "words"), WRONG_DATASETS, ids=[case[2] for case in WRONG_DATASETS])
def test_a_dataset_that_cannot_be_kept_is_refused(idle: Bench, body: Any, code: str, words: str) -> None:
    status, found, message = refused(idle.client.post(DATASETS, json=body))
    assert (status, found) == (400, code)
    assert words in message


IMPORTS = [
    (
        "csv of single labels",
        "list.csv",
        SINGLE,
        "training,gs://data/0.png,rose\nTEST,gs://data/1.png\n\ngs://data/2.png, tulip \n",
        [
            {
                "imageGcsUri": "gs://data/0.png",
                "classificationAnnotation": {"displayName": "rose"},
                "dataItemResourceLabels": {ML_USE: "training"},
            },
            {"imageGcsUri": "gs://data/2.png", "classificationAnnotation": {"displayName": "tulip"}},
        ],
    ),
    (
        "csv of several labels",
        "list.csv",
        MULTI,
        "gs://data/0.png,rose,red\n",
        [
            {
                "imageGcsUri": "gs://data/0.png",
                "classificationAnnotations": [{"displayName": "rose"}, {"displayName": "red"}],
            }
        ],
    ),
    (
        "csv of boxes",
        "list.csv",
        BOXES,
        "UNASSIGNED,gs://data/0.png,car,0.1,0.1,,,0.3,0.3,,\ngs://data/0.png,bike,.7,.6,.8,.6,.8,.9,.7,.9\n",
        [
            {
                "imageGcsUri": "gs://data/0.png",
                "boundingBoxAnnotations": [
                    {"displayName": "car", "xMin": 0.1, "yMin": 0.1, "xMax": 0.3, "yMax": 0.3},
                    {"displayName": "bike", "xMin": 0.7, "yMin": 0.6, "xMax": 0.8, "yMax": 0.9},
                ],
            }
        ],
    ),
    (
        "json lines",
        "list.jsonl",
        SINGLE,
        json.dumps(
            {
                "imageGcsUri": "gs://data/0.png",
                "classificationAnnotation": {
                    "displayName": "rose",
                    "annotationResourceLabels": {SET_NAME: "first"},
                },
                "dataItemResourceLabels": {ML_USE: "validation", "env": "prod"},
            }
        ),
        [
            {
                "imageGcsUri": "gs://data/0.png",
                "classificationAnnotation": {"displayName": "rose", "annotationResourceLabels": {SET_NAME: "first"}},
                "dataItemResourceLabels": {ML_USE: "validation", "env": "prod"},
            }
        ],
    ),
]


@pytest.mark.parametrize(
    ("file", "schema", "rows", "lines"), [case[1:] for case in IMPORTS], ids=[c[0] for c in IMPORTS]
)
def test_what_is_imported_is_exported_in_googles_format(
    idle: Bench, file: str, schema: str, rows: str, lines: list[Any]
) -> None:
    assert export(idle, fill(idle, rows, file=file, schema=schema)) == lines


def test_an_export_below_an_object_says_what_is_in_the_way(idle: Bench) -> None:
    name = fill(idle, "gs://data/1.png,a\n")
    place = {"outputUriPrefix": "gs://data/1.png/out"}
    done = begin_export(idle, name, gcsDestination=place)
    assert done["error"]["code"] == 9, done
    assert done["error"]["message"].startswith("The local engine cannot write below `gs://data/1.png/out/export-data-")
    assert (idle.bucket("data") / "1.png").is_file()


def test_labels_of_an_import_go_to_all_that_it_brings_and_a_second_import_is_merged(idle: Bench) -> None:
    name = fill(idle, "gs://data/0.png,rose\ngs://data/1.png,rose\n")
    again = config("gs://data/l*.csv", dataItemLabels={"batch": "2"}, annotationLabels={SET_NAME: "second"})
    assert "error" not in import_files(idle, name, again)
    assert idle.get(name)["dataItemCount"] == "2"
    filtered = export(idle, name, annotationsFilter=f'labels."{SET_NAME}"=second')
    assert filtered == [
        {
            "imageGcsUri": f"gs://data/{number}.png",
            "classificationAnnotation": {"displayName": "rose", "annotationResourceLabels": {SET_NAME: "second"}},
            "dataItemResourceLabels": {"batch": "2"},
        }
        for number in (0, 1)
    ]


BAD_LINES = [
    ("list.csv", SINGLE, "later,gs://data/0.png,rose", "`later` is neither"),
    ("list.csv", SINGLE, "gs://data/0.png,rose,red", "one label an image"),
    ("list.csv", SINGLE, "gs://data/9.png,rose", "there is no `gs://data/9.png`"),
    ("list.csv", BOXES, "gs://data/0.png,car,a,b", "must be numbers"),
    ("list.csv", BOXES, "gs://data/0.png,car,0.3,0.3,,,0.3,0.4,,", "wider and higher"),
    ("list.csv", BOXES, "gs://data/0.png,car,0.3,0.3,,,0.4,1.4,,", "from 0 to 1"),
    ("list.jsonl", SINGLE, "{", "not JSON"),
    ("list.jsonl", SINGLE, '{"imageGcsUri": "gs://data/\\ud800.png"}', "half of a surrogate pair"),
    ("list.jsonl", SINGLE, '{"imageGcsUri": NaN}', "NaN is no JSON"),
    ("list.jsonl", SINGLE, "[]", "not a JSON object"),
    ("list.jsonl", SINGLE, '{"imageGcsUri": "/tmp/x"}', "must be a `gs://` URI"),
    ("list.jsonl", SINGLE, '{"imageGcsUri": "gs://data/0.png", "x": 1}', "unknown field `x`"),
    ("list.jsonl", MULTI, '{"imageGcsUri": "gs://data/0.png", "classificationAnnotations": {}}', "must be a list"),
    ("list.jsonl", SINGLE, '{"imageGcsUri": "gs://data/0.png", "classificationAnnotation": {}}', "`displayName`"),
    (
        "list.jsonl",
        SINGLE,
        '{"imageGcsUri": "gs://data/0.png", "dataItemResourceLabels": {"a": 1}}',
        "a map of texts",
    ),
]


@pytest.mark.parametrize(("file", "schema", "line", "words"), BAD_LINES, ids=[case[3] for case in BAD_LINES])
def test_a_bad_line_is_a_partial_failure_and_fails_the_import_when_nothing_else_is_there(
    idle: Bench, file: str, schema: str, line: str, words: str
) -> None:
    good = (
        "gs://data/1.png,car,0.1,0.1,,,0.3,0.3,,"
        if schema == BOXES
        else "gs://data/1.png,x"
        if file.endswith("csv")
        else '{"imageGcsUri": "gs://data/1.png"}'
    )
    write(idle, "data/0.png")
    write(idle, "data/1.png")
    write(idle, f"data/{file}", f"{good}\n{line}\n")
    write(idle, f"data/bad.{file.partition('.')[2]}", line)
    name = create(idle)
    operation = import_files(idle, name, config(f"gs://data/{file}", schema))
    (failure,) = operation["metadata"]["genericMetadata"]["partialFailures"]
    assert failure["code"] == 3
    assert failure["message"].startswith(f"gs://data/{file} line 2: ")
    assert words in failure["message"]
    assert idle.get(name)["dataItemCount"] == "1"
    failed = import_files(idle, name, config(f"gs://data/bad.{file.partition('.')[2]}", schema))
    assert failed["error"]["code"] == 3
    assert words in failed["error"]["message"]


def test_an_import_of_files_that_are_not_there_fails_and_other_formats_are_refused(idle: Bench) -> None:
    name = create(idle)
    assert import_files(idle, name, config("gs://data/no*.csv"))["error"] == {
        "code": 5,
        "message": "There is no file `gs://data/no*.csv` in the engine's storage.",
    }
    assert import_files(idle, name, config("gs://data/no**"))["error"] == {
        "code": 3,
        "message": "`no**`: the local engine knows `**` as a whole part of a path only.",
    }
    other = SINGLE.replace("classification_single_label", "segmentation")
    for body, code in (
        ({"importConfigs": [config("gs://data/x.csv", other)]}, "FAILED_PRECONDITION"),
        ({"importConfigs": [{"importSchemaUri": SINGLE}]}, "INVALID_ARGUMENT"),
        ({"importConfigs": []}, "INVALID_ARGUMENT"),
        ({"importConfigs": [{"gcsSource": {"uris": []}, "importSchemaUri": SINGLE}]}, "INVALID_ARGUMENT"),
    ):
        assert refused(idle.client.post(f"/v1/{name}:import", json=body))[:2] == (400, code)
    table = create(idle, TABULAR, metadata={"inputConfig": {"gcsSource": {"uri": ["gs://data/t.csv"]}}})
    body = {"importConfigs": [config("gs://data/x.csv")]}
    assert refused(idle.client.post(f"/v1/{table}:import", json=body))[:2] == (400, "FAILED_PRECONDITION")


ROWS = "".join(f"{use},gs://data/{n}.png,c\n" for n, use in enumerate(("training", "validation", "test", "unassigned")))
FILTERS = {f"{name}Filter": f"labels.{ML_USE}={name}" for name in ("training", "validation", "test")}


def _images(lines: list[str]) -> list[str]:
    return [json.loads(line)["imageGcsUri"].rpartition("/")[2] for line in lines]


def test_a_pipeline_hands_over_items_split_by_filters(bench: Bench) -> None:
    seen = train(bench, fill(bench, ROWS), filterSplit=FILTERS)
    assert seen["format"] == "jsonl"
    assert [_images(seen[name]) for name in ("TRAINING", "VALIDATION", "TEST")] == [["0.png"], ["1.png"], ["2.png"]]


def test_a_pipeline_hands_over_the_annotations_that_its_filter_chooses(bench: Bench) -> None:
    name = fill(bench, "gs://data/0.png,rose\ngs://data/1.png,rose\n")
    write(bench, "data/second.csv", "gs://data/1.png,tulip\ngs://data/2.png,tulip\n")
    second = config("gs://data/second.csv", annotationLabels={SET_NAME: "second"})
    assert "error" not in import_files(bench, name, second)
    split = {"trainingFraction": 1.0}
    seen = train(bench, name, annotationsFilter=f'labels."{SET_NAME}"=second', fractionSplit=split)
    lines = [json.loads(line) for line in seen["TRAINING"]]
    assert [(line["imageGcsUri"], line["classificationAnnotation"]["displayName"]) for line in lines] == [
        ("gs://data/1.png", "tulip"),
        ("gs://data/2.png", "tulip"),
    ]


def test_the_data_lies_where_vertex_puts_it_and_the_variables_are_patterns_of_paths(bench: Bench) -> None:
    name = fill(bench, ROWS)
    seen = train(bench, name, annotationSchemaUri=f"{SCHEMAS}/annotation/image_classification_1.0.0.yaml")
    (folder,) = bench.bucket("results/data").iterdir()
    number = name.rpartition("/")[2]
    assert folder.name.startswith(f"dataset-{number}-image_classification-20")
    assert folder.name.endswith("Z")
    assert seen["training"] == f"{folder}/training-*.jsonl"
    assert sorted(path.name for path in folder.iterdir()) == [
        "training-00000-of-00001.jsonl",
        "validation-00000-of-00001.jsonl",
    ]


def test_an_item_that_two_filters_match_trains_and_a_minus_matches_none(bench: Bench) -> None:
    split = {"trainingFilter": f"labels.{ML_USE}:*", "validationFilter": FILTERS["validationFilter"], "testFilter": "-"}
    seen = train(bench, fill(bench, ROWS), filterSplit=split, persistMlUseAssignment=True)
    assert [_images(seen[name]) for name in ("TRAINING", "VALIDATION", "TEST")] == [["0.png", "1.png", "2.png"], [], []]


def test_the_assignment_is_kept_when_it_is_asked_for(bench: Bench) -> None:
    name = fill(bench, ROWS)
    split = {"trainingFraction": 1.0}
    train(bench, name, fractionSplit=split, persistMlUseAssignment=True)
    assert {line["dataItemResourceLabels"][ML_USE] for line in export(bench, name)} == {"training"}


TABLE = [
    ("a", "training", "2026-01-01T00:00:00Z"),
    ("a", "test", "2026-01-03T00:00:00Z"),
    ("b", "validation", "2026-01-02T00:00:00Z"),
    ("b", "nonsense", "never"),
    ("a", "TRAIN", "2026-01-04T00:00:00Z"),
    ("b", "", ""),
]


def _fill_table(bench: Bench) -> str:
    for file, part in (("0", TABLE[:4]), ("1", TABLE[4:])):
        rows = "".join(f'{kind},"{use}",{time}\n' for kind, use, time in part)
        write(bench, f"data/t{file}.csv", f"kind,use,time\n{rows}")
    return create(bench, TABULAR, metadata={"inputConfig": {"gcsSource": {"uri": ["gs://data/t*.csv"]}}})


def _tables(seen: dict[str, Any]) -> list[list[str]]:
    """The rows of the three sets, each without the header that every file begins with."""
    return [[row for row in seen[name] if row != "kind,use,time"] for name in ("TRAINING", "VALIDATION", "TEST")]


def test_a_table_is_split_by_a_column_and_keeps_its_header(bench: Bench) -> None:
    seen = train(bench, _fill_table(bench), predefinedSplit={"key": "use"})
    assert seen["format"] == "csv"
    assert seen["TRAINING"] == ["kind,use,time", "a,training,2026-01-01T00:00:00Z", "a,TRAIN,2026-01-04T00:00:00Z"]
    assert _tables(seen)[1:] == [["b,validation,2026-01-02T00:00:00Z"], ["a,test,2026-01-03T00:00:00Z"]]


def test_a_table_is_split_by_time_oldest_first(bench: Bench) -> None:
    split = {"key": "time", "trainingFraction": 0.5, "validationFraction": 0.25, "testFraction": 0.25}
    assert _tables(train(bench, _fill_table(bench), timestampSplit=split)) == [
        ["a,training,2026-01-01T00:00:00Z", "b,validation,2026-01-02T00:00:00Z"],
        ["a,test,2026-01-03T00:00:00Z"],
        ["a,TRAIN,2026-01-04T00:00:00Z"],
    ]


def test_a_table_is_split_within_every_value_of_a_column(bench: Bench) -> None:
    split = {"key": "kind", "trainingFraction": 0.34, "validationFraction": 0.33, "testFraction": 0.33}
    sets = _tables(train(bench, _fill_table(bench), stratifiedSplit=split))
    assert [sorted(row[0] for row in rows) for rows in sets] == [["a", "b"], ["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(("rows", "each"), [(100, 1), (5010, 5)], ids=["rare", "many"])
def test_values_that_are_rare_or_beyond_the_500_most_frequent_are_split_at_random(rows: int, each: int) -> None:
    """Of one row alone there would be nothing to test with otherwise, and of five nothing to validate with."""
    pieces = [Piece(str(n), {"kind": str(n // each)}) for n in range(rows)]
    sets = assign(pieces, {"stratifiedSplit": {"key": "kind"}})
    assert set(sets[2500:] or sets) == {"training", "validation", "test"}


def test_the_beginning_of_unix_time_is_a_time_as_any() -> None:
    pieces = [Piece(str(n), {"time": f"197{n}-01-01T00:00:00Z"}) for n in range(3)]
    split = {"key": "time", "trainingFraction": 0.34, "validationFraction": 0.33, "testFraction": 0.33}
    assert assign(pieces, {"timestampSplit": split}) == ["training", "validation", "test"]


def test_fractions_split_the_same_data_always_alike(bench: Bench) -> None:
    name = _fill_table(bench)
    split = {"trainingFraction": 0.5, "validationFraction": 0.5}
    first, second = (_tables(train(bench, name, fractionSplit=split)) for _ in range(2))
    assert first == second
    assert [len(rows) for rows in first] == [3, 3, 0]


WRONG_DATA = [
    ({"savedQueryId": "1"}, "FAILED_PRECONDITION", "no saved queries"),
    ({"gcsDestination": None, "bigqueryDestination": {"outputUri": "bq://p"}}, "FAILED_PRECONDITION", "no BigQuery"),
    ({"gcsDestination": None}, "INVALID_ARGUMENT", "needs `gcs_destination`"),
    ({"gcsDestination": {"outputUriPrefix": "/tmp"}}, "INVALID_ARGUMENT", "not a `gs://` URI"),
    ({"predefinedSplit": {"key": "a"}}, "INVALID_ARGUMENT", "for tabular datasets only"),
    ({"fractionSplit": {"trainingFraction": 0.8, "testFraction": 0.3}}, "INVALID_ARGUMENT", "more than 1"),
    ({"fractionSplit": {"trainingFraction": "NaN"}}, "INVALID_ARGUMENT", "must not be negative"),
    ({"filterSplit": {**FILTERS, "testFilter": "size>3"}}, "INVALID_ARGUMENT", "not supported"),
    ({"filterSplit": {"trainingFilter": "-"}}, "INVALID_ARGUMENT", "test_filter; Message: Required"),
    ({"filterSplit": FILTERS, "fractionSplit": {}}, "INVALID_ARGUMENT", "oneof field 'split' is already set"),
    ({"annotationsFilter": "(("}, "INVALID_ARGUMENT", "not understood"),
    ({"annotationSchemaUri": "gs://x.yaml"}, "INVALID_ARGUMENT", "none of those for images"),
]


@pytest.mark.parametrize(("config", "code", "words"), WRONG_DATA, ids=[case[2] for case in WRONG_DATA])
def test_data_that_cannot_be_handed_over_is_refused_before_the_pipeline_is_made(
    idle: Bench, config: Any, code: str, words: str
) -> None:
    data = {
        "datasetId": create(idle).rpartition("/")[2],
        "gcsDestination": {"outputUriPrefix": "gs://results/data"},
        **config,
    }
    body = make_pipeline(make_spec(), inputDataConfig=data)
    status, found, message = refused(idle.client.post(f"/v1/{PARENT}/trainingPipelines", json=body))
    assert (status, found) == (400, code)
    assert words in message


def test_a_pipeline_without_any_training_data_fails_saying_so(bench: Bench) -> None:
    data = {
        "datasetId": (name := create(bench)).rpartition("/")[2],
        "gcsDestination": {"outputUriPrefix": "gs://results/data"},
    }
    pipeline = bench.run(make_pipeline(make_spec(), inputDataConfig=data), "trainingPipelines")
    assert pipeline["state"] == "PIPELINE_STATE_FAILED"
    assert f"`{name}` has nothing for the training set" in pipeline["error"]["message"]


def test_files_of_a_table_must_have_the_same_columns(bench: Bench, tmp_path: Path) -> None:
    del tmp_path
    write(bench, "data/t0.csv", "a,b\n1,2\n")
    write(bench, "data/t1.csv", "b,a\n1,2\n")
    name = create(bench, TABULAR, metadata={"inputConfig": {"gcsSource": {"uri": "gs://data/t*.csv"}}})
    data = {
        "datasetId": name.rpartition("/")[2],
        "gcsDestination": {"outputUriPrefix": "gs://results/data"},
    }
    pipeline = bench.run(make_pipeline(make_spec(), inputDataConfig=data), "trainingPipelines")
    assert "has other columns" in pipeline["error"]["message"]


@pytest.mark.parametrize(
    ("content", "words"),
    [("a,b\nn\u00e9e,1\n".encode("latin-1"), "'utf-8' codec"), (b'a,b\n"' + b"x" * 200_000, "field larger than")],
    ids=["latin-1", "long"],
)
def test_a_table_that_cannot_be_read_fails_the_job_naming_the_file(bench: Bench, content: bytes, words: str) -> None:
    bench.bucket("data").mkdir()
    bench.bucket("data/t.csv").write_bytes(content)
    name = create(bench, TABULAR, metadata={"inputConfig": {"gcsSource": {"uri": "gs://data/t.csv"}}})
    data = {"datasetId": name.rpartition("/")[2], "gcsDestination": {"outputUriPrefix": "gs://results/data"}}
    pipeline = bench.run(make_pipeline(make_spec(), inputDataConfig=data), "trainingPipelines")
    assert f"`gs://data/t.csv` is no CSV file in UTF-8: {words}" in pipeline["error"]["message"]
