"""The requests of custom and tuning specs, held against what Google's SDK sent for the same parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kinds.protojson import canonical
from trainctl.catalog import DRY_RUN_STAMP
from trainctl.errors import SpecInvalid
from trainctl.preparation import Defaults, found_in, prepare
from trainctl.spec.load import load_text

if TYPE_CHECKING:
    from trainctl.preparation import Prepared
    from trainctl.spec.problems import Problem

DATA = Path(__file__).with_name("data")
GENERATED = ("/aiplatform-custom-", "/aiplatform-2")


def rows(*names: str) -> list[Any]:
    lines = [line for name in names for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [pytest.param(row, id=row["case"]) for row in map(json.loads, lines)]


def prepared(row: dict[str, Any], folder: Path) -> Prepared:
    for name, text in row.get("files", {}).items():
        path = folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    [document] = load_text(json.dumps(row["spec"]), file="spec.yaml", folder=folder)
    return prepare(document, Defaults(), DRY_RUN_STAMP)


def comparable(body: dict[str, Any], row: dict[str, Any]) -> Any:
    """The body without what trainctl names by itself: output folders, archives, and how packed code is started."""
    text = json.dumps(canonical(body))
    value = json.loads(text)
    for key, inner in walk(value):
        if key in ("pythonModule", "command") and "script_path" in row["spec"]:
            inner[key] = "its own"
        if isinstance(inner[key], str):
            for marker in (*GENERATED, "/trainctl/"):
                inner[key] = inner[key].split(marker)[0]
        elif key == "packageUris":
            inner[key] = [uri.split("/trainctl/code/")[0].split("/aiplatform-")[0] for uri in inner[key]]
    return value


def walk(value: Any) -> Any:
    if isinstance(value, dict):
        for key in list(value):
            yield key, value
            yield from walk(value[key])
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


@pytest.mark.parametrize("row", rows("custom_sent", "hptune_sent"))
def test_a_spec_sends_what_the_sdk_sends(row: dict[str, Any], tmp_path: Path) -> None:
    call = prepared(row, tmp_path).call
    assert call.url == row["url"]
    assert comparable(dict(call.body), row) == comparable(row["body"], row)


@pytest.mark.parametrize("row", rows("custom_own", "hptune_own", "ml_own"))
def test_what_the_sdk_has_no_word_for_is_sent_as_the_rest_reference_writes_it(
    row: dict[str, Any], tmp_path: Path
) -> None:
    call = prepared(row, tmp_path).call
    assert call.url == row["url"]
    assert call.body == row["body"]


@pytest.mark.parametrize("row", rows("custom_refused", "hptune_refused"))
def test_a_wrong_spec_is_told_what_is_wrong(row: dict[str, Any], tmp_path: Path) -> None:
    """`refused` is the reason; where it is a matter of judgement, a warning is enough."""
    refused, problems = found(row, tmp_path)
    assert sorted({problem.code for problem in problems}) == row["codes"], row["refused"]
    assert refused or row.get("judgement"), row["refused"]


def found(row: dict[str, Any], folder: Path) -> tuple[bool, tuple[Problem, ...]]:
    try:
        return False, prepared(row, folder).warnings
    except SpecInvalid as error:
        return True, found_in(error)
