"""Raw kinds: the REST body itself, as Google's guides show it and `jobs export` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainctl.catalog import CUSTOM_JOBS, HYPERPARAMETER_TUNING_JOBS, ML_JOBS, TRAINING_PIPELINES, Call
from trainctl.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.catalog import Collection, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule

OURS = frozenset({"kind", "project", "location"})


def raw_kind(name: str, collection: Collection, summary: str) -> Kind:
    """The kind whose spec is the body of a collection's create call, sent as it is written."""

    def build(spec: Spec, target: Target, stamp: Stamp) -> Call:  # noqa: ARG001 - a raw body has nothing to stamp
        body = {key: value for key, value in spec.fields.items() if key not in OURS}
        return Call(collection, target.project, target.location, body, endpoints=target.endpoints)

    def recover(asked: Collection, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
        return (body,) if asked is collection else ()

    def rules() -> tuple[Rule, ...]:
        from trainctl.spec.rules.raw import RAW_RULES

        return RAW_RULES[name]

    name_field = collection.identity or "displayName"
    return Kind(
        name=name,
        summary=summary,
        rules=rules,
        build=build,
        recover=recover,
        service=collection.service,
        name_field=name_field,
    )


KINDS = (
    raw_kind("custom-job", CUSTOM_JOBS, "The REST body of a custom job"),
    raw_kind("training-pipeline", TRAINING_PIPELINES, "The REST body of a training pipeline"),
    raw_kind("hyperparameter-tuning-job", HYPERPARAMETER_TUNING_JOBS, "The REST body of a hyperparameter tuning job"),
    raw_kind("ml-job", ML_JOBS, "The REST body of an AI Platform job (ml.v1)"),
)
