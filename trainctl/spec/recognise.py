"""What a document without `kind:` is: REST bodies, and the files that gcloud takes with `--config`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.spec.document import Document

_SIGNS: tuple[tuple[frozenset[str], str], ...] = (
    # fields that only this kind's body has | the kind; the first row that fits decides
    (frozenset({"training_task_definition"}), "training-pipeline"),
    (frozenset({"training_task_inputs"}), "training-pipeline"),
    (frozenset({"study_spec", "trial_job_spec"}), "hyperparameter-tuning-job"),
    (frozenset({"job_spec"}), "custom-job"),
    (frozenset({"training_input"}), "ml-training"),
    (frozenset({"prediction_input"}), "ml-prediction"),
    (frozenset({"image_classification_model_metadata"}), "automl-model"),
    (frozenset({"image_object_detection_model_metadata"}), "automl-model"),
)
_PLACE = frozenset({"project", "location"})
_SPEC_FIELDS = frozenset({"display_name", "base_output_dir", "staging_bucket", "timeout", "labels", "resource"})
"""What only a structured spec has beside `worker_pool_specs`; a gcloud configuration has none of it."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The kind that a document's content shows, and the document in that kind's form."""

    kind: str
    document: Document


def recognise(document: Document) -> Recognised | None:
    """The kind that the content plainly shows; None where it does not.

    A gcloud configuration becomes a whole job, named by the file's stem until `--display-name` says otherwise.
    """
    if not isinstance(document.value, dict):
        return None
    names = frozenset(snake_case(key) for key in document.value)
    for signs, kind in _SIGNS:
        if signs <= names:
            return Recognised(kind, _named(document) if kind == "hyperparameter-tuning-job" else document)
    if "worker_pool_specs" not in names:
        return None
    return Recognised("custom", document) if names & _SPEC_FIELDS else Recognised("custom-job", _job_around(document))


def _job_around(document: Document) -> Document:
    """A CustomJobSpec as the CustomJob that has it; project and location stay outside."""
    outside = {key: value for key, value in document.value.items() if snake_case(key) in _PLACE}
    inside = {key: value for key, value in document.value.items() if key not in outside}
    moved = replace(document, value={**outside, "jobSpec": inside}, moved=("jobSpec",))
    return _named(moved)


def _named(document: Document) -> Document:
    """The document with a display name, for files that leave it to a flag."""
    value: Mapping[str, Any] = document.value
    if any(snake_case(key) == "display_name" for key in value):
        return document
    return replace(document, value={"displayName": _stem(document.file), **value})


def _stem(file: str) -> str:
    return PurePath(file).stem if not file.startswith("<") else "job"
