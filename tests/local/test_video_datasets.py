"""Datasets of videos: the import files of the three objectives, as Google documents them, and what is wrong in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import refused
from tests.local.test_datasets import IMAGE, SCHEMAS, SINGLE, VIDEO, config, create, export, import_files, train, write

if TYPE_CHECKING:
    from tests.local.engine import Bench

CLASSES, TRACKS, ACTIONS = (
    f"{SCHEMAS}/ioformat/video_{kind}_io_format_1.0.0.yaml"
    for kind in ("classification", "object_tracking", "action_recognition")
)
ML_USE = "aiplatform.googleapis.com/ml_use"
HORSE = {"displayName": "horse", "xMin": 0.66, "yMin": 0.56, "xMax": 1.0, "yMax": 1.0, "timeOffset": "4.000000s"}

IMPORTS = [
    (
        "csv of classes",
        "list.csv",
        CLASSES,
        "TRAINING,gs://data/0.mp4,walk,1.5,12\ngs://data/0.mp4,run,12,inf\ngs://data/1.mp4,,,\n",
        [
            {
                "videoGcsUri": "gs://data/0.mp4",
                "timeSegmentAnnotations": [
                    {"displayName": "walk", "startTime": "1.5s", "endTime": "12s"},
                    {"displayName": "run", "startTime": "12s", "endTime": "Infinity"},
                ],
                "dataItemResourceLabels": {ML_USE: "training"},
            }
        ],
    ),
    (
        "json of classes, with times left out",
        "list.jsonl",
        CLASSES,
        json.dumps({"videoGcsUri": "gs://data/0.mp4", "timeSegmentAnnotations": [{"displayName": "walk"}]}),
        [
            {
                "videoGcsUri": "gs://data/0.mp4",
                "timeSegmentAnnotations": [{"displayName": "walk", "startTime": "0s", "endTime": "Infinity"}],
            }
        ],
    ),
    (
        "csv of tracks",
        "list.csv",
        TRACKS,
        "gs://data/0.mp4,car,,12.90,0.8,0.2,,,0.9,0.3,,\ntest,gs://data/1.mp4,bike,7,.5,.45,.45,,,.55,.55,,\n",
        [
            {
                "videoGcsUri": "gs://data/0.mp4",
                "temporalBoundingBoxAnnotations": [
                    {"displayName": "car", "xMin": 0.8, "yMin": 0.2, "xMax": 0.9, "yMax": 0.3, "timeOffset": "12.9s"}
                ],
            },
            {
                "videoGcsUri": "gs://data/1.mp4",
                "temporalBoundingBoxAnnotations": [
                    {
                        "displayName": "bike",
                        "xMin": 0.45,
                        "yMin": 0.45,
                        "xMax": 0.55,
                        "yMax": 0.55,
                        "timeOffset": "0.5s",
                        "instanceId": "7",
                    }
                ],
                "dataItemResourceLabels": {ML_USE: "test"},
            },
        ],
    ),
    (
        "json of tracks, spelt as in Google's example, with numbers in texts",
        "list.jsonl",
        TRACKS,
        json.dumps(
            {
                "videoGcsUri": "gs://data/0.mp4",
                "temporal_bounding_box_annotations": [
                    {
                        "displayName": "horse",
                        "instance_id": "-1",
                        "time_offset": "4.000000s",
                        "xMin": "0.66",
                        "yMin": "0.56",
                        "xMax": "1.0",
                        "yMax": "1.0",
                    }
                ],
            }
        ),
        [
            {
                "videoGcsUri": "gs://data/0.mp4",
                "temporalBoundingBoxAnnotations": [{**HORSE, "instanceId": "-1"}],
            }
        ],
    ),
    (
        "csv of actions",
        "list.csv",
        ACTIONS,
        "gs://data/0.mp4,0,10,,\ngs://data/0.mp4,,,jump,3.5\ngs://data/1.mp4,1,5,swing,2\n",
        [
            {
                "videoGcsUri": "gs://data/0.mp4",
                "timeSegments": [{"startTime": "0s", "endTime": "10s"}],
                "timeSegmentAnnotations": [{"displayName": "jump", "startTime": "3.5s", "endTime": "3.5s"}],
            },
            {
                "videoGcsUri": "gs://data/1.mp4",
                "timeSegments": [{"startTime": "1s", "endTime": "5s"}],
                "timeSegmentAnnotations": [{"displayName": "swing", "startTime": "2s", "endTime": "2s"}],
            },
        ],
    ),
    (
        "json of actions",
        "list.jsonl",
        ACTIONS,
        json.dumps(
            {
                "videoGcsUri": "gs://data/0.mp4",
                "timeSegments": [{"startTime": "1s", "endTime": "5s"}],
                "timestampAnnotations": [{"displayName": "jump", "timeOffset": "2s"}],
            }
        ),
        [
            {
                "videoGcsUri": "gs://data/0.mp4",
                "timestampAnnotations": [{"displayName": "jump", "timeOffset": "2s"}],
                "timeSegments": [{"startTime": "1s", "endTime": "5s"}],
            }
        ],
    ),
]


def fill(bench: Bench, rows: str, *, file: str, schema: str) -> tuple[str, dict[str, Any]]:
    """A dataset of two videos after an import, and how that ended."""
    for number in range(2):
        write(bench, f"data/{number}.mp4")
    write(bench, f"data/{file}", rows)
    name = create(bench, VIDEO)
    return name, import_files(bench, name, config(f"gs://data/{file}", schema))


@pytest.mark.parametrize(
    ("file", "schema", "rows", "lines"), [case[1:] for case in IMPORTS], ids=[case[0] for case in IMPORTS]
)
def test_what_is_imported_is_exported_in_googles_format(
    idle: Bench, file: str, schema: str, rows: str, lines: list[Any]
) -> None:
    name, operation = fill(idle, rows, file=file, schema=schema)
    assert "error" not in operation, operation
    assert "partialFailures" not in operation["metadata"]["genericMetadata"]
    assert export(idle, name) == lines


def line(**fields: Any) -> str:
    return json.dumps({"videoGcsUri": "gs://data/0.mp4", **fields})


BAD_LINES = [
    ("list.csv", CLASSES, "gs://data/0.mp4,walk,now,2", "`now` is no time in seconds"),
    ("list.csv", CLASSES, "gs://data/0.mp4,walk,5,2", "the time segment from 5s to 2s is empty"),
    ("list.csv", CLASSES, "gs://data/0.mp4,,5,7", "needs a `displayName`"),
    ("list.csv", TRACKS, "gs://data/0.mp4,car,,,0.8,0.2,,,0.9,0.3,,", "`` is no time in seconds"),
    ("list.csv", TRACKS, "gs://data/0.mp4,car,,1,0.8,0.2,,,0.9,1.3,,", "from 0 to 1"),
    ("list.csv", ACTIONS, "gs://data/0.mp4,,,jump", "`` is no time in seconds"),
    ("list.jsonl", CLASSES, '{"imageGcsUri": "gs://data/0.mp4"}', "unknown field `imageGcsUri`"),
    ("list.jsonl", CLASSES, '{"videoGcsUri": "0.mp4"}', "the video must be a `gs://` URI"),
    (
        "list.jsonl",
        CLASSES,
        line(timeSegmentAnnotations=[{"displayName": "a", "startTime": 1}]),
        "`startTime` must be seconds",
    ),
    (
        "list.jsonl",
        CLASSES,
        line(timeSegmentAnnotations=[{"displayName": "a", "startTime": "1s", "endTime": "1s"}]),
        "the time segment from 1s to 1s is empty",
    ),
    ("list.jsonl", TRACKS, line(temporalBoundingBoxAnnotations=[{**HORSE, "timeOffset": ""}]), "`timeOffset` must be"),
    ("list.jsonl", TRACKS, line(temporalBoundingBoxAnnotations=[{**HORSE, "colour": "x"}]), "unknown field `colour`"),
    ("list.jsonl", ACTIONS, line(timeSegments=[{"startTime": "5s", "endTime": "1s"}]), "from 5s to 1s is empty"),
    ("list.jsonl", ACTIONS, line(timestampAnnotations=["jump"]), "must be an object"),
]


@pytest.mark.parametrize(("file", "schema", "row", "words"), BAD_LINES, ids=[case[3] for case in BAD_LINES])
def test_a_bad_line_fails_the_import_with_its_place(idle: Bench, file: str, schema: str, row: str, words: str) -> None:
    _, operation = fill(idle, f"{row}\n", file=file, schema=schema)
    assert f"gs://data/{file} line 1: " in operation["error"]["message"]
    assert words in operation["error"]["message"]


def test_formats_of_images_are_refused_for_videos_and_the_other_way_round(idle: Bench) -> None:
    for dataset, schema, kind in ((VIDEO, SINGLE, "video"), (IMAGE, CLASSES, "image")):
        body = {"importConfigs": [config("gs://data/list.csv", schema)]}
        answer = idle.client.post(f"/v1/{create(idle, dataset)}:import", json=body)
        assert refused(answer)[:2] == (400, "INVALID_ARGUMENT")
        assert f"is no format of the dataset's items; there are `{SCHEMAS}/ioformat/{kind}_" in refused(answer)[2]


def test_code_of_ones_own_gets_the_videos_of_a_dataset_as_json_lines(bench: Bench) -> None:
    rows = "training,gs://data/0.mp4,walk,0,2\ntest,gs://data/1.mp4,run,0,inf\n"
    name, _ = fill(bench, rows, file="list.csv", schema=CLASSES)
    split = {f"{use}Filter": f"labels.{ML_USE}={use}" for use in ("training", "test")}
    schema = f"{SCHEMAS}/annotation/video_classification_1.0.0.yaml"
    seen = train(bench, name, annotationSchemaUri=schema, filterSplit={**split, "validationFilter": "-"})
    assert (seen["format"], seen["VALIDATION"]) == ("jsonl", [])
    assert [json.loads(text)["videoGcsUri"] for text in (*seen["TRAINING"], *seen["TEST"])] == [
        "gs://data/0.mp4",
        "gs://data/1.mp4",
    ]
    assert "video_classification" in seen["training"]


def test_equal_annotations_are_kept_once_however_many_lines_a_video_has(idle: Bench) -> None:
    rows = "".join(f"gs://data/0.mp4,car,{n % 1500},{n % 1500},0.1,0.1,,,0.5,0.5,,\n" for n in range(3000))
    name, _ = fill(idle, rows, file="list.csv", schema=TRACKS)
    again = import_files(idle, name, config("gs://data/list.csv", TRACKS))
    assert "error" not in again
    [item] = export(idle, name)
    assert len(item["temporalBoundingBoxAnnotations"]) == 1500
