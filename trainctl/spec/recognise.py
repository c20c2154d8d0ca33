"""What a document without `kind:` is: REST bodies, and the files that gcloud takes with `--config`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from trainctl.spec.problems import Severity
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.spec.document import Document

_SIGNS: tuple[tuple[frozenset[str], str, str], ...] = (
    # fields that only this kind's body has | the kind | what it is; the first row that fits decides
    (frozenset({"training_task_definition"}), "training-pipeline", "a Vertex AI training pipeline"),
    (frozenset({"training_task_inputs"}), "training-pipeline", "a Vertex AI training pipeline"),
    (frozenset({"study_spec", "trial_job_spec"}), "hyperparameter-tuning-job", "a Vertex AI tuning job"),
    (frozenset({"job_spec"}), "custom-job", "a Vertex AI custom job"),
    (frozenset({"training_input"}), "ml-training", "an AI Platform training job"),
    (frozenset({"prediction_input"}), "ml-prediction", "an AI Platform batch prediction job"),
    (frozenset({"image_classification_model_metadata"}), "automl-model", "an AutoML Vision model"),
    (frozenset({"image_object_detection_model_metadata"}), "automl-model", "an AutoML Vision model"),
)
_PLACE = frozenset({"project", "location"})
_SPEC_FIELDS = frozenset({"display_name", "base_output_dir", "staging_bucket", "timeout", "labels", "resource"})
"""What only a structured spec has beside `worker_pool_specs`; a gcloud configuration has none of it."""

COUNTS = ("maxTrialCount", "parallelTrialCount")
"""What `gcloud ai hp-tuning-jobs create` has flags for, whose default is 1."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The kind that a document's content shows, the document in that kind's form, and what it is in words."""

    kind: str
    document: Document
    what: str


def recognise(document: Document) -> Recognised | None:
    """The kind that the content plainly shows; None where it does not.

    A gcloud configuration becomes a whole job, named by the file's stem until `--display-name` says otherwise.
    """
    if not isinstance(document.value, dict):
        return None
    names = frozenset(snake_case(key) for key in document.value)
    for signs, kind, what in _SIGNS:
        if signs <= names:
            return Recognised(kind, _tuning(document) if kind == "hyperparameter-tuning-job" else document, what)
    if "worker_pool_specs" not in names:
        return None
    if names & _SPEC_FIELDS:
        return Recognised("custom", document, "a custom job")
    return Recognised("custom-job", _job_around(document), "a gcloud configuration of a Vertex AI custom job")


def _job_around(document: Document) -> Document:
    """A CustomJobSpec as the CustomJob that has it; project and location stay outside."""
    outside = {key: value for key, value in document.value.items() if snake_case(key) in _PLACE}
    inside = {key: value for key, value in document.value.items() if key not in outside}
    moved = replace(document, value={**outside, "jobSpec": inside}, moved=("jobSpec",))
    return _named(moved)


def _tuning(document: Document) -> Document:
    """A tuning job, with what a gcloud configuration leaves to flags as gcloud fills it in; bodies name their jobs."""
    named = _named(document)
    if named is document:
        return document
    given = {snake_case(key) for key in document.value}
    absent = [name for name in COUNTS if snake_case(name) not in given]
    message = "`{}` is not in the file, and gcloud takes it for 1 where no flag gives it"
    hint = "add `{0}` to it; `trainctl submit --set {0}=N` does what the flag did"
    problems = [
        document.problem(
            (name,), message.format(name), code="gcloud-flag", hint=hint.format(name), severity=Severity.WARNING
        )
        for name in absent
    ]
    value = {**named.value, **dict.fromkeys(absent, 1)}
    return replace(named, value=value, problems=(*document.problems, *problems))


def _named(document: Document) -> Document:
    """The document with a display name, for files that leave it to a flag."""
    value: Mapping[str, Any] = document.value
    if any(snake_case(key) == "display_name" for key in value):
        return document
    return replace(document, value={"displayName": _stem(document.file), **value})


def _stem(file: str) -> str:
    return PurePath(file).stem if not file.startswith("<") else "job"
