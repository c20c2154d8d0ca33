"""Requests within resources: what the service added taken off, and one spelling for each of proto3's many.

Types are those of Google's discovery documents. By proto3's JSON mapping a field that has its default is the same as
one that is absent, an int64 is a number or a text, and both spellings of a name are one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import OWN_LABELS
from trainctl.reference import load_discovery_schema
from trainctl.reference.enums import name_numbers
from trainctl.spec.spelling import camel_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Collection

    Body = Mapping[str, Any]

NAMED_BY_SERVICE = {
    "Model": frozenset({"name", "etag", "pipelineJob", "dataStats"}),
    "Job": frozenset({"name", "etag", "trainingOutput", "predictionOutput"}),
}
"""Fields that the service fills in, though the discovery documents do not say so; AI Platform's jobs get a `name` from
trainctl's client."""
TASK_TYPES = {"/custom_task_": "CustomJobSpec", "/hyperparameter_tuning_task_": "HyperparameterTuningJob"}
"""The type of a pipeline's inputs, by a part of its task definition; those of AutoML have none."""
EMPTY_SAYS_NOTHING = frozenset({"scheduling", "encryptionSpec", "diskSpec", "predictSchemata"})
"""Messages that say nothing when they are empty; the presence of others chooses among several (a split, a task)."""
OPTIONAL = frozenset({"defaultValue"})
"""Scalars whose presence counts."""
_INT64 = frozenset({"int64", "uint64"})
_TYPES: Mapping[str, type] = {"array": list, "boolean": bool, "string": str}


@dataclass(frozen=True, slots=True)
class Request:
    """The body that creates such a resource again, and the places of fields that no document here knows."""

    body: dict[str, Any]
    unknown: tuple[str, ...] = ()


def request_of(resource: Body, collection: Collection) -> Request:
    """The request within a resource: no output-only fields, no labels of ours, no defaults."""
    reader = _Reader(load_discovery_schema(collection.service.name))
    body = reader.read_message(resource, collection.schema, "")
    labels = {name: value for name, value in body.pop("labels", {}).items() if name not in OWN_LABELS}
    if labels:
        body["labels"] = labels
    if model := body.get("modelToUpload"):
        body["modelToUpload"] = _without_own_folder(model, body)
    return Request(body, tuple(reader.unknown))


def _without_own_folder(model: dict[str, Any], body: Body) -> dict[str, Any]:
    """The model without the folder that its own job, or the best trial of it, wrote: a new job writes another."""
    inputs = body.get("trainingTaskInputs")
    jobs = (wire.dig(inputs, "trialJobSpec"), inputs)
    directory = wire.first_text(wire.dig(job, "baseOutputDirectory", "outputUriPrefix") for job in jobs).rstrip("/")
    artifacts = wire.text(model.get("artifactUri"))
    own = "/automl_" in wire.text(body.get("trainingTaskDefinition")) or (
        directory and re.fullmatch(rf"{re.escape(directory)}(/\d+)?/model/?", artifacts)
    )
    return {name: value for name, value in model.items() if not (own and name == "artifactUri")}


