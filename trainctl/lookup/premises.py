"""What a request takes for granted: the dataset, the models and the buckets that it names, looked up before it is sent.

Each look-up is one small reading request; none is made twice for the jobs of one command.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import DATASETS, MODELS, TRAINING_PIPELINES, ResourceName
from trainctl.errors import NotFound
from trainctl.preparation import Report
from trainctl.spec.problems import Severity
from trainctl.spec.spelling import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.api.client import Client
    from trainctl.api.storage import Storage
    from trainctl.catalog import Call, Collection
    from trainctl.preparation import Prepared
    from trainctl.spec.document import Document
    from trainctl.spec.problems import PathKey, Problem

Resource = dict[str, Any]
Places = tuple["PathKey", ...]
"""Canonical paths at which the specs of different kinds say the same thing."""

DATASET: Places = (("dataset",), ("input_data_config", "dataset_id"))
PARENT: Places = (("parent_model",),)
BASE: Places = (("base_model",), ("training_task_inputs", "base_model_id"))
INCREMENTAL: Places = (("incremental_train_base_model",), ("training_task_inputs", "uptrain_base_model_id"))
OUTPUT: Places = (
    ("base_output_dir",),
    ("job_spec", "base_output_directory", "output_uri_prefix"),
    ("trial_job_spec", "base_output_directory", "output_uri_prefix"),
    ("training_task_inputs", "base_output_directory", "output_uri_prefix"),
    ("training_task_inputs", "trial_job_spec", "base_output_directory", "output_uri_prefix"),
)
STAGING: Places = (("staging_bucket",),)
_DATA = {"automl_image_": "image", "automl_video_": "video"}
"""What a dataset must hold, by how the name of the task definition begins."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the request needs it: where the spec says it, what is wrong, what to do."""

    places: Places
    message: str
    hint: str
    severity: Severity = Severity.ERROR


@dataclass(slots=True)
class Premises:
    """Asks the services, each question once."""

    client: Client
    storage: Storage
    _known: dict[str, Resource | None] = field(default_factory=dict)

    def check(self, prepared: Prepared) -> Prepared | Report:
        """The job with what was found as warnings, or the report on what keeps it from being submitted.

        Raises what the services say other than that something is not there.
        """
        document = prepared.spec.document
        found = [_problem(document, finding) for finding in self.examine(prepared.call)]
        if any(problem.severity is Severity.ERROR for problem in found):
            return Report.on_document(document, prepared.spec.kind, (*prepared.warnings, *found))
        return replace(prepared, spec=replace(prepared.spec, warnings=(*prepared.warnings, *found)))

    def examine(self, call: Call) -> Iterator[Finding]:
        """Everything that is not as the call needs it."""
        body = call.body
        if call.collection is TRAINING_PIPELINES:
            if dataset := wire.text(wire.dig(body, "inputDataConfig", "datasetId")):
                yield from self._dataset(call, dataset)
            for places, reference in _models(body):
                name = _name(call, MODELS, reference)
                if self.resource(name) is None:
                    yield _absent(places, "model", name, "trainctl models list")
        for places, uri in _buckets(call):
            yield from self._bucket(call, places, uri.removeprefix("gs://").partition("/")[0])

    def resource(self, name: ResourceName) -> Resource | None:
        """The resource of that name; None when there is none."""
        key = str(name)
        if key not in self._known:
            try:
                self._known[key] = self.client.get(name)
            except NotFound:
                self._known[key] = None
        return self._known[key]

    def _dataset(self, call: Call, reference: str) -> Iterator[Finding]:
        name = _name(call, DATASETS, reference)
        dataset = self.resource(name)
        if dataset is None:
            yield _absent(DATASET, "dataset", name, "trainctl datasets list --location all")
            return
        task = wire.text(call.body.get("trainingTaskDefinition")).rpartition("/")[2]
        wanted = next((data for start, data in _DATA.items() if task.startswith(start)), "")
        kept = wire.text(dataset.get("metadataSchemaUri")).rpartition("/")[2].partition("_")[0]
        if wanted and kept and kept != wanted:
            hint = f"name a dataset of {wanted}s; `trainctl datasets list` shows what each holds"
            yield Finding(DATASET, f"dataset `{name.id}` holds {kept} data, and the job trains on {wanted}s", hint)
        if wanted and dataset.get("dataItemCount") == "0":
            yield Finding(DATASET, f"dataset `{name.id}` is empty", "fill it with `trainctl datasets import`")

    def _bucket(self, call: Call, places: Places, name: str) -> Iterator[Finding]:
        if name not in self._known:
            self._known[name] = self.storage.find_bucket(name)
        bucket = self._known[name]
        if bucket is None:
            hint = f"make it with `gcloud storage buckets create gs://{name} --location={call.location}`"
            yield Finding(places, f"there is no bucket `gs://{name}`", hint)
            return
        place = wire.text(bucket.get("location")).lower()
        if place and place != call.location and wire.text(bucket.get("locationType")) == "region":
            message = f"bucket `gs://{name}` is in {place}, and the job runs in {call.location}"
            hint = "what crosses regions is slow and costs money; take a bucket of the job's own region"
            yield Finding(places, message, hint, Severity.WARNING)


def _models(body: Any) -> Iterator[tuple[Places, str]]:
    """The models that a pipeline builds on."""
    for places, path in (
        (PARENT, ("parentModel",)),
        (BASE, ("trainingTaskInputs", "baseModelId")),
        (INCREMENTAL, ("trainingTaskInputs", "uptrainBaseModelId")),
    ):
        if reference := wire.text(wire.dig(body, *path)):
            yield places, reference


def _buckets(call: Call) -> Iterator[tuple[Places, str]]:
    """The buckets that a job's code goes to and its outputs."""
    for upload in call.uploads[:1]:
        yield STAGING, upload.uri
    for path in (("jobSpec",), ("trialJobSpec",), ("trainingTaskInputs",), ("trainingTaskInputs", "trialJobSpec")):
        if uri := wire.text(wire.dig(call.body, *path, "baseOutputDirectory", "outputUriPrefix")):
            yield OUTPUT, uri


def _name(call: Call, collection: Collection, reference: str) -> ResourceName:
    """The full name behind an id or a full name, without a version."""
    full = ResourceName.parse(reference) or collection.name(call.project, call.location, reference)
    return replace(full, id=full.id.partition("@")[0])


def _absent(places: Places, noun: str, name: ResourceName, command: str) -> Finding:
    hint = f"`{command}` shows what is there"
    return Finding(places, f"there is no {noun} `{name.id}` in {name.project}, {name.location}", hint)


def _problem(document: Document, finding: Finding) -> Problem:
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
