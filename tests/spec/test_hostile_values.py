"""Odd values anywhere in a sound spec: reported or accepted, never a crash, and always at a place in the file."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spec.running import check_document
from tests.spec.test_conformance import ODD, places
from trainctl.spec.load import load_text
from trainctl.spec.schema import kinds, load_schema
from trainctl.spec.shape import resolve

WORDS = ["-5s", "3600s", "@", "a/b/c", "projects/p/locations/l/datasets/7", "ÄÖ", "x" * 200, "gs://", "99", "-", "a=b"]


def full(kind: str) -> dict[str, Any]:
    """A spec with an example of every field that has one, sound or not."""
    root = load_schema(kind).data
    value: dict[str, Any] = {}
    for name, field in root["properties"].items():
        whole = {**resolve(root, field["$ref"]), **field} if "$ref" in field else field
        if whole.get("examples"):
            value[name] = whole["examples"][0]
    return {**value, "kind": kind, **root.get("x-init", {})}


FULL = {kind: full(kind) for kind in kinds()}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(kinds()), st.integers(0, 10**6), st.sampled_from([*ODD, *WORDS]), st.booleans())
def test_no_value_anywhere_breaks_the_check(kind: str, where: int, odd: Any, as_key: bool) -> None:
    value = copy.deepcopy(FULL[kind])
    holder, key = places(value)[where % len(places(value))]
    if as_key and isinstance(holder, dict) and key != "kind":
        holder[str(odd)] = holder.pop(key)
    elif key != "kind":
        holder[key] = odd
    text = json.dumps(value, indent=1)
    document, *_ = load_text(text, file="spec.json", folder=Path())
    for problem in check_document(document, location="us-central1").problems:
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.hint, problem
        assert "\n" not in problem.message
