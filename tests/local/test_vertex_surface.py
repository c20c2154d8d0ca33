from __future__ import annotations

import re
from typing import Any

import pytest

from tests.local.engine import CUSTOM_TASK, PARENT, Bench, make_job, make_pipeline, make_pool, make_spec, read, refused

JOBS = f"/v1/{PARENT}/customJobs"
PIPELINES = f"/v1/{PARENT}/trainingPipelines"


def test_a_created_job_is_queued_and_can_be_fetched(idle: Bench) -> None:
    created = idle.create({**make_job("pass"), "labels": {"team": "plants"}})
    assert re.fullmatch(rf"{PARENT}/customJobs/\d{{18,19}}", created["name"])
    assert created["state"] == "JOB_STATE_QUEUED"
    assert created["labels"] == {"team": "plants"}
    assert idle.get(created["name"]) == created


def test_both_spellings_are_taken_and_answers_are_canonical(idle: Bench) -> None:
    pool = {
        "machine_spec": {"machine_type": "n1-standard-4", "accelerator_type": 5, "acceleratorCount": "1"},
        "replica_count": 1,
        "disk_spec": {"bootDiskSizeGb": 100.0},
        "python_package_spec": {
            "executor_image_uri": "python",
            "package_uris": ["gs://stage/practice-1.0.tar.gz"],
            "pythonModule": "m",
            "env": [{"name": "EMPTY", "value": ""}],
            "args": [],
        },
    }
    scheduling = {"strategy": 6, "timeout": "60s", "disable_retries": False, "restart_job_on_worker_restart": None}
    body = {"display_name": "x", "job_spec": {"worker_pool_specs": [pool, {}], "scheduling": scheduling}}
    assert idle.create(body)["jobSpec"] == {
        "workerPoolSpecs": [
            {
                "machineSpec": {
                    "machineType": "n1-standard-4",
                    "acceleratorType": "NVIDIA_TESLA_T4",
                    "acceleratorCount": 1,
                },
                "replicaCount": "1",
                "diskSpec": {"bootDiskSizeGb": 100},
                "pythonPackageSpec": {
                    "executorImageUri": "python",
                    "packageUris": ["gs://stage/practice-1.0.tar.gz"],
                    "pythonModule": "m",
                    "env": [{"name": "EMPTY"}],
                },
            },
            {},
        ],
        "scheduling": {"strategy": "FLEX_START", "timeout": "60s"},
    }


def test_output_only_fields_in_a_create_are_ignored(idle: Bench) -> None:
    name = "projects/other/locations/x/customJobs/1"
    created = idle.create(
        {**make_job(), "name": name, "state": "JOB_STATE_FAILED", "createTime": "2000-01-01T00:00:00Z"}
    )
    assert created["name"] != name
    assert created["state"] == "JOB_STATE_QUEUED"
    assert not created["createTime"].startswith("2000")


def _with(path: str, value: Any) -> dict[str, Any]:
    """A good job with one field changed."""
    body = make_job("pass", scheduling={"timeout": "60s"})
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node: Any = body
    for part in parents:
        node = node[part]
    node[last] = value
    return body


