"""The one view of every job-like resource: its phase, times, error, outputs and progress.

A view never fails: a field that is missing or of another type than the API documents reads as absent, and a state
that Google adds tomorrow is `Phase.UNKNOWN` with its raw word kept. Shapes: discovery document of aiplatform v1;
`shapes` brings the older services' resources into them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from trainctl import trials, wire
from trainctl.catalog import COLLECTION_KINDS, ML_JOBS, ML_KINDS, OPERATION_COLLECTIONS, TASK_KINDS, ResourceName
from trainctl.phases import Phase, phase_of
from trainctl.shapes import failures_of, percent_of, shape, task_of
from trainctl.shapes.ml import is_tuned, replicas

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from trainctl.catalog import Collection

__all__ = ["Job", "JobError", "Outputs", "Phase", "Progress", "view"]


NODE_HOURS = "node hours"
"""The unit in which AutoML counts what a job may cost."""


@dataclass(frozen=True, slots=True)
class JobError:
    """A google.rpc.Status: `code` is google.rpc.Code (0 when absent), `details` as they came."""

    code: int
    message: str
    details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `done` of `total` `unit`; either number may be unknown.

    A tuning job has `running` and `failed` trials, and `best` names the metric, its best value so far and the trial.
    """

    done: float | None
    total: float | None
    unit: str
    running: int = 0
    failed: int = 0
    best: tuple[str, float, str] | None = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a job leaves behind; empty strings where it says nothing.

    `directory` is the base output directory, `artifacts` the folder with the model's files, `model` the full name of
    the uploaded model, `model_version` and `model_aliases` its version, `resource` the full name of something else that
    an operation has made, `web_access` the interactive shells by replica.
    """

    directory: str = ""
    artifacts: str = ""
    model: str = ""
    model_version: str = ""
    model_aliases: tuple[str, ...] = ()
    resource: str = ""
    web_access: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """Any job-like resource; times are aware and in UTC, `raw` is the resource as it came.

    `facts` are what else only its service says, by words for people. `backing` is the full name of the job that does a
    pipeline's work, and has its logs; `notice` is what whoever looks at the job must know of it, such as that the local
    engine only simulates it.
    """

    name: str
    collection: Collection
    kind: str
    display_name: str
    phase: Phase
    raw_state: str
    create_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    update_time: datetime | None
    error: JobError | None
    labels: Mapping[str, str]
    outputs: Outputs
    backing: str
    progress: Progress | None
    raw: Mapping[str, Any]
    notice: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def title(self) -> str:
        """The display name, where it says more than the id."""
        return self.display_name if self.display_name != self.id else ""

    @property
    def location(self) -> str:
        """Where the job runs; empty when its name does not say."""
        parsed = ResourceName.parse(self.name)
        return parsed.location if parsed else ""

    @property
    def place(self) -> str:
        """Where the job runs as far as anything of it says: AI Platform's names know no places, its jobs do."""
        return self.location or self.facts.get("region", "")

    @property
    def console_url(self) -> str:
        """The job's page in Google's console (the form that Google's SDK prints); empty without a full name."""
        parsed = ResourceName.parse(self.name)
        if parsed is None or not self.collection.console:
            return ""
        page = f"ai/platform/locations/{parsed.location}/{self.collection.console}/{parsed.id}"
        return f"https://console.cloud.google.com/{page}?project={parsed.project}"

    @property
    def model_url(self) -> str:
        """The page of the model that the job uploaded in Google's console; empty while there is none."""
        parsed = ResourceName.parse(self.outputs.model)
        if parsed is None or not self.collection.console:
            return ""
        page = f"vertex-ai/locations/{parsed.location}/models/{parsed.id}"
        return f"https://console.cloud.google.com/{page}?project={parsed.project}"

    @property
    def log_ids(self) -> tuple[str, ...]:
        """The ids under which Cloud Logging keeps this job's lines: its own or its backing job's, then its trials'.

        Operations write none.
        """
        if self.collection.states == "operation":
            return ()
        of_trials = [wire.text(wire.dig(trial, "customJob")) for trial in wire.items(self.raw.get("trials"))]
        names = [self.backing or self.name, *of_trials]
        return tuple(dict.fromkeys(name.rpartition("/")[2] for name in names if name))

    @property
    def model_type(self) -> str:
        """The type of the model that a training of AutoML Vision made; empty while only the model's name is known."""
        sorts = ("imageClassificationModelMetadata", "imageObjectDetectionModelMetadata")
        return wire.first_text(wire.dig(self.raw, "response", sort, "modelType") for sort in sorts)

    @property
    def about(self) -> str:
        """What an operation is about, as far as its name says: `datasets/7`."""
        parsed = ResourceName.parse(self.name)
        return parsed.above.rstrip("/") if parsed else ""

    @property
    def partial_failures(self) -> tuple[str, ...]:
        """What an operation could not do, without failing as a whole."""
        return failures_of(self.raw) if self.collection.states == "operation" else ()

    def elapsed(self, now: datetime) -> timedelta:
        """Time since creation, until the end; by the job's own times, which no sleep of this machine disturbs."""
        begin = self.create_time or self.start_time
        end = self.end_time if self.phase.ended and self.end_time else now
        return max(end - begin, timedelta()) if begin else timedelta()

    def run_time(self, now: datetime) -> timedelta | None:
        """Time since the job began to run, until its end; None when it never ran."""
        if self.start_time is None:
            return None
        end = self.end_time if self.phase.ended and self.end_time else now
        return max(end - self.start_time, timedelta())


