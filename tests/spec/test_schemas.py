"""The schemas themselves: sound, current, complete against Google's discovery document, usable elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from trainctl.spec import generate
from trainctl.spec.load import load
from trainctl.spec.rest import COVERED_TOO, INPUT_DATA, JOB, JOB_SPEC, LEFT_OUT, MODEL, PIPELINE
from trainctl.spec.schema import export, kinds, load_schema
from trainctl.spec.shape import resolve
from trainctl.spec.spelling import snake_case
from trainctl.spec.starter import init

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCUMENT = Path(__file__).parent.parent / "discovery" / "aiplatform.v1.json"
CONFIGS = sorted((Path(__file__).parent.parent.parent / "configs").rglob("*.yaml"))
GOOGLE: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))["schemas"]
PREFIX = "GoogleCloudAiplatformV1"
NOT_ENTERED = {"WorkerPoolSpec", "PscInterfaceConfig", "ExplanationMetadata", "ExplanationParameters", "Probe"}
NOT_ENTERED |= {"ModelBaseModelSource", "ModelDataStats", "EnvVar", "Port"}


def leaves(name: str, prefix: str = "") -> Iterator[str]:
    """Every field of a schema of Google's that can be written, with the fields of what it holds."""
    for field, inner in GOOGLE[PREFIX + name]["properties"].items():
        if inner.get("readOnly"):
            continue
        target = inner.get("$ref", "").removeprefix(PREFIX)
        if target and target not in NOT_ENTERED:
            yield from leaves(target, f"{prefix}{field}.")
        else:
            yield f"{prefix}{field}"


@pytest.mark.parametrize(
    ("schema", "table", "inside"),
    [
        ("CustomJobSpec", JOB_SPEC, ()),
        ("InputDataConfig", INPUT_DATA, ()),
        ("Model", MODEL, ()),
        ("CustomJob", JOB, ("jobSpec.",)),
        ("TrainingPipeline", PIPELINE, ("inputDataConfig.", "modelToUpload.", "trainingTaskInputs")),
    ],
)
def test_every_field_of_google_has_a_field_in_a_custom_spec(
    schema: str, table: Mapping[str, str], inside: tuple[str, ...]
) -> None:
    known = {*table.values(), *COVERED_TOO, *LEFT_OUT}
    missing = [leaf for leaf in leaves(schema) if leaf not in known and not leaf.startswith(inside or "/")]
    assert missing == []


@pytest.mark.parametrize("table", [JOB_SPEC, JOB, INPUT_DATA, PIPELINE, MODEL], ids=range(5))
def test_the_table_of_names_holds_no_field_that_does_not_exist(table: Mapping[str, str]) -> None:
    fields = load_schema("custom").shape.fields
    assert [name for name in table if name not in fields] == []
    assert [name for name in COVERED_TOO.values() if name not in fields] == []
    written = {
        leaf
        for schema in ("CustomJobSpec", "CustomJob", "InputDataConfig", "TrainingPipeline", "Model")
        for leaf in leaves(schema)
    }
    assert [place for place in table.values() if place not in written] == []


@pytest.mark.parametrize(
    ("place", "schema"),
    [
        (("worker_pool_specs", 0), "WorkerPoolSpec"),
        (("worker_pool_specs", 0, "machine_spec"), "MachineSpec"),
        (("worker_pool_specs", 0, "machine_spec", "reservation_affinity"), "ReservationAffinity"),
        (("worker_pool_specs", 0, "disk_spec"), "DiskSpec"),
        (("worker_pool_specs", 0, "container_spec"), "ContainerSpec"),
        (("worker_pool_specs", 0, "container_spec", "env", 0), "EnvVar"),
        (("worker_pool_specs", 0, "python_package_spec"), "PythonPackageSpec"),
        (("worker_pool_specs", 0, "nfs_mounts", 0), "NfsMount"),
        (("worker_pool_specs", 0, "lustre_mounts", 0), "LustreMount"),
        (("psc_interface_config",), "PscInterfaceConfig"),
        (("psc_interface_config", "dns_peering_configs", 0), "DnsPeeringConfig"),
    ],
)
def test_nested_fields_are_those_of_google_and_so_are_their_enums(place: tuple[str | int, ...], schema: str) -> None:
    shape = load_schema("custom").shape
    for step in place:
        inner = shape.items if isinstance(step, int) else shape.fields[step]
        assert inner is not None
        shape = inner
    theirs = {snake_case(name): inner for name, inner in GOOGLE[PREFIX + schema]["properties"].items()}
    assert set(shape.fields) == set(theirs)
    for name, inner in theirs.items():
        assert shape.fields[name].schema.get("enum", inner.get("enum")) == inner.get("enum") or "enum" not in inner


def test_scheduling_strategies_are_those_of_google() -> None:
    ours = load_schema("custom").shape.fields["scheduling_strategy"].schema["enum"]
    assert sorted(ours) == sorted(GOOGLE[f"{PREFIX}Scheduling"]["properties"]["strategy"]["enum"])


@pytest.mark.parametrize(("name", "text"), generate.documents().items(), ids=lambda value: value[:20].strip())
def test_generated_schemas_are_current(name: str, text: str) -> None:
    assert (generate.FOLDER / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("kind", kinds())
def test_a_schema_is_sound_json_schema_and_self_contained(kind: str) -> None:
    data = load_schema(kind).data
    Draft202012Validator.check_schema(data)
    references = list(_references(data))
    assert all(reference.startswith("#/$defs/") for reference in references)
    assert all(resolve(data, reference) for reference in references)
    assert data["properties"]["kind"]["const"] == kind
    assert data["$id"] == f"urn:trainctl:schema:{kind}"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


@pytest.mark.parametrize("kind", kinds())
def test_every_field_says_what_it_is_for(kind: str) -> None:
    root = load_schema(kind).data
    for name, field in root["properties"].items():
        words = field.get("description") or resolve(root, field["$ref"]).get("description")
        assert words, name
        assert words.strip() == words


@pytest.mark.parametrize("kind", kinds())
def test_examples_and_defaults_in_a_schema_are_valid_by_it(kind: str) -> None:
    root = load_schema(kind).data
    wrong = []
    for name, field in root["properties"].items():
        whole = {**resolve(root, field["$ref"]), **field} if "$ref" in field else field
        for value in [*whole.get("examples", ()), *([whole["default"]] if "default" in whole else ())]:
            node = {"$defs": root["$defs"], **field}
            wrong += [f"{name}: {error.message}" for error in Draft202012Validator(node).iter_errors(value)]
    assert wrong == []


def test_exported_schemas_accept_every_example_and_every_beginning(tmp_path: Path) -> None:
    written = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in export(tmp_path / "schemas")}
    assert tuple(written) == kinds()
    for kind, data in written.items():
        (tmp_path / "start.yaml").write_text(init(kind), encoding="utf-8")
        Draft202012Validator(data).validate(load(str(tmp_path / "start.yaml"))[0].value)
    for file in CONFIGS:
        for document in load(str(file)):
            if document.value.get("kind") in written:
                Draft202012Validator(written[document.value["kind"]]).validate(document.value)
