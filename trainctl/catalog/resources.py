"""Services, their collections, and the names of resources in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Service:
    """One REST service: its name in settings, its public host and its version.

    `hosts` are the hosts of locations that have one of their own; `title` and `closed` are what people call it and the
    day on which Google closed its public host, where that is over.
    """

    name: str
    host: str
    version: str
    hosts: tuple[tuple[str, str], ...] = ()
    title: str = ""
    closed: date | None = None

    def base_url(self, location: str, endpoints: Mapping[str, str]) -> str:
        """The URL before the version, without a slash at its end; `endpoints` overrides the public host."""
        override = endpoints.get(self.name)
        host = dict(self.hosts).get(location, self.host)
        return override.rstrip("/") if override else f"https://{host.format(location=location)}"

    def owns(self, url: str, endpoints: Mapping[str, str]) -> bool:
        """Whether a URL leads to this service."""
        places = ("", *(place for place, _ in self.hosts))
        return any(url.startswith(f"{self.base_url(place, endpoints)}/{self.version}/") for place in places)

    def answers(self, endpoints: Mapping[str, str]) -> bool:
        """Whether anything answers there: not the public host of a closed service."""
        return self.closed is None or bool(endpoints.get(self.name))

    @property
    def closing(self) -> str:
        """The sentence that says since when nothing answers at its public host; only of a closed one."""
        return f"{self.title} closed on {self.closed:%d %B %Y}: nothing answers at `{self.host}`"


VERTEX = Service("vertex", "{location}-aiplatform.googleapis.com", "v1")
AUTOML = Service(
    "automl",
    "automl.googleapis.com",
    "v1",
    hosts=(("eu", "eu-automl.googleapis.com"),),
    title="AutoML Vision",
    closed=date(2024, 3, 31),
)
ML = Service("ml", "ml.googleapis.com", "v1", title="AI Platform Training", closed=date(2025, 1, 31))
LOGGING = Service("logging", "logging.googleapis.com", "v2")
STORAGE = Service("storage", "storage.googleapis.com", "v1")
SERVICES = {service.name: service for service in (VERTEX, AUTOML, ML, LOGGING, STORAGE)}


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of REST resource.

    `id` is the last word of its path, `key` that under which its lists have its resources, `noun` what people call
    it, `states` names the table of raw states, `schema` the type of a create's body in the discovery document,
    `console` its page in Google's console. `ids` is what its ids look like (a regular expression), `identity` the
    field that has the id where resources carry no `name`, `created_as` the collection that a create is sent to
    where that is another one, `placed` whether its paths name a location, `follow` the command that waits for one
    of its resources, `listed_as` the key of its lists where that is not its `id`.
    """

    id: str
    service: Service
    noun: str
    states: str
    schema: str
    verbs: frozenset[str]
    console: str = ""
    ids: str = r"\d+"
    identity: str = ""
    created_as: str = ""
    placed: bool = True
    follow: str = "jobs watch"
    listed_as: str = ""

    @property
    def key(self) -> str:
        """Where the answers of its lists have its resources."""
        return self.listed_as or self.id

    @property
    def command(self) -> str:
        """The word of the commands about such resources: `jobs`, `operations`."""
        return self.follow.partition(" ")[0]

    def parent(self, project: str, location: str) -> str:
        """The path that a create or a list is sent to, without the collection."""
        return f"projects/{project}/locations/{location}" if self.placed else f"projects/{project}"

    def name(self, project: str, location: str, id_: str) -> ResourceName:
        """The full name of the resource with that id."""
        return ResourceName(project, location if self.placed else "", self.id, id_)

    def may_have(self, id_: str) -> bool:
        """Whether a resource of this collection can have that id."""
        return re.fullmatch(self.ids, id_) is not None


VISION_IDS = r"[A-Z]{2,4}\d+"
"""Ids of AutoML Vision, as its guides show them: `ICN4798585402963263488`, `IOD...`; Vertex AI's have no capitals."""
RESOURCE_IDS = r"[a-z0-9_][a-z0-9_-]*(@[A-Za-z0-9-]+)?"
"""Ids of Vertex AI's models and datasets; a model's may end with `@VERSION`."""

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
ML_JOBS = Collection(
    "jobs",
    ML,
    "AI Platform job",
    "ml",
    "GoogleCloudMlV1__Job",
    frozenset({"create", "get", "list", "cancel", "patch", "iam"}),
    ids=r"[A-Za-z]\w*",
    identity="jobId",
    placed=False,
)
VISION_TRAININGS = Collection(
    "operations",
    AUTOML,
    "AutoML Vision training",
    "operation",
    "Model",
    JOB_VERBS,
    ids=VISION_IDS,
    created_as="models",
)
"""AutoML Vision has no job: the operation that creates a model is what runs, ends and can be cancelled."""
JOB_COLLECTIONS = (CUSTOM_JOBS, HYPERPARAMETER_TUNING_JOBS, TRAINING_PIPELINES, ML_JOBS, VISION_TRAININGS)
"""The collections that `jobs` looks through, in the order of its lists; no two have the same id."""
COLLECTIONS = {collection.id: collection for collection in JOB_COLLECTIONS}