def view(resource: Mapping[str, Any], collection: Collection) -> Job:
    """The Job in a resource of `collection`, however little of it is there."""
    shown = shape(resource, collection)
    raw_state = shown.get("state")
    return Job(
        name=wire.text(shown.get("name")),
        collection=collection,
        kind=_kind(resource, collection),
        display_name=wire.text(shown.get("displayName")),
        phase=phase_of(raw_state, collection.states),
        raw_state="" if raw_state is None else str(raw_state),
        create_time=wire.parse_time(shown.get("createTime")),
        start_time=wire.parse_time(shown.get("startTime")),
        end_time=wire.parse_time(shown.get("endTime")),
        update_time=wire.parse_time(shown.get("updateTime")),
        error=_error(shown.get("error")),
        labels=wire.texts(shown.get("labels")),
        outputs=_outputs(shown),
        backing=_backing(resource),
        progress=_progress(resource, collection),
        raw=resource,
        notice=_notice(resource),
        facts=wire.texts(shown.get("facts")),
    )


def study_of(job: Job) -> trials.Study:
    """The trials of a tuning job of any service."""
    return trials.study(shape(job.raw, job.collection))


def _kind(resource: Mapping[str, Any], collection: Collection) -> str:
    """The kind of spec that makes such a resource; for pipelines the task definition tells, for ml.v1 the input."""
    if collection in OPERATION_COLLECTIONS:
        return task_of(resource)
    if collection.id in COLLECTION_KINDS:
        return COLLECTION_KINDS[collection.id]
    if collection.id == "jobs":
        return next((kind for field, kind in ML_KINDS.items() if field in resource), "ml-job")
    stem = wire.text(resource.get("trainingTaskDefinition")).rpartition("/")[2]
    return next((kind for start, kind in TASK_KINDS.items() if stem.startswith(start)), "training-pipeline")


def _error(value: object) -> JobError | None:
    code, message = wire.dig(value, "code"), wire.text(wire.dig(value, "message"))
    if not code and not message:
        return None
    details = tuple(part for part in wire.items(wire.dig(value, "details")) if isinstance(part, dict))
    return JobError(code if isinstance(code, int) else 0, message, details)


_DIRECTORIES = (("jobSpec",), ("trialJobSpec",), ("trainingTaskInputs",), ("trainingTaskInputs", "trialJobSpec"))
"""Where a job's spec has its base output directory."""


