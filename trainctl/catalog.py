"""Facts about the REST APIs as data: services, collections, resource names, and the call that creates a job.

Nothing here touches the network. Sources: Google's discovery documents of aiplatform v1, logging v2, storage v1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUBMISSION_LABEL = "trainctl-submission"
"""The label that carries a submission's id, so that an uncertain create can be looked up."""
KEY_LABEL, BODY_LABEL = "trainctl-key", "trainctl-body"
"""The labels that carry what an idempotency key and the job's body hash to, for machines that share no journal."""
OWN_LABELS = frozenset({SUBMISSION_LABEL, KEY_LABEL, BODY_LABEL})


@dataclass(frozen=True, slots=True)
class Service:
    """One REST service: its name in settings, its public host and its version."""

    name: str
    host: str
    version: str

    def base_url(self, location: str, endpoints: Mapping[str, str]) -> str:
        """The URL before the version, without a slash at its end; `endpoints` overrides the public host."""
        override = endpoints.get(self.name)
        return override.rstrip("/") if override else f"https://{self.host.format(location=location)}"


VERTEX = Service("vertex", "{location}-aiplatform.googleapis.com", "v1")
LOGGING = Service("logging", "logging.googleapis.com", "v2")
STORAGE = Service("storage", "storage.googleapis.com", "v1")
SERVICES = {service.name: service for service in (VERTEX, LOGGING, STORAGE)}


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of REST resource.

    `id` is the last word of its path and the key of its lists, `noun` what people call it, `states` names the
    table of raw states, `schema` its type in the discovery document, `console` its page in Google's console.
    """

    id: str
    service: Service
    noun: str
    states: str
    schema: str
    verbs: frozenset[str]
    console: str = ""

    def parent(self, project: str, location: str) -> str:
        """The path that a create or a list is sent to, without the collection."""
        return f"projects/{project}/locations/{location}"


JOB_VERBS = frozenset({"create", "get", "list", "cancel", "delete"})
CUSTOM_JOBS = Collection(
    "customJobs", VERTEX, "custom job", "job", "GoogleCloudAiplatformV1CustomJob", JOB_VERBS, "training"
)
TRAINING_PIPELINES = Collection(
    "trainingPipelines",
    VERTEX,
    "training pipeline",
    "pipeline",
    "GoogleCloudAiplatformV1TrainingPipeline",
    JOB_VERBS,
    "training",
)
HYPERPARAMETER_TUNING_JOBS = Collection(
    "hyperparameterTuningJobs",
    VERTEX,
    "hyperparameter tuning job",
    "job",
    "GoogleCloudAiplatformV1HyperparameterTuningJob",
    JOB_VERBS,
    "training",
)
DATASETS = Collection(
    "datasets",
    VERTEX,
    "dataset",
    "",
    "GoogleCloudAiplatformV1Dataset",
    frozenset({"create", "get", "list", "import", "delete"}),
    "datasets",
)
MODELS = Collection(
    "models", VERTEX, "model", "", "GoogleCloudAiplatformV1Model", frozenset({"get", "list", "delete"}), "models"
)
COLLECTIONS = {
    collection.id: collection for collection in (CUSTOM_JOBS, TRAINING_PIPELINES, HYPERPARAMETER_TUNING_JOBS)
}
COLLECTION_KINDS = {"customJobs": "custom", "hyperparameterTuningJobs": "hptune"}
"""The kind of spec whose jobs a collection holds."""
TASK_KINDS = {
    "automl_image_": "automl-image",
    "automl_video_": "automl-video",
    "custom_task": "custom",
    "hyperparameter_tuning_task": "hptune",
}
"""The kind of spec behind a training pipeline, by how the name of its task definition begins."""
JOB_COLLECTIONS = (CUSTOM_JOBS, HYPERPARAMETER_TUNING_JOBS, TRAINING_PIPELINES)
"""The collections that `jobs` looks through, in the order of its lists."""

_NAME = re.compile(r"projects/([^/\s]+)/locations/([^/\s]+)/([A-Za-z]+)/([^/\s]+)")


@dataclass(frozen=True, slots=True)
class ResourceName:
    """`projects/P/locations/L/COLLECTION/ID`, taken apart."""

    project: str
    location: str
    collection: str
    id: str

    @classmethod
    def parse(cls, text: str) -> ResourceName | None:
        """The parts of a full resource name; None when `text` is not one. Leading `//host/` and `/v1/` are dropped."""
        found = _NAME.fullmatch(re.sub(r"^(?:https?:)?//[^/]+/(?:v\d\w*/)?", "", text))
        return cls(*found.groups()) if found else None

    def __str__(self) -> str:
        return f"projects/{self.project}/locations/{self.location}/{self.collection}/{self.id}"


@dataclass(frozen=True, slots=True)
class LocalCode:
    """Training code that a spec names on this machine.

    `path` is a script, a folder, a project or a wheel; `module` what to run where the path alone does not say;
    `include` and `exclude` are gitignore patterns relative to the folder that is packed.
    """

    path: Path
    requirements: tuple[str, ...] = ()
    module: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of packed local code: its path in the archive's package, its size in bytes, where it was read from."""

    path: str
    size: int
    source: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder (with a slash at its end) near the packed ones that is not packed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """Local training code as it will be packed: named by the SHA-256 of its contents.

    `uri` is the `gs://` object it goes to, `module` what Python runs.
    """

    name: str
    digest: str
    uri: str
    module: str
    files: tuple[PackedFile, ...] = ()
    requirements: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a submission goes: project, location, bucket for uploads, endpoints that replace the public ones."""

    project: str
    location: str
    staging_bucket: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    encryption_key: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a pure function cannot make: the submission's id, its time, the packed code."""

    submission: str
    time: datetime
    artifact: Artifact | None = None

    @property
    def day_time(self) -> str:
        """The time as it stands in generated names: `20261121-073000`."""
        return self.time.astimezone(UTC).strftime("%Y%m%d-%H%M%S")

    @property
    def name(self) -> str:
        """Time and id in short, for the names of folders; a dry run has neither yet, and says so."""
        is_dry = self.submission == DRY_RUN_STAMP.submission
        return self.submission if is_dry else f"{self.day_time}-{self.submission[-6:]}"


DRY_RUN_STAMP = Stamp("dry-run", datetime(2000, 1, 1, tzinfo=UTC))
"""The fixed stamp of every dry run, so that its output can be compared."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A local file that must be in Cloud Storage before the call is sent."""

    source: str
    uri: str


@dataclass(frozen=True, slots=True)
class Call:
    """One create request, complete but for the credentials."""

    collection: Collection
    project: str
    location: str
    body: Mapping[str, Any]
    uploads: tuple[Upload, ...] = ()
    endpoints: Mapping[str, str] = field(default_factory=dict)

    @property
    def parent(self) -> str:
        """`projects/P/locations/L`."""
        return self.collection.parent(self.project, self.location)

    @property
    def url(self) -> str:
        """The exact URL of the POST."""
        service = self.collection.service
        base = service.base_url(self.location, self.endpoints)
        return f"{base}/{service.version}/{self.parent}/{self.collection.id}"

    def labelled(self, submission: str) -> Call:
        """The same call whose body carries the submission's id as a label."""
        return self.with_labels({SUBMISSION_LABEL: submission})

    def with_labels(self, labels: Mapping[str, str]) -> Call:
        """The same call whose body has these labels too."""
        return replace(self, body={**self.body, "labels": {**self.body.get("labels", {}), **labels}})
