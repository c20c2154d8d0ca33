"""Raw kinds: the REST body itself, as Google's guides show it and `jobs export` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.catalog import CUSTOM_JOBS, HYPERPARAMETER_TUNING_JOBS, TRAINING_PIPELINES, Call
from trainctl.kinds import Kind
from trainctl.kinds._wire import INT64
from trainctl.spec.rules import RAW_RULES

if TYPE_CHECKING:
    from trainctl.catalog import Collection, Stamp, Target
    from trainctl.spec.document import Spec

OURS = frozenset({"kind", "project", "location"})


def raw_kind(name: str, collection: Collection, summary: str) -> Kind:
    """The kind whose spec is the body of a collection's create call."""

    def build(spec: Spec, target: Target, stamp: Stamp) -> Call:  # noqa: ARG001 - a raw body has nothing to stamp
        body = {key: numbers_as_text(value) for key, value in spec.fields.items() if key not in OURS}
        return Call(collection, target.project, target.location, body, endpoints=target.endpoints)

    return Kind(name=name, summary=summary, rules=RAW_RULES[name], build=build)


def numbers_as_text(value: Any, key: str = "") -> Any:
    """int64 fields as proto3 JSON writes them; guides write them as numbers."""
    match value:
        case dict():
            return {name: numbers_as_text(inner, name) for name, inner in value.items()}
        case list():
            return [numbers_as_text(inner) for inner in value]
        case int() if key in INT64 and not isinstance(value, bool):
            return str(value)
        case _:
            return value


KINDS = (
    raw_kind("custom-job", CUSTOM_JOBS, "The REST body of a custom job"),
    raw_kind("training-pipeline", TRAINING_PIPELINES, "The REST body of a training pipeline"),
    raw_kind("hyperparameter-tuning-job", HYPERPARAMETER_TUNING_JOBS, "The REST body of a hyperparameter tuning job"),
)
