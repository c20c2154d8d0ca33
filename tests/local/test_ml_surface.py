"""What the engine says about jobs of ml.v1, none of which runs here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.discovery import FOLDER, find_method
from tests.local.engine import Bench, read, refused
from tests.local.ml import JOBS, create, make_job, name_of

if TYPE_CHECKING:
    import httpx

LEARNING = {"hyperparameters": {"params": [{"parameterName": "x", "type": "DOUBLE", "maxValue": 1}]}}


def list_ids(bench: Bench, **parameters: Any) -> list[str]:
    answer = read(bench.client.get(JOBS, params=parameters))
    return [job["jobId"] for job in answer.get("jobs", [])]


def test_every_method_answers_as_google_describes_it(bench: Bench) -> None:
    seen: set[str] = set()

    def note(response: httpx.Response) -> None:
        found = find_method(response.request.method, response.request.url.path)
        assert found is not None, response.request.url
        assert response.status_code == 200, response.text
        seen.add(found[0]["id"])

    bench.client.event_hooks["response"].append(note)
    path = f"/v1/{name_of(create(bench, make_job('import time; time.sleep(60)')))}"
    bench.await_state(path.removeprefix("/v1/"), "RUNNING")
    read(bench.client.get(JOBS))
    read(bench.client.patch(path, params={"updateMask": "labels"}, json={"labels": {"a": "b"}}))
    read(bench.client.get(f"{path}:getIamPolicy"))
    read(bench.client.post(f"{path}:setIamPolicy", json={"policy": {}}))
    read(bench.client.post(f"{path}:testIamPermissions", json={"permissions": ["ml.jobs.get"]}))
    read(bench.client.post(f"{path}:cancel", json={}))
    bench.await_end(path.removeprefix("/v1/"))
    assert seen - {"logging.entries.list"} == set(_list_methods())


def _list_methods() -> list[str]:
    document = json.loads((FOLDER / "ml.v1.json").read_text(encoding="utf-8"))
    methods = document["resources"]["projects"]["resources"]["jobs"]["methods"]
    return [method["id"] for method in methods.values()]


def test_a_job_keeps_what_it_was_given_and_says_its_place_in_the_queue(idle: Bench) -> None:
    first = create(idle, make_job("a", job_id="first", scaleTier="STANDARD_1"))
    body = {**make_job("b", job_id="second"), "labels": {"team": "plants"}}
    second = create(idle, {**body, "state": "SUCCEEDED", "errorMessage": "no", "createTime": "2020-01-01T00:00:00Z"})
    given = {name: value for name, value in body["trainingInput"].items() if name != "scaleTier"}
    assert first["trainingInput"]["scaleTier"] == "STANDARD_1"
    assert second == {
        "jobId": "second",
        "labels": {"team": "plants"},
        "trainingInput": given,  # BASIC is the default, which JSON leaves out
        "state": "QUEUED",
        "createTime": second["createTime"],
        "etag": second["etag"],
        "jobPosition": "2",
    }
    assert second["createTime"] >= first["createTime"]


def test_an_id_is_taken_once(idle: Bench) -> None:
    create(idle, make_job())
    status, code, message = refused(idle.client.post(JOBS, json=make_job()))
    assert (status, code) == (409, "ALREADY_EXISTS")
    assert message == "Field: job.job_id Error: A job with this id already exists."
    elsewhere = idle.client.post("/v1/projects/q/jobs", json=make_job())
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("job_id", ["1st", "with-dash", "a" * 129, "a b", "ü"])
def test_an_id_of_other_characters_is_refused(idle: Bench, job_id: str) -> None:
    status, code, message = refused(idle.client.post(JOBS, json=make_job(job_id=job_id)))
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert message.startswith("job_id: A name should start with a letter")


def test_jobs_are_listed_newest_first_and_page_by_page(idle: Bench) -> None:
    for number in range(25):
        create(idle, make_job(job_id=f"job_{number}"))
    first = read(idle.client.get(JOBS))
    assert len(first["jobs"]) == 20
    assert first["jobs"][0]["jobId"] == "job_24"
    rest = read(idle.client.get(JOBS, params={"pageToken": first["nextPageToken"]}))
    assert [job["jobId"] for job in rest["jobs"]] == [f"job_{number}" for number in range(4, -1, -1)]
    assert "nextPageToken" not in rest
    assert len(list_ids(idle, pageSize=1000)) == 25


def test_a_page_holds_a_hundred_at_most(idle: Bench) -> None:
    for number in range(101):
        create(idle, make_job(job_id=f"job_{number}"))
    assert len(list_ids(idle, pageSize=1000)) == 100


def test_a_project_without_jobs_has_an_empty_answer(idle: Bench) -> None:
    assert idle.client.get(JOBS).json() == {}


FILTERS = {
    "jobId:census*": ["census_b", "census_a"],
    "jobId:*_a": ["census_a"],
    "jobId=rnn_1": ["rnn_1"],
    "jobId:rnn* AND state:CANCELLED": ["rnn_1"],
    "state:CANCELLED": ["rnn_1"],
    "state!=CANCELLED": ["census_b", "census_a"],
    "NOT jobId:rnn*": ["census_b", "census_a"],
    "labels.team=plants": ["census_b"],
    "labels.team:*": ["census_b"],
    "trainingInput.region=us-central1 jobId:census_a": ["census_a"],
    "createTime>2020-01-01T00:00:00Z jobId:census_a OR jobId:rnn_1": ["rnn_1", "census_a"],
    "jobId:none*": [],
}


@pytest.mark.parametrize("condition", FILTERS)
def test_a_list_is_filtered(idle: Bench, condition: str) -> None:
    create(idle, make_job(job_id="census_a"))
    create(idle, {**make_job(job_id="census_b"), "labels": {"team": "plants"}})
    create(idle, make_job(job_id="rnn_1"))
    read(idle.client.post(f"{JOBS}/rnn_1:cancel", json={}))
    assert list_ids(idle, filter=condition) == FILTERS[condition]


@pytest.mark.parametrize("condition", ["colour=red", "jobId>a", "jobId:(", "state"])
def test_a_filter_that_is_none_is_refused(idle: Bench, condition: str) -> None:
    create(idle, make_job())
    assert refused(idle.client.get(JOBS, params={"filter": condition}))[:2] == (400, "INVALID_ARGUMENT")


def test_a_waiting_job_is_cancelled_at_once_and_only_once(idle: Bench) -> None:
    path = f"/v1/{name_of(create(idle, make_job()))}"
    assert read(idle.client.post(f"{path}:cancel", json={})) == {}
    job = read(idle.client.get(path))
    assert (job["state"], job["errorMessage"]) == ("CANCELLED", "The job was cancelled by the user.")
    status, code, message = refused(idle.client.post(f"{path}:cancel", json={}))
    assert (status, code) == (400, "FAILED_PRECONDITION")
    assert message == "`projects/p/jobs/census_1` cannot be cancelled: it has ended in state CANCELLED."


MISSING = [
    ("GET", ""),
    ("PATCH", "?updateMask=labels"),
    ("POST", ":cancel"),
    ("GET", ":getIamPolicy"),
    ("POST", ":setIamPolicy"),
]


@pytest.mark.parametrize(("verb", "rest"), MISSING, ids=[f"{verb} {rest}" for verb, rest in MISSING])
def test_what_is_not_there_is_not_found(idle: Bench, verb: str, rest: str) -> None:
    answer = refused(idle.client.request(verb, f"{JOBS}/none{rest}", json={} if verb != "GET" else None))
    assert answer == (404, "NOT_FOUND", "The resource `projects/p/jobs/none` does not exist.")


def test_jobs_cannot_be_deleted(idle: Bench) -> None:
    assert refused(idle.client.delete(f"{JOBS}/census_1"))[:2] == (501, "UNIMPLEMENTED")


CUSTOM = {"scaleTier": "CUSTOM", "masterType": "standard"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"scaleTier": "CUSTOM"}, "master_type"),
    ({"masterType": "standard"}, "master_type"),
    ({"workerCount": "1"}, "worker_count"),
    ({"workerType": "standard"}, "worker_type"),
    ({**CUSTOM, "workerCount": "1"}, "worker_type"),
    ({**CUSTOM, "parameterServerCount": "1"}, "parameter_server_type"),
    ({**CUSTOM, "evaluatorCount": "1"}, "evaluator_type"),
    ({**CUSTOM, "workerCount": "-1", "workerType": "standard"}, "worker_count"),
    ({**CUSTOM, "workerCount": "1", "workerType": "n1-standard-4"}, "worker_type"),
    ({"runtimeVersion": None}, "runtime_version"),
    ({"packageUris": None}, "package_uris"),
    ({"pythonModule": None}, "python_module"),
    ({"packageUris": ["gs://b/p.tar.gz"] * 101}, "package_uris"),
    ({"masterConfig": {"imageUri": "i"}}, "runtime_version"),
    ({"masterConfig": {"containerCommand": ["x"]}}, "master_config.container_command"),
    ({"scheduling": {"priority": 1001}}, "scheduling.priority"),
    ({"scheduling": {"maxWaitTime": "60s"}}, "scheduling.max_wait_time"),
    ({"scheduling": {"maxRunningTime": "-1s"}}, "scheduling.max_running_time"),
]


@pytest.mark.parametrize(("fields", "field"), REFUSED, ids=[str(fields)[:60] for fields, _ in REFUSED])
def test_what_ai_platform_refuses_is_refused_at_its_place(idle: Bench, fields: dict[str, Any], field: str) -> None:
    answer = idle.client.post(JOBS, json=make_job(**fields))
    assert refused(answer)[:2] == (400, "INVALID_ARGUMENT")
    [detail] = answer.json()["error"]["details"]
    assert f"job.training_input.{field}" in [violation["field"] for violation in detail["fieldViolations"]]
    assert idle.client.get(JOBS).json() == {}


PARAMS: list[tuple[dict[str, Any], str]] = [
    ({"type": "DOUBLE", "minValue": 2, "maxValue": 1}, "params[0].max_value"),
    ({"type": "INTEGER", "minValue": 0.5, "maxValue": 1}, "params[0]"),
    ({"type": "INTEGER", "minValue": 1, "maxValue": 1e300}, "params[0]"),
    ({"type": "DOUBLE", "minValue": 0, "maxValue": "Infinity"}, "params[0]"),
    ({"type": "CATEGORICAL"}, "params[0].categorical_values"),
    ({"type": "DISCRETE", "discreteValues": [1, 1]}, "params[0].discrete_values"),
    ({"type": "DISCRETE", "discreteValues": [2, 1]}, "params[0].discrete_values"),
    ({"type": "DISCRETE", "discreteValues": list(range(1001))}, "params[0].discrete_values"),
    ({"type": "DISCRETE"}, "params[0].discrete_values"),
]


@pytest.mark.parametrize(("param", "field"), PARAMS, ids=[str(param)[:60] for param, _ in PARAMS])
def test_hyperparameters_are_judged_by_their_rules(idle: Bench, param: dict[str, Any], field: str) -> None:
    search = {"params": [{"parameterName": "x", **param}]}
    answer = idle.client.post(JOBS, json=make_job(hyperparameters=search))
    assert refused(answer)[:2] == (400, "INVALID_ARGUMENT")
    [detail] = answer.json()["error"]["details"]
    assert [violation["field"] for violation in detail["fieldViolations"]] == [
        f"job.training_input.hyperparameters.{field}"
    ]


SEARCHES: list[tuple[dict[str, Any], str]] = [
    (
        {"params": [{"parameterName": "x", "type": "CATEGORICAL", "categoricalValues": ["a", "a"]}]},
        "training_input.hyperparameters.params[0]: a category is there twice.",
    ),
    (
        {**LEARNING["hyperparameters"], "algorithm": "GRID_SEARCH"},
        "training_input.hyperparameters.algorithm: GRID_SEARCH cannot search the double `x`.",
    ),
    (
        {**LEARNING["hyperparameters"], "maxFailedTrials": -1},
        "training_input.hyperparameters.max_failed_trials: It must not be negative.",
    ),
]


@pytest.mark.parametrize(("search", "message"), SEARCHES, ids=[case[1] for case in SEARCHES])
def test_a_search_is_refused_in_the_words_of_its_spec(idle: Bench, search: dict[str, Any], message: str) -> None:
    answer = idle.client.post(JOBS, json=make_job(hyperparameters=search))
    assert refused(answer) == (400, "INVALID_ARGUMENT", message)


def test_a_metric_may_be_called_as_tensorboard_shows_it(idle: Bench) -> None:
    """What has no spaces is the `metricId` of Vertex AI; a summary's tag may have some."""
    search = {**LEARNING["hyperparameters"], "hyperparameterMetricTag": "eval accuracy"}
    assert create(idle, make_job(hyperparameters=search))["trainingInput"]["hyperparameters"] == search