POOL = "jobSpec.workerPoolSpecs.0"
AT_POOL = "custom_job.job_spec.worker_pool_specs[0]"
WRONG_BODIES: list[tuple[dict[str, Any], str, str]] = [
    (
        _with("jobSpec.wrkrPool", 1),
        "custom_job.job_spec",
        "Unknown name \"wrkrPool\" at 'custom_job.job_spec': Cannot find field.",
    ),
    (_with("surprise", 1), "custom_job", "Unknown name \"surprise\" at 'custom_job': Cannot find field."),
    (_with(f"{POOL}.pythonPackageSpec.argz", []), f"{AT_POOL}.python_package_spec", 'Unknown name "argz"'),
    (_with("displayName", 5), "custom_job.display_name", "Invalid value at 'custom_job.display_name' (TYPE_STRING), 5"),
    (_with("labels", {"a": 1}), 'custom_job.labels["a"]', "(TYPE_STRING), 1"),
    (_with("labels", ["a"]), "custom_job.labels", '(map), ["a"]'),
    (_with(f"{POOL}.replicaCount", "one"), f"{AT_POOL}.replica_count", '(TYPE_INT64), "one"'),
    (_with(f"{POOL}.replicaCount", 1.5), f"{AT_POOL}.replica_count", "(TYPE_INT64), 1.5"),
    (_with(f"{POOL}.replicaCount", True), f"{AT_POOL}.replica_count", "(TYPE_INT64), true"),
    (_with(f"{POOL}.diskSpec", {"bootDiskSizeGb": 2**31}), f"{AT_POOL}.disk_spec.boot_disk_size_gb", "(TYPE_INT32)"),
    (
        _with("jobSpec.scheduling.disableRetries", "yes"),
        "custom_job.job_spec.scheduling.disable_retries",
        "(TYPE_BOOL)",
    ),
    (_with("jobSpec.scheduling.timeout", "1h"), "custom_job.job_spec.scheduling.timeout", "google.protobuf.Duration"),
    (_with("jobSpec.scheduling.timeout", 60), "custom_job.job_spec.scheduling.timeout", "google.protobuf.Duration"),
    (
        _with("jobSpec.scheduling.strategy", "CHEAP"),
        "custom_job.job_spec.scheduling.strategy",
        "v1.Scheduling.Strategy",
    ),
    (_with("jobSpec.scheduling.strategy", 5), "custom_job.job_spec.scheduling.strategy", "v1.Scheduling.Strategy"),
    (_with("jobSpec.workerPoolSpecs", {}), "custom_job.job_spec.worker_pool_specs", "(list), {}"),
    (_with("jobSpec", "x"), "custom_job.job_spec", "Invalid value at 'custom_job.job_spec'"),
    (_with(f"{POOL}.containerSpec", {"imageUri": "i"}), AT_POOL, "(oneof), oneof field 'task' is already set"),
    (_with("displayName", None), "custom_job.display_name", "Required field is not set."),
    (_with("displayName", ""), "custom_job.display_name", "Required field is not set."),
    (_with("jobSpec.workerPoolSpecs", []), "custom_job.job_spec.worker_pool_specs", "Required field is not set."),
    (_with(f"{POOL}.pythonPackageSpec.pythonModule", ""), f"{AT_POOL}.python_package_spec.python_module", "Required"),
]


