"""Jobs that no service should ever answer: exports take whatever comes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trainctl.catalog import COLLECTIONS, Target
from trainctl.conversion.equality import comparable
from trainctl.conversion.export import export
from trainctl.kinds import find_kind
from trainctl.spec.document import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "kinds" / "data"
ROWS = [
    json.loads(line)
    for name in ("automl_sent", "custom_sent", "hptune_sent")
    for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[::9]
]
JUNK: list[Any] = [
    None,
    0,
    1.5,
    -1,
    "",
    "x",
    "1",
    "a\nb",
    True,
    [],
    {},
    ["x"],
    [{}],
    {"a": 1},
    [[1]],
    {"values": [None]},
]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from paths(each, (*path, key))


def disturb(body: Any, places: list[int], junk: list[Any]) -> Any:
    """The body with other values in some places; `...` stands for none."""
    body = copy.deepcopy(body)
    for place, value in zip(places, junk, strict=False):
        known = list(paths(body))
        if not known:
            break
        *way, last = known[place % len(known)]
        holder = body
        for step in way:
            holder = holder[step]
        if value is ... and isinstance(holder, dict):
            del holder[last]
        else:
            holder[last] = None if value is ... else copy.deepcopy(value)
    return body


@settings(max_examples=200)
@given(
    row=st.sampled_from(ROWS),
    places=st.lists(st.integers(0, 999), min_size=1, max_size=3),
    junk=st.lists(st.sampled_from([*JUNK, ...]), min_size=3, max_size=3),
)
def test_whatever_a_job_says_its_export_is_a_spec_of_that_request(
    row: dict[str, Any], places: list[int], junk: list[Any]
) -> None:
    collection, target = COLLECTIONS[row["url"].rpartition("/")[2]], Target("my-project", "us-central1")
    body = disturb(row["body"], places, junk)
    found = export(body, collection, target)
    json.dumps(found.fields)
    kind = find_kind(found.kind)
    assert kind is not None
    if not found.problems:
        fields = {name: value for name, value in found.fields.items() if name != "kind"}
        call = kind.build(Spec(found.kind, fields, None), target, found.stamp)  # type: ignore[arg-type]
        assert comparable(call.body, collection) == comparable(body, collection)