def test_a_job_without_any_input_is_refused(idle: Bench) -> None:
    answer = refused(idle.client.post(JOBS, json={"jobId": "a"}))
    assert answer == (400, "INVALID_ARGUMENT", "Required field is not set: `training_input` or `prediction_input`.")


def test_googles_own_algorithms_are_not_here(idle: Bench) -> None:
    own = {"imageUri": "gcr.io/cloud-ml-algos/boosted_trees:latest"}
    body = make_job(masterConfig=own, runtimeVersion=None)
    status, code, message = refused(idle.client.post(JOBS, json=body))
    assert (status, code) == (400, "FAILED_PRECONDITION")
    assert message == (
        "The local engine has no built-in algorithms: their images are Google's own "
        "(training_input.master_config.image_uri)."
    )


RESUMED = [
    ("none", "`none` does not exist"),
    ("plain", "`plain` is no hyperparameter tuning job"),
    ("tuned", "`tuned` has not ended: it is QUEUED"),
]


@pytest.mark.parametrize(("previous", "reason"), RESUMED)
def test_a_search_goes_on_only_where_one_has_ended(make_bench: Any, previous: str, reason: str) -> None:
    bench: Bench = make_bench(running=False)
    create(bench, make_job(job_id="plain"))
    bench.core.store.insert({**_stored(bench), "name": "projects/p/jobs/tuned", "jobId": "tuned", "state": "QUEUED"})
    search = {**LEARNING["hyperparameters"], "resumePreviousJobId": previous}
    message = refused(bench.client.post(JOBS, json=make_job(job_id="more", hyperparameters=search)))[2]
    assert message == f"training_input.hyperparameters.resume_previous_job_id: {reason}."


def _stored(bench: Bench) -> dict[str, Any]:
    job = bench.core.store.fetch("projects/p/jobs/plain")
    assert job is not None
    return {**job, "trainingInput": {**job["trainingInput"], **LEARNING}}


def test_both_error_formats_are_spoken(idle: Bench) -> None:
    newer = idle.client.get(f"{JOBS}/none", params={"$.xgafv": "2"}).json()
    message = "The resource `projects/p/jobs/none` does not exist."
    assert newer == {"error": {"code": 404, "message": message, "status": "NOT_FOUND"}}
    older = idle.client.get(f"{JOBS}/none", params={"$.xgafv": "1"}).json()
    listed = [{"message": message, "domain": "global", "reason": "notFound"}]
    assert older == {"error": {**newer["error"], "errors": listed}}


def test_the_parameters_that_every_method_has_are_taken(idle: Bench) -> None:
    document = json.loads((FOLDER / "ml.v1.json").read_text(encoding="utf-8"))
    parameters = dict.fromkeys(document["parameters"], "1")
    assert idle.client.get(JOBS, params=parameters).json() == {}
    message = refused(idle.client.get(JOBS, params={"readMask": "state"}))[2]
    assert re.search(r'Unknown name "read_mask"', message)
