"""The view of a job-like resource, and the phase of every state."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainctl.catalog import (
    CUSTOM_JOBS,
    HYPERPARAMETER_TUNING_JOBS,
    ML_JOBS,
    OPERATIONS,
    TRAINING_PIPELINES,
    VISION_OPERATIONS,
    VISION_TRAININGS,
    Collection,
)
from trainctl.errors import ExitCode
from trainctl.jobs import Job, JobError, Outputs, Phase, Progress, view
from trainctl.phases import phase_of
from trainctl.wire import parse_time

NAME = "projects/123/locations/us-central1/customJobs/456"

# word, number, phase: every value of JobState in aiplatform.v1
JOB_STATES = [
    ("JOB_STATE_UNSPECIFIED", 0, Phase.UNKNOWN),
    ("JOB_STATE_QUEUED", 1, Phase.QUEUED),
    ("JOB_STATE_PENDING", 2, Phase.PENDING),
    ("JOB_STATE_RUNNING", 3, Phase.RUNNING),
    ("JOB_STATE_SUCCEEDED", 4, Phase.SUCCEEDED),
    ("JOB_STATE_FAILED", 5, Phase.FAILED),
    ("JOB_STATE_CANCELLING", 6, Phase.CANCELLING),
    ("JOB_STATE_CANCELLED", 7, Phase.CANCELLED),
    ("JOB_STATE_PAUSED", 8, Phase.PAUSED),
    ("JOB_STATE_EXPIRED", 9, Phase.EXPIRED),
    ("JOB_STATE_UPDATING", 10, Phase.RUNNING),
    ("JOB_STATE_PARTIALLY_SUCCEEDED", 11, Phase.PARTIAL),
    ("JOB_STATE_INVENTED_LATER", 12, Phase.UNKNOWN),
]
# and of PipelineState
PIPELINE_STATES = [
    ("PIPELINE_STATE_UNSPECIFIED", 0, Phase.UNKNOWN),
    ("PIPELINE_STATE_QUEUED", 1, Phase.QUEUED),
    ("PIPELINE_STATE_PENDING", 2, Phase.PENDING),
    ("PIPELINE_STATE_RUNNING", 3, Phase.RUNNING),
    ("PIPELINE_STATE_SUCCEEDED", 4, Phase.SUCCEEDED),
    ("PIPELINE_STATE_FAILED", 5, Phase.FAILED),
    ("PIPELINE_STATE_CANCELLING", 6, Phase.CANCELLING),
    ("PIPELINE_STATE_CANCELLED", 7, Phase.CANCELLED),
    ("PIPELINE_STATE_PAUSED", 8, Phase.PAUSED),
    ("PIPELINE_STATE_EXPIRED", 9, Phase.UNKNOWN),
]
# and of Job.State in ml.v1
ML_STATES = [
    ("STATE_UNSPECIFIED", 0, Phase.UNKNOWN),
    ("QUEUED", 1, Phase.QUEUED),
    ("PREPARING", 2, Phase.PENDING),
    ("RUNNING", 3, Phase.RUNNING),
    ("SUCCEEDED", 4, Phase.SUCCEEDED),
    ("FAILED", 5, Phase.FAILED),
    ("CANCELLING", 6, Phase.CANCELLING),
    ("CANCELLED", 7, Phase.CANCELLED),
    ("JOB_STATE_RUNNING", 8, Phase.UNKNOWN),
]
# an operation has no state: fields beside its metadata, phase
OPERATION_STATES = [
    ({}, Phase.RUNNING),
    ({"done": False}, Phase.RUNNING),
    ({"done": True}, Phase.SUCCEEDED),
    ({"done": True, "response": {}}, Phase.SUCCEEDED),
    ({"done": True, "error": {"code": 1}}, Phase.CANCELLED),
    ({"done": True, "error": {"code": 13, "message": "internal"}}, Phase.FAILED),
    ({"done": "true"}, Phase.RUNNING),
]


@pytest.mark.parametrize(
    ("table", "word", "number", "phase"),
    [("job", *row) for row in JOB_STATES]
    + [("pipeline", *row) for row in PIPELINE_STATES]
    + [("ml", *row) for row in ML_STATES],
)
def test_every_state_of_every_api_has_its_phase_by_word_and_by_number(
    table: str, word: str, number: int, phase: Phase
) -> None:
    assert (phase_of(word, table), phase_of(number, table)) == (phase, phase)


@pytest.mark.parametrize("collection", [OPERATIONS, VISION_OPERATIONS, VISION_TRAININGS], ids=lambda each: each.noun)
@pytest.mark.parametrize(("fields", "phase"), OPERATION_STATES)
def test_what_an_operation_says_of_itself_is_a_phase(
    collection: Collection, fields: dict[str, Any], phase: Phase
) -> None:
    assert view({"name": NAME, "metadata": {}, **fields}, collection).phase is phase


@pytest.mark.parametrize(
    ("schema", "field", "document", "table"),
    [
        ("GoogleCloudAiplatformV1CustomJob", "state", "aiplatform.v1.json", JOB_STATES),
        ("GoogleCloudAiplatformV1HyperparameterTuningJob", "state", "aiplatform.v1.json", JOB_STATES),
        ("GoogleCloudAiplatformV1TrainingPipeline", "state", "aiplatform.v1.json", PIPELINE_STATES),
        ("GoogleCloudMlV1__Job", "state", "ml.v1.json", ML_STATES),
    ],
)
def test_the_tables_above_have_every_state_of_googles_documents(
    schema: str, field: str, document: str, table: list[tuple[str, int, Phase]]
) -> None:
    found = json.loads((Path(__file__).parent / "discovery" / document).read_text(encoding="utf-8"))
    states = found["schemas"][schema]["properties"][field]["enum"]
    assert [word for word, _, _ in table[: len(states)]] == states


def test_an_operation_of_automl_vision_is_seen_whole() -> None:
    resource = {
        "name": "projects/1/locations/us-central1/operations/ICN2",
        "metadata": {
            "createTime": "2019-07-22T18:35:06.881193Z",
            "updateTime": "2019-07-22T19:58:44.972235Z",
            "progressPercent": 40,
            "partialFailures": [{"code": 3, "message": "one file is none"}],
            "createModelDetails": {},
        },
        "done": True,
        "response": {"name": "projects/1/locations/us-central1/models/ICN3"},
    }
    job = view(resource, VISION_TRAININGS)
    assert (job.kind, job.phase, job.progress) == ("automl-vision", Phase.SUCCEEDED, Progress(40, None, "percent"))
    assert (job.outputs.model, job.log_ids) == ("projects/1/locations/us-central1/models/ICN3", ())
    assert (job.partial_failures, job.elapsed(NOW)) == (
        ("one file is none",),
        timedelta(seconds=5018, microseconds=91042),
    )
    assert view(resource, VISION_OPERATIONS).kind == "create-model"


@pytest.mark.parametrize(
    ("name", "response", "outputs"),
    [
        (
            "operations/9",
            {"model": "projects/1/locations/l/models/5", "modelVersionId": "2"},
            ("projects/1/locations/l/models/5", "2", ""),
        ),
        (
            "datasets/7/operations/9",
            {"name": "projects/1/locations/l/datasets/7"},
            ("", "", "projects/1/locations/l/datasets/7"),
        ),
        ("datasets/7/operations/9", {}, ("", "", "")),
    ],
)
def test_an_operation_of_vertex_names_what_it_made(
    name: str, response: dict[str, Any], outputs: tuple[str, str, str]
) -> None:
    kind = "type.googleapis.com/google.cloud.aiplatform.v1.ExportDataOperationMetadata"
    times = {"createTime": "2026-11-21T07:00:00Z"}
    full = {"name": f"projects/1/locations/l/{name}", "metadata": {"@type": kind, "genericMetadata": times}}
    job = view({**full, "done": True, "response": response}, OPERATIONS)
    assert (job.outputs.model, job.outputs.model_version, job.outputs.resource) == outputs
    assert (job.kind, job.about, job.create_time) == (
        "export-data",
        "datasets/7" if "datasets" in name else "",
        datetime(2026, 11, 21, 7, tzinfo=UTC),
    )


@pytest.mark.parametrize("raw", [None, True, 3.5, [], {}, "", "RUNNING", -1])
def test_what_is_no_state_is_an_unknown_phase(raw: object) -> None:
    assert phase_of(raw, "job") is Phase.UNKNOWN


def test_a_state_that_google_adds_tomorrow_is_kept_as_it_came() -> None:
    job = view({"name": NAME, "state": "JOB_STATE_INVENTED_LATER"}, CUSTOM_JOBS)
    assert (job.phase, job.raw_state, job.phase.ended) == (Phase.UNKNOWN, "JOB_STATE_INVENTED_LATER", False)


def test_exit_codes_follow_the_phase() -> None:
    codes = {phase: phase.exit_code for phase in Phase}
    failed = dict.fromkeys((Phase.FAILED, Phase.CANCELLED, Phase.EXPIRED, Phase.PARTIAL), ExitCode.JOB_FAILED)
    running = dict.fromkeys((phase for phase in Phase if not phase.ended), ExitCode.TIMEOUT)
    assert codes == {Phase.SUCCEEDED: ExitCode.OK} | failed | running


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T07:30:00Z", datetime(2026, 11, 21, 7, 30, tzinfo=UTC)),
        ("2026-11-21T07:30:00.123456789Z", datetime(2026, 11, 21, 7, 30, 0, 123456, tzinfo=UTC)),
        ("2026-11-21T09:30:00.5+02:00", datetime(2026, 11, 21, 7, 30, 0, 500000, tzinfo=UTC)),
        ("2026-13-21T07:30:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1763710200, None),
        (None, None),
    ],
)
def test_times_are_read_with_up_to_nine_digits_and_nothing_else_is_a_time(
    text: object, expected: datetime | None
) -> None:
    assert parse_time(text) == expected


def test_a_custom_job_shows_all_that_it_says() -> None:
    resource = {
        "name": NAME,
        "displayName": "digits",
        "state": "JOB_STATE_FAILED",
        "createTime": "2026-11-21T07:00:00.1Z",
        "startTime": "2026-11-21T07:04:00Z",
        "endTime": "2026-11-21T07:10:00Z",
        "updateTime": "2026-11-21T07:10:01Z",
        "error": {"code": 3, "message": "replica workerpool0-0 exited", "details": [{"reason": "X"}, "?"]},
        "labels": {"team": "plants", "bad": 3},
        "webAccessUris": {"workerpool0-0": "https://shell"},
        "jobSpec": {
            "workerPoolSpecs": [{"replicaCount": "1"}, {"replicaCount": 3}],
            "baseOutputDirectory": {"outputUriPrefix": "gs://b/out"},
        },
    }
    assert view(resource, CUSTOM_JOBS) == Job(
        name=NAME,
        collection=CUSTOM_JOBS,
        kind="custom",
        display_name="digits",
        phase=Phase.FAILED,
        raw_state="JOB_STATE_FAILED",
        create_time=datetime(2026, 11, 21, 7, 0, 0, 100000, tzinfo=UTC),
        start_time=datetime(2026, 11, 21, 7, 4, tzinfo=UTC),
        end_time=datetime(2026, 11, 21, 7, 10, tzinfo=UTC),
        update_time=datetime(2026, 11, 21, 7, 10, 1, tzinfo=UTC),
        error=JobError(3, "replica workerpool0-0 exited", ({"reason": "X"},)),
        labels={"team": "plants"},
        outputs=Outputs("gs://b/out", "gs://b/out/model/", web_access={"workerpool0-0": "https://shell"}),
        backing="",
        progress=Progress(None, 4, "replicas"),
        raw=resource,
    )


def test_a_pipeline_leads_to_its_model_and_to_the_logs_of_its_backing_job() -> None:
    job = view(
        {
            "name": "projects/1/locations/l/trainingPipelines/9",
            "trainingTaskDefinition": "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml",
            "trainingTaskInputs": {"baseOutputDirectory": {"outputUriPrefix": "gs://b/o/"}},
            "trainingTaskMetadata": {"backingCustomJob": "projects/1/locations/l/customJobs/77"},
            "modelToUpload": {"name": "projects/1/locations/l/models/5", "versionId": "2", "artifactUri": "gs://b/m"},
        },
        TRAINING_PIPELINES,
    )
    assert job.outputs == Outputs("gs://b/o/", "gs://b/m", "projects/1/locations/l/models/5", "2")
    assert (job.kind, job.backing, job.log_ids) == ("custom", "projects/1/locations/l/customJobs/77", ("77",))


def test_a_tuning_job_counts_its_trials_and_names_their_logs() -> None:
    trials = [{"state": "SUCCEEDED", "customJob": "a/customJobs/1"}, {"state": "ACTIVE", "customJob": "a/customJobs/2"}]
    resource: dict[str, Any] = {"name": "a/b/9", "maxTrialCount": 8, "trials": trials, "trialJobSpec": {}}
    job = view(resource, HYPERPARAMETER_TUNING_JOBS)
    assert (job.progress, job.log_ids, job.kind) == (Progress(1, 8, "trials", running=1), ("9", "1", "2"), "hptune")


def test_trials_of_a_tuning_job_have_no_model_folder_in_common() -> None:
    spec = {"baseOutputDirectory": {"outputUriPrefix": "gs://b/o"}}
    assert view({"trialJobSpec": spec}, HYPERPARAMETER_TUNING_JOBS).outputs == Outputs("gs://b/o")


def test_an_automl_pipeline_shows_node_hours_of_its_budget() -> None:
    resource = {
        "trainingTaskDefinition": "gs://x/automl_image_classification_1.0.0.yaml",
        "trainingTaskInputs": {"budgetMilliNodeHours": "8000"},
        "trainingTaskMetadata": {"costMilliNodeHours": 1500},
    }
    job = view(resource, TRAINING_PIPELINES)
    assert (job.kind, job.progress) == ("automl-image", Progress(1.5, 8, "node hours"))


def test_the_console_link_is_the_one_that_the_sdk_prints() -> None:
    link = "https://console.cloud.google.com/ai/platform/locations/us-central1/training/456?project=123"
    assert (view({"name": NAME}, CUSTOM_JOBS).console_url, view({}, CUSTOM_JOBS).console_url) == (link, "")


NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("times", "state", "elapsed", "run_time"),
    [
        ({"createTime": "2026-11-21T07:00:00Z"}, "JOB_STATE_PENDING", 60, None),
        ({"createTime": "2026-11-21T07:00:00Z", "startTime": "2026-11-21T07:20:00Z"}, "JOB_STATE_RUNNING", 60, 40),
        (
            {
                "createTime": "2026-11-21T07:00:00Z",
                "startTime": "2026-11-21T07:20:00Z",
                "endTime": "2026-11-21T07:30:00Z",
            },
            "JOB_STATE_SUCCEEDED",
            30,
            10,
        ),
        ({"createTime": "2026-11-21T09:00:00Z"}, "JOB_STATE_PENDING", 0, None),
        ({}, "JOB_STATE_PENDING", 0, None),
    ],
)
def test_elapsed_and_running_time_come_from_the_jobs_own_times(
    times: dict[str, str], state: str, elapsed: int, run_time: int | None
) -> None:
    job = view({**times, "state": state}, CUSTOM_JOBS)
    expected = None if run_time is None else timedelta(minutes=run_time)
    assert (job.elapsed(NOW), job.run_time(NOW)) == (timedelta(minutes=elapsed), expected)


FIELDS = (
    "name displayName state createTime startTime endTime updateTime error labels webAccessUris jobSpec trials "
    "trialJobSpec trainingTaskDefinition trainingTaskInputs trainingTaskMetadata modelToUpload maxTrialCount "
    "metadata genericMetadata done response partialFailures progressPercent jobId trainingInput trainingOutput "
    "predictionOutput errorMessage code message details workerPoolSpecs replicaCount baseOutputDirectory "
    "outputUriPrefix customJob"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(FIELDS.split()), children, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines differ in speed
@given(
    st.dictionaries(st.sampled_from(FIELDS.split()), JSON),
    st.sampled_from(
        [CUSTOM_JOBS, TRAINING_PIPELINES, HYPERPARAMETER_TUNING_JOBS, ML_JOBS, OPERATIONS, VISION_TRAININGS]
    ),
)
def test_no_resource_however_strange_breaks_the_view(resource: dict[str, Any], collection: Collection) -> None:
    job = view(resource, collection)
    assert job.raw is resource
    assert job.elapsed(NOW) >= timedelta()
    assert isinstance(job.console_url, str)
    assert all(isinstance(name, str) for name in job.log_ids)
