"""What the schemas say about fields, and the specs they give to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.running import check_document, check_text
from trainctl.spec.explain import Explanation, FieldLine, UnknownField, explain
from trainctl.spec.load import load_text
from trainctl.spec.schema import kinds
from trainctl.spec.starter import init


def test_a_field_is_explained_by_the_words_of_its_schema() -> None:
    assert explain("custom", "timeout") == Explanation(
        kind="custom",
        path="timeout",
        type="number or string",
        description="How long the job may run: seconds, or text such as `12h`. Vertex AI's default is 7 days.",
        required=False,
        default=None,
        choices=(),
        examples=("12h",),
        limits=("seconds, or text such as `90s`, `45m` or `1h30m`", "more than 0"),
        fields=(),
    )


def test_a_nested_field_is_found_with_or_without_indexes_and_in_both_spellings() -> None:
    found = explain("custom", "worker_pool_specs[0].diskSpec")
    assert found == explain("custom", "workerPoolSpecs.disk_spec")
    assert (found.path, found.type) == ("worker_pool_specs.disk_spec", "mapping")
    assert found.fields == (
        FieldLine(
            "boot_disk_type",
            "string",
            "The boot disk's type",
            required=False,
        ),
        FieldLine("boot_disk_size_gb", "integer", "The boot disk's size in GB, 100 to 64 000", required=False),
    )


def test_a_kind_as_a_whole_lists_its_fields_and_says_which_are_required() -> None:
    found = explain("custom")
    assert [field.name for field in found.fields if field.required] == ["kind", "display_name"]
    assert found.description.startswith("Runs a local script")
    assert explain("custom", "display_name").required


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("machine_typ", "kind `custom` has no field `machine_typ`", "did you mean `machine_type`?"),
        (
            "worker_pool_specs.disk_spec.size",
            "`worker_pool_specs.disk_spec` has no field `size`",
            "it has `boot_disk_size_gb` and `boot_disk_type`",
        ),
        ("timeout.seconds", "`timeout` holds no fields", "ask for `custom` to see its fields"),
    ],
)
def test_a_path_that_leads_nowhere_is_answered_with_what_may_be_meant(path: str, message: str, hint: str) -> None:
    with pytest.raises(UnknownField) as raised:
        explain("custom", path)
    assert (raised.value.message, raised.value.hint) == (message, hint)


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        explain("costum")


@pytest.mark.parametrize("kind", kinds())
def test_the_spec_to_start_from_is_valid_and_names_its_schema_for_editors(kind: str) -> None:
    text = init(kind)
    assert text.startswith(f"# yaml-language-server: $schema=schemas/{kind}.json\n")
    (document,) = load_text(text, file="spec.yaml", folder=Path())
    assert document.value["kind"] == kind
    assert check_document(document).errors == ()


def test_every_commented_field_of_the_spec_to_start_from_may_be_used() -> None:
    text = init("custom")
    for line in text.splitlines():
        if line.startswith("#") and line[1:2].isalpha() and not line.endswith("{}"):
            name = line[1:].partition(":")[0]
            codes = {problem.code for problem in check_text(text.replace(line, line[1:])).problems}
            assert not codes & {"unknown-field", "type", "choice", "range", "form", "yaml"}, name
