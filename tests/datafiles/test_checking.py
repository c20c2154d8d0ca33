"""Import files: what is counted, and where and how what is wrong with a line is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from trainctl.datafiles.census import KEPT, Census
from trainctl.datafiles.checking import check_file
from trainctl.datafiles.formats import FORMATS, METADATA, ML_USE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Runner

BOX = {"displayName": "cup", "xMin": 0.1, "yMin": 0.2, "xMax": 0.3, "yMax": 0.4}


def check(folder: Path, text: str, objective: str, suffix: str) -> Census:
    file = folder / f"import.{suffix}"
    file.write_text(text, encoding="utf-8")
    census = Census()
    check_file(file, FORMATS[objective], census, shown="import")
    return census


def line(kind: str = "image", **fields: Any) -> str:
    return json.dumps({f"{kind}GcsUri": "gs://b/1", **fields})


@pytest.mark.parametrize(
    ("objective", "suffix", "text", "labels"),
    [
        ("single-label", "csv", "gs://b/1.jpg,daisy\ntest,gs://b/2.jpg,rose\n\n", ["daisy", "rose"]),
        ("single-label", "csv", "gs://b/1.jpg\nUNASSIGNED,gs://b/2.jpg,\n", []),
        ("multi-label", "csv", "TRAINING,gs://b/1.jpg,daisy,white\n", ["daisy", "white"]),
        ("object-detection", "csv", "gs://b/1.jpg,cup,0.1,0.2,,,0.3,0.4,,\n", ["cup"]),
        ("object-detection", "csv", "gs://b/1.jpg,cup,0.1,0.2,0.3,0.2,0.3,0.4,0.1,0.4\n", ["cup"]),
        ("classification", "csv", "gs://b/1.mp4,walk,0,inf\ntest,gs://b/2.mp4,run,1.5,2\n", ["run", "walk"]),
        ("object-tracking", "csv", "gs://b/1.mp4,car,1,0.5,0.1,0.2,,,0.3,0.4,,\n", ["car"]),
        ("action-recognition", "csv", "gs://b/1.mp4,0,10,jump,3.5\ngs://b/1.mp4,0,10\n", ["jump"]),
        ("single-label", "jsonl", line(classificationAnnotation={"displayName": "daisy"}), ["daisy"]),
        (
            "multi-label",
            "jsonl",
            line(classificationAnnotations=[{"displayName": "a"}, {"displayName": "b"}]),
            ["a", "b"],
        ),
        ("object-detection", "jsonl", line(boundingBoxAnnotations=[BOX]), ["cup"]),
        (
            "classification",
            "jsonl",
            line("video", timeSegmentAnnotations=[{"displayName": "walk", "startTime": "0s", "endTime": "Infinity"}]),
            ["walk"],
        ),
        (
            "object-tracking",
            "jsonl",
            line("video", temporalBoundingBoxAnnotations=[{**BOX, "timeOffset": "4s", "instanceId": "1"}]),
            ["cup"],
        ),
        (
            "object-tracking",
            "jsonl",
            line(
                "video",
                temporal_bounding_box_annotations=[
                    {**{k: str(v) for k, v in BOX.items()}, "time_offset": "4.5s", "instance_id": "-1"}
                ],
            ),
            ["cup"],
        ),
        (
            "action-recognition",
            "jsonl",
            line("video", timeSegmentAnnotations=[{"displayName": "jump", "startTime": "2s", "endTime": "2s"}]),
            ["jump"],
        ),
        (
            "action-recognition",
            "jsonl",
            line(
                "video",
                timeSegments=[{"startTime": "1s", "endTime": "5s"}],
                timestampAnnotations=[{"displayName": "jump", "timeOffset": "2s"}],
            ),
            ["jump"],
        ),
    ],
)
def test_sound_files_are_counted(objective: str, suffix: str, text: str, labels: list[str], tmp_path: Path) -> None:
    census = check(tmp_path, text, objective, suffix)
    assert [str(flaw) for flaw in census.flaws] == []
    assert census.names == labels


@pytest.mark.parametrize(
    ("objective", "suffix", "text", "flaw"),
    [
        (
            "single-label",
            "csv",
            "gs://b/1,a\ntest,gs://b/2,a,b\n",
            "2:17: `b` is a second label, and each image has one",
        ),
        (
            "single-label",
            "csv",
            "tset,gs://b/2,a\n",
            "1:1: `tset` is no set: write training, validation, test or unassigned",
        ),
        ("single-label", "csv", "a.jpg,a\n", "1:1: `a.jpg` is neither a `gs://` URI nor a file beside the import file"),
        (
            "single-label",
            "csv",
            "training,a.jpg,a\n",
            "1:10: `a.jpg` is neither a `gs://` URI nor a file beside the import file",
        ),
        *(
            (
                "single-label",
                "csv",
                f"{name},a\n",
                f"1:1: `{name}` lies outside the import file's folder, and only what",
            )
            for name in ("/etc/passwd", "../data.csv", "images/../../x.jpg", "..")
        ),
        (
            "single-label",
            "jsonl",
            '{"imageGcsUri": "../../.ssh/id_rsa"}\n',
            "1:2: `../../.ssh/id_rsa` lies outside the import file's folder, and only what is in there is uploaded",
        ),
        ("single-label", "csv", "gs://b,a\n", "1:1: `gs://b` names no object: write `gs://BUCKET/PATH`"),
        ("single-label", "csv", 'gs://b/1,"a\nb"\ntset,gs://b/2,a\n', "3:1: `tset` is no set: write training,"),
        (
            "single-label",
            "csv",
            'gs://b/1,a\ntest,"gs://b/2,a\ngs://b/3,a\n',
            "2:1: the line cannot be read: unexpected",
        ),
        ("object-detection", "csv", "gs://b/1,cup,0.1,x\n", "1:18: `x` is no number (y1)"),
        (
            "object-detection",
            "csv",
            "gs://b/1,cup,0.1,0.2,,,1.3,0.4,,\n",
            "1:14: the sides of a box are numbers from 0 to 1",
        ),
        (
            "object-detection",
            "csv",
            "gs://b/1,cup,0.3,0.2,,,0.3,0.4,,\n",
            "1:14: a box must be wider and higher than nothing",
        ),
        ("object-detection", "csv", "gs://b/1,cup,0.1,0.2\n", "1:14: a box needs two or four corners"),
        ("classification", "csv", "gs://b/1.mp4,walk,now,2\n", "1:19: `now` is no time in seconds"),
        ("classification", "csv", "gs://b/1.mp4,walk,3,2\n", "1:19: the time segment from 3 to 2 s is empty"),
        ("classification", "csv", "gs://b/1.mp4,walk,3,x\n", "1:21: `x` is no time in seconds"),
        ("object-tracking", "csv", "gs://b/1.mp4,car,,,.1,.2,,,.3,.4,,\n", "1:19: `` is no time in seconds"),
        ("action-recognition", "csv", "gs://b/1.mp4,9,5,jump,3.5\n", "1:14: the time segment from 9 to 5 s is empty"),
        ("action-recognition", "csv", "gs://b/1.mp4,,,jump\n", "1:21: `` is no time in seconds"),
        ("single-label", "jsonl", "nothing", "1:1: not JSON"),
        ("single-label", "jsonl", "[1]", "1:1: a line holds one JSON object"),
        ("single-label", "jsonl", "[" * 200_000, "1:1: not JSON that can be read: it is nested too deeply"),
        (
            "single-label",
            "jsonl",
            line(classificationAnnotation={"displayName": "\ud800"}),
            "1:1: a text has half a character: an escape `\\ud800` to `\\udfff` without its other half",
        ),
        ("single-label", "jsonl", line(image_gcs_uri="gs://b/2"), "1:1: `imageGcsUri` is there in two spellings"),
        (
            "single-label",
            "jsonl",
            line(classificationAnnotation={"displayName": "a", "weight": 1}),
            "1:78: unknown field `weight` in `classificationAnnotation`",
        ),
        (
            "single-label",
            "jsonl",
            line(classificationAnnotation={"displayName": "a", "annotationResourceLabels": ["b"]}),
            "1:78: `annotationResourceLabels` must be an object of texts",
        ),
        (
            "object-tracking",
            "jsonl",
            line("video", temporalBoundingBoxAnnotations=[{**BOX, "timeOffset": "4s", "instanceId": [1]}]),
            "1:159: `instanceId` must be a text",
        ),
        ("single-label", "jsonl", line(classificationAnotation={}), "1:29: unknown field `classificationAnotation`"),
        (
            "single-label",
            "jsonl",
            line(classificationAnnotation={}),
            "1:29: an annotation in `classificationAnnotation` has",
        ),
        (
            "multi-label",
            "jsonl",
            line(classificationAnnotations={}),
            "1:29: `classificationAnnotations` must be a list",
        ),
        (
            "object-detection",
            "jsonl",
            line(boundingBoxAnnotations=[{"displayName": "a"}]),
            "1:29: the annotation `a` has no",
        ),
        ("single-label", "jsonl", "{}", "1:1: `imageGcsUri` names no image"),
        ("single-label", "jsonl", line(dataItemResourceLabels={ML_USE: "tset"}), "1:56: `tset` is no set"),
        ("classification", "jsonl", line(), "1:2: unknown field `imageGcsUri`"),
        (
            "classification",
            "jsonl",
            line("video", timeSegmentAnnotations=[{"displayName": "a", "startTime": 1}]),
            "1:29: `startTime` must be seconds with an `s` behind them, as `1.5s`",
        ),
        (
            "action-recognition",
            "jsonl",
            line("video", timeSegments=[{"startTime": "5s", "endTime": "1s"}]),
            "1:29: the time segment from 5 to 1 s is empty",
        ),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(
    objective: str, suffix: str, text: str, flaw: str, tmp_path: Path
) -> None:
    census = check(tmp_path, text, objective, suffix)
    [found] = census.flaws
    assert str(found).startswith(f"import:{flaw}")


def test_a_line_that_is_no_utf_8_is_named_and_those_behind_it_are_checked(tmp_path: Path) -> None:
    file, census = tmp_path / "import.csv", Census()
    rows = [f"gs://b/{number}.jpg,\u00e9\n".encode() for number in range(5000)]
    file.write_bytes(b"".join([*rows, b"gs://b/x.jpg,caf\xe9\n", b"gs://b/y.jpg,a,b\n"]))
    check_file(file, FORMATS["single-label"], census, shown="import")
    assert [str(flaw) for flaw in census.flaws] == [
        "import:5001:14: the line is not text in UTF-8",
        "import:5002:16: `b` is a second label, and each image has one",
    ]


def test_flaws_beyond_the_hundredth_are_only_counted(tmp_path: Path) -> None:
    census = check(tmp_path, "nowhere.jpg,a\n" * 250, "single-label", "csv")
    assert (len(census.flaws), census.wrong, census.items) == (KEPT, 250, 0)


def test_the_schemas_are_googles() -> None:
    start = "gs://google-cloud-aiplatform/schema/dataset/"
    assert METADATA["video"] == f"{start}metadata/video_1.0.0.yaml"
    assert FORMATS["object-detection"].schema == f"{start}ioformat/image_bounding_box_io_format_1.0.0.yaml"


def test_nothing_is_sent_when_a_line_is_wrong(trainctl: Runner, tmp_path: Path) -> None:
    file = tmp_path / "flowers.csv"
    file.write_text("gs://b/1.jpg,daisy\ntset,gs://b/2.jpg,rose\n", encoding="utf-8")
    outcome = trainctl(
        "datasets", "create", "flowers", "--kind", "image", "--import", str(file), "--project", "my-project"
    )
    assert outcome.code == 3
    assert outcome.err == (
        f"{file}:2:1: `tset` is no set: write training, validation, test or unassigned\n"
        "error: 1 line is wrong; nothing was sent\n"
    )


def test_a_file_without_items_is_told_before_a_dataset_is_made(trainctl: Runner, tmp_path: Path) -> None:
    file = tmp_path / "flowers.jsonl"
    file.write_text("\n\n", encoding="utf-8")
    outcome = trainctl("datasets", "create", "x", "--kind", "image", "--import", str(file), "--project", "my-project")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == f"error: there is nothing in `{file}`; nothing was sent\n"


def test_more_wrong_lines_than_are_shown_are_counted_and_all_are_escaped(trainctl: Runner, tmp_path: Path) -> None:
    file = tmp_path / "flowers.csv"
    file.write_text("\x1b[31m.jpg,a\n" * 250, encoding="utf-8")
    outcome = trainctl("datasets", "create", "x", "--kind", "image", "--import", str(file), "--project", "my-project")
    told = f"{file}:1:1: `\\x1b[31m.jpg` is neither a `gs://` URI nor a file beside the import file"
    assert outcome.err.splitlines()[0] == told
    assert outcome.err.splitlines()[-1] == (
        "error: 250 lines are wrong, of which the first 100 are shown; nothing was sent"
    )


def test_an_image_in_the_place_of_its_uri_is_shown_in_part(trainctl: Runner, tmp_path: Path) -> None:
    file = tmp_path / "flowers.csv"
    image = f"data:image/png;base64 {'A' * 9_000}"
    file.write_text(f"gs://b/1.jpg,rose\n{image},rose\n", encoding="utf-8")
    outcome = trainctl("datasets", "create", "x", "--kind", "image", "--import", str(file), "--project", "my-project")
    assert outcome.code == 3
    assert outcome.err == (
        f"{file}:2:1: `{image[:200]}...` is neither a `gs://` URI nor a file beside the import file\n"
        "error: 1 line is wrong; nothing was sent\n"
    )


def test_an_objective_of_other_data_is_refused(trainctl: Runner) -> None:
    outcome = trainctl("datasets", "create", "x", "--kind", "video", "--objective", "multi-label", "--import", "x.csv")
    assert outcome.code == 2
    assert outcome.err == (
        "error: `multi-label` is no objective for video data\n"
        "hint: take one of classification, object-tracking, action-recognition\n"
    )