@pytest.mark.parametrize(
    ("body", "field", "message"), WRONG_BODIES, ids=[f"{case[1]}-{n}" for n, case in enumerate(WRONG_BODIES)]
)
def test_a_body_that_google_refuses_is_refused_at_the_same_field(
    idle: Bench, body: Any, field: str, message: str
) -> None:
    response = idle.client.post(JOBS, json=body)
    status, code, _ = refused(response)
    assert (status, code) == (400, "INVALID_ARGUMENT")
    (detail,) = response.json()["error"]["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    (violation,) = detail["fieldViolations"]
    assert violation["field"] == field
    assert message in violation["description"]


def test_all_violations_of_a_body_are_reported_at_once(idle: Bench) -> None:
    body = {"displayName": 1, "jobSpec": {"x": 1, "workerPoolSpecs": [{"replicaCount": "x"}]}}
    _, _, message = refused(idle.client.post(JOBS, json=body))
    assert message == (
        "Invalid value at 'custom_job.display_name' (TYPE_STRING), 1\n"
        "Invalid JSON payload received. Unknown name \"x\" at 'custom_job.job_spec': Cannot find field.\n"
        "Invalid value at 'custom_job.job_spec.worker_pool_specs[0].replica_count' (TYPE_INT64), \"x\""
    )


def test_text_that_is_not_json_is_refused(idle: Bench) -> None:
    status, code, message = refused(idle.client.post(JOBS, content=b"{"))
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert message.startswith("Invalid JSON payload received.")


@pytest.mark.parametrize("uri", ["gs://../x", "gs://results/../../x", "/tmp/x", "gs://", "results/run"])
def test_an_output_directory_that_could_not_be_is_refused(idle: Bench, uri: str) -> None:
    body = make_job(baseOutputDirectory={"outputUriPrefix": uri})
    assert refused(idle.client.post(JOBS, json=body))[:2] == (400, "INVALID_ARGUMENT")


def test_a_pipeline_makes_a_backing_job(idle: Bench) -> None:
    spec = {"worker_pool_specs": [make_pool("pass")], "scheduling": {"strategy": 3}}
    pipeline = idle.create({**make_pipeline(spec), "labels": {"a": "b"}}, "trainingPipelines")
    job = idle.get(pipeline["trainingTaskMetadata"]["backingCustomJob"])
    assert pipeline["state"] == "PIPELINE_STATE_QUEUED"
    assert pipeline["trainingTaskInputs"] == spec
    assert job["displayName"] == "line-custom-job"
    assert job["jobSpec"] == {"workerPoolSpecs": [make_pool("pass")], "scheduling": {"strategy": "STANDARD"}}
    assert "labels" not in job


MODEL = {"modelToUpload": {"displayName": "m", "artifactUri": "gs://b/m"}}
WRONG_PIPELINES = [
    (
        make_pipeline({"workerPools": []}),
        "INVALID_ARGUMENT",
        "Unknown name \"workerPools\" at 'training_pipeline.training_task_inputs'",
    ),
    (make_pipeline({}), "INVALID_ARGUMENT", "training_task_inputs.worker_pool_specs; Message: Required"),
    ({**make_pipeline({}), "trainingTaskDefinition": "gs://a.yaml"}, "FAILED_PRECONDITION", CUSTOM_TASK),
    (make_pipeline(make_spec(), modelToUpload={"displayName": "m"}), "INVALID_ARGUMENT", "`base_output_directory`"),
    (make_pipeline(make_spec(), inputDataConfig={"datasetId": "1"}), "NOT_FOUND", f"{PARENT}/datasets/1"),
    (make_pipeline(make_spec(), **MODEL, parentModel=f"{PARENT}/models/1"), "NOT_FOUND", f"{PARENT}/models/1"),
    (make_pipeline(make_spec(), **MODEL, modelId="1st"), "INVALID_ARGUMENT", "`model_id` `1st` is not valid"),
    (make_pipeline(make_spec(), **MODEL, modelId="m", parentModel="n"), "INVALID_ARGUMENT", "give one"),
]


@pytest.mark.parametrize(("body", "code", "words"), WRONG_PIPELINES, ids=[case[2] for case in WRONG_PIPELINES])
def test_a_pipeline_that_cannot_run_is_refused(idle: Bench, body: Any, code: str, words: str) -> None:
    status, found, message = refused(idle.client.post(PIPELINES, json=body))
    assert (status, found) == (404 if code == "NOT_FOUND" else 400, code)
    assert words in message


def test_a_list_is_paged_newest_first(idle: Bench) -> None:
    names = [idle.create(make_job())["name"] for _ in range(5)]
    pages: list[list[str]] = []
    token = ""
    while True:
        answer = read(idle.client.get(JOBS, params={"pageSize": 2, "pageToken": token}))
        pages.append([job["name"] for job in answer["customJobs"]])
        token = answer.get("nextPageToken", "")
        if not token:
            break
    assert pages == [[names[4], names[3]], [names[2], names[1]], [names[0]]]


def test_a_list_knows_its_own_project_and_location_only(idle: Bench) -> None:
    idle.create(make_job())
    assert read(idle.client.get("/v1/projects/p/locations/europe-west4/customJobs")) == {}
    assert read(idle.client.get("/v1/projects/q/locations/us-central1/customJobs")) == {}


def test_a_page_token_fits_only_the_list_it_was_given_for(idle: Bench) -> None:
    for _ in range(2):
        idle.create(make_job())
    token = read(idle.client.get(JOBS, params={"pageSize": 1}))["nextPageToken"]
    other = {"pageToken": token, "filter": 'display_name="x"'}
    assert refused(idle.client.get(JOBS, params=other))[:2] == (400, "INVALID_ARGUMENT")
    assert refused(idle.client.get(JOBS, params={"pageToken": "nonsense"}))[:2] == (400, "INVALID_ARGUMENT")


def test_a_read_mask_leaves_what_it_names(idle: Bench) -> None:
    created = idle.create(make_job("pass", scheduling={"timeout": "60s"}))
    answer = read(idle.client.get(JOBS, params={"readMask": "name,job_spec.scheduling,createTime"}))
    assert answer["customJobs"] == [
        {"name": created["name"], "jobSpec": {"scheduling": {"timeout": "60s"}}, "createTime": created["createTime"]}
    ]


@pytest.mark.parametrize(
    "mask",
    [
        "nosuch",
        "jobSpec.nope",
        "name,job_spec.scheduling.nope",
        "state.x",
        "jobSpec.workerPoolSpecs.machineSpec",
        "a..b",
    ],
)
def test_a_read_mask_that_leads_to_no_field_is_refused(idle: Bench, mask: str) -> None:
    assert refused(idle.client.get(JOBS, params={"readMask": mask}))[:2] == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("mask", ["labels.team", "jobSpec.workerPoolSpecs", "error.message", "*", ""])
def test_a_read_mask_goes_into_maps_and_messages(idle: Bench, mask: str) -> None:
    assert read(idle.client.get(JOBS, params={"readMask": mask})) == {}


def test_a_read_mask_goes_into_free_json(idle: Bench) -> None:
    pipelines = JOBS.replace("customJobs", "trainingPipelines")
    assert read(idle.client.get(pipelines, params={"readMask": "trainingTaskInputs.workerPoolSpecs"})) == {}


FILTERS = [
    ('display_name="alpha one"', ["alpha one"]),
    ("displayName:alpha*", ["alpha two", "alpha one"]),
    ('display_name!="beta"', ["alpha two", "alpha one"]),
    ("labels.team=plants", ["beta", "alpha one"]),
    ("labels.team:*", ["beta", "alpha two", "alpha one"]),
    ("labels:stage", ["beta"]),
    ("labels.team=plants AND NOT labels.stage:*", ["alpha one"]),
    ("labels.team=plants -labels.stage:*", ["alpha one"]),
    ('display_name="beta" OR display_name="alpha one" AND labels.team=animals', []),
    ('display_name="beta" OR (display_name:"alpha*" AND labels.team=animals)', ["beta", "alpha two"]),
    ('state="JOB_STATE_QUEUED"', ["beta", "alpha two", "alpha one"]),
    ("state!=JOB_STATE_QUEUED", []),
    ('create_time>"2020-01-01T00:00:00Z"', ["beta", "alpha two", "alpha one"]),
    ("create_time<2020-01-01T00:00:00.5Z", []),
]


@pytest.mark.parametrize(("text", "names"), FILTERS, ids=[text for text, _ in FILTERS])
def test_a_filter_lets_through_what_google_documents(idle: Bench, text: str, names: list[str]) -> None:
    idle.create({**make_job(), "displayName": "alpha one", "labels": {"team": "plants"}})
    idle.create({**make_job(), "displayName": "alpha two", "labels": {"team": "animals"}})
    idle.create({**make_job(), "displayName": "beta", "labels": {"team": "plants", "stage": "late"}})
    answer = read(idle.client.get(JOBS, params={"filter": text}))
    assert [job["displayName"] for job in answer.get("customJobs", [])] == names


@pytest.mark.parametrize(
    "text", ["nosuch=1", "state>X", "display_name", "display_name=", "(state=X", "create_time>soon"]
)
def test_a_filter_that_google_refuses_is_refused(idle: Bench, text: str) -> None:
    idle.create(make_job())
    assert refused(idle.client.get(JOBS, params={"filter": text}))[:2] == (400, "INVALID_ARGUMENT")


def test_pipelines_are_filtered_by_their_definition(idle: Bench) -> None:
    idle.create(make_pipeline(make_spec()), "trainingPipelines")
    for text, count in (('training_task_definition:"*custom_task*"', 1), ('training_task_definition:"*automl*"', 0)):
        assert len(read(idle.client.get(PIPELINES, params={"filter": text})).get("trainingPipelines", [])) == count


def test_a_waiting_job_is_cancelled_at_once_and_then_deleted(idle: Bench) -> None:
    name = idle.create(make_job())["name"]
    assert refused(idle.client.delete(f"/v1/{name}"))[:2] == (400, "FAILED_PRECONDITION")
    assert read(idle.client.post(f"/v1/{name}:cancel")) == {}
    job = idle.get(name)
    assert job["state"] == "JOB_STATE_CANCELLED"
    assert job["error"] == {"code": 1, "message": "CANCELED"}
    assert refused(idle.client.post(f"/v1/{name}:cancel", json={}))[:2] == (400, "FAILED_PRECONDITION")
    operation = read(idle.client.delete(f"/v1/{name}"))
    assert operation["done"] is True
    assert operation["response"] == {"@type": "type.googleapis.com/google.protobuf.Empty"}
    assert refused(idle.client.get(f"/v1/{name}")) == (404, "NOT_FOUND", f"The resource `{name}` does not exist.")


def test_cancelling_a_waiting_pipeline_cancels_its_job(idle: Bench) -> None:
    pipeline = idle.create(make_pipeline(make_spec()), "trainingPipelines")
    read(idle.client.post(f"/v1/{pipeline['name']}:cancel"))
    assert idle.get(pipeline["name"])["state"] == "PIPELINE_STATE_CANCELLED"
    assert idle.get(pipeline["trainingTaskMetadata"]["backingCustomJob"])["state"] == "JOB_STATE_CANCELLED"


def test_the_operation_of_a_delete_can_be_waited_for_listed_and_deleted(idle: Bench) -> None:
    name = idle.create(make_job())["name"]
    idle.client.post(f"/v1/{name}:cancel")
    operation = read(idle.client.delete(f"/v1/{name}"))
    path = f"/v1/{operation['name']}"
    assert read(idle.client.get(path)) == operation
    assert read(idle.client.post(f"{path}:wait", params={"timeout": "5s"})) == operation
    assert read(idle.client.get(f"/v1/{PARENT}/operations")) == {"operations": [operation]}
    assert read(idle.client.get(f"/v1/{name}/operations/{operation['name'].rpartition('/')[2]}")) == operation
    assert refused(idle.client.post(f"{path}:cancel"))[:2] == (400, "FAILED_PRECONDITION")
    assert read(idle.client.delete(path)) == {}
    assert refused(idle.client.get(path))[:2] == (404, "NOT_FOUND")


def test_an_unknown_query_parameter_is_refused_and_a_standard_one_is_not(idle: Bench) -> None:
    status, code, message = refused(idle.client.get(JOBS, params={"orderBy": "x"}))
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert 'Unknown name "order_by": Cannot bind query parameter.' in message
    assert read(idle.client.get(JOBS, params={"$alt": "json;enum-encoding=int", "prettyPrint": "false"})) == {}


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("GET", "/v1/projects/p/locations/l/nasJobs", 404), ("GET", "/", 404), ("PATCH", f"{JOBS}/1", 501)],
)
def test_a_path_that_is_not_served_says_so(idle: Bench, verb: str, path: str, status: int) -> None:
    found, _, message = refused(idle.client.request(verb, path))
    assert found == status
    assert message == f"The local engine does not serve {verb} {path}."
