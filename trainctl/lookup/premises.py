"""What a request takes for granted: the dataset, the models and the buckets that it names, looked up before it is sent.

Each look-up is one small reading request; none is made twice for the jobs of one command.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from trainctl import wire
from trainctl.catalog import DATASETS, MODELS, TRAINING_PIPELINES, VISION_TRAININGS
from trainctl.errors import NotFound
from trainctl.lookup import resuming
from trainctl.lookup.findings import (
    BASE,
    DATASET,
    INCREMENTAL,
    OUTPUT,
    PARENT,
    STAGING,
    Finding,
    absent,
    name_in,
    problem_of,
)
from trainctl.preparation import Report
from trainctl.spec.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from trainctl.api.client import Client
    from trainctl.api.storage import Storage
    from trainctl.catalog import Call, ResourceName, Service
    from trainctl.lookup.findings import Places
    from trainctl.preparation import Prepared

Resource = dict[str, Any]
_DATA = {"automl_image_": "image", "automl_video_": "video"}
"""What a dataset must hold, by how the name of the task definition begins."""


@dataclass(slots=True)
class Premises:
    """Asks the services, each question once."""

    client: Client
    storage: Storage
    now: datetime
    _known: dict[str, Resource | None] = field(default_factory=dict)

    def check(self, prepared: Prepared) -> Prepared | Report:
        """The job with what was found as warnings, or the report on what keeps it from being submitted.

        Raises what the services say other than that something is not there.
        """
        document = prepared.spec.document
        found = [problem_of(document, finding) for finding in self.examine(prepared.call)]
        if any(problem.severity is Severity.ERROR for problem in found):
            return Report.on_document(document, prepared.spec.kind, (*prepared.warnings, *found))
        return replace(prepared, spec=replace(prepared.spec, warnings=(*prepared.warnings, *found)))

    def examine(self, call: Call) -> Iterator[Finding]:
        """Everything that is not as the call needs it."""
        body = call.body
        if call.collection is VISION_TRAININGS:
            yield from resuming.examine(self, call)
        if call.collection is TRAINING_PIPELINES:
            if dataset := wire.text(wire.dig(body, "inputDataConfig", "datasetId")):
                yield from self._dataset(call, dataset)
            for places, reference in _models(body):
                name = name_in(call, MODELS, reference)
                if self.resource(name) is None:
                    yield absent(places, "model", name, "trainctl models list")
        for places, uri in _buckets(call):
            yield from self._bucket(call, places, uri.removeprefix("gs://").partition("/")[0])

    def resource(self, name: ResourceName, service: Service | None = None) -> Resource | None:
        """The resource of that name, of that service where the name does not tell; None when there is none."""
        key = str(name)
        if key not in self._known:
            try:
                self._known[key] = self.client.get(name, service=service)
            except NotFound:
                self._known[key] = None
        return self._known[key]

    def _dataset(self, call: Call, reference: str) -> Iterator[Finding]:
        name = name_in(call, DATASETS, reference)
        dataset = self.resource(name)
        if dataset is None:
            cure = ", `trainctl datasets create` makes one"
            yield absent(DATASET, "dataset", name, "trainctl datasets list --location all", cure=cure)
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