def _outputs(resource: Mapping[str, Any]) -> Outputs:
    model = resource.get("modelToUpload")
    directory = wire.first_text(
        wire.dig(resource, *path, "baseOutputDirectory", "outputUriPrefix")
        for path in _DIRECTORIES
        if path[0] in resource
    )
    return Outputs(
        directory=directory,
        artifacts=wire.text(wire.dig(model, "artifactUri")) or _model_directory(resource, directory),
        model=wire.text(wire.dig(model, "name")),
        model_version=wire.text(wire.dig(model, "versionId")),
        model_aliases=tuple(wire.text(alias) for alias in wire.items(wire.dig(model, "versionAliases"))),
        resource=wire.text(resource.get("made")),
        web_access=wire.texts(resource.get("webAccessUris")),
    )


def _model_directory(resource: Mapping[str, Any], directory: str) -> str:
    """AIP_MODEL_DIR of the only replica that has one; trials have one each, below their own number."""
    tuned = "trialJobSpec" in resource or wire.dig(resource, "trainingTaskInputs", "trialJobSpec") is not None
    return f"{directory.rstrip('/')}/model/" if directory and not tuned else ""


def _backing(resource: Mapping[str, Any]) -> str:
    keys = ("backingCustomJob", "backingHyperparameterTuningJob")
    return wire.first_text(wire.dig(resource, "trainingTaskMetadata", key) for key in keys)


def _notice(resource: Mapping[str, Any]) -> str:
    """The local engine's word for a job that only goes through its states."""
    simulated = wire.text(wire.dig(resource, "trainingTaskMetadata", "simulated"))
    return f"simulated: {simulated}" if simulated else ""


def _progress(resource: Mapping[str, Any], collection: Collection) -> Progress | None:
    measure = PROGRESS.get(collection.id)
    return measure(resource) if measure else None


def _replicas(resource: Mapping[str, Any]) -> Progress | None:
    counts = [
        wire.number(wire.dig(pool, "replicaCount")) or 0
        for pool in wire.items(wire.dig(resource, "jobSpec", "workerPoolSpecs"))
    ]
    return Progress(None, sum(counts), "replicas") if sum(counts) > 1 else None


def _trials(resource: Mapping[str, Any]) -> Progress | None:
    study = trials.study(resource)
    if not study.total and not study.trials:
        return None
    # Lists leave the trials out, so that none there says nothing.
    known = "trials" in resource
    metric, best = study.goals[0].metric if study.goals else "", study.best
    return Progress(
        study.count(trials.OVER) if known else None,
        study.total,
        "trials",
        running=study.count(trials.UNDER_WAY),
        failed=study.count(frozenset({"INFEASIBLE"})),
        best=(metric, best.metrics[metric], best.id) if best else None,
    )


def _node_hours(resource: Mapping[str, Any]) -> Progress | None:
    spent = wire.number(wire.dig(resource, "trainingTaskMetadata", "costMilliNodeHours"))
    budget = wire.number(wire.dig(resource, "trainingTaskInputs", "budgetMilliNodeHours"))
    if spent is None and budget is None:
        return None
    return Progress(None if spent is None else spent / 1000, None if budget is None else budget / 1000, NODE_HOURS)


def _ml(resource: Mapping[str, Any]) -> Progress | None:
    """Trials of a tuned job, predictions of one that predicts, machines of one that has several."""
    if is_tuned(resource):
        return _trials(shape(resource, ML_JOBS))
    counts = resource.get("predictionOutput")
    if counts is not None:
        done, failed = (wire.number(wire.dig(counts, name)) or 0 for name in ("predictionCount", "errorCount"))
        return Progress(done, None, "predictions", failed=int(failed))
    count = replicas(resource)
    return Progress(None, count, "replicas") if count > 1 else None


def _percent(resource: Mapping[str, Any]) -> Progress | None:
    done = percent_of(resource)
    return None if done is None else Progress(done, None, "percent")


PROGRESS: dict[str, Callable[[Mapping[str, Any]], Progress | None]] = {
    "customJobs": _replicas,
    "hyperparameterTuningJobs": _trials,
    "trainingPipelines": _node_hours,
    "operations": _percent,
    "jobs": _ml,
}
"""How far a resource is, by collection; a collection without a row has no progress to show."""
