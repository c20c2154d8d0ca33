"""Every field of every request body, wrong in every way that its schema forbids, and right in every way it allows.

The bodies are generated from Google's discovery document and not from what the engine knows of it. The members of
oneofs, which the document does not tell, were read from the message descriptors of google-cloud-aiplatform 2.7.0.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.discovery import FOLDER
from tests.local.engine import PARENT, Bench, make_pipeline, read

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "GoogleCloudAiplatformV1"
DOCUMENT = json.loads((FOLDER / "aiplatform.v1.json").read_text(encoding="utf-8"))
ML_PREFIX = "GoogleCloudMlV1__"
ML_DOCUMENT = json.loads((FOLDER / "ml.v1.json").read_text(encoding="utf-8"))
ML_ONEOFS = {
    "Job": {"input": ["trainingInput", "predictionInput"], "output": ["trainingOutput", "predictionOutput"]},
    "PredictionInput": {"model_version": ["modelName", "versionName", "uri"]},
}
"""As the REST reference of ml.v1 has them: "Union field input can be only one of the following"."""

ONEOFS: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("data").joinpath("oneofs.json").read_text(encoding="utf-8")
)
LONG, SHORT = 2**63, 2**31

WRONG: dict[str, list[Any]] = {
    "string": [5, True, [], {}],
    "boolean": ["true", 1, [], {}],
    "int32": ["one", 1.5, "1.5", True, [], {}, "", "01", SHORT, str(-SHORT - 1), "1e30"],
    "int64": ["one", 1.5, "15e-1", True, [], {}, "", "01", LONG, str(LONG), "1e99"],
    "number": ["x", True, [], {}],
    "byte": [5, "%%%", []],
    "google-duration": [60, "1h", "60", "s", []],
    "google-datetime": [5, "yesterday", "12:00", []],
    "enum": ["NO_SUCH_VALUE", 9999, True, 1.5, [], {}],
    "array": [{}, "x", 5, True],
    "map": [[], "x", 5, True],
    "message": [[], "x", 5, True],
}
RIGHT: dict[str, list[Any]] = {
    "string": ["x", None],
    "boolean": [True, False, None],
    "int32": [5, "5", 5.0, "5.0", "5e0", -1, SHORT - 1, None],
    "int64": [5, "5", 5.0, "1e2", "-1", LONG - 1, str(LONG - 1), None],
    "number": [0.5, 1, "0.5", "NaN", None],
    "byte": ["YQ==", "YQ", None],
    "google-duration": ["60s", "0.5s", None],
    "google-datetime": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5+01:00", None],
    "array": [None],
    "map": [None],
    "message": [None],
}


@dataclass(frozen=True, slots=True)
class Case:
    """A value somewhere in a body: the way there (camelCase names, places in lists), and whether it may stand there."""

    way: tuple[str | int, ...]
    value: Any
    right: bool = False

    def build(self) -> Any:
        body = self.value
        for part in reversed(self.way):
            body = [body] if isinstance(part, int) else {part: body}
        return body

    def field(self, at: str) -> str:
        """How an error calls the place."""
        path = at
        for part in self.way:
            path += f"[{part}]" if isinstance(part, int) else f".{_snake(part)}"
        return path.lstrip(".")


def _list_cases(schema: str, way: tuple[str | int, ...] = (), seen: tuple[str, ...] = ()) -> Iterator[Case]:
    """Cases for a message: those of its own fields, then those of the messages within, each schema once on a way."""
    yield Case((*way, "noSuchField"), 1)
    message = DOCUMENT["schemas"].get(schema) or ML_DOCUMENT["schemas"][schema]
    oneofs = ONEOFS.get(schema.removeprefix(PREFIX)) or ML_ONEOFS.get(schema.removeprefix(ML_PREFIX), {})
    properties = message.get("properties", {})
    for members in oneofs.values():
        yield Case(way, {name: _example(properties[name]) for name in members[:2]})
    for name, described in properties.items():
        yield from _list_values(described, (*way, name), (*seen, schema))


def _list_values(described: dict[str, Any], way: tuple[str | int, ...], seen: tuple[str, ...]) -> Iterator[Case]:
    kind = _kind_of(described)
    yield from (Case(way, value) for value in WRONG.get(kind, ()))
    yield from (Case(way, value, right=True) for value in RIGHT.get(kind, ()))
    if kind == "enum":
        yield from (Case(way, value, right=True) for value in (*described["enum"], 0, 0.0, None))
    elif kind == "message" and described["$ref"] not in seen:
        yield from _list_cases(described["$ref"], way, seen)
    elif kind == "array":
        yield from (case for case in _list_values(described["items"], (*way, 0), seen) if case.value is not None)


def _kind_of(described: dict[str, Any]) -> str:
    if "$ref" in described:
        return "message"
    if "enum" in described:
        return "enum"
    if described["type"] == "object":
        return "map"
    form = described.get("format", "")
    return form if form in WRONG else "int32" if described["type"] == "integer" else str(described["type"])


def _example(described: dict[str, Any]) -> Any:
    """Some value that a field of a oneof may have; an empty message has presence too."""
    match _kind_of(described):
        case "message":
            return {}
        case "map":
            return {"a": "b"}
        case "number":
            return 0.5
        case "google-duration":
            return "1s"
        case "google-datetime":
            return "2026-01-01T00:00:00Z"
        case _:
            return "x"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


METHODS = [
    ("POST", "customJobs", "CustomJob", "custom_job"),
    ("POST", "customJobs/1:cancel", "CancelCustomJobRequest", "cancel_custom_job_request"),
    ("POST", "trainingPipelines", "TrainingPipeline", "training_pipeline"),
    ("POST", "trainingPipelines/1:cancel", "CancelTrainingPipelineRequest", "cancel_training_pipeline_request"),
    ("POST", "hyperparameterTuningJobs", "HyperparameterTuningJob", "hyperparameter_tuning_job"),
    (
        "POST",
        "hyperparameterTuningJobs/1:cancel",
        "CancelHyperparameterTuningJobRequest",
        "cancel_hyperparameter_tuning_job_request",
    ),
    ("POST", "models:upload", "UploadModelRequest", ""),
    ("PATCH", "models/1?updateMask=displayName", "Model", "model"),
    ("POST", "models/1:mergeVersionAliases", "MergeVersionAliasesRequest", ""),
    ("POST", "models/1/evaluations:import", "ImportModelEvaluationRequest", ""),
    ("POST", "datasets", "Dataset", "dataset"),
    ("PATCH", "datasets/1?updateMask=displayName", "Dataset", "dataset"),
    ("POST", "datasets/1:import", "ImportDataRequest", ""),
    ("POST", "datasets/1:export", "ExportDataRequest", ""),
]


@pytest.mark.parametrize(("verb", "path", "schema", "at"), METHODS, ids=[case[1] for case in METHODS])
def test_every_malformed_field_is_refused_at_its_place_and_every_allowed_form_is_taken(
    idle: Bench, verb: str, path: str, schema: str, at: str
) -> None:
    cases = list(_list_cases(PREFIX + schema))
    wrong = [
        complaint for case in cases if (complaint := _judge(idle, verb, f"/v1/{PARENT}/{path}", at, case, case.build()))
    ]
    assert wrong == []
    assert any(not case.right for case in cases)


ML_METHODS = [
    ("POST", "", f"{ML_PREFIX}Job", "job"),
    ("PATCH", "/1?updateMask=labels", f"{ML_PREFIX}Job", "job"),
    ("POST", "/1:cancel", f"{ML_PREFIX}CancelJobRequest", ""),
    ("POST", "/1:setIamPolicy", "GoogleIamV1__SetIamPolicyRequest", ""),
    ("POST", "/1:testIamPermissions", "GoogleIamV1__TestIamPermissionsRequest", ""),
]


@pytest.mark.parametrize(("verb", "path", "schema", "at"), ML_METHODS, ids=[case[2] + case[1] for case in ML_METHODS])
def test_so_it_is_with_the_bodies_of_ml(idle: Bench, verb: str, path: str, schema: str, at: str) -> None:
    cases = list(_list_cases(schema))
    url = f"/v1/projects/p/jobs{path}"
    wrong = [complaint for case in cases if (complaint := _judge(idle, verb, url, at, case, case.build()))]
    assert wrong == []
    assert any(not case.right for case in cases)


def test_the_inputs_of_a_training_task_are_judged_as_strictly(idle: Bench) -> None:
    at = "training_pipeline.training_task_inputs"
    cases = _list_cases(f"{PREFIX}CustomJobSpec")
    complaints = (
        _judge(idle, "POST", f"/v1/{PARENT}/trainingPipelines", at, case, make_pipeline(case.build())) for case in cases
    )
    assert [complaint for complaint in complaints if complaint] == []


def test_the_descriptors_know_no_oneof_that_the_engine_does_not_check(idle: Bench) -> None:
    del idle
    from trainctl.local.protocol.protos import ONEOFS as KNOWN

    assert {name: {oneof: list(members) for oneof, members in KNOWN[name].items()} for name in ONEOFS} == ONEOFS


def _judge(bench: Bench, verb: str, path: str, at: str, case: Case, body: Any) -> str:
    """What is wrong with the engine's answer to a body; empty when nothing is."""
    answer = bench.client.request(verb, path, json=body)
    violations = _list_violations(answer.json())
    shape = [field for field, text in violations if "Required" not in text]
    if case.right:
        return f"{case}: {violations}" if shape else ""
    if answer.status_code != 400 or answer.json()["error"]["status"] != "INVALID_ARGUMENT":
        return f"{case}: {answer.status_code} {answer.text}"
    wanted = case.field(at)
    known = {wanted, wanted.rpartition(".")[0]} if case.way[-1:] == ("noSuchField",) else {wanted}
    return "" if set(shape) <= known and shape else f"{case}: {violations}"


def _list_violations(answer: dict[str, Any]) -> list[tuple[str, str]]:
    details = answer.get("error", {}).get("details", [])
    return [
        (violation.get("field", ""), violation["description"])
        for detail in details
        for violation in detail.get("fieldViolations", [])
    ]


def test_a_sound_body_is_taken_in_both_spellings_and_answered_in_one(idle: Bench) -> None:
    model = {
        "display_name": "m",
        "container_spec": {"image_uri": "i", "env": [{"name": "A"}]},
        "version_aliases": ["aa"],
    }
    operation = read(idle.client.post(f"/v1/{PARENT}/models:upload", json={"model": model, "model_id": "m"}))
    made = idle.get(operation["response"]["model"])
    assert made["containerSpec"] == {"imageUri": "i", "env": [{"name": "A"}]}
    assert made["versionAliases"] == ["aa", "default"]