_DATA_VERBS = frozenset({"create", "get", "list", "import", "delete"})
DATASETS = Collection(
    "datasets", VERTEX, "dataset", "", "GoogleCloudAiplatformV1Dataset", _DATA_VERBS, "datasets", ids=RESOURCE_IDS
)
MODELS = Collection(
    "models",
    VERTEX,
    "model",
    "",
    "GoogleCloudAiplatformV1Model",
    frozenset({"get", "list", "delete"}),
    "models",
    ids=RESOURCE_IDS,
)
_OPERATION_VERBS = frozenset({"get", "list", "wait", "cancel", "delete"})
OPERATIONS = Collection(
    "operations",
    VERTEX,
    "operation",
    "operation",
    "GoogleLongrunningOperation",
    _OPERATION_VERBS,
    follow="operations wait",
)
VISION_OPERATIONS = Collection(
    "operations",
    AUTOML,
    "AutoML Vision operation",
    "operation",
    "Operation",
    _OPERATION_VERBS,
    ids=VISION_IDS,
    follow="operations wait",
)
"""All that AutoML Vision does over time: its trainings too, which `jobs` knows as such."""
OPERATION_COLLECTIONS = (OPERATIONS, VISION_OPERATIONS)
VISION_DATASETS = Collection("datasets", AUTOML, "AutoML Vision dataset", "", "Dataset", _DATA_VERBS, ids=VISION_IDS)
VISION_MODELS = Collection(
    "models",
    AUTOML,
    "AutoML Vision model",
    "",
    "Model",
    frozenset({"get", "list", "delete"}),
    ids=VISION_IDS,
    listed_as="model",
)
_VISION = {each.id: each for each in (VISION_TRAININGS, VISION_DATASETS, VISION_MODELS)}
_VERTEX = {
    each.id: each
    for each in (CUSTOM_JOBS, HYPERPARAMETER_TUNING_JOBS, TRAINING_PIPELINES, DATASETS, MODELS, OPERATIONS)
}

COLLECTION_KINDS = {"customJobs": "custom", "hyperparameterTuningJobs": "hptune", "operations": "automl-vision"}
"""The kind of spec whose jobs a collection holds."""
TASK_KINDS = {
    "automl_image_": "automl-image",
    "automl_video_": "automl-video",
    "custom_task": "custom",
    "hyperparameter_tuning_task": "hptune",
}
"""The kind of spec behind a training pipeline, by how the name of its task definition begins."""
ML_KINDS = {"predictionInput": "ml-prediction", "trainingInput": "ml-training"}
"""The kind of spec behind an AI Platform job, by the input that it has."""

_NAME = re.compile(r"projects/([^/\s]+)/(?:locations/([^/\s]+)/)?((?:[A-Za-z]+/[^/\s]+/)*)([A-Za-z]+)/([^/\s]+)")


@dataclass(frozen=True, slots=True)
class ResourceName:
    """`projects/P/locations/L/COLLECTION/ID`, taken apart; without a location, `projects/P/COLLECTION/ID`.

    `above` is what stands between place and collection, as in `datasets/7/` of an operation about a dataset.
    """

    project: str
    location: str
    collection: str
    id: str
    above: str = ""

    @classmethod
    def parse(cls, text: str) -> ResourceName | None:
        """The parts of a full resource name; None when `text` is not one. Leading `//host/` and `/v1/` are dropped."""
        bare = text if text.startswith("projects/") else re.sub(r"^(?:https?:)?//[^/]+/(?:v\d\w*/)?", "", text)
        found = _NAME.fullmatch(bare)
        # `projects/P/locations/L` alone names a place, and no resource.
        if found is None or found[4] == "locations":
            return None
        project, location, above, collection, id_ = found.groups(default="")
        return cls(project, location, collection, id_, above)

    @property
    def entry(self) -> Collection | None:
        """The catalog's entry of its collection: AutoML Vision's resources are told from Vertex AI's by their ids."""
        if not self.location:
            return ML_JOBS if self.collection == ML_JOBS.id and not self.above else None
        if self.above:
            return OPERATIONS if self.collection == OPERATIONS.id and self.service is VERTEX else None
        return (_VISION if self.service is AUTOML else _VERTEX).get(self.collection)

    @property
    def service(self) -> Service:
        """Whose resource it is."""
        if not self.location:
            return ML
        ids = [*self.above.split("/")[1::2], self.id]
        return AUTOML if any(re.fullmatch(VISION_IDS, each) for each in ids) else VERTEX

    def __str__(self) -> str:
        place = f"/locations/{self.location}" if self.location else ""
        return f"projects/{self.project}{place}/{self.above}{self.collection}/{self.id}"
