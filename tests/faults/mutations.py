"""Specs that somebody has edited without looking: sound ones with a few random changes, and texts that are none."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from tests.kinds.test_bodies_match_discovery import ROWS
from tests.kinds.test_raw_requests import GUIDES
from trainctl.catalog import OWN_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RAW_KINDS = {
    "customJobs": "custom-job",
    "trainingPipelines": "training-pipeline",
    "hyperparameterTuningJobs": "hyperparameter-tuning-job",
    "jobs": "ml-job",
}
Place = tuple["str | int", ...]


def load_specs() -> list[dict[str, Any]]:
    """Sound specs of every kind; none that packs code, which reads the disk."""
    rows = [row.values[0]["spec"] for row in ROWS] + [raw_spec(row.values[0]) for row in ROWS]
    return [spec for spec in (*rows, *read_guides()) if not {"script_path", "package_path"} & spec.keys()]


def raw_spec(row: dict[str, Any]) -> dict[str, Any]:
    """The request of a row as a spec of its own."""
    labels = {key: value for key, value in row["body"].get("labels", {}).items() if key not in OWN_LABELS}
    return {**row["body"], "kind": RAW_KINDS[row["url"].rsplit("/", 1)[-1]], "labels": labels}


def read_guides() -> Iterator[dict[str, Any]]:
    """The bodies of Google's guides, those left out that are no JSON."""
    for file in GUIDES:
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(file.read_text(encoding="utf-8"))


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """The path of every value."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, key)
        yield from places(inner, (*above, key))


def parent(spec: Any, place: Place) -> Any:
    """What holds the value at a place."""
    for step in place[:-1]:
        spec = spec[step]
    return spec


SPECS = load_specs()
KEYS = sorted({str(place[-1]) for spec in SPECS for place in places(spec)} - {"script_path", "package_path"})
WORDS = sorted({json.dumps(parent(spec, place)[place[-1]]) for spec in SPECS for place in places(spec)}, key=len)[:2000]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-2, 20),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["", "0", "-1", "1e9", "90s", "1h30m", "gs://", "gs://b/x", "projects/p", "2026-11-21", "${env.HOME}"]
    ),
)
known = st.sampled_from(WORDS).map(json.loads)
values = st.recursive(
    st.one_of(scalars, known),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def edited_specs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> dict[str, Any]:
    """A sound spec after up to four thoughtless changes."""
    spec: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(SPECS)))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3]))):
        if found := list(places(spec)):
            change(draw, parent(spec, place := draw(st.sampled_from(found))), place[-1])
    return spec


def change(draw: Callable[[st.SearchStrategy[Any]], Any], holder: Any, key: str | int) -> None:
    """One change of what a mapping or a list holds."""
    match draw(st.sampled_from(["remove", "replace", "rename", "add", "wrap", "text"])):
        case "remove":
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from(KEYS))] = holder.pop(key)
        case "add" if isinstance(holder, dict):
            holder[draw(st.sampled_from(KEYS) | st.text(max_size=8))] = draw(values)
        case "wrap":
            holder[key] = [holder[key]]
        case "text":
            holder[key] = str(holder[key])
        case _:
            holder[key] = draw(values)


def write(spec: dict[str, Any], form: str) -> str:
    """The spec as a text in one of the forms that people use."""
    return json.dumps(spec) if form == "json" else yaml.safe_dump(spec, allow_unicode=form == "unicode")


spec_texts = st.builds(write, edited_specs(), st.sampled_from(["json", "yaml", "unicode"]))
broken_texts = st.builds(
    lambda text, start, length, patch: text[: start % len(text)] + patch + text[start % len(text) + length :],
    spec_texts,
    st.integers(0, 5000),
    st.integers(0, 30),
    st.text("{}[]:-#&*!|>'\"%@,\n \tabc01.~?<\x00\x1b\u202e\ud7ff", max_size=12),
)
PIECES = [
    *(
        "kind: custom\n",
        "- ",
        "a: ",
        "&x ",
        "*x\n",
        "<<: *x\n",
        "!!python/object:os.system ",
        "? ",
        "\n",
        "  ",
        "{",
        "}",
    ),
    *("[", "]", "|\n", ">\n", "'", '"', "---\n", "...\n", "%TAG ! x\n", "${var.", "\t", "1e400\n", "\ufeff"),
]
wild_texts = st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
