"""Our quick yes against jsonschema: it may ask, but never say yes where jsonschema says no."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from trainctl.spec.conformance import fits
from trainctl.spec.schema import kinds, load_schema

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    1.5,
    10**30,
    "",
    "x",
    "12",
    "1h",
    "gs://bucket/x",
    [],
    [1],
    {},
    {"a": 1},
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every holder and key in a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in list(pairs) for place in ((value, key), *places(inner))]


@pytest.mark.parametrize("kind", kinds())
def test_a_sound_spec_needs_no_jsonschema(kind: str) -> None:
    data = load_schema(kind).data
    assert fits({"kind": kind, **data["x-init"]}, data, data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(kinds()), st.integers(0, 10**6), st.sampled_from(ODD))
def test_a_changed_spec_fits_exactly_if_jsonschema_finds_nothing(kind: str, where: int, odd: Any) -> None:
    schema = load_schema(kind)
    value = copy.deepcopy({"kind": kind, **schema.data["x-init"]})
    holder, key = places(value)[where % len(places(value))]
    holder[key] = odd
    assert fits(value, schema.data, schema.data) == schema.validator.is_valid(value)


@pytest.mark.parametrize("kind", kinds())
def test_every_field_fits_odd_values_exactly_as_jsonschema_has_it(kind: str) -> None:
    schema = load_schema(kind)
    for name, field in schema.data["properties"].items():
        validator = Draft202012Validator({"$defs": schema.data["$defs"], **field})
        for odd in ODD:
            assert fits(odd, field, schema.data) == validator.is_valid(odd), (name, odd)


def test_a_keyword_it_does_not_know_is_left_to_jsonschema() -> None:
    assert not fits(3, {"multipleOf": 2}, {})
    assert not fits(4, {"multipleOf": 2}, {})
    assert fits(4, {"description": "a number", "x-form": "even"}, {})