@dataclass(slots=True)
class _Reader:
    """One pass over a resource; notes what no document knows."""

    document: Body
    unknown: list[str] = field(default_factory=list)

    def read_message(self, value: Any, schema: str, at: str) -> dict[str, Any]:
        short = schema.removeprefix(self.document["prefix"]).lstrip("_")
        properties = self.document["schemas"][schema].get("properties", {})
        result: dict[str, Any] = {}
        for key, inner in value.items():
            name = key if key in properties else camel_case(key)
            described = properties.get(name)
            if name in NAMED_BY_SERVICE.get(short, ()):
                continue
            if described is None:
                self.unknown.append(f"{at}{key}")
            elif not _is_output(described):
                read = self._read(_named(inner, f"{short}.{name}", described), described, f"{at}{key}")
                if not _says_nothing(read, name, described):
                    result[name] = read
        if "trainingTaskInputs" in result:
            result["trainingTaskInputs"] = self._read_inputs(result)
        return result

    def _read(self, value: Any, described: Body, at: str) -> Any:
        """A value in canonical form; one of another type than documented is noted, and reads as absent."""
        if value is None:
            return None
        if not _fits(value, described):
            self.unknown.append(at)
            return None
        if "$ref" in described:
            return self.read_message(value, described["$ref"], f"{at}.")
        if described.get("type") == "array":
            return [self._read(inner, described.get("items", {}), f"{at}[{n}]") for n, inner in enumerate(value)]
        if inner := described.get("additionalProperties"):
            return {key: self._read(item, inner, f"{at}.{key}") for key, item in value.items()}
        return _scalar(value, described)

    def _read_inputs(self, pipeline: Body) -> Any:
        inputs, definition = pipeline["trainingTaskInputs"], str(pipeline.get("trainingTaskDefinition"))
        typed = next((name for part, name in TASK_TYPES.items() if part in definition), None)
        if not isinstance(inputs, dict):
            return inputs
        if typed:
            return self.read_message(inputs, f"{self.document['prefix']}{typed}", "trainingTaskInputs.")
        return self._read_automl(inputs)

    def _read_automl(self, inputs: Body) -> dict[str, Any]:
        """Inputs of an AutoML task: `false` is the default of each, and budgets come back as text."""
        read = {name: value for name, value in inputs.items() if value is not None and value is not False}
        if "budgetMilliNodeHours" in read:
            read["budgetMilliNodeHours"] = _number(read["budgetMilliNodeHours"])
        tunable = read.get("tunableParameter")
        if isinstance(tunable, dict) and isinstance(tunable.get("studySpec"), dict):
            schema, at = f"{self.document['prefix']}StudySpec", "trainingTaskInputs.tunableParameter.studySpec."
            read["tunableParameter"] = {**tunable, "studySpec": self.read_message(tunable["studySpec"], schema, at)}
        return read


def _fits(value: Any, described: Body) -> bool:
    """Whether a value is of the documented type, in any of the forms that proto3's JSON has for it."""
    if "$ref" in described or "additionalProperties" in described:
        return isinstance(value, dict)
    kind = described.get("type")
    if kind in ("integer", "number") or described.get("format") in _INT64:
        return isinstance(_number(value), int | float) and not isinstance(value, bool)
    return isinstance(value, _TYPES.get(str(kind), object))


def _is_output(described: Body) -> bool:
    """Whether the service alone sets a field; ml.v1 says so in words."""
    return bool(described.get("readOnly")) or str(described.get("description")).startswith("Output only.")


def _named(value: Any, owner: str, described: Body) -> Any:
    """An enum's value by its name: in free JSON Google's SDK writes numbers."""
    if "enum" not in described or not isinstance(value, int | float) or isinstance(value, bool):
        return value
    return name_numbers(owner, described["enum"]).get(value, value)


def _says_nothing(value: Any, name: str, described: Body) -> bool:
    """Whether a field might as well be absent."""
    if value is None:
        return True
    if "$ref" in described:
        return value == {} and name in EMPTY_SAYS_NOTHING
    if name in OPTIONAL or described.get("type") == "any":
        return False
    return value in ("", 0, False, "0", [], {}) or value in described.get("enum", ())[:1]


def _scalar(value: Any, described: Body) -> Any:
    """One scalar: int64 as text and whole numbers as such, whatever form they came in."""
    kind, form = described.get("type"), described.get("format")
    if form in _INT64:
        return str(_number(value))
    if kind in ("integer", "number"):
        return _number(value)
    if form == "google-duration" and isinstance(value, str) and "." in value:
        return value.removesuffix("s").rstrip("0").rstrip(".") + "s"
    return value


def _number(value: Any) -> Any:
    """A number that may have come as text; a whole one as an int."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)  # a float would lose digits past 2**53
    return int(number) if number.is_integer() else number
