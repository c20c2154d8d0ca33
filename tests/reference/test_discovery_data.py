from __future__ import annotations

import json
from pathlib import Path

import pytest

from trainctl.reference import generate, load_discovery_schema

DOCUMENTS = Path(__file__).parent.parent / "discovery"


@pytest.mark.parametrize("source", generate.SOURCES, ids=lambda source: source.service)
def test_the_checked_in_data_is_what_the_generator_makes(source: generate.Source) -> None:
    document = json.loads((DOCUMENTS / source.file).read_text(encoding="utf-8"))
    checked_in = Path(generate.__file__).with_name(f"{source.service}.json").read_text(encoding="utf-8")
    assert generate.render(document, source) == checked_in


@pytest.mark.parametrize("source", generate.SOURCES, ids=lambda source: source.service)
def test_every_reference_within_the_data_leads_somewhere(source: generate.Source) -> None:
    data = load_discovery_schema(source.service)
    missing = {name for schema in data["schemas"].values() for name in generate._references(schema)} - data[
        "schemas"
    ].keys()
    assert missing == set()


def test_a_schema_lists_the_properties_that_google_calls_required() -> None:
    schemas = load_discovery_schema("vertex")["schemas"]
    assert schemas["GoogleCloudAiplatformV1CustomJob"]["required"] == ["displayName", "jobSpec"]
    assert "required" not in schemas["GoogleCloudAiplatformV1Scheduling"]
