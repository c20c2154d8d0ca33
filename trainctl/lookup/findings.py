"""What a look-up finds amiss in a request, and where its spec says what is amiss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trainctl.catalog import ResourceName
from trainctl.spec.problems import Severity
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from trainctl.catalog import Call, Collection
    from trainctl.spec.document import Document
    from trainctl.spec.problems import PathKey, Problem

Places = tuple["PathKey", ...]
"""Canonical paths at which the specs of different kinds say the same thing."""

_VISION = "image_classification_model_metadata"
DATASET: Places = (("dataset",), ("input_data_config", "dataset_id"), ("dataset_id",))
PARENT: Places = (("parent_model",),)
BASE: Places = (
    ("base_model",),
    ("training_task_inputs", "base_model_id"),
    (_VISION, "base_model_id"),
    ("base_model_id",),
)
TYPE: Places = (("model_type",), (_VISION, "model_type"))
INCREMENTAL: Places = (("incremental_train_base_model",), ("training_task_inputs", "uptrain_base_model_id"))
OUTPUT: Places = (
    ("base_output_dir",),
    ("job_spec", "base_output_directory", "output_uri_prefix"),
    ("trial_job_spec", "base_output_directory", "output_uri_prefix"),
    ("training_task_inputs", "base_output_directory", "output_uri_prefix"),
    ("training_task_inputs", "trial_job_spec", "base_output_directory", "output_uri_prefix"),
)
STAGING: Places = (("staging_bucket",),)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the request needs it: where the spec says it, what is wrong, what to do."""

    places: Places
    message: str
    hint: str
    severity: Severity = Severity.ERROR


def name_in(call: Call, collection: Collection, reference: str) -> ResourceName:
    """The full name behind an id or a full name, without a version."""
    full = ResourceName.parse(reference) or collection.name(call.project, call.location, reference)
    return replace(full, id=full.id.partition("@")[0])


def absent(places: Places, noun: str, name: ResourceName, command: str, *, cure: str = "") -> Finding:
    """That something is not there; the command shows what is, and there may be a cure besides."""
    hint = f"`{command}` shows what is there{cure}"
    return Finding(places, f"there is no {noun} `{name.id}` in {name.project}, {name.location}", hint)


def problem_of(document: Document, finding: Finding) -> Problem:
    """A finding as a problem of the document, at the place where the document says it."""
    path = next(filter(None, (_written(document.value, place) for place in finding.places)), ())
    return document.problem(path, finding.message, code="elsewhere", hint=finding.hint, severity=finding.severity)


def _written(value: Any, place: PathKey) -> PathKey:
    """A canonical path in the document's own spelling; empty where the document does not have it."""
    written: list[str | int] = []
    for step in place:
        key = next((key for key in value if snake_case(str(key)) == step), None) if isinstance(value, dict) else None
        if key is None:
            return ()
        written.append(key)
        value = value[key]
    return tuple(written)
